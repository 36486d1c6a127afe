"""The tables of a run, as Markdown, and the page that shows them."""

import io
import os
import platform
import re
import statistics
from pathlib import Path

import picture
import targets
from measure import Failed, median, ratios
from server import TITLES

BEGIN = "<!-- written by scripts/bench --write: do not edit -->"
END = "<!-- end of what scripts/bench writes -->"
OPERATIONS = {
    "pull": "cold pull",
    "repull": "pull again, unchanged",
    "push": "push, empty registry",
    "mount": "push, blobs elsewhere",
}
MEASURES = [("CPU, s", "cpu_s", 2), ("peak, MiB", "peak_mib", 1)]


def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    match = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    model = match[1] if match else platform.machine()
    return {
        "cpus": os.cpu_count(),
        "model": model,
        "memory_gib": round(memory),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
    }


def table(text, columns, rows):
    rows = list(rows)
    if rows:
        print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", file=text)
        for row in rows:
            print(f"| {' | '.join(map(str, row))} |", file=text)
        print(file=text)


def heading(text, title):
    print(f"### {title}\n", file=text)


def ratio(runs, who, key="wall_s", against="skopeo"):
    """Round by round: the median, and the range."""
    pairs = ratios(runs, who, key, against)
    return f"{statistics.median(pairs):.2f} ({min(pairs):.2f}-{max(pairs):.2f})"


def compared(report):
    """The cases that compare times, operation by operation."""
    return [case for kind in OPERATIONS for case in report["cases"] if case["operation"] == kind]


def seconds(value):
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def facts(text, report):
    own, load = report["machine"], report["load_before"]
    rounds = f"{report['rounds']} round{'s' if report['rounds'] > 1 else ''}"
    busy = "" if load < own["cpus"] / 4 else ": **it was not quiet, and the figures are of little worth**"
    print(f"{own['cpus']} CPUs ({own['model']}), {own['memory_gib']} GiB of memory, {own['system']};", file=text)
    print(
        f"{report['rcr']}, {report['skopeo']}. The load average of the machine was {load:.1f} before{busy}.", file=text
    )
    print(f"Medians of {rounds}, 3 at most over the slower networks; the programs run in turn.", file=text)
    print("Ratios are to skopeo's figure of the same round: median (range). Below 1, less was taken.\n", file=text)


def failures(text, report):
    for case in report["failed"]:
        where = f"{case['operation']} of {case['image']}, {TITLES[case['link']]}"
        print(f"**Failed:** {where}: {case['failed'].splitlines()[0]}\n", file=text)


def walls(text, report):
    """Wall time of each operation, image and link."""
    heading(text, "Wall time")

    def row(case):
        runs = case["runs"]
        relaxed = runs.get("relaxed")
        return [
            OPERATIONS[case["operation"]],
            case["image"],
            TITLES[case["link"]],
            seconds(median(runs["rcr"])),
            seconds(median(runs["skopeo"])),
            f"**{ratio(runs, 'rcr')}**",
            f"{seconds(median(relaxed))}: {ratio(runs, 'relaxed')}" if relaxed else "",
            f"{seconds(median(runs['floor']))}: {ratio(runs, 'floor')}" if "floor" in runs else "",
        ]

    columns = ["operation", "image", "network", "rcr, s", "skopeo, s", "rcr / skopeo", "rcr relaxed, s", "floor, s"]
    table(text, columns, map(row, compared(report)))


def costs(text, report):
    """CPU time and memory of the same runs."""
    heading(text, "CPU time and peak memory")

    def row(case):
        runs = case["runs"]
        cells = [OPERATIONS[case["operation"]], case["image"], TITLES[case["link"]]]
        for _, key, digits in MEASURES:
            cells += [f"{median(runs[who], key):.{digits}f}" for who in ("rcr", "skopeo")]
            cells.append(f"**{ratio(runs, 'rcr', key)}**")
        return cells

    columns = ["operation", "image", "network"]
    for title, _, _ in MEASURES:
        columns += [f"rcr, {title}", f"skopeo, {title}", "rcr / skopeo"]
    table(text, columns, map(row, compared(report)))


def connections(text, report):
    """Over the links that count them."""
    rows = [
        [OPERATIONS[case["operation"]], case["image"], TITLES[case["link"]]]
        + [f"{median(case['runs'][who], 'connections'):.0f}" for who in ("rcr", "skopeo")]
        for case in compared(report)
        if "connections" in case["runs"]["rcr"][0]
    ]
    if rows:
        heading(text, "TCP connections opened")
        table(text, ["operation", "image", "network", "rcr", "skopeo"], rows)


def disk(text, report):
    cases = [case for case in report["cases"] if "disk" in case["runs"]]
    if not cases:
        return
    heading(text, "The disk alone")

    def row(case):
        runs = case["runs"]
        cells = [case["image"], seconds(median(runs["rcr"]))]
        for who in ("disk", "files"):
            cells += [seconds(median(runs[who])), ratio(runs, "rcr", against=who)]
        return cells

    columns = [
        "image",
        "rcr's cold pull, s",
        "`dd conv=fdatasync`, s",
        "rcr / dd",
        "files one by one, s",
        "rcr / files",
    ]
    table(text, columns, map(row, cases))


def resumed(text, report):
    cases = [case for case in report["cases"] if case["operation"].startswith("resume")]
    if not cases:
        return
    heading(text, "Killed, and run again")

    def row(case):
        cells = [case["operation"].removeprefix("resume-"), case["image"]]
        for who in ("rcr", "skopeo"):
            cells += [f"{median(case['runs'][who], key):.1%}" for key in ("killed_at", "again")]
        return cells

    columns = ["", "image", "rcr killed at", "rcr: bytes again", "skopeo killed at", "skopeo: bytes again"]
    table(text, columns, map(row, cases))


def growth(text, report):
    if "growth" not in report:
        return
    heading(text, "Time of commands as the store grows")
    names = list(report["growth"][0]["runs"])
    rows = (
        [f"{point['tags']:,}", f"{point['blobs']:,}"] + [f"{median(point['runs'][name]) * 1000:.1f}" for name in names]
        for point in report["growth"]
    )
    table(text, ["tags", "blobs", *(f"`{name}`, ms" for name in names)], rows)


def memory(text, report):
    if "memory" not in report:
        return
    heading(text, "Memory as the image grows")
    rows = (
        [entry["image"], f"{entry['bytes'] / (1 << 30):.2f}"]
        + [f"{median(entry['runs'][who], 'peak_mib'):.1f}" for who in ("rcr", "skopeo")]
        + [seconds(median(entry["runs"][who])) for who in ("rcr", "skopeo")]
        for entry in report["memory"]
    )
    columns = ["image", "GiB", "rcr, peak MiB", "skopeo, peak MiB", "rcr, s", "skopeo, s"]
    table(text, columns, rows)


def links(text, report):
    """What the networks really did, and what their proxy took from the programs."""
    if not report["links"]:
        return
    heading(text, "The networks, checked with curl before the run")

    def row(name, found):
        runs = [
            run
            for case in report["cases"]
            if case["link"] == name
            for run in case["runs"]["rcr"]
            if "link_cpu_s" in run
        ]
        share = f"{statistics.median(run['link_cpu_s'] / run['wall_s'] for run in runs):.0%}" if runs else "no proxy"
        return [TITLES[name], f"{found['round_trip_ms']:.1f}", f"{found['mib_per_s']:.1f}", share]

    columns = ["network", "round trip, ms", "one connection, MiB/s", "the proxy's share of one CPU while rcr runs"]
    table(text, columns, (row(name, found) for name, found in report["links"].items()))


def start(text, report):
    heading(text, "Start-up")
    rows = (
        [f"`{name}`" if name == "true" else f"`{name} --version`", f"{median(runs) * 1000:.2f}"]
        for name, runs in report["start"].items()
    )
    table(text, ["", "wall, ms"], rows)


def markdown(report, before_tables=""):
    text = io.StringIO()
    facts(text, report)
    failures(text, report)
    heading(text, "Targets")
    table(text, ["", "target", "measured", ""], targets.rows(report))
    print(before_tables, end="", file=text)
    parts = [disk, resumed, memory, growth, connections, links, start]
    for part in [walls, costs, *parts] if compared(report) else parts:
        part(text, report)
    return text.getvalue()


def write(report, docs):
    """Replaces what is between the markers in performance.md, and the pictures."""
    page = docs / "performance.md"
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise Failed(f"{page}: the lines {BEGIN} and {END} are not there")
    folder = docs / "img"
    folder.mkdir(exist_ok=True)
    pictures = ""
    drawn = [
        (
            "performance.svg",
            "Wall time of rcr as a share of skopeo's",
            picture.bars(compared(report), OPERATIONS, TITLES),
        ),
        ("growth.svg", "Time of commands as the store grows", picture.growth(report.get("growth"))),
    ]
    for name, title, drawing in drawn:
        if drawing:
            (folder / name).write_text(drawing)
            pictures += f"![{title}](img/{name})\n\n"
    page.write_text(f"{before}{BEGIN}\n\n{markdown(report, pictures)}{END}{after}")
