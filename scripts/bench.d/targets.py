"""What is aimed at, and whether a run got there."""

import statistics

from measure import median, ratios

NOT_MEASURED = ("not measured", "-")
# Cold pulls over loopback HTTP: of skopeo's wall time and CPU time.
PULLS = [("1x1G", "wall_s", 0.26), ("1x1G", "cpu_s", 0.36), ("10x6M", "wall_s", 0.32), ("100x200K", "wall_s", 0.35)]
PEAK_MIB, PEAK_LIMIT_MIB = 24, 32
# The same peak for 100 MiB and for 10 GiB: as far apart as two runs of the same are.
SAME_PEAK = 1.15
REPULL = 0.35
MOUNT = 0.7
SENT_AGAIN = 0.12
SLOW_TIMES, FAR_TIMES = 6, 4
# Where the disk alone takes longer than a target, the target is this many times what the disk takes.
DISK_TIMES = 1.2
# "In milliseconds", for the largest store.
COMMAND_MS = 100
TITLES = {"wall_s": "wall", "cpu_s": "CPU"}


def find(report, operation, link, image):
    for case in report["cases"]:
        if (case["operation"], case["link"], case["image"]) == (operation, link, image):
            return case
    return None


def at_most(measured, limit, text):
    return text, "met" if measured <= limit else f"missed: {measured / limit:.2f} times as much"


def at_least(measured, limit, text):
    return text, "met" if measured >= limit else f"missed: {measured / limit:.2f} of it"


def pull_target(report, image, key, limit):
    """A share of what skopeo takes; where the disk alone takes longer than that, 1.2 times what the disk takes."""
    title, aim = f"cold pull of {image}, {TITLES[key]}", f"{limit} of skopeo's"
    case = find(report, "pull", "loopback", image)
    if not case:
        return title, aim, *NOT_MEASURED
    measured = statistics.median(ratios(case["runs"], "rcr", key))
    text = f"{measured:.2f}"
    # What the disk can do is what it did at its best.
    disk = min(run["wall_s"] for run in case["runs"]["disk"]) / median(case["runs"]["skopeo"])
    if key != "wall_s" or measured <= limit or disk <= limit:
        return title, aim, *at_most(measured, limit, text)
    aim += f"; the disk alone takes {disk:.2f}, so {DISK_TIMES * disk:.2f}"
    if measured < disk:
        return title, aim, text, "undecided: the disk was busier with other things while it was measured"
    text, verdict = at_most(measured, DISK_TIMES * disk, text)
    return title, aim, text, "met, as far as the disk allows" if verdict == "met" else verdict


def ratio_target(report, title, operation, link, image, limit):
    aim = f"{limit} of skopeo's"
    case = find(report, operation, link, image)
    if not case:
        return title, aim, *NOT_MEASURED
    measured = statistics.median(ratios(case["runs"], "rcr"))
    return title, aim, *at_most(measured, limit, f"{measured:.2f}")


def times_target(report, title, link, image, least):
    aim = f"{least} times faster than skopeo"
    case = find(report, "pull", link, image)
    if not case:
        return title, aim, *NOT_MEASURED
    measured = 1 / statistics.median(ratios(case["runs"], "rcr"))
    return title, aim, *at_least(measured, least, f"{measured:.1f} times")


def peak_target(report):
    """The largest of all cases, whatever the image and the operation."""
    title, aim = "peak memory, the highest of all cases", f"{PEAK_MIB} MiB (limit {PEAK_LIMIT_MIB})"
    peaks = [(median(case["runs"]["rcr"], "peak_mib"), case) for case in report["cases"]]
    if not peaks:
        return title, aim, *NOT_MEASURED
    peak, case = max(peaks, key=lambda pair: pair[0])
    text = f"{peak:.1f} MiB ({case['operation']} of {case['image']}, {case['link']})"
    if PEAK_MIB < peak <= PEAK_LIMIT_MIB:
        return title, aim, text, "within the limit"
    return title, aim, *at_most(peak, PEAK_MIB, text)


def resume_target(report, operation, verb):
    title, aim = f"1x1G {verb}, killed at 90 % and run again", f"{SENT_AGAIN:.0%} of the bytes again"
    case = find(report, operation, "counted", "1x1G")
    if not case:
        return title, aim, *NOT_MEASURED
    again = median(case["runs"]["rcr"], "again")
    return title, aim, *at_most(again, SENT_AGAIN, f"{again:.1%}")


def memory_target(report):
    title = "peak memory, 100 MiB and 10 GiB in 200 layers"
    aim = f"the same, under {PEAK_LIMIT_MIB} MiB"
    if "memory" not in report:
        return title, aim, *NOT_MEASURED
    small, large = (median(entry["runs"]["rcr"], "peak_mib") for entry in report["memory"])
    text = f"{small:.1f} and {large:.1f} MiB"
    if max(small, large) >= PEAK_LIMIT_MIB:
        return title, aim, text, "missed: above the limit"
    return title, aim, text, "met" if large <= SAME_PEAK * small else f"missed: {large / small:.2f} times as much"


def growth_targets(report):
    """A row for each command, in the largest store."""
    points = report.get("growth")
    largest = points[-1] if points else None
    where = f"{largest['tags']:,} tags and {largest['blobs']:,} blobs" if largest else "10,000 tags and 100,000 blobs"
    for command in ("pull", "tag", "images"):
        title, aim = f"`{command}` with {where}", f"milliseconds: below {COMMAND_MS}"
        if not largest:
            yield title, aim, *NOT_MEASURED
            continue
        took = median(largest["runs"][command]) * 1000
        yield title, aim, *at_most(took, COMMAND_MS, f"{took:.1f} ms")


def rows(report):
    """Target, what is aimed at, what was measured, verdict."""
    yield from (pull_target(report, *target) for target in PULLS)
    yield peak_target(report)
    for image in ("10x6M", "100x200K", "1x1G"):
        yield ratio_target(report, f"pull of {image} again, unchanged", "repull", "loopback", image, REPULL)
    yield times_target(report, "cold pull of 1x128M at 8 MiB/s per connection", "slow", "1x128M", SLOW_TIMES)
    yield times_target(report, "the same over TLS", "slow-tls", "1x128M", SLOW_TIMES)
    yield times_target(report, "cold pull of 100x200K at 20 ms per round trip", "rtt20", "100x200K", FAR_TIMES)
    yield ratio_target(
        report, "push of 10x6M, every blob elsewhere in the registry", "mount", "loopback", "10x6M", MOUNT
    )
    yield resume_target(report, "resume-pull", "pull")
    yield resume_target(report, "resume-push", "push")
    yield memory_target(report)
    yield from growth_targets(report)
