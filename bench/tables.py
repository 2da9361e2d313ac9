"""What the benchmark scripts share: the facts of the machine, how a spread of rounds is written, tables."""
import math
import os
import pathlib
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Callable


def machine() -> dict:
    """The facts a reader needs to judge a figure."""
    model = re.search(r"^model name\s*:\s*(.+)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    memory = re.search(r"^MemTotal:\s*(\d+) kB", pathlib.Path("/proc/meminfo").read_text(), re.M)
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "processors": len(os.sched_getaffinity(0)),
        "model": model[1] if model else platform.machine(),
        "memory_gib": round(int(memory[1]) / 2**20, 1) if memory else None,
        "kernel": platform.release(),
        "load_1min": round(os.getloadavg()[0], 2),
    }


def first_line(*command: str) -> str:
    """The first line a program prints: its version."""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return (done.stdout or done.stderr).splitlines()[0].strip()


def describe(facts: dict) -> str:
    return (f"{facts['date']}; {facts['processors']} processors ({facts['model']}), "
            f"{facts['memory_gib']} GiB, Linux {facts['kernel']}, load {facts['load_1min']} at the start")


def figure(value: float) -> str:
    """Three digits that mean something, never an exponent: "0.0494", "3.17", "17.5", "1750"."""
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(places, 4)}f}"


def spread(values: list[float], form: str = "{:.2f}") -> str:
    """Median and range of the rounds: "1.31 (1.25..1.40)"; of none, nothing."""
    return spread_by(values, form.format)


def spread_by(values: list[float], written: Callable[[float], str]) -> str:
    if not values:
        return ""
    low, middle, high = (written(f(values)) for f in (min, statistics.median, max))
    return middle if len(values) == 1 else f"{middle} ({low}..{high})"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table that lines up in a terminal too; the first column is text, the others numbers."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(cells):
        padded = [cells[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(cells[1:], widths[1:]))]
        return "| " + " | ".join(padded) + " |"

    rule = line(["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])])
    return "\n".join([line(header), rule, *map(line, rows)])


def verdicts(targets: list[dict]) -> str:
    """A row a target: {"what", "wanted", "values" (one a round), "met"}."""
    return table(["target", "wanted", "median (range)", "verdict"],
                 [[t["what"], t["wanted"], spread(t["values"]), "met" if t["met"] else "MISSED"]
                  for t in targets])
