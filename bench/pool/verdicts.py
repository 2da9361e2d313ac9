"""What was promised of pools, against what was measured."""
import statistics

import cells as plan
import ratios

SINGLE = ("weir-tasks", "weir-jobs")  # one job at a time
AT_ONCE = ("weir-jobs-16", "weir-jobs-16-yield")


def empty_jobs(cell: plan.Cell) -> bool:
    return cell.kind == "empty" and not cell.one_core


def judge_empty(readings: dict) -> list[dict]:
    found = []
    for ours in SINGLE:
        for what, peers, least in (("go", ["go"], 1.5), ("best C++ peer", plan.CPP_PEERS, 3)):
            rows = ratios.of_cells(readings, empty_jobs, ours, peers)
            found += ratios.mean(f"{ours} / {what}, empty jobs", least, rows)
    for ours in AT_ONCE:
        rows = ratios.of_cells(readings, empty_jobs, ours, ["go"])
        found += ratios.mean(f"{ours} / go, empty jobs", 4, rows)
    return found


def judge_latency(readings: dict) -> list[dict]:
    """The median of a round over that of the round's quickest peer with threads."""
    found = []
    for cell, names in readings.items():
        peers = [names[p] for p in plan.CPP_PEERS if names.get(p)]
        if cell.kind != "latency" or not peers:
            continue
        found += [ratios.at_most(f"{ours} / best thread peer: latency after 10 ms, p50", 1,
                                 [median(mine) / min(map(median, others))
                                  for mine, *others in zip(names[ours], *peers)])
                  for ours in SINGLE if names.get(ours)]
    return found


def median(reading) -> float:
    return statistics.median(reading.latencies)


def judge(readings: dict) -> list[dict]:
    found = judge_empty(readings)
    for ours in plan.OURS:
        rows = ratios.of_cells(readings, lambda cell: cell.kind == "spin", ours, ["bare"])
        found += ratios.worst(f"{ours} / ceiling, jobs of 1 us", 0.97, rows)
    found += judge_latency(readings)
    for ours in plan.OURS:
        rows = ratios.of_cells(readings, lambda cell: cell.kind == "empty" and cell.one_core, ours, ["go"])
        found += ratios.worst(f"{ours} / go on one core, empty jobs", 0.5, rows)
    rows = ratios.of_cells(readings, lambda cell: cell.kind == "empty" and cell.one_core, "weir-observed",
                           ["weir-jobs"])
    found += ratios.worst("weir-observed / weir-jobs on one core, empty jobs", 0.9, rows)
    return found + ratios.idle(readings, "while idle")


def panels(readings: dict) -> dict:
    """For the drawing: a panel a kind of job, a group a shape."""
    found = {}
    for cell, names in readings.items():
        if cell.kind in ("empty", "spin") and not cell.one_core:
            shape = f"{cell.producers}p {cell.workers}w"
            found.setdefault(cell.title(), {})[shape] = ratios.median_rates(names)
    return found
