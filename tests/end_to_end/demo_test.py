"""The tour: its list, the scene that is the same at each run, its speed, what it prints off a terminal."""

import json
import re
import time

import pytest

from program import PATIENCE, WEIR


def test_the_list_is_a_scene_a_line_name_tab_sentence(weir):
    done = weir("demo", "--list")
    assert done.code == 0 and done.err == b"", done
    scenes = [line.split("\t") for line in done.lines]
    assert all(len(scene) == 2 and scene[0] and scene[1].endswith(".") for scene in scenes), done
    assert "blocking" in [name for name, _ in scenes]


def test_every_scene_on_the_list_can_be_played(weir):
    names = [line.split("\t")[0] for line in weir("demo", "--list").lines]
    done = weir("demo", "--fast", *names)
    assert done.code == 0 and done.out, done


def test_an_unknown_scene_is_refused_with_the_nearest(weir):
    done = weir("demo", "bloking")
    assert done.code == 2 and "bloking" in done.complaint and "blocking" in done.complaint, done


def test_blocking_prints_the_same_bytes_at_each_run(weir):
    first = weir("demo", "blocking")
    assert first.code == 0, first
    for line in ("Sending 0...", "Sent 0", "Processing 0"):
        assert any(text.startswith(line) for text in first.lines), (line, first)
    for _ in range(20):
        assert weir("demo", "blocking").out == first.out


def test_blocking_says_which_send_is_the_first_to_block(weir):
    assert "block" in weir("demo", "blocking").out.decode()


@pytest.mark.plain_build
def test_the_fast_tour_takes_under_ten_seconds(weir):
    began = time.monotonic()
    assert weir("demo", "--fast").code == 0
    assert time.monotonic() - began < 10


def test_the_fast_tour_is_plain_text_off_a_terminal_and_names_every_policy_and_mistake(weir):
    done = weir("demo", "--fast")
    assert done.code == 0 and b"\x1b" not in done.out and b"\r" not in done.out, done
    text = done.out.decode().lower()
    for word in (
        "kitchen",
        "unbounded",
        "block",
        "drop",
        "reject",
        "timeout",
        "goodput",
        "p99",
        "mistake",
        "next",
    ):
        assert word in text, word


def test_a_reader_that_goes_ends_the_tour_quietly(weir):
    done = weir("-c", f"{WEIR} demo --fast | head -n 1; echo ${{PIPESTATUS[0]}}", program="/bin/bash")
    assert done.lines[-1] == "141" and done.err == b"", done


def test_an_interrupt_ends_the_tour(weir):
    running = weir.start("demo")
    running.prints("\n")
    running.signal(2)
    assert running.wait().code == 130


def scene(weir, name):
    """What a scene prints off a terminal, without the line of what was measured on this machine."""
    done = weir("demo", name)
    assert done.code == 0 and done.err == b"" and b"\x1b" not in done.out, done
    return [line for line in done.lines if not line.startswith(("One decision takes", "One look at"))]


def row(lines, name):
    """The words after `name` in the one line that begins with it."""
    found = [line[len(name) :].split() for line in lines if line.startswith(name + " ")]
    assert len(found) == 1, (name, lines)
    return found[0]


@pytest.mark.parametrize("name", ["rate", "retry", "breaker", "priority", "scaling", "sizing", "monitor"])
def test_a_scene_on_virtual_time_says_what_to_look_at_and_is_the_same_at_each_run(weir, name):
    lines = scene(weir, name)
    assert any("Look at" in line or "Look for" in line for line in " ".join(lines).split(". ")), lines
    assert all(len(line) < 80 for line in lines), lines
    assert scene(weir, name) == lines


def test_rate_lets_a_burst_in_and_then_the_rate(weir):
    steps = [line.split()[2:6] for line in scene(weir, "rate") if line.startswith("   0.")]
    came, let_in, refused, _ = zip(*[map(int, step) for step in steps])
    assert sum(came) == sum(let_in) + sum(refused)
    assert let_in[0] == came[0] and max(let_in) > 20 and let_in[5] == 10  # 100 a second, in 100 ms
    assert sum(let_in) <= 20 + 100


def test_retry_never_recovers_until_a_budget_bounds_it(weir):
    lines = scene(weir, "retry")
    for endless in ("3 retries at once", "3, with backoff", "3, backoff, jitter"):
        assert row(lines, endless)[-1] == "never", lines
    for bounded in ("and a budget of 20 %", "and a bounded queue"):
        marks, attempts, seconds, _ = row(lines, bounded)
        assert marks.endswith("#") and float(attempts) <= 1.2 and int(seconds) < 20, lines
    assert set(row(lines, "  none")) == {"100"} and int(row(lines, "  full")[-1]) < 20, lines


def test_breaker_spares_most_of_the_calls_in_vain_and_closes_again(weir):
    lines = scene(weir, "breaker")
    changes = [line.split(" s  ")[1] for line in lines if "->" in line]
    assert changes[0] == "closed -> open" and changes[-1] == "half open -> closed", lines
    assert "half open -> open" in changes, lines
    without, guarded = ([int(word) for word in row(lines, name)[:3]] for name in ("without", "with"))
    assert without[2] == 0 and guarded[2] > 0 and guarded[1] * 3 < without[1], lines
    assert guarded[0] + guarded[2] == without[0], lines


def test_priority_keeps_the_wait_of_the_important_lane_and_starves_nobody(weir):
    lines = scene(weir, "priority")
    served = [float(row(lines, name)[0]) for name in ("one queue for both", "a lane each")]
    assert served[0] < 50 and served[1] == 100, lines
    owed = {n: row(lines, f"1 turn in {n} for lane 1")[-1] for n in (64, 8)}
    rest = [float(rate.removesuffix("/s")) for rate in owed.values()]
    assert 400 / 64 <= rest[0] < rest[1] and rest[1] >= 400 / 8, lines


def test_scaling_shows_which_rule_flips(weir):
    lines = scene(weir, "scaling")
    steady = {}
    for name in ("threshold", "little"):
        workers = next(line.split()[1] for line in lines if line.startswith(name))
        steady[name] = workers[5:30]
    assert len(set(steady["little"])) == 1 and len(set(steady["threshold"])) > 1, lines


def test_sizing_serves_most_in_time_with_the_size_that_the_sums_give(weir):
    lines = scene(weir, "sizing")
    sizes = ("queue too small", "queue too large", "too few workers", "too few, queue too large", "right")
    in_time = {size: float(row(lines, size)[-2]) for size in sizes}
    assert in_time.pop("right") > max(in_time.values()), lines
    assert row(lines, "queue too large")[2] == "0" and int(row(lines, "queue too small")[2]) > 0, lines


def test_monitor_tells_before_the_first_loss_and_who_heeds_it_has_none(weir):
    lines = scene(weir, "monitor")
    alone = row(lines, "nobody looks")  # 119 s, 127 s, lost, wait
    heeded = row(lines, "one cook more at the alert")
    assert int(alone[0]) + 5 < int(alone[2]) and int(alone[4]) > 0, lines
    assert heeded[:2] == alone[:2] and heeded[2:4] == ["never", "0"], lines
    told = [line.split() for line in lines if " % full (" in line]
    assert len(told) == 1 and told[0][0] == alone[0], lines
    looks = [line.split() for line in lines if line.endswith("]") and " s " in line]
    busy = [look[3] for look in looks if look[4] == "100"]
    assert len(busy) > 6 and set(busy) == {"200"}, lines  # all looks well in what most people watch


def test_spill_keeps_the_order_of_a_burst_and_loses_nothing_to_a_kill(weir):
    done = weir("demo", "spill", "--fast")
    assert done.code == 0 and done.err == b"", done
    table = [line.split() for line in done.lines if re.fullmatch(r" +[\d.]+ m?s( +\d+){3}", line)]
    in_memory, on_disk, cooked = zip(*[map(int, row[2:]) for row in table])
    assert max(in_memory) <= 16 and on_disk[0] > 100 and on_disk[-1] == 0 and cooked[-1] == 500, done
    text = " ".join(done.out.decode().split())
    assert "500 of 500 cooked, in the order in which they came" in text, done
    story = r"with (\d+) orders is killed .* when (\d+) are cooked.* finds (\d+) .* (\d+) lost, (\d+) "
    told = re.search(story, text)
    orders, before, found, lost, twice = map(int, told.groups())
    assert lost == 0 and before + found - twice == orders and before < orders, done


def test_spill_says_where_it_cannot_write(weir):
    done = weir("demo", "spill", env={"TMPDIR": "/nonexistent"})
    assert done.code == 1 and "/nonexistent" in done.complaint and "TMPDIR" in done.complaint, done


def test_bench_policies_compares_the_policies_in_json(weir):
    done = weir("bench", "policies", "--quick", "--format", "json", patience=PATIENCE * 2)
    assert done.code == 0, done
    rows = {row["policy"]: row for row in json.loads(done.out)["policies"]}
    assert {"unbounded", "block", "reject"} <= set(rows)
    for row in rows.values():
        assert row["offered"] >= row["completed"] > 0 and row["goodput"] >= 0
    assert rows["unbounded"]["peak_depth"] > rows["block"]["peak_depth"] and rows["block"]["lost"] == 0


@pytest.mark.parametrize("form", ["text", "jsonl", "csv"])
def test_bench_policies_prints_other_formats(weir, form):
    done = weir("bench", "policies", "--quick", "--format", form, patience=PATIENCE * 2)
    assert done.code == 0 and sum("reject" in line for line in done.lines) >= 1, done


@pytest.mark.parametrize("suite", ["channel", "pool"])
def test_bench_sets_channels_and_pools_beside_the_textbook_ones(weir, suite):
    done = weir("bench", suite, "--quick", "--format", "json", patience=PATIENCE * 2)
    assert done.code == 0, done
    report = json.loads(done.out)
    assert report["benchmark"] == suite and report["rounds"] >= 2
    compared = [row for row in report["standings"] if row["ratio"]]
    assert {row["contestant"] for row in report["standings"]} > {"condvars"} and compared
    for row in report["standings"]:
        assert 0 < row["rate"]["low"] <= row["rate"]["median"] <= row["rate"]["high"], row
    assert ("latencies" in report) == (suite == "pool")


def test_bench_channel_and_pool_print_other_formats(weir):
    table = weir("bench", "channel", "--quick", patience=PATIENCE * 2)
    assert table.code == 0 and any("coroutines" in line for line in table.lines), table
    lines = weir("bench", "pool", "--quick", "--format", "csv", patience=PATIENCE * 2)
    assert lines.code == 0 and lines.lines[0].startswith("cell,contestant,"), lines


def test_bench_sets_the_spill_store_beside_plain_sqlite(weir):
    done = weir("bench", "spill", "--quick", "--format", "json", patience=PATIENCE * 2)
    assert done.code == 0, done
    report = json.loads(done.out)
    assert report["benchmark"] == "spill" and report["units"]["ratio"] == "rate over that of sqlite"
    assert {row["contestant"] for row in report["standings"]} == {"store", "sqlite"}
    for row in report["standings"]:
        assert 0 < row["rate"]["low"] <= row["rate"]["high"], row
        assert bool(row["ratio"]) == (row["contestant"] == "store"), row


def test_bench_refuses_what_it_does_not_know(weir):
    assert weir("bench", "polices").code == 2
    done = weir("bench", "policies", "--format", "xml")
    assert done.code == 2 and "json" in done.complaint, done
