"""The readings as tables and as a drawing."""
import pathlib
import statistics

import cells as plan
import plot
import tables
import verdicts


def draw(readings: dict, file: pathlib.Path) -> None:
    """A panel a topology, a group a capacity; items of 8 bytes on all processors."""
    panels = {}
    for cell, names in readings.items():
        if cell.bytes == 8 and not cell.one_core and not cell.ping_pong:
            panels.setdefault(cell.topology, {})[str(cell.capacity)] = {
                name: statistics.median(r.rate for r in taken) for name, taken in names.items()}
    plot.draw(panels, "M items/s", file)


def titled(cell: plan.Cell) -> str:
    where = " on one core" if cell.one_core else ""
    return f"items of {cell.bytes} bytes{where}"


def groups(readings: dict) -> dict[str, list[plan.Cell]]:
    """The cells of a table: of one width, on one core or on all."""
    found = {}
    for cell in readings:
        found.setdefault(titled(cell), []).append(cell)
    return found


def rates(readings: dict, cells: list[plan.Cell], names: list[str]) -> str:
    return tables.table(["M items/s", *names], [
        [str(cell), *(tables.spread_by([r.rate for r in readings[cell].get(name, ())], tables.figure)
                      for name in names)] for cell in cells])


def ratios(readings: dict, cells: list[plan.Cell], names: list[str]) -> str:
    """Each of ours over each peer."""
    pairs = [(ours, peer) for ours in plan.OURS for peer in names if ours in names and peer not in plan.OURS]
    if not pairs:
        return ""
    return tables.table(["ratio", *(f"{ours} / {peer}" for ours, peer in pairs)], [
        [str(cell), *(tables.spread(verdicts.ratios(readings[cell], ours, [peer]))
                      for ours, peer in pairs)] for cell in cells])


def costs(readings: dict, cells: list[plan.Cell], names: list[str]) -> str:
    def cost(taken: list) -> str:
        if not taken:
            return ""
        return "; ".join(tables.figure(statistics.median(values))
                         for values in ([r.cpu_ns for r in taken], [r.switches for r in taken]))

    return tables.table(["CPU ns; sleeps per 1000", *names],
                        [[str(cell), *(cost(readings[cell].get(name, [])) for name in names)]
                         for cell in cells])


def text(readings: dict, contenders: list, targets: list[dict]) -> str:
    parts = []
    for title, cells in groups(readings).items():
        names = [c.name for c in contenders if any(readings[cell].get(c.name) for cell in cells)]
        parts += [f"### {title[0].upper()}{title[1:]}"]
        parts += [part for part in (f(readings, cells, names) for f in (rates, ratios, costs)) if part]
    notes = [f"{c.name}: {c.note}." for c in contenders if c.note]
    if notes:
        parts.append("\n".join(notes))
    if targets:
        parts.append(tables.verdicts(targets))
    return "\n\n".join(parts)
