"""What was promised of channels, against what was measured."""
from collections.abc import Callable

import cells as plan
import ratios

COROUTINES, THREADS = "weir-coroutines", "weir"


def streams(capacities: Callable[[int], bool]) -> Callable:
    """Cells from producers to consumers, on all processors."""
    return lambda cell: cell.kind == "stream" and not cell.one_core and capacities(cell.capacity)


def judge_coroutines(readings: dict) -> list[dict]:
    found = []
    for where, capacities, least in (("0", lambda c: c == 0, 8), ("1", lambda c: c == 1, 6),
                                     ("64 and more", lambda c: c >= 64, 4)):
        rows = ratios.of_cells(readings, streams(capacities), COROUTINES, ["go"])
        found += ratios.worst(f"coroutines / go at {where}", least, rows)
    rows = ratios.of_cells(readings, streams(lambda c: c >= 64), COROUTINES, ["crossbeam"])
    return found + ratios.worst("coroutines / crossbeam at 64 and more", 2, rows)


def judge_threads(readings: dict) -> list[dict]:
    roomy = streams(lambda c: c >= 16)
    found = []
    for what, peers, least in (("crossbeam", ["crossbeam"], 1), ("go", ["go"], 1),
                               ("best C++ peer that blocks", plan.BLOCKING, 5)):
        rows = ratios.of_cells(readings, roomy, THREADS, peers)
        found += ratios.mean(f"threads / {what} at 16 and more", least, rows)
    rows = ratios.of_cells(readings, lambda cell: cell.kind == "ping-pong" and cell.capacity == 1, THREADS,
                           ["crossbeam"])
    return found + ratios.worst("threads / crossbeam, ping-pong", 1, rows)


def judge(readings: dict) -> list[dict]:
    found = judge_coroutines(readings) + judge_threads(readings)
    for ours in plan.OURS:
        rows = ratios.of_cells(readings, lambda cell: cell.one_core and cell.kind == "stream", ours, ["go"])
        found += ratios.worst(f"{ours} / go on one core", 0.5, rows)
    return found + ratios.idle(readings, "while all wait")


def panels(readings: dict) -> dict:
    """For the drawing: a panel a topology, a group a capacity; items of 8 bytes on all processors."""
    found = {}
    for cell, names in readings.items():
        if cell.bytes == 8 and streams(lambda c: True)(cell):
            found.setdefault(cell.topology, {})[str(cell.capacity)] = ratios.median_rates(names)
    return found
