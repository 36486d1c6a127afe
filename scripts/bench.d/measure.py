"""Running programs and measuring them: wall time, CPU time (user and system) and peak memory."""

import contextlib
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

MIB = 1 << 20
# Nothing that is measured here takes this long, unless it hangs.
LIMIT_S = 900


class Failed(Exception):
    """A command of the benchmark did not succeed."""


def say(text):
    print(f"# {text}", file=sys.stderr, flush=True)


def run_plain(*command):
    """Runs a command that is not measured; returns what it wrote."""
    command = [os.fspath(part) for part in command]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise Failed(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


def high_water_kib(pid, found, stop):
    """Keeps the peak resident set of `pid`, as the kernel states it, up to date in `found`."""
    while not stop.wait(0.005):
        with contextlib.suppress(OSError):
            match = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
            if match:
                found[0] = int(match[1])


class Runner:
    """Starts the measured programs, one at a time. What they write goes to files in `scratch`."""

    def __init__(self, scratch):
        self.out, self.err = scratch / "stdout", scratch / "stderr"

    def start(self, command):
        write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.fspath(self.out), write, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, os.fspath(self.err), write, 0o600),
        ]
        # Its own group: Ctrl-C at the terminal reaches the benchmark, which ends the program and all it has started.
        return os.posix_spawnp(command[0], command, os.environ, file_actions=actions, setpgroup=0)

    def measure(self, *command, memory=True):
        """Runs a command to its end: `{wall_s, cpu_s, peak_mib, stdout}`."""
        command = [os.fspath(part) for part in command]
        peak, stop = [0], threading.Event()
        start = time.perf_counter()
        pid = self.start(command)
        too_long = threading.Timer(LIMIT_S, os.killpg, (pid, signal.SIGKILL))
        too_long.start()
        try:
            if memory:
                watcher = threading.Thread(target=high_water_kib, args=(pid, peak, stop), daemon=True)
                watcher.start()
            _, status, usage = os.wait4(pid, 0)
            wall = time.perf_counter() - start
        except BaseException:
            end(pid)
            raise
        finally:
            too_long.cancel()
            stop.set()
        if memory:
            watcher.join()
        if status:
            code = os.waitstatus_to_exitcode(status)
            raise Failed(f"{' '.join(command)}: exit {code}\n{self.err.read_text(errors='replace')}")
        # A process starts with the memory of whoever started it on its account: below our own peak, wait4's figure is
        # ours, and the one that was watched counts.
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        kib = usage.ru_maxrss if usage.ru_maxrss > own else peak[0]
        return {
            "wall_s": wall,
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "peak_mib": kib / 1024,
            "stdout": self.out.read_text().strip(),
        }

    def kill_when(self, reached, *command):
        """Runs a command and kills it as soon as `reached()`; says whether it was still running then."""
        pid = self.start([os.fspath(part) for part in command])
        try:
            while not reached():
                if os.waitpid(pid, os.WNOHANG)[0]:
                    return False
                time.sleep(0.001)
        except BaseException:
            end(pid)
            raise
        end(pid)
        return True


def end(pid):
    """Kills a program with all it has started, and takes note of its end."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def in_turn(rounds, runners, settle=os.sync):
    """Runs each of `runners` once a round, the order turned round each time: a list of runs for each."""
    results = {name: [] for name in runners}
    for number in range(rounds):
        names = list(runners) if number % 2 == 0 else list(reversed(runners))
        for name in names:
            # What earlier runs left to be written is not to be paid for by this one.
            settle()
            results[name].append(runners[name]())
    return results


def median(runs, key="wall_s"):
    return statistics.median(run[key] for run in runs)


def ratios(runs, who, key="wall_s", against="skopeo"):
    """What one took of what the other took, pair by pair."""
    return [mine[key] / max(theirs[key], 1e-9) for mine, theirs in zip(runs[who], runs[against])]


# --- the disk alone: what it takes to make as many bytes durable ----------------------------------------------------


def one_file(runner, target, size_bytes):
    """In one file."""
    count = max(1, -(-size_bytes // MIB))
    run = runner.measure(
        "dd", "if=/dev/zero", f"of={target}", "bs=1M", f"count={count}", "conv=fdatasync", memory=False
    )
    target.unlink()
    return run | {"peak_mib": None}


def file_by_file(target, sizes):
    """In a file each, one after another."""
    zeros, files = bytes(MIB), [target.with_suffix(f".{number}") for number in range(len(sizes))]
    start = time.perf_counter()
    for file, size in zip(files, sizes):
        with file.open("wb", buffering=0) as sink:
            while size > 0:
                size -= sink.write(zeros[: min(size, MIB)])
            os.fsync(sink.fileno())
    wall = time.perf_counter() - start
    for file in files:
        file.unlink()
    return {"wall_s": wall, "cpu_s": None, "peak_mib": None}
