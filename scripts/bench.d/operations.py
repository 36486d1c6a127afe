"""What is measured: each operation, by each program, on one image over one link."""

import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import image as images
from measure import MIB, Failed, file_by_file, in_turn, one_file, run_plain
from server import LINKS, TITLES, site

AT_ONCE = 8
# Without it the registry has no OCI manifests to give.
ACCEPT = f"Accept: {images.MANIFEST}, {images.INDEX}"
# Where a program is killed for the resumption to be measured.
KILLED_AT = 0.9
# What a link must be like to be measured over: name, least, most, of what.
LIMITS = [
    ("rtt20", 20, 24, "round_trip_ms"),
    ("rtt20", 25, 1e9, "mib_per_s"),
    ("counted", 50, 290, "mib_per_s"),
    ("slow", 7.8, 8.2, "mib_per_s"),
    ("slow-tls", 7.6, 8.2, "mib_per_s"),
]


@dataclass
class Bench:
    """What all operations need."""

    work: Path
    runner: object
    rcr: Path
    authority: object
    rounds: int
    relaxed: bool

    def rounds_on(self, link):
        """Where a link sets the pace, runs differ little and take long."""
        return min(self.rounds, 3) if LINKS[link].keys() & {"rate", "delay"} else self.rounds

    # Commands.

    def rcr_pull(self, place, store, reference, *flags):
        return [self.rcr, "--store", store, *place.for_rcr(), "pull", "-q", *flags, reference]

    def rcr_push(self, place, store, name, reference):
        return [self.rcr, "--store", store, *place.for_rcr(), "push", "-q", name, reference]

    def skopeo(self, *arguments):
        return ["skopeo", "--insecure-policy", "copy", "-q", *arguments]

    def skopeo_pull(self, place, image, reference, folder):
        every = ["--all"] if image.is_index else []
        return self.skopeo(*every, *place.for_skopeo("src"), f"docker://{reference}", f"oci:{folder}:{images.TAG}")

    def skopeo_push(self, place, image, folder, reference):
        every = ["--all"] if image.is_index else []
        return self.skopeo(*every, *place.for_skopeo("dest"), f"oci:{folder}:{images.TAG}", f"docker://{reference}")


def complete(folder, image, who):
    """A pull that left something out is not worth measuring."""
    if missing := images.missing_from(folder, image):
        raise Failed(f"{image.name}: {who} left out {len(missing)} blobs, such as {missing[0]}")


def clear(folder):
    shutil.rmtree(folder, ignore_errors=True)


def tidy(bench, made):
    """Removes what an operation that failed has left behind."""
    for folder in bench.work.iterdir():
        if folder.name not in {made.name, "home", "scratch", "tls"}:
            clear(folder)


# --- the floor: plain tools -----------------------------------------------------------------------------------------


def floor_script(place, image, folder, link):
    """A shell script that fetches the manifests, then the blobs, `AT_ONCE` at a time, and hashes them on the way."""
    curl = " ".join(["curl -sSf", *place.for_curl()])
    base = f"{place.url}/{image.repository}"
    lines = ["set -e", f"cd {folder}"]
    lines += [f"{curl} -H '{ACCEPT}' -o {digest[7:]} {base}/manifests/{digest}" for digest in reversed(image.manifests)]
    sizes = list(image.blobs.values())
    if "rate" in LINKS[link] and len(sizes) < AT_ONCE:
        # Each connection has its rate: ranges of each blob side by side, hashed when all are there.
        lines.append("{")
        for digest, size in image.blobs.items():
            parts = AT_ONCE if size >= MIB else 1
            step = -(-size // parts)
            for number in range(parts):
                name = f"{digest[7:]}.{number}"
                lines.append(f"echo {number * step}-{min(size, (number + 1) * step) - 1} {name} {base}/blobs/{digest}")
        fetch = f'{curl} -r "$0" -o "$1" "$2"'
        lines.append(f"}} | xargs -P {AT_ONCE} -n 3 sh -c '{fetch}'")
        lines += [f"cat {digest[7:]}.? | openssl dgst -sha256 >{digest[7:]}.sum" for digest in image.blobs]
    elif sum(sizes) / len(sizes) >= MIB:
        fetch = f'{curl} {base}/blobs/sha256:"$0" | tee "$0" | openssl dgst -sha256 >"$0".sum'
        listed = " ".join(digest[7:] for digest in image.blobs)
        lines.append(f"echo {listed} | xargs -P {AT_ONCE} -n 1 sh -c '{fetch}'")
    else:
        # Many small ones: a process for each would cost more than the transfer. Hashed ten at a time as they are done.
        (folder / "urls").write_text(
            "".join(f'url = "{base}/blobs/{digest}"\noutput = "{digest[7:]}"\n' for digest in image.blobs)
        )
        many = f"--parallel --parallel-max {AT_ONCE} -w '%{{filename_effective}}\\n' -K urls"
        lines.append(f"{curl} {many} | xargs -n 10 openssl dgst -sha256 >small.sum")
    return "\n".join(lines)


def floor_complete(folder, image):
    """Plain tools may fail quietly: each blob's digest has to be among those that came out."""
    sums = "".join(file.read_text() for file in folder.glob("*.sum"))
    found = set(re.findall(r"= ([0-9a-f]{64})", sums))
    if missing := [digest for digest in image.blobs if digest[7:] not in found]:
        raise Failed(f"{image.name}: the plain tools left out {len(missing)} blobs, such as {missing[0]}")


# --- pulls ----------------------------------------------------------------------------------------------------------


def pull(bench, image, made, link, programs=None, rounds=None):
    """Into an empty folder each time."""
    fresh = bench.work / "fresh"
    images.publish(made, image, bench.work / "source" / "data")
    with site(bench.work / "source", link, bench.authority) as place:
        reference = place.reference(image.repository)
        every = ["--all-platforms"] if image.is_index else []

        def rcr(*flags):
            clear(fresh)
            command = bench.rcr_pull(place, fresh, reference, *every, *flags)
            run = place.counted(lambda: bench.runner.measure(*command))
            if not run["stdout"].endswith(f"@{image.digest}"):
                raise Failed(f"rcr pulled {run['stdout']}, not {image.digest}")
            complete(fresh, image, "rcr")
            return run

        def skopeo():
            clear(fresh)
            command = bench.skopeo_pull(place, image, reference, fresh)
            run = place.counted(lambda: bench.runner.measure(*command))
            complete(fresh, image, "skopeo")
            return run

        def floor():
            clear(fresh)
            fresh.mkdir()
            script = floor_script(place, image, fresh, link)
            # Its memory is that of the largest of many processes: no figure to compare with.
            run = place.counted(lambda: bench.runner.measure("bash", "-c", script, memory=False)) | {"peak_mib": None}
            floor_complete(fresh, image)
            return run

        runners = {"rcr": rcr, "skopeo": skopeo, "floor": floor}
        if bench.relaxed:
            runners["relaxed"] = lambda: rcr("--durability", "relaxed")
        if link == "loopback":
            # In turn with the programs: what the disk does for others has to be on everybody's account.
            sizes = list(image.blobs.values())
            runners["disk"] = lambda: one_file(bench.runner, bench.work / "floor", sum(sizes))
            runners["files"] = lambda: file_by_file(bench.work / "floor", sizes)
        chosen = {name: runner for name, runner in runners.items() if not programs or name in programs}
        runs = in_turn(rounds or bench.rounds_on(link), chosen)
    clear(fresh)
    return {"runs": runs}


def repull(bench, image, made, link):
    """Of an image that is there and has not changed."""
    stores = {"rcr": bench.work / "fresh-rcr", "skopeo": bench.work / "fresh-skopeo"}
    images.publish(made, image, bench.work / "source" / "data")
    with site(bench.work / "source", link, bench.authority) as place:
        reference = place.reference(image.repository)
        every = ["--all-platforms"] if image.is_index else []
        commands = {
            "rcr": bench.rcr_pull(place, stores["rcr"], reference, *every),
            "skopeo": bench.skopeo_pull(place, image, reference, stores["skopeo"]),
        }
        for command in commands.values():
            bench.runner.measure(*command)
        runners = {
            who: (lambda c=command: place.counted(lambda: bench.runner.measure(*c)))
            for who, command in commands.items()
        }
        # It is short: more runs cost nothing.
        runs = in_turn(bench.rounds_on(link) * 2 + 1, runners)
    for who, store in stores.items():
        complete(store, image, who)
        clear(store)
    return {"runs": runs}


# --- pushes ---------------------------------------------------------------------------------------------------------


def push(bench, image, made, link):
    """Into an empty registry each time."""

    def into_empty(command_for):
        with site(bench.work / "empty", link, bench.authority) as place:
            command = command_for(place, place.reference(image.repository))
            return place.counted(lambda: bench.runner.measure(*command))

    local = images.local_name(image)
    runners = {
        "rcr": lambda: into_empty(lambda place, to: bench.rcr_push(place, made, local, to)),
        "skopeo": lambda: into_empty(lambda place, to: bench.skopeo_push(place, image, made, to)),
    }
    return {"runs": in_turn(bench.rounds_on(link), runners)}


def mount(bench, image, made, link):
    """Into an empty repository of a registry that has every blob in another one.

    Both programs know that other one from a pull: rcr from its store, skopeo from its cache of blob locations.
    """
    stores = {"rcr": bench.work / "known-rcr", "skopeo": bench.work / "known-skopeo"}
    images.publish(made, image, bench.work / "source" / "data")
    with site(bench.work / "source", link, bench.authority) as place:
        reference = place.reference(image.repository)
        every = ["--all-platforms"] if image.is_index else []
        bench.runner.measure(*bench.rcr_pull(place, stores["rcr"], reference, *every))
        bench.runner.measure(*bench.skopeo_pull(place, image, reference, stores["skopeo"]))
        number = 0

        def into_new(command_for):
            nonlocal number
            number += 1
            command = command_for(place.reference(f"{image.repository}/copy-{number}"))
            return place.counted(lambda: bench.runner.measure(*command))

        runners = {
            "rcr": lambda: into_new(lambda to: bench.rcr_push(place, stores["rcr"], reference, to)),
            "skopeo": lambda: into_new(lambda to: bench.skopeo_push(place, image, stores["skopeo"], to)),
        }
        runs = in_turn(bench.rounds_on(link), runners)
    for store in stores.values():
        clear(store)
    return {"runs": runs}


# --- resumption -----------------------------------------------------------------------------------------------------


def killed_and_again(bench, image, place, direction, command, who):
    """Kills a program when most has gone through the link, runs it again, and says what went through then."""
    start = place.link.counters()[direction]

    def reached():
        return place.link.counters()[direction] - start >= KILLED_AT * image.total_bytes

    if not bench.runner.kill_when(reached, *command):
        raise Failed(f"{image.name}: {who} was done before it could be killed")
    # The proxy and the registry are to have noticed before it is run again.
    while place.link.counters()["open"]:
        time.sleep(0.01)
    killed_at = (place.link.counters()[direction] - start) / image.total_bytes
    run = place.counted(lambda: bench.runner.measure(*command))
    return run | {"killed_at": killed_at, "again": run[direction] / image.total_bytes}


def resume_pull(bench, image, made, link):
    """A pull, killed and run again: the share of the bytes that is sent again."""
    fresh = bench.work / "fresh"
    images.publish(made, image, bench.work / "source" / "data")
    with site(bench.work / "source", link, bench.authority) as place:
        reference = place.reference(image.repository)
        commands = {
            "rcr": bench.rcr_pull(place, fresh, reference),
            "skopeo": bench.skopeo_pull(place, image, reference, fresh),
        }

        def run(who):
            clear(fresh)
            result = killed_and_again(bench, image, place, "down", commands[who], who)
            complete(fresh, image, who)
            return result

        runs = in_turn(min(bench.rounds, 3), {who: (lambda w=who: run(w)) for who in commands})
    clear(fresh)
    return {"runs": runs}


def resume_push(bench, image, made, link):
    """A push, killed and run again: the share of the bytes that is sent again."""
    local = images.local_name(image)

    def run(who):
        with site(bench.work / "empty", link, bench.authority) as place:
            to = place.reference(image.repository)
            if who == "rcr":
                command = bench.rcr_push(place, made, local, to)
            else:
                command = bench.skopeo_push(place, image, made, to)
            return killed_and_again(bench, image, place, "up", command, who)

    return {"runs": in_turn(min(bench.rounds, 3), {who: (lambda w=who: run(w)) for who in ("rcr", "skopeo")})}


OPERATIONS = {
    "pull": pull,
    "repull": repull,
    "push": push,
    "mount": mount,
    "resume-pull": resume_pull,
    "resume-push": resume_push,
}


# --- do the links do what they say? ---------------------------------------------------------------------------------


def check_links(bench, names):
    """What each link really does, as curl sees it. Nothing is measured over one that does something else."""
    made, results = bench.work / "check", {}
    image = images.make(made, "1x16M")
    for name in names:
        images.publish(made, image, bench.work / "source" / "data")
        with site(bench.work / "source", name, bench.authority) as place:
            for _ in range(4):
                results[name] = check_link(bench, image, place)
                wrong = [
                    f"{key} is {results[name][key]:.2f}, not between {least} and {most}"
                    for link, least, most, key in LIMITS
                    if link == name and not least <= results[name][key] <= most
                ]
                if not wrong:
                    break
            else:
                raise Failed(f"{TITLES[name]}: {wrong[0]}; is the machine busy?")
    clear(made)
    return results


def check_link(bench, image, place):
    """Milliseconds per round trip, MiB/s of one connection, and the CPU time that the link takes for it."""
    curl = ["curl", "-sSf", "--http1.1", *place.for_curl(), "-H", ACCEPT, "-o", "/dev/null"]
    # The first opens the connection; of the others the shortest time to an answer is a round trip.
    wait = ["-w", "%{time_starttransfer} %{num_connects}\\n"]
    manifest = f"{place.url}/{image.repository}/manifests/{image.digest}"
    lines = run_plain(*curl, *wait, *[manifest, "-o", "/dev/null"] * 8, manifest).splitlines()
    waits = [float(line.split()[0]) for line in lines if line.endswith(" 0")]
    layer = max(image.blobs, key=image.blobs.get)
    blob = f"{place.url}/{image.repository}/blobs/{layer}"
    run = place.counted(lambda: bench.runner.measure(*curl, blob, memory=False))
    return {
        "round_trip_ms": min(waits) * 1000,
        "mib_per_s": image.blobs[layer] / MIB / run["wall_s"],
        "link_cpu_s": run.get("link_cpu_s"),
    }
