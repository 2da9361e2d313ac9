"""What happens when items come faster than jobs end, and what the closing report says about it."""

import csv
import io
import json
import os
import subprocess
import time

import pytest

from program import LAW, obeys_the_law, until, wait_until

SLOW = ["sh", "-c", "sleep 0.02", "sh"]


def stop(running):
    """Ends a run whose jobs or input are endless."""
    running.signal(15)
    running.says("again to stop now")
    running.signal(15)
    assert running.wait().code == 143


def numbers(count):
    return "".join(f"{i}\n" for i in range(count))


def test_block_loses_nothing(weir):
    report = weir.report("-j2", "-q1", "true", items=numbers(200), code=0)
    assert report["submitted"] == report["completed"] == 200


def test_a_queue_of_nothing_hands_items_straight_to_workers(weir):
    assert sorted(weir.run("-j2", "-q0", "echo", items=numbers(20)).lines) == sorted(map(str, range(20)))


def test_reject_refuses_what_does_not_fit_and_exits_1(weir):
    report = weir.report("-j1", "-q2", "--on-full", "reject", *SLOW, items=numbers(300), code=1)
    assert (
        report["submitted"] == 300
        and report["rejected"] > 200
        and report["completed"] == 300 - report["rejected"]
    )


def test_drop_newest_loses_the_new_and_exits_1(weir):
    done = weir.run(
        "--format",
        "json",
        "-k",
        "-j1",
        "-q2",
        "--on-full",
        "drop_newest",
        "sh",
        "-c",
        "sleep 0.05; echo $1",
        "sh",
        items=numbers(300),
    )
    assert done.code == 1 and done.report["dropped"] > 200 and done.lines[0] == "0", done


def test_drop_oldest_loses_the_old_and_runs_the_last(weir):
    done = weir.run(
        "--format",
        "json",
        "-k",
        "-j1",
        "-q2",
        "--on-full",
        "drop_oldest",
        "sh",
        "-c",
        "sleep 0.05; echo $1",
        "sh",
        items=numbers(300),
    )
    assert done.code == 1 and done.report["evicted"] > 200 and done.lines[-1] == "299", done


def test_a_policy_may_be_spelled_out_with_its_value(weir):
    report = weir.report(
        "-j1", "-q1", "--on-full=timeout:5ms", "sh", "-c", "sleep 0.1", "sh", items=numbers(20), code=1
    )
    assert report["timed_out"] > 0 and report["submitted"] == 20


def test_a_timeout_that_is_long_enough_loses_nothing(weir):
    assert (
        weir.report("-j2", "-q1", "--on-full=timeout:5m", "true", items=numbers(50), code=0)["completed"]
        == 50
    )


def test_queue_bytes_bounds_what_waits(weir):
    report = weir.report(
        "-j1",
        "-q1000",
        "--queue-bytes",
        "10K",
        "--on-full",
        "reject",
        *SLOW,
        items=("x" * 1023 + "\n") * 100,
        code=1,
    )
    assert report["rejected"] > 0 and report["peak_depth"] <= 10


def test_peak_depth_never_passes_the_queue(weir):
    assert 0 < weir.report("-j1", "-q3", *SLOW, items=numbers(20), code=0)["peak_depth"] <= 3


def test_the_default_queue_is_four_times_the_workers(weir):
    assert weir.report("-j2", *SLOW, items=numbers(60), code=0)["peak_depth"] == 8


def test_a_json_report_holds_the_law_and_the_times_in_seconds(weir):
    report = weir.report("-j1", "sleep", items="0.05\n" * 4, code=0)
    assert set(LAW) | {"submitted", "failed_by_timeout", "peak_depth", "queue_wait", "run_time"} <= set(
        report
    )
    for times in (report["queue_wait"], report["run_time"]):
        assert {"p50", "p90", "p99", "max"} <= set(times)
        assert times["p50"] <= times["p90"] <= times["p99"] <= times["max"] * 1.02
    assert 0.045 < report["run_time"]["p50"] < 10 and report["queue_wait"]["max"] > 0.045


def test_the_report_is_the_last_thing_on_standard_error(weir):
    done = weir.run("sh", "-c", 'echo noise >&2; test "$1" = a', "sh", ":::", "a", "b")
    tail = done.complaint[done.complaint.rindex("noise") + 6 :]
    for word in ("submitted", "completed", "failed", "jobs/s", "p50", "p90", "p99", "max", "peak"):
        assert word in tail, (word, done)


def test_a_text_report_names_each_kind_of_loss_that_occurred(weir):
    done = weir.run("-j1", "-q1", "--on-full", "reject", *SLOW, items=numbers(100))
    assert done.code == 1 and "rejected" in done.complaint, done


def test_the_report_goes_to_a_file(weir, tmp_path):
    assert weir.run("--report", str(tmp_path / "r"), "true", ":::", "a", "b").code == 0
    assert "submitted" in (tmp_path / "r").read_text()
    assert weir.run("--report", str(tmp_path / "j"), "--format", "json", "true", ":::", "a", "b").code == 0
    report = json.loads((tmp_path / "j").read_text())
    assert report["completed"] == 2 and obeys_the_law(report)


def test_a_report_that_cannot_be_written_is_said(weir, tmp_path):
    done = weir.run("--report", str(tmp_path / "no" / "where"), "echo", ":::", "a")
    assert done.code in (1, 2) and str(tmp_path / "no" / "where") in done.complaint, done


def test_a_report_may_be_a_line_of_json_or_a_table_of_csv(weir, tmp_path):
    weir.run("--report", str(tmp_path / "l"), "--format", "jsonl", "true", ":::", "a")
    lines = (tmp_path / "l").read_text().splitlines()
    assert len(lines) == 1 and json.loads(lines[0])["completed"] == 1
    weir.run("--report", str(tmp_path / "c"), "--format", "csv", "true", ":::", "a")
    rows = list(csv.reader(io.StringIO((tmp_path / "c").read_text())))
    assert len(rows) == 2 and dict(zip(*rows))["completed"] == "1"


def test_a_failed_job_makes_the_exit_1_and_the_others_run(weir):
    report = weir.report("sh", "-c", 'test "$1" != 3', "sh", items=numbers(10), code=1)
    assert report["failed"] == 1 and report["completed"] == 9


def test_a_job_killed_by_a_signal_or_exiting_255_stops_nothing(weir):
    job = "case $1 in 3) kill -9 $$;; 4) exit 255;; 5) exit 127;; 6) exit 126;; esac"
    report = weir.report("sh", "-c", job, "sh", items=numbers(20), code=1)
    assert report["failed"] == 4 and report["completed"] == 16


def test_stats_are_printed_as_often_as_asked(weir, tmp_path):
    running = weir.start(
        "run",
        "--stats-every",
        "50ms",
        f"{until(tmp_path / 'enough')}; : {{}}",
        ":::",
        "a",
    )
    wait_until(lambda: running.err().count(b"\n") >= 3, "three lines of statistics")
    (tmp_path / "enough").touch()
    assert running.wait().out == b""


def test_standard_output_holds_only_what_jobs_print(weir):
    assert weir.run("--format", "json", "true", ":::", "a").out == b""
    assert weir.run("--progress=always", "--stats-every", "1ms", "sleep", ":::", "0.1").out == b""


def test_a_reader_that_must_wait_takes_no_more_from_its_pipe(weir):
    running = weir.start("run", "-j1", "-q1", "sh", "-c", "sleep 1000", "sh", stdin=subprocess.PIPE)
    running.feed("x\n")
    wait_until(weir.jobs, "the first job")
    fed, line = 0, b"x" * 999 + b"\n"
    pipe = running.proc.stdin.fileno()
    os.set_blocking(pipe, False)
    refused_since = None
    while refused_since is None or time.monotonic() - refused_since < 0.5:
        try:
            fed += os.write(pipe, line)
            refused_since = None
        except BlockingIOError:
            refused_since = refused_since or time.monotonic()
            time.sleep(0.01)
        assert fed < 8 << 20, "the reader never stopped"
    stop(running)


@pytest.mark.plain_build
def test_an_endless_input_is_read_at_flat_memory(weir):
    yes = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
    try:
        running = weir.start("run", "-j2", "sh", "-c", "sleep 1", stdin=yes.stdout)
        yes.stdout.close()
        wait_until(lambda: len(weir.jobs()) >= 2, "jobs")
        first = running.status("VmRSS")
        end = time.monotonic() + 4
        while time.monotonic() < end:
            assert running.status("VmRSS") <= first + 1024
            time.sleep(0.05)
        assert 0 < running.peak_kib() < 16 * 1024
        stop(running)
    finally:
        yes.kill()
        yes.wait()


@pytest.mark.plain_build
def test_quick_jobs_on_an_endless_input_leave_memory_flat(weir):
    yes = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
    try:
        running = weir.start("run", "-j2", "true", stdin=yes.stdout)
        yes.stdout.close()
        time.sleep(1)
        first = running.status("VmRSS")
        time.sleep(3)
        assert 0 < running.status("VmRSS") <= first + 1024
        running.signal(15)
        assert running.wait().code == 143
    finally:
        yes.kill()
        yes.wait()
