"""What the suites make of readings: turns, ratios, verdicts, and that who loses items is found out."""
import dataclasses
import importlib.util
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "channel")]
import cells  # noqa: E402
import ratios  # noqa: E402
import report  # noqa: E402
import rounds  # noqa: E402
import tables  # noqa: E402
import verdicts  # noqa: E402

found = importlib.util.spec_from_file_location("pool_cells", HERE / "pool/cells.py")
pools = importlib.util.module_from_spec(found)
sys.modules[found.name] = pools
found.loader.exec_module(pools)


def taken(*rates: float) -> list[rounds.Reading]:
    """A reading a round, in million items a second."""
    return [rounds.Reading(1_000_000, 1 / rate, 1 / rate, 0, 0) for rate in rates]


def contender(folder: pathlib.Path, checksum: str) -> rounds.Contender:
    """A program that needs a microsecond an item, and answers with this sum of the items."""
    program = folder / "paced"
    program.write_text(f"""#!/usr/bin/env python3
import json, sys
items = int(sys.argv[sys.argv.index("--items") + 1])
print(json.dumps(dict(seconds=items / 1e6, cpu_seconds=items / 1e6, voluntary=0, involuntary=0,
                      checksum={checksum})))
""")
    program.chmod(0o755)
    return rounds.Contender("paced", "paced", "nothing")


def test_a_contender_gets_the_items_that_take_it_a_turn(tmp_path):
    cell = cells.Cell("1x1", 64, 8)
    race = rounds.Race(tmp_path, [contender(tmp_path, "items * (items + 1)")], [cell], seconds=0.1)
    readings = race.run(3)
    assert [r.items for r in readings[cell]["paced"]] == [100_000 // 64 * 64] * 3


def test_a_contender_that_loses_items_is_left_out_and_named(tmp_path, capsys):
    cell = cells.Cell("1x1", 64, 8)
    race = rounds.Race(tmp_path, [contender(tmp_path, "items")], [cell], seconds=0.1)
    assert race.run(1)[cell] == {} and race.failed
    assert "paced left out" in (said := capsys.readouterr().err) and "lost" in said


def test_who_fails_in_a_later_round_is_out_of_its_cell_and_the_others_go_on(tmp_path):
    cell, paced = cells.Cell("1x1", 64, 8), contender(tmp_path, "items * (items + 1)")
    names = dataclasses.replace(paced, name="good"), dataclasses.replace(paced, name="bad")
    race = rounds.Race(tmp_path, list(names), [cell], seconds=0.01)
    turn = race.turn

    def failing(cell, name, items):
        if name == "bad" and race.readings[cell]["bad"]:
            raise RuntimeError("not done")
        return turn(cell, name, items)

    race.turn = failing
    readings = race.run(3)
    assert list(readings[cell]) == ["good"] and len(readings[cell]["good"]) == 3 and race.failed


def test_who_goes_first_moves_on():
    assert [rounds.turns(["a", "b", "c"], n)[0] for n in range(4)] == ["a", "b", "c", "a"]


def test_ratios_are_taken_within_a_round_over_the_fastest_peer_of_it():
    names = {"weir": taken(6, 8), "condvar": taken(2, 1), "tbb": taken(1, 4)}
    assert ratios.ratios(names, "weir", ["condvar", "tbb", "absent"]) == pytest.approx([3, 2])
    assert ratios.ratios(names, "weir", ["absent"]) == [] == ratios.ratios(names, "absent", ["tbb"])


def test_the_worst_cell_is_judged_where_each_cell_must_do():
    rows = {cells.Cell("1x1", 0, 8): [9, 9, 9], cells.Cell("8x8", 0, 8): [9, 7, 7]}
    found, = ratios.worst("what", 8, rows)
    assert not found["met"] and found["median"] == 7
    assert "8x8" in found["what"] and "1 below" in found["what"]


def test_a_geometric_mean_is_one_a_round():
    found, = ratios.mean("what", 4, {"a": [2, 1], "b": [8, 4]})
    assert found["values"] == pytest.approx([4, 2]) and not found["met"]


def test_every_promise_is_judged_when_all_took_part():
    readings = {cell: {c.name: taken(100, 100) if c.name in cells.OURS else taken(1, 1)
                       for c in cells.CONTENDERS if c.can(cell)} for cell in cells.all_cells()}
    targets = verdicts.judge(readings)
    assert all(t["met"] for t in targets if "CPU" not in t["what"]) and len(targets) == 12
    text = report.text(readings, list(cells.CONTENDERS), cells.RIVALS, targets)
    assert "items of 64 bytes" in text.lower()
    assert "MISSED" in text, "the made-up readings of those that wait use a whole processor"


def test_figures_have_no_exponent():
    values = (0, 0.0494, 3.168, 17.49, 1750.2)
    assert [tables.figure(v) for v in values] == ["0", "0.0494", "3.17", "17.5", "1750"]


def folder(suite: str) -> pathlib.Path:
    return pathlib.Path(os.environ["BENCH"]) / suite


@pytest.mark.parametrize("contender", cells.CONTENDERS, ids=lambda c: c.name)
def test_a_channel_program_moves_all_items(contender):
    program = folder("channel") / contender.program
    if not program.is_file() and contender.name not in ("weir", "weir-coroutines", "condvar"):
        pytest.skip(f"it needs {contender.needs}")
    for cell in (cells.Cell("2x2", 1024, 64), cells.Cell("1x1", 1024, 8, "ping-pong")):
        got = rounds.answer([str(program), *cell.flags(contender), "--items", "640"])
        assert got["checksum"] == cell.checksum(640) and got["seconds"] > 0, cell


@pytest.mark.parametrize("contender", pools.CONTENDERS, ids=lambda c: c.name)
def test_a_pool_program_runs_all_jobs(contender):
    program = folder("pool") / contender.program
    if not program.is_file() and contender.name not in (*pools.OURS, "condvar", "bare"):
        pytest.skip(f"it needs {contender.needs}")
    command = [str(program), *contender.flags, "--workers", "2"]
    got = rounds.answer([*command, "--producers", "4", "--spin", "10", "--items", "640"])
    assert got["checksum"] == 640 and got["seconds"] > 0
    if contender.name != "bare":
        assert len(rounds.answer([*command, "--items", "3", "--idle"])["latencies"]) == 3


def test_a_program_refuses_what_it_cannot_do():
    command = [str(folder("channel") / "channel_condvar"), "--cell", "2x2", "--capacity", "0", "--bytes", "8"]
    for items, why in (("3", "cannot be shared"), ("4", "no hand-over"), ("x", "no whole number")):
        with pytest.raises(RuntimeError, match=why):
            rounds.answer([*command, "--items", items])
