"""Ratios within a round, and targets for them.

A target: {"what", "wanted", "values" (one a round), "median", "met"}.
"""
import math
import statistics
from collections.abc import Callable, Iterable


def ratios(names: dict, ours: str, peers: Iterable[str]) -> list[float]:
    """Our rate over that of the round's fastest peer, round by round; none when either side is not there."""
    theirs = [names[peer] for peer in peers if names.get(peer)]
    if not names.get(ours) or not theirs:
        return []
    return [mine.rate / max(r.rate for r in others) for mine, *others in zip(names[ours], *theirs)]


def of_cells(readings: dict, chosen: Callable, ours: str, peers: Iterable[str]) -> dict:
    """cell -> ratios, of the chosen cells that have them."""
    peers = tuple(peers)
    return {cell: found for cell, names in readings.items()
            if chosen(cell) and (found := ratios(names, ours, peers))}


def at_least(what: str, least: float, values: list[float]) -> dict:
    middle = statistics.median(values)
    return {"what": what, "wanted": f">= {least}", "values": values, "median": middle, "met": middle >= least}


def at_most(what: str, most: float, values: list[float]) -> dict:
    middle = statistics.median(values)
    return {"what": what, "wanted": f"<= {most}", "values": values, "median": middle, "met": middle <= most}


def worst(what: str, least: float, rows: dict) -> list[dict]:
    """A target of each cell: judged is the one with the lowest median, which is named. None without cells."""
    if not rows:
        return []
    middles = {cell: statistics.median(values) for cell, values in rows.items()}
    cell = min(middles, key=middles.get)
    below = sum(middle < least for middle in middles.values())
    where = f"worst of {len(rows)} ({cell}, {cell.title()}; {below} below)"
    return [at_least(f"{what}: {where}", least, rows[cell])]


def mean(what: str, least: float, rows: dict) -> list[dict]:
    """A target for the geometric mean of all cells, round by round. None without cells."""
    if not rows:
        return []
    values = [math.exp(statistics.fmean(map(math.log, column))) for column in zip(*rows.values())]
    return [at_least(f"{what}, geometric mean of {len(rows)}", least, values)]


def idle(readings: dict, what: str) -> list[dict]:
    """A target for each contender of the cells where all only wait: that it uses no processor."""
    return [at_most(f"{name}, {cell}: CPU % {what}", 0.1, [r.cpu_share for r in taken])
            for cell, names in readings.items() if cell.kind == "parked"
            for name, taken in names.items() if taken]


def median_rates(names: dict) -> dict:
    """Contender -> its median rate, of one cell, for drawing."""
    return {name: statistics.median(r.rate for r in taken) for name, taken in names.items() if taken}
