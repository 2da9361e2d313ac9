"""Contenders side by side in rounds: how many items each gets, whose turn it is, what it answered.

A contender is a program that does so many items of a cell and prints one line of JSON (seconds, cpu_seconds,
voluntary, involuntary, checksum, and latencies where they are what is asked for). The slowest is a thousand
times slower than the fastest, so each gets as many items as take it about as long; the same number in every
round.
"""
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable

import programs

TIMEOUT = 30.0  # seconds; a run is meant to take a fraction of one
SHARED = 64  # items come in multiples of it, so that all numbers of producers and consumers can share them


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
    latencies: tuple[float, ...] = ()  # seconds

    @property
    def rate(self) -> float:
        """Million items a second."""
        return self.items / self.seconds / 1e6

    @property
    def cpu_ns(self) -> float:
        """Processor time an item, of the whole process."""
        return self.cpu_seconds * 1e9 / self.items

    @property
    def cpu_share(self) -> float:
        """Processor time over time, in per cent."""
        return 100 * self.cpu_seconds / self.seconds

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


def reading(command: list[str], items: int, expected: int, processor: int | None) -> Reading:
    """One run of so many items; RuntimeError when its checksum is not the expected one."""
    got = answer([*command, "--items", str(items)], processor)
    if got["checksum"] != expected:
        raise RuntimeError(f"{' '.join(command)} --items {items}: items were lost, doubled or torn "
                           f"(checksum {got['checksum']}, expected {expected})")
    return Reading(items, got["seconds"], got["cpu_seconds"], got["voluntary"], got["involuntary"],
                   tuple(got.get("latencies", ())))


def calibrated(measure: Callable[[int], Reading], seconds: float, guess: int = 1024) -> int:
    """How many items take about so long."""
    items = max(SHARED, guess // SHARED * SHARED)
    while True:
        growth = seconds / max(measure(items).seconds, 1e-9)
        if growth < 3 or items >= 1 << 28:
            return max(SHARED, int(items * growth) // SHARED * SHARED)
        # Few items say little: what a start costs would be taken for the contender's pace.
        items = int(items * min(growth, 30.0)) // SHARED * SHARED


def turns(names: list[str], number: int) -> list[str]:
    """The order of a round: who goes first moves on by one."""
    first = number % len(names) if names else 0
    return names[first:] + names[:first]


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text:70}", end="", file=sys.stderr, flush=True)


class Race:
    """The contenders in all cells, round by round.

    A cell has flags(contender), checksum(items), like() (a cell in which a contender is about as fast, or
    None), one_core and fixed (its number of items, or None: calibrate).
    """

    def __init__(self, folder: pathlib.Path, contenders: list[Contender], cells: list, seconds: float):
        self.folder, self.seconds = folder, seconds
        self.field = {cell: {c.name: c for c in contenders if c.can(cell)} for cell in cells}
        self.items = {}
        self.readings = {cell: {name: [] for name in names} for cell, names in self.field.items()}
        self.failed = False  # somebody was left out of a cell after all
        self.processor = min(os.sched_getaffinity(0))

    def turn(self, cell, name: str, items: int) -> Reading:
        contender = self.field[cell][name]
        command = [str(self.folder / contender.program), *contender.flags, *cell.flags(contender)]
        return reading(command, items, cell.checksum(items), self.processor if cell.one_core else None)

    def leave_out(self, cell, name: str, failure: RuntimeError) -> None:
        """Who hangs, ends badly or loses items is out of that cell, which is said; the others go on."""
        programs.note(f"{name} left out of {cell} ({cell.title()}): {failure}")
        del self.field[cell][name], self.readings[cell][name]
        self.failed = True

    def calibrate(self) -> None:
        for cell, names in self.field.items():
            for name in list(names):
                progress(f"how fast is {name} in {cell}")
                guess = self.items.get((cell.like(), name), 4096) // 4
                try:
                    self.items[cell, name] = cell.fixed or calibrated(
                        lambda items: self.turn(cell, name, items), self.seconds, guess)
                except RuntimeError as failure:
                    self.leave_out(cell, name, failure)

    def run(self, rounds: int) -> dict:
        """cell -> name of the contender -> its readings, one a round."""
        self.calibrate()
        for number in range(rounds):
            for position, (cell, names) in enumerate(self.field.items()):
                for name in turns(list(names), number + position):
                    progress(f"round {number + 1} of {rounds}: {cell} ({cell.title()}), {name}")
                    try:
                        self.readings[cell][name].append(self.turn(cell, name, self.items[cell, name]))
                    except RuntimeError as failure:
                        self.leave_out(cell, name, failure)
        progress("")
        progress("\r")
        return self.readings
