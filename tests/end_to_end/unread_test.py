"""Nobody reads what weir prints, or nobody writes what it waits for: signals work all the same."""

import os
import pathlib
import select
import signal

import pytest

from program import PATIENCE, obeys_the_law, wait_until


@pytest.fixture
def unread():
    """A pipe that nobody reads: its writing end, and a wait until it is full."""
    read, write = os.pipe()

    def fill():
        wait_until(lambda: not select.select([], [write], [], 0)[1], "a full pipe")

    yield write, fill
    os.close(write)
    os.close(read)


def taken(running, number):
    """Sends a signal and waits until weir has taken it."""
    running.signal(number)

    def pending():
        text = pathlib.Path(f"/proc/{running.pid}/status").read_text()
        shared = next(line for line in text.splitlines() if line.startswith("ShdPnd:"))
        return int(shared.split()[1], 16) >> (number - 1) & 1

    wait_until(lambda: not pending(), "the signal taken")


@pytest.mark.parametrize("mode", [[], ["-k"], ["--line-buffer"], ["--tag"]])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_the_second_signal_ends_a_run_whose_output_nobody_reads(weir, unread, mode, stream):
    pipe, fill = unread
    job = "seq 1000000" + (" >&2" if stream == "stderr" else "") + "; : {}"
    running = weir.start("run", *mode, "-j2", job, ":::", "1", "2", "3", **{stream: pipe})
    fill()
    taken(running, signal.SIGTERM)
    assert running.proc.poll() is None
    running.signal(signal.SIGTERM)
    assert running.wait().code == 143
    assert weir.jobs() == []


def test_a_drain_whose_output_nobody_reads_is_cut_at_its_timeout(weir, unread):
    pipe, fill = unread
    running = weir.start(
        "run", "--format", "json", "--drain-timeout", "10ms", "-j1", "seq", ":::", "1000000", "2", stdout=pipe
    )
    fill()
    running.signal(signal.SIGINT)
    done = running.wait()
    assert done.code == 130 and "nobody reads the output" in done.complaint, done
    assert obeys_the_law(done.report)


def test_an_output_is_waited_for_after_the_last_job_until_a_second_signal(weir, unread):
    pipe, fill = unread
    running = weir.start("run", "-j2", "seq", ":::", "100000", "100001", stdout=pipe)
    fill()
    wait_until(lambda: not weir.jobs(), "the jobs' ends")
    taken(running, signal.SIGINT)
    assert running.proc.poll() is None
    running.signal(signal.SIGINT)
    assert running.wait().code == 130


def test_statistics_that_nobody_reads_hold_no_signal_up(weir, unread):
    pipe, fill = unread
    running = weir.start("run", "--stats-every", "1ms", "-j1", "sleep", ":::", "1000", stderr=pipe)
    fill()
    taken(running, signal.SIGTERM)
    running.signal(signal.SIGTERM)
    assert running.wait().code == 143


def test_the_pipe_of_others_keeps_blocking(weir, unread):
    pipe, fill = unread
    running = weir.start("run", "-j1", "seq", ":::", "1000000", stdout=pipe)
    fill()
    assert os.get_blocking(pipe)
    running.signal(signal.SIGKILL)


@pytest.mark.parametrize("option", ["-a", "--report"])
def test_a_signal_ends_the_wait_for_the_other_end_of_a_fifo(weir, tmp_path, option):
    os.mkfifo(tmp_path / "fifo")
    running = weir.start("run", option, str(tmp_path / "fifo"), "echo", items="a\n")
    own = pathlib.Path(f"/proc/{running.pid}")
    wait_until(
        lambda: (own / "comm").read_text() == "weir\n" and "State:\tS" in (own / "status").read_text(),
        "weir asleep",
    )
    running.signal(signal.SIGINT)
    assert running.proc.wait(PATIENCE) == -signal.SIGINT


def test_a_results_directory_that_cannot_be_is_refused_before_anything_is_read(weir, tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        done = weir.run("--results", str(place), f"touch {tmp_path}/ran; : {{}}", items="a\n")
        assert done.code == 2 and str(place) in done.complaint, done
    assert not (tmp_path / "ran").exists()


def test_a_results_directory_is_made_although_there_are_no_items(weir, tmp_path):
    assert weir.run("--results", str(tmp_path / "a" / "b"), "echo", items="").code == 0
    assert (tmp_path / "a" / "b").is_dir()
