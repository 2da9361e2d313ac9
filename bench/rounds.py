"""Contenders side by side in rounds: how many items each gets, whose turn it is, what it answered.

A contender is a program that does so many items of a cell and prints one line of JSON (seconds,
cpu_seconds, voluntary, involuntary, checksum and whatever else it measures). The slowest is a thousand times
slower than the fastest, so each gets as many items as take it about as long; the same number in every round.
"""
import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

TIMEOUT = 60.0  # seconds; a run is meant to take a fraction of one


@dataclasses.dataclass(frozen=True)
class Contender:
    name: str
    program: str  # below the suite's folder in the build directory
    needs: str  # what must be installed, for the message when it is not
    flags: tuple[str, ...] = ()
    note: str = ""  # what a reader must know to compare it
    can: Callable = lambda cell: True  # whether it is measured in this cell


@dataclasses.dataclass(frozen=True)
class Reading:
    items: int
    seconds: float
    cpu_seconds: float
    voluntary: int
    involuntary: int

    @property
    def rate(self) -> float:
        """Million items a second."""
        return self.items / self.seconds / 1e6

    @property
    def cpu_ns(self) -> float:
        """Processor time an item, of the whole process."""
        return self.cpu_seconds * 1e9 / self.items

    @property
    def switches(self) -> float:
        """Voluntary context switches a thousand items."""
        return self.voluntary * 1000 / self.items


def answer(command: list[str], processor: int | None = None) -> dict:
    """The program's line of JSON; RuntimeError when there is none. `processor`: the only one it may use."""
    confined = (lambda: os.sched_setaffinity(0, {processor})) if processor is not None else None
    shown = " ".join(command)
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=TIMEOUT, preexec_fn=confined)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{shown}: not done after {TIMEOUT:.0f} s") from None
    if done.returncode != 0:
        raise RuntimeError(f"{shown}: ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout)


def reading(command: list[str], items: int, expected: int | None, processor: int | None) -> Reading:
    """One run of so many items; RuntimeError when its checksum is not the expected one."""
    got = answer([*command, "--items", str(items)], processor)
    if expected is not None and got["checksum"] != expected:
        raise RuntimeError(f"{' '.join(command)} --items {items}: items were lost, doubled or torn "
                           f"(checksum {got['checksum']}, expected {expected})")
    return Reading(items, got["seconds"], got["cpu_seconds"], got["voluntary"], got["involuntary"])


def calibrated(measure: Callable[[int], Reading], seconds: float, guess: int = 1024) -> int:
    """How many items take about so long: a multiple of 64, so that all topologies can share them."""
    items = max(64, guess // 64 * 64)
    while True:
        took = measure(items).seconds
        growth = seconds / max(took, 1e-9)
        if growth < 3 or items >= 1 << 28:
            return max(64, int(items * growth) // 64 * 64)
        # Few items say little: what a start costs would be taken for the contender's pace.
        items = int(items * min(growth, 30.0)) // 64 * 64


def turns(names: list[str], number: int) -> list[str]:
    """The order of a round: who goes first moves on by one."""
    first = number % len(names) if names else 0
    return names[first:] + names[:first]


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text:70}", end="", file=sys.stderr, flush=True)


class Clock:
    """How long the run has taken, for the first line of a report."""

    def __init__(self):
        self.start = time.monotonic()

    def minutes(self) -> float:
        return (time.monotonic() - self.start) / 60
