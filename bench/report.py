"""Readings as tables: a row a cell, a column a contender."""
import statistics

import ratios
import tables


def groups(readings: dict) -> dict[str, list]:
    """The cells of each table, by its title."""
    found = {}
    for cell in readings:
        found.setdefault(cell.title(), []).append(cell)
    return found


def rates(readings: dict, cells: list, names: list[str]) -> str:
    return tables.table(["M/s", *names], [
        [str(cell), *(tables.spread_by([r.rate for r in readings[cell].get(name, ())], tables.figure)
                      for name in names)] for cell in cells])


def quotients(readings: dict, cells: list, names: list[str], rivals: dict[str, dict]) -> str:
    """Each of ours over its rivals. `rivals`: ours -> title of the rival -> its names, of which the fastest
    counts."""
    pairs = [(mine, title, peers) for mine in rivals if mine in names
             for title, peers in rivals[mine].items() if any(peer in names for peer in peers)]
    if not pairs:
        return ""
    return tables.table(["ratio", *(f"{mine} / {title}" for mine, title, _ in pairs)], [
        [str(cell), *(tables.spread(ratios.ratios(readings[cell], mine, peers)) for mine, _, peers in pairs)]
        for cell in cells])


def costs(readings: dict, cells: list, names: list[str]) -> str:
    def cost(taken: list) -> str:
        return "; ".join(tables.figure(statistics.median(values)) for values in
                         ([r.cpu_ns for r in taken], [r.switches for r in taken]) if values)

    return tables.table(["CPU ns; sleeps per 1000", *names], [
        [str(cell), *(cost(readings[cell].get(name, [])) for name in names)] for cell in cells])


def latencies(readings: dict, cells: list, names: list[str]) -> str:
    """Microseconds: the median of each round's median, and the 99th percentile of all rounds together."""
    rows = [[name, tables.spread_by([statistics.median(r.latencies) * 1e6 for r in taken], tables.figure),
             tables.figure(percentile([l for r in taken for l in r.latencies], 99) * 1e6)]
            for cell in cells for name in names if (taken := readings[cell].get(name))]
    return tables.table(["microseconds", "p50", "p99"], rows)


def percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def processor_shares(readings: dict, cells: list, names: list[str]) -> str:
    """Of one processor, in per cent."""
    return tables.table(["CPU %", *names], [
        [str(cell), *(tables.spread_by([r.cpu_share for r in readings[cell].get(name, ())], tables.figure)
                      for name in names)] for cell in cells])


def text(readings: dict, contenders: list, rivals: dict[str, dict], targets: list[dict]) -> str:
    parts = []
    for title, cells in groups(readings).items():
        names = [c.name for c in contenders if any(readings[cell].get(c.name) for cell in cells)]
        parts.append(f"### {title[0].upper()}{title[1:]}")
        if cells[0].kind == "latency":
            parts.append(latencies(readings, cells, names))
        elif cells[0].kind == "parked":
            parts.append(processor_shares(readings, cells, names))
        else:
            parts += [rates(readings, cells, names), quotients(readings, cells, names, rivals),
                      costs(readings, cells, names)]
    parts.append("\n".join(f"{c.name}: {c.note}." for c in contenders if c.note))
    if targets:
        parts.append(tables.verdicts(targets))
    return "\n\n".join(part for part in parts if part)
