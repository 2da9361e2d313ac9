"""How a job runner is started and watched: the time it takes, the memory it holds, how its output looks.

Memory is read from /proc while the runner lives (VmHWM, the high-water mark of the program itself). What
wait4 gives, ru_maxrss, would be wrong here: it remembers the size of the process that started the program.
"""
import contextlib
import dataclasses
import os
import re
import select
import signal
import subprocess
import tempfile
import time

LOOK_EVERY = 0.02      # seconds between two looks at the memory
LONGEST_RUN = 900      # seconds


@dataclasses.dataclass
class Reading:
    """One run of one runner. What was not looked at is None."""
    seconds: float
    peak_rss: int | None = None     # bytes
    growth: int | None = None       # bytes between the least and the most resident, after the first second
    output: dict | None = None      # line_check's counts


def memory_of(pid: int) -> dict[str, int]:
    """VmHWM, VmRSS and others in bytes; nothing once the program has ended."""
    try:
        with open(f"/proc/{pid}/status") as file:
            lines = re.findall(r"^(Vm\w+):\s*(\d+) kB", file.read(), re.M)
        return {key: int(kib) * 1024 for key, kib in lines}
    except OSError:
        return {}


class Memory:
    """The course of one process's memory."""

    def __init__(self, pid: int):
        self.pid = pid
        self.begin = time.monotonic()
        self.peak = None
        self.resident = []  # after the first second

    def look(self):
        now = memory_of(self.pid)
        if "VmHWM" not in now:
            return
        self.peak = now["VmHWM"]
        if time.monotonic() - self.begin > 1:
            self.resident.append(now["VmRSS"])

    def growth(self) -> int | None:
        return max(self.resident) - min(self.resident) if self.resident else None


@contextlib.contextmanager
def started(command: list[str], items: list[str] | None, check: list[str] | None, errors):
    """`items | command | check` as processes (either end may be missing); whatever happens, none is left."""
    processes = []
    try:
        source = items and subprocess.Popen(items, stdout=subprocess.PIPE)
        processes += [source] if source else []
        runner = subprocess.Popen(command, stdin=source.stdout if source else subprocess.DEVNULL,
                                  stdout=subprocess.PIPE if check else subprocess.DEVNULL, stderr=errors)
        processes.append(runner)
        checker = check and subprocess.Popen(check, stdin=runner.stdout, stdout=subprocess.PIPE, text=True)
        processes += [checker] if checker else []
        for pipe in (source and source.stdout, runner.stdout):
            if pipe:
                pipe.close()
        yield runner, checker
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
            process.wait()


def run(command: list[str], items: list[str] | None = None, check: list[str] | None = None) -> Reading:
    """Runs to the end, timed from the runner's start to the end of the last process of the pipeline."""
    with tempfile.TemporaryFile() as errors:
        begin = time.monotonic()
        with started(command, items, check, errors) as (runner, checker):
            memory = Memory(runner.pid)
            ended = os.pidfd_open(runner.pid)
            while runner.poll() is None:
                memory.look()
                if time.monotonic() - begin > LONGEST_RUN:
                    raise RuntimeError(f"{' '.join(command)}: no end after {LONGEST_RUN} s")
                select.select([ended], [], [], LOOK_EVERY)
            os.close(ended)
            counts = checker.communicate()[0].split() if checker else None
            seconds = time.monotonic() - begin
        if runner.returncode != 0:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()[-500:]
            raise RuntimeError(f"{' '.join(command)} ended with {runner.returncode}: {said}")
    output = dict(zip(counts[::2], map(int, counts[1::2]))) if counts else None
    return Reading(seconds, memory.peak, output=output)


def watch_endless(commands: dict[str, list[str]], seconds: float) -> dict[str, Reading]:
    """Each runner reads `yes` for so long, all at the same time (they only wait); then they are ended."""
    readings = {}
    with contextlib.ExitStack() as stack:
        watched = {}
        for name, command in commands.items():
            runner, _ = stack.enter_context(started(command, ["yes"], None, subprocess.DEVNULL))
            watched[name] = (runner, Memory(runner.pid))
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            for _, memory in watched.values():
                memory.look()
            time.sleep(LOOK_EVERY)
        for name, (runner, memory) in watched.items():
            if runner.poll() is not None:
                raise RuntimeError(f"{name} ended with {runner.returncode} while its input went on")
            readings[name] = Reading(time.monotonic() - begin, memory.peak, memory.growth())
            end(runner)
    return readings


def end(runner: subprocess.Popen) -> None:
    """Asks twice (the first SIGTERM lets weir and parallel drain), then insists."""
    for sig in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
        runner.send_signal(sig)
        with contextlib.suppress(subprocess.TimeoutExpired):
            runner.wait(timeout=2)
            return
