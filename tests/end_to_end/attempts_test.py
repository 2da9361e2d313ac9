"""Timeouts, retries, halting, and when the next job may start."""

import os
import time

from program import FOREVER, until, wait_until


def test_a_job_past_its_timeout_gets_sigterm_and_counts_as_failed(weir, tmp_path):
    caught = f'trap "echo term > {tmp_path}/term; exit 0" TERM'
    job = f"{caught}; if test $1 = slow; then {FOREVER}; fi; echo $1"
    done = weir.run(
        "--format", "json", "-j2", "--timeout", "300ms", "sh", "-c", job, "sh", ":::", "slow", "quick"
    )
    assert done.code == 1 and done.lines == ["quick"], done
    assert (
        done.report["failed"] == 1 and done.report["failed_by_timeout"] == 1 and done.report["completed"] == 1
    )
    assert (tmp_path / "term").read_text() == "term\n"


def test_a_timeout_reaches_the_whole_process_group(weir):
    done = weir.run("--timeout", "200ms", "sh", "-c", "sleep 1000 & sleep 1000 | cat; wait", ":::", "a")
    assert done.code == 1 and weir.jobs() == [], done


def test_a_job_that_ignores_sigterm_is_killed_after_kill_after(weir):
    report = weir.report(
        "--timeout",
        "1s",  # long enough for a shell to set its trap on a busy machine
        "--kill-after",
        "200ms",
        "sh",
        "-c",
        f'trap "" TERM; {FOREVER}',
        ":::",
        "a",
        code=1,
    )
    assert report["failed_by_timeout"] == 1 and report["run_time"]["max"] >= 1.19


def test_what_a_job_printed_before_its_timeout_is_kept(weir):
    done = weir.run("--timeout", "2s", "echo early; sleep 1000; : {}", ":::", "a")
    assert done.code == 1 and done.lines == ["early"], done


def test_a_timeout_is_for_each_attempt(weir, tmp_path):
    report = weir.report(
        "--timeout",
        "200ms",
        "--retries",
        "3",
        f"echo x >> {tmp_path}/tries; sleep 1000; : {{}}",
        ":::",
        "a",
        code=1,
    )
    assert (
        (tmp_path / "tries").read_text() == "x\n" * 3
        and report["failed"] == 1
        and report["failed_by_timeout"] == 1
    )


def test_retries_is_the_number_of_attempts_in_all(weir, tmp_path):
    report = weir.report("--retries", "3", f"echo {{}} >> {tmp_path}/tries; false", ":::", "a", "b", code=1)
    assert sorted((tmp_path / "tries").read_text().split()) == ["a"] * 3 + ["b"] * 3
    assert report["failed"] == 2 and report["submitted"] == 2


def test_a_job_that_succeeds_in_the_end_has_succeeded_and_only_its_last_output_is_printed(weir, tmp_path):
    count = f"echo x >> {tmp_path}/tries; n=$(wc -l < {tmp_path}/tries)"
    job = f"{count}; echo attempt $n; echo oops $n >&2; test $n = 3; exit $?; : {{}}"
    done = weir.run("--format", "json", "--retries", "5", job, ":::", "a")
    assert done.code == 0 and done.lines == ["attempt 3"], done
    assert "oops 3" in done.complaint and "oops 1" not in done.complaint
    assert done.report["completed"] == 1 and done.report["failed"] == 0


def test_without_retries_a_job_is_tried_once(weir, tmp_path):
    weir.run(f"echo x >> {tmp_path}/tries; false {{}}", ":::", "a")
    assert (tmp_path / "tries").read_text() == "x\n"


def test_halt_never_runs_everything(weir):
    assert weir.report("--halt", "never", "false", items="\n" * 30, code=1)["failed"] == 30


def test_halt_soon_lets_running_jobs_end_and_cancels_what_is_queued(weir, tmp_path):
    first = f"{until(tmp_path / 'failing')}; sleep 0.2; echo whole"
    job = f"if test $1 = 1; then {first}; else touch {tmp_path}/failing; exit 3; fi"
    done = weir.run(
        "--format",
        "json",
        "-j2",
        "-q4",
        "--halt",
        "soon,fail=1",
        "sh",
        "-c",
        job,
        "sh",
        items="".join(f"{i}\n" for i in range(1, 200)),
    )
    assert done.code == 1 and done.lines == ["whole"], done
    assert done.report["completed"] == 1 and 1 <= done.report["failed"] <= 2
    assert done.report["submitted"] < 30 and done.report["cancelled"] > 0


def test_halt_now_ends_running_jobs(weir, tmp_path):
    job = (
        f'if test $1 = 1; then trap "echo term > {tmp_path}/term; exit 1" TERM; touch {tmp_path}/ready; '
        f"{FOREVER}; else {until(tmp_path / 'ready')}; exit 3; fi"
    )
    done = weir.run(
        "--format",
        "json",
        "-j2",
        "--halt",
        "now,fail=1",
        "sh",
        "-c",
        job,
        "sh",
        items="".join(f"{i}\n" for i in range(1, 200)),
    )
    assert done.code == 1 and (tmp_path / "term").exists() and done.report["failed"] >= 2, done
    assert weir.jobs() == []


def test_halt_counts_failures(weir):
    report = weir.report(
        "-j1",
        "-q1",
        "--halt",
        "soon,fail=3",
        "sh",
        "-c",
        "test $(($1 % 2)) = 0",
        "sh",
        items="".join(f"{i}\n" for i in range(1, 100)),
        code=1,
    )
    assert 3 <= report["failed"] <= 4 and report["completed"] <= 4


def test_delay_is_the_least_time_between_starts(weir, tmp_path):
    weir.run("-j4", "--delay", "100ms", f"date +%s.%N >> {tmp_path}/starts; : {{}}", items="\n" * 6)
    starts = sorted(map(float, (tmp_path / "starts").read_text().split()))
    assert len(starts) == 6 and starts[-1] - starts[0] >= 0.25, starts


def test_failed_jobs_are_named(weir):
    done = weir.run("-j1", "--retries", "2", 'test {} = a || exit 3', ":::", "a", "x\ny" + "z" * 100)
    lines = [line for line in done.complaint.splitlines() if "failed: " in line]
    assert lines == [f"weir run: job 2 (x?y{'z' * 57}...) failed: exit 3"], done
    done = weir.run("sh", "-c", "kill -9 $$", "sh", ":::", "a")
    assert "weir run: job 1 (a) failed: ended by signal 9 (Killed)\n" in done.complaint, done


def test_of_many_failed_jobs_the_first_are_named(weir, tmp_path):
    done = weir.run("false", items="\n" * 50)
    assert done.complaint.count(") failed: exit 1\n") == 20, done
    assert done.complaint.count("more failed; --results DIR keeps what each did\n") == 1, done
    assert weir.run("-j4", "false", items="\n" * 20).complaint.count("more failed") == 0
    done = weir.run("--results", str(tmp_path / "r"), "false", items="\n" * 21)
    assert f"more failed; '{tmp_path}/r' keeps what each did\n" in done.complaint, done


def test_delay_lies_between_the_attempts_of_a_job_too(weir, tmp_path):
    job = f"date +%s.%N >> {tmp_path}/starts; false"
    done = weir.run("--delay", "100ms", "--retries", "4", job, ":::", "a")
    starts = sorted(map(float, (tmp_path / "starts").read_text().split()))
    assert done.code == 1 and len(starts) == 4 and starts[-1] - starts[0] >= 0.25, starts


def test_a_load_that_is_never_reached_delays_nothing(weir):
    assert weir.run("-k", "--load", "100000", "--memfree", "1M", "echo", items="a\nb\n").lines == ["a", "b"]


def test_no_job_starts_while_memory_is_short_and_a_signal_still_ends_it(weir):
    running = weir.start("run", "--memfree", "4000000G", "echo", items="a\nb\n")
    end = time.monotonic() + 1
    while time.monotonic() < end:
        assert running.proc.poll() is None and running.out() == b"" and weir.jobs() == []
        time.sleep(0.05)
    running.signal(2)
    running.says("again to stop now")
    running.signal(2)
    done = running.wait()
    assert done.code == 130 and done.out == b"", done


def test_the_number_of_workers_follows_a_file(weir, tmp_path):
    """Four jobs wait for each other: with the one worker that the file asks for at first they never meet."""
    (tmp_path / "workers").write_text("1\n")
    job = (
        f"cd {tmp_path}; touch here.$1; "
        "until test -e here.1 -a -e here.2 -a -e here.3 -a -e here.4; do sleep 0.01; done; echo $1"
    )
    running = weir.start("run", "-j", str(tmp_path / "workers"), "sh", "-c", job, "sh", items="1\n2\n3\n4\n")
    wait_until((tmp_path / "here.1").exists, "the first job")
    (tmp_path / "workers").write_text("4\n")
    done = running.wait()
    assert done.code == 0 and sorted(done.lines) == ["1", "2", "3", "4"], done


def test_a_workers_file_that_makes_no_sense_is_refused_at_the_start(weir, tmp_path):
    (tmp_path / "workers").write_text("several\n")
    done = weir.run("-j", str(tmp_path / "workers"), "echo", ":::", "a")
    assert done.code == 2 and "several" in done.complaint, done
    done = weir.run("-j", str(tmp_path / "missing"), "echo", ":::", "a")
    assert done.code == 2 and "missing" in done.complaint, done


def test_a_workers_file_that_turns_bad_is_said_and_the_run_goes_on(weir, tmp_path):
    os.mkfifo(tmp_path / "gate")
    (tmp_path / "workers").write_text("2\n")
    running = weir.start(
        "run", "-j", str(tmp_path / "workers"), f"read x < {tmp_path}/gate; echo {{}}", ":::", "a"
    )
    wait_until(weir.jobs, "the job")
    (tmp_path / "workers").write_text("none\n")
    running.says("none")
    (tmp_path / "gate").write_text("go\n")
    done = running.wait()
    assert done.code == 0 and done.lines == ["a"], done
