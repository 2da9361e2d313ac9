"""weir plan: numbers with their formulas, refusals with the number that works."""

import json

import pytest


def planned(weir, *options):
    done = weir("plan", "--format", "json", *options)
    assert done.code == 0 and done.err == b"", done
    return json.loads(done.out)


def test_the_queue_for_a_rate_and_a_delay_and_the_workers_for_cores_that_wait(weir):
    plan = planned(weir, "--rate", "500/s", "--delay", "200ms", "--cores", "8", "--wait-compute", "10")
    assert plan["queue"] == 100 and plan["workers"] == 88
    assert plan["utilization"] is None and plan["loss"] is None


def test_with_a_service_time_all_numbers_are_there(weir):
    plan = planned(weir, "--rate", "500/s", "--delay", "200ms", "--service", "20ms", "--workers", "15")
    assert plan["queue"] == 100 and plan["workers"] == 15
    assert abs(plan["utilization"] - 10 / 15) < 1e-9
    assert 0.0003 < plan["mean_wait"] < 0.0005 and 0.008 < plan["p99_wait"] < 0.01
    assert 0 < plan["loss"] < 1e-12


def test_every_number_has_its_formula_with_the_numbers_put_in(weir):
    done = weir("plan", "--rate=500/s", "--delay=200ms", "--service=20ms", "--cores=8", "--wait-compute=10")
    assert done.code == 0 and done.err == b"", done
    rows = {line[:12].strip(): line[13:].split(None, 1) for line in done.lines}
    assert rows["queue"] == ["100", "rate x delay = 500/s x 200 ms"]
    assert rows["workers"] == ["88", "cores x (1 + wait/compute) = 8 x (1 + 10)"]
    assert rows["utilization"][1] == "rate x service / workers = 500/s x 20 ms / 88"
    for name in ("mean wait", "p99 wait", "loss"):
        assert "88" in rows[name][1] or "99 of 100" in rows[name][1], rows
    assert "K = c + queue = 188 places" in rows["loss"][1]


@pytest.mark.parametrize("workers", ["8", "10"])
def test_what_cannot_work_is_refused_with_the_reason_and_the_number_that_can(weir, workers):
    done = weir("plan", "--rate", "500/s", "--service", "20ms", "--workers", workers, "--format", "json")
    assert done.code == 1 and done.out == b"", done
    reason = f"500/s x 20 ms keeps 10 workers busy; {workers} cannot keep up at any queue size, 11 can"
    assert reason in done.complaint, done
    assert planned(weir, "--rate", "500/s", "--service", "20ms", "--workers", "11")["workers"] == 11


def test_without_workers_the_least_that_keep_up_are_planned(weir):
    assert planned(weir, "--rate", "500/s", "--service", "20ms")["workers"] == 11


@pytest.mark.parametrize(
    "options, name, right",
    [
        ([], "--rate", "500/s"),
        (["--rate", "500"], "'500'", "100/s"),
        (["--rate", "0/s", "--delay", "1s"], "'0/s'", "100/s"),
        (["--rate", "500/s"], "rate alone", "--delay"),
        (["--rate", "500/s", "--delay", "200"], "'200'", "200s"),
        (["--rate", "500/s", "--delay", "0s"], "'0s'", "5s"),
        (["--rate", "500/s", "--cores", "0"], "'0'", "8"),
        (["--rate", "500/s", "--wait-compute", "-1"], "'-1'", "10"),
        (["--rate", "500/s", "--workers", "x"], "'x'", "8"),
        (["--rate", "500/s", "--delay", "1s", "--format", "xml"], "'xml'", "json"),
        (["--rate", "500/s", "--delay", "1s", "echo"], "'echo'", "--measure"),
        (["--measure", "--", "sleep"], ":::", "0.1"),
        (["--measure", ":::", "0.1"], "COMMAND", "sleep"),
        (["--measure", "-j", "0", "--", "true", ":::", "1"], "0 workers", "1 or more"),
        (["--rat", "5/s"], "--rat", "--rate"),
        (["--trace", "x"], "--trace", "not available yet"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_a_wrong_value_is_named_with_a_right_one(weir, options, name, right):
    done = weir("plan", *options)
    assert done.code == 2 and done.out == b"" and "usage: weir plan" in done.complaint, done
    assert name in done.complaint and right in done.complaint, done


def test_csv_has_the_same_names(weir):
    done = weir("plan", "--rate", "5/s", "--delay", "2s", "--format", "csv")
    assert done.lines == ["queue,workers,utilization,mean_wait,p99_wait,loss", "10,,,,,"], done


def test_the_help_is_short_and_long(weir):
    brief, full = weir("plan", "--help"), weir("help", "plan")
    assert brief.code == 0 and full.code == 0 and "--wait-compute" in brief.out.decode()
    assert "M/M/c" in full.out.decode() and len(full.out) > len(brief.out)


def test_measuring_finds_what_a_job_waits_and_prints_the_options_to_use(weir, tmp_path):
    job = f"echo x >> {tmp_path}/runs; sleep 0.1; : {{}}"
    done = weir("plan", "--measure", "-j1..4", "--format", "json", "--", job, ":::", "a", "b")
    assert done.code == 0, done
    found = json.loads(done.out)
    assert [row["workers"] for row in found["widths"]] == [1, 2, 3, 4]
    assert all(row["failed"] == 0 and row["jobs"] >= 3 * row["workers"] for row in found["widths"])
    assert found["service"] >= 0.1 and found["wait_compute"] > 1 and found["cores"] >= 1
    assert found["workers"] == 4 and found["options"].startswith("-j4 -q")
    assert len((tmp_path / "runs").read_text()) == 2 * sum(row["jobs"] for row in found["widths"])


def test_measuring_with_a_rate_plans_with_what_was_measured(weir):
    load = ["--rate", "10/s", "--delay", "1s"]
    done = weir("plan", "--measure", "-j", "1..2", *load, "--", "sleep", ":::", "0.1")
    assert done.code == 0, done
    text = done.out.decode()
    assert "use: weir run -j" in text and "weir plan --rate 10/s --delay 1s" in text, done
    assert "queue        10 " in text and "utilization" in text, done


def test_what_was_measured_is_shown_also_when_no_plan_can_follow(weir):
    done = weir("plan", "--measure", "-j1", "--rate", "500/s", "--", "sleep", ":::", "0.1")
    assert done.code == 1 and "cannot keep up" in done.complaint, done
    assert "use: weir run -j1" in done.out.decode(), done


def test_measuring_a_command_that_is_not_there_or_fails_says_so(weir):
    assert weir("plan", "--measure", "-j1", "--", "no-such-command", ":::", "a").code == 127
    done = weir("plan", "--measure", "-j1", "--", "false", ":::", "a")
    assert done.code == 1 and "failed" in done.complaint and done.out == b"", done
