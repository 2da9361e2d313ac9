"""What was promised of channels, against what was measured."""
import math
import statistics
from collections.abc import Callable, Iterable

import cells as plan


def fastest(names: dict, peers: Iterable[str], number: int) -> float | None:
    """The best rate among the peers in a round."""
    return max((names[p][number].rate for p in peers if names.get(p)), default=None)


def ratios(names: dict, ours: str, peers: Iterable[str]) -> list[float]:
    """Our rate over the best peer's, round by round; none when either is not there."""
    peers = tuple(peers)
    if not names.get(ours) or not any(names.get(p) for p in peers):
        return []
    return [reading.rate / fastest(names, peers, number) for number, reading in enumerate(names[ours])]


def geometric_means(readings: dict, chosen: Callable, ours: str, peers: Iterable[str]) -> list[float]:
    """Over all chosen cells, round by round."""
    rows = [r for cell, names in readings.items() if chosen(cell) and (r := ratios(names, ours, peers))]
    return [math.exp(statistics.fmean(map(math.log, column))) for column in zip(*rows)]


def target(what: str, least: float, values: list[float]) -> dict:
    middle = statistics.median(values)
    return {"what": what, "wanted": f">= {least}", "values": values, "median": middle, "met": middle >= least}


def worst_cell(readings: dict, what: str, chosen: Callable, ours: str, peers: Iterable[str],
               least: float) -> list[dict]:
    """The target is one of each cell: judged is the one with the lowest median, which is named."""
    rows = {cell: r for cell, names in readings.items()
            if chosen(cell) and (r := ratios(names, ours, peers))}
    if not rows:
        return []
    cell = min(rows, key=lambda c: statistics.median(rows[c]))
    below = sum(statistics.median(r) < least for r in rows.values())
    where = f"worst of {len(rows)} cells ({cell}, {cell.bytes} B; {below} below)"
    return [target(f"{what}: {where}", least, rows[cell])]


def mean_of_cells(readings: dict, what: str, chosen: Callable, ours: str, peers: Iterable[str],
                  least: float) -> list[dict]:
    values = geometric_means(readings, chosen, ours, peers)
    return [target(f"{what}, geometric mean", least, values)] if values else []


def streams(capacities: Callable[[int], bool]) -> Callable:
    """Cells from producers to consumers, on all processors."""
    return lambda cell: not cell.ping_pong and not cell.one_core and capacities(cell.capacity)


def judge(readings: dict) -> list[dict]:
    light, threads = "weir-coroutines", "weir"
    found = []
    for wanted, capacities, least in (("0", lambda c: c == 0, 8), ("1", lambda c: c == 1, 6),
                                      ("64 and more", lambda c: c >= 64, 4)):
        found += worst_cell(readings, f"coroutines / go at {wanted}", streams(capacities), light, ["go"],
                            least)
    found += worst_cell(readings, "coroutines / crossbeam at 64 and more", streams(lambda c: c >= 64), light,
                        ["crossbeam"], 2)
    roomy = streams(lambda c: c >= 16)
    for peer in ("crossbeam", "go"):
        found += mean_of_cells(readings, f"threads / {peer} at 16 and more", roomy, threads, [peer], 1)
    found += mean_of_cells(readings, "threads / best C++ peer that blocks, at 16 and more", roomy, threads,
                           plan.BLOCKING, 5)
    found += worst_cell(readings, "threads / crossbeam, ping-pong",
                        lambda c: c.ping_pong and c.capacity == 1, threads, ["crossbeam"], 1)
    for ours in plan.OURS:
        found += worst_cell(readings, f"{ours} / go on one core", lambda c: c.one_core, ours, ["go"], 0.5)
    return found
