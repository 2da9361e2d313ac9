"""What signals do to a run: drain, cancel, print; and what its jobs see of it."""

import os
import signal
import subprocess
import time

import pytest

from program import FOREVER, PATIENCE, tagged, until, wait_until

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.fixture
def gated(weir, tmp_path):
    """A run of two workers whose jobs wait for the file `go`, print and end; the input goes on for ever."""
    yes = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
    job = f"echo begin >> {tmp_path}/log; {until(tmp_path / 'go')}; echo {{}}; echo end >> {tmp_path}/log"

    def start(*options, items=None):
        running = weir.start(
            "run",
            "--format",
            "json",
            "-j2",
            "-q3",
            *options,
            job,
            **({"items": items} if items else {"stdin": yes.stdout}),
        )
        wait_until(
            lambda: (tmp_path / "log").exists() and (tmp_path / "log").read_text().count("begin") == 2,
            "two jobs",
        )
        return running

    start.go = (tmp_path / "go").touch
    start.log = lambda: (tmp_path / "log").read_text().split()
    yield start
    yes.kill()
    yes.wait()
    yes.stdout.close()


@pytest.mark.parametrize("number", CODES)
def test_the_first_signal_drains_what_was_accepted_runs_to_its_end(gated, number):
    running = gated()
    time.sleep(0.1)  # lets the queue fill: the jobs stand at their gate, so nothing else moves
    running.signal(number)
    running.says("again to stop now")
    gated.go()
    done = running.wait()
    assert done.code == CODES[number], done
    assert (
        done.report["completed"] == done.report["submitted"] == len(done.lines) >= 2
        and done.report["cancelled"] == 0
    )
    assert gated.log().count("begin") == gated.log().count("end") == done.report["completed"]


def test_a_drain_says_how_many_jobs_it_waits_for(gated):
    running = gated(items="a\nb\n")
    time.sleep(0.1)
    running.signal(signal.SIGINT)
    running.says("draining 2 jobs, again to stop now")
    gated.go()
    assert running.wait().code == 130


@pytest.mark.parametrize("number", CODES)
def test_the_second_signal_cancels(gated, weir, number):
    running = gated()
    running.signal(number)
    running.says("again to stop now")
    assert running.proc.poll() is None
    running.signal(number)
    done = running.wait()
    assert done.code == CODES[number] and done.lines == [], done
    assert done.report["failed"] == 2 and done.report["completed"] == 0
    assert done.report["cancelled"] == done.report["submitted"] - 2
    assert weir.jobs() == []


def test_a_term_after_an_interrupt_cancels_as_well(gated):
    running = gated()
    running.signal(signal.SIGINT)
    running.says("again to stop now")
    running.signal(signal.SIGTERM)
    assert running.wait().code in (130, 143)


def test_an_interrupted_run_exits_130_even_if_all_went_well(gated):
    running = gated(items="a\nb\n")
    running.signal(signal.SIGINT)
    running.says("again to stop now")
    gated.go()
    done = running.wait()
    assert done.code == 130 and done.report["completed"] == 2 and done.report["failed"] == 0, done


def test_a_drain_that_takes_too_long_is_cut(gated, weir):
    running = gated("--drain-timeout", "200ms")
    running.signal(signal.SIGTERM)
    done = running.wait()
    assert done.code == 143 and done.report["failed"] == 2, done


def test_a_job_that_ignores_sigterm_is_killed_after_a_cancel(weir, tmp_path):
    running = weir.start(
        "run",
        "--kill-after",
        "300ms",
        f'trap "" TERM INT; touch {tmp_path}/ready; {FOREVER}; : {{}}',
        ":::",
        "a",
    )
    wait_until((tmp_path / "ready").exists, "the job")
    running.signal(signal.SIGINT)
    running.says("again to stop now")
    running.signal(signal.SIGINT)
    assert running.wait().code == 130 and weir.jobs() == []


def test_jobs_do_not_see_the_interrupt_of_a_drain(weir, tmp_path):
    waits = f"touch {tmp_path}/ready; {until(tmp_path / 'go')}"
    job = f'trap "echo saw it" INT TERM HUP; {waits}; echo done; : {{}}'
    running = weir.start("run", job, ":::", "a")
    wait_until((tmp_path / "ready").exists, "the job")
    running.signal(signal.SIGINT)
    running.says("again to stop now")
    (tmp_path / "go").touch()
    assert running.wait().lines == ["done"]


def test_an_interrupt_ends_a_run_that_waits_for_input(weir):
    running = weir.start("run", "echo", stdin=subprocess.PIPE)
    running.feed("a\n")
    running.prints("a\n")
    running.signal(signal.SIGINT)
    running.proc.wait(PATIENCE)
    assert running.wait().code == 130


def test_an_interrupt_ends_a_wait_for_the_next_start(weir):
    running = weir.start("run", "-j1", "-q1", "--delay", "1h", "echo", items="a\nb\nc\n")
    running.prints("a\n")
    running.signal(signal.SIGINT)
    running.says("again to stop now")
    running.signal(signal.SIGINT)
    assert running.wait().code == 130


def test_usr1_prints_the_statistics_and_the_run_goes_on(gated):
    running = gated(items="a\nb\n")
    before = len(running.err())
    running.signal(signal.SIGUSR1)
    wait_until(lambda: running.err()[before:].endswith(b"\n"), "statistics")
    assert b"running" in running.err()[before:] or b"completed" in running.err()[before:]
    gated.go()
    assert running.wait().code == 0


def test_what_a_cancelled_job_had_printed_is_kept_and_marked(weir, tmp_path):
    job = f"echo half of $1; touch {tmp_path}/ready.$1; {FOREVER}"
    running = weir.start("run", "-j2", "sh", "-c", job, "sh", ":::", "apple", "pear")
    wait_until(
        lambda: (tmp_path / "ready.apple").exists() and (tmp_path / "ready.pear").exists(), "both jobs"
    )
    running.signal(signal.SIGINT)
    running.says("again to stop now")
    running.signal(signal.SIGINT)
    done = running.wait()
    assert sorted(done.lines) == ["half of apple", "half of pear"], done
    marks = [line for line in done.complaint.splitlines() if "partial" in line]
    assert (
        len(marks) == 2 and any("apple" in line for line in marks) and any("pear" in line for line in marks)
    ), done


def test_the_results_of_a_cancelled_job_keep_what_it_had_printed_but_no_final_name(weir, tmp_path):
    job = f"echo half; touch {tmp_path}/ready; {FOREVER}; : {{}}"
    running = weir.start("run", "--results", str(tmp_path / "r"), job, ":::", "a")
    wait_until((tmp_path / "ready").exists, "the job")
    running.signal(signal.SIGTERM)
    running.says("again to stop now")
    running.signal(signal.SIGTERM)
    assert running.wait().code == 143
    assert (tmp_path / "r" / "1" / "stdout.part").read_text() == "half\n"
    names = sorted(path.name for path in (tmp_path / "r" / "1").iterdir())
    assert names == ["item", "stderr.part", "stdout.part"]


def test_kill_9_of_weir_takes_its_jobs_along_and_leaves_nothing(weir, tmp_path):
    stays = f'trap "" TERM INT HUP; sleep 1000 & {FOREVER}'
    job = f"touch {tmp_path}/ready.$1; head -c 3000000 /dev/zero; {stays}"
    running = weir.start("run", "-k", "-j3", "sh", "-c", job, "sh", items="".join(f"{i}\n" for i in range(9)))
    wait_until(lambda: len(list(tmp_path.glob("ready.*"))) == 3, "three jobs")
    wait_until(lambda: len(weir.jobs()) >= 6, "their children")
    running.signal(signal.SIGKILL)
    killed = time.monotonic()
    running.proc.wait(PATIENCE)
    wait_until(lambda: tagged(weir.tag) == [], "all processes gone", patience=max(1, PATIENCE / 60))
    print(f"gone after {time.monotonic() - killed:.3f} s")
    assert list(weir.temporary.iterdir()) == []


def test_kill_9_of_the_whole_process_group_takes_the_jobs_along_too(weir, tmp_path):
    running = weir.start("run", "-j2", "sleep", ":::", "1000", "1001")
    wait_until(lambda: len(weir.jobs()) == 2, "two jobs")
    os.killpg(running.pid, signal.SIGKILL)
    running.proc.wait(PATIENCE)
    wait_until(lambda: tagged(weir.tag) == [], "all processes gone", patience=max(1, PATIENCE / 60))


def test_kill_9_while_jobs_start_leaves_none_behind(weir):
    for _ in range(15):
        running = weir.start(
            "run",
            "-j8",
            "sh",
            "-c",
            "sleep 0.02; sleep 1000",
            "sh",
            items="".join(f"{i}\n" for i in range(50)),
        )
        wait_until(lambda: len(weir.jobs()) >= 3, "some of the jobs")
        running.signal(signal.SIGKILL)
        running.proc.wait(PATIENCE)
        wait_until(lambda: tagged(weir.tag) == [], "all processes gone", patience=max(1, PATIENCE / 60))


def test_a_stopped_weir_goes_on_when_continued(weir, tmp_path):
    running = weir.start(
        "run",
        "-k",
        "-j2",
        "sh",
        "-c",
        "sleep 0.01; echo $1",
        "sh",
        items="".join(f"{i}\n" for i in range(30)),
    )
    running.prints("3\n")
    running.signal(signal.SIGSTOP)
    running.signal(signal.SIGCONT)
    assert running.wait().lines == [str(i) for i in range(30)]
