"""The output of jobs: whole, in order, tagged, by lines, to files; and what if it cannot be written."""

import os
import resource
import subprocess

import pytest

from program import FOREVER, PATIENCE, WEIR, until, wait_until

BURSTS = "for i in 1 2 3 4 5 6 7 8; do echo $1; sleep 0.01; done"


def test_the_output_of_a_job_is_whole(weir):
    done = weir.run("-j4", "sh", "-c", BURSTS, "sh", items="".join(f"{i}\n" for i in range(12)))
    assert done.code == 0 and len(done.lines) == 12 * 8
    assert all(len(set(done.lines[i : i + 8])) == 1 for i in range(0, 96, 8)), done


def test_an_output_without_a_last_newline_is_passed_as_it_is(weir):
    assert weir.run("-k", "printf", "%s", ":::", "a", "b").out == b"ab"


def test_standard_error_of_jobs_goes_to_standard_error_whole(weir):
    done = weir.run("-j4", "sh", "-c", f"exec >&2; {BURSTS}", "sh", ":::", "x", "y", "z")
    assert done.out == b"", done
    lines = [line for line in done.complaint.split("\n") if line in ("x", "y", "z")]
    assert len(lines) == 24 and all(len(set(lines[i : i + 8])) == 1 for i in (0, 8, 16)), done


def test_output_comes_as_jobs_end_not_at_the_end_of_the_run(weir, tmp_path):
    os.mkfifo(tmp_path / "gate")
    running = weir.start(
        "run",
        "-j2",
        "sh",
        "-c",
        f'test "$1" = slow && read x < {tmp_path}/gate; echo $1',
        "sh",
        ":::",
        "slow",
        "quick",
    )
    running.prints("quick\n")
    (tmp_path / "gate").write_text("go\n")
    assert running.wait().lines == ["quick", "slow"]


def test_keep_order_prints_in_the_order_of_the_items(weir):
    done = weir.run(
        "-k",
        "-j6",
        "sh",
        "-c",
        "sleep 0.0$((9 - $1)); echo $1",
        "sh",
        items="".join(f"{i}\n" for i in range(10)),
    )
    assert done.lines == [str(i) for i in range(10)], done


def test_keep_order_holds_when_jobs_fail_or_cannot_start(weir):
    done = weir.run("-k", "-j3", "sh", "-c", 'echo "$1"; test "$1" != b', "sh", items=b"a\nb\nx\0y\nc\n")
    assert done.code == 1 and done.lines == ["a", "b", "c"], done


def test_keep_order_with_an_endless_slow_first_job_stays_bounded_and_ends(weir, tmp_path):
    os.mkfifo(tmp_path / "gate")
    first = f"if test $1 = 1; then read x < {tmp_path}/gate; fi"
    job = f"{first}; head -c 300000 /dev/zero; echo $1 >> {tmp_path}/log"
    running = weir.start(
        "run", "-k", "-j2", "sh", "-c", job, "sh", items="".join(f"{i}\n" for i in range(1, 31))
    )
    wait_until(lambda: (tmp_path / "log").exists(), "a job behind the slow one")
    (tmp_path / "gate").write_text("go\n")
    assert running.wait().out == b"\0" * 300_000 * 30


def test_tag_puts_the_item_before_each_line_of_both_outputs(weir):
    done = weir.run("-k", "--tag", "sh", "-c", "echo 1; echo 2; echo 3 >&2", "sh", ":::", "a b", "c")
    assert done.lines == ["a b\t1", "a b\t2", "c\t1", "c\t2"], done
    assert "a b\t3\n" in done.complaint and "c\t3\n" in done.complaint


def test_tag_with_n_joins_the_items(weir):
    assert weir.run("--tag", "-n2", "sh", "-c", "echo x", "sh", ":::", "a", "b").lines == ["a b\tx"]


def test_line_buffer_prints_a_line_as_soon_as_it_is_whole(weir, tmp_path):
    os.mkfifo(tmp_path / "gate")
    running = weir.start(
        "run",
        "--line-buffer",
        "sh",
        "-c",
        f"echo one; printf half; read x < {tmp_path}/gate; echo -two",
        ":::",
        "a",
    )
    running.prints("one\n")
    assert running.out() == b"one\n"
    (tmp_path / "gate").write_text("go\n")
    assert running.wait().lines == ["one", "half-two"]


def test_line_buffer_never_breaks_a_line(weir):
    job = 'for i in 1 2 3 4 5 6; do printf "$1$1$1"; sleep 0.01; echo "$1$1$1"; done'
    done = weir.run("--line-buffer", "-j4", "sh", "-c", job, "sh", ":::", "a", "b", "c", "d")
    assert sorted(done.lines) == [c * 6 for c in "abcd" for _ in range(6)], done


def test_line_buffer_takes_a_line_of_many_megabytes(weir):
    done = weir.run(
        "--line-buffer",
        "-j2",
        "sh",
        "-c",
        'head -c 5000000 /dev/zero | tr "\\0" $1; echo',
        "sh",
        ":::",
        "a",
        "b",
    )
    assert sorted(done.lines) == ["a" * 5_000_000, "b" * 5_000_000]


def results(folder, seq):
    return {path.name: path.read_bytes() for path in (folder / str(seq)).iterdir()}


def test_results_go_to_files_instead_of_the_output(weir, tmp_path):
    folder = tmp_path / "made" / "here"
    done = weir.run(
        "--results",
        str(folder),
        "sh",
        "-c",
        'echo "out $1"; echo err >&2; test "$1" = a',
        "sh",
        items="a\nb \n",
    )
    assert done.code == 1 and done.out == b"", done
    assert results(folder, 1) == {"item": b"a", "stdout": b"out a\n", "stderr": b"err\n", "exit": b"0\n"}
    assert results(folder, 2) == {"item": b"b ", "stdout": b"out b \n", "stderr": b"err\n", "exit": b"1\n"}


def test_results_tell_a_signal_from_a_status(weir, tmp_path):
    weir.run("--results", str(tmp_path / "r"), "sh", "-c", "kill -9 $$", ":::", "a")
    assert results(tmp_path / "r", 1)["exit"].strip() == b"signal 9"


def test_a_result_has_its_name_when_it_is_whole(weir, tmp_path):
    os.mkfifo(tmp_path / "gate")
    folder = tmp_path / "r"
    running = weir.start(
        "run",
        "--results",
        str(folder),
        f"echo half; touch {tmp_path}/begun; read x < {tmp_path}/gate; echo {{}}",
        ":::",
        "a",
    )
    wait_until((tmp_path / "begun").exists, "the job")
    assert not (folder / "1" / "stdout").exists() and not (folder / "1" / "exit").exists()
    (tmp_path / "gate").write_text("go\n")
    assert running.wait().code == 0
    assert results(folder, 1)["stdout"] == b"half\na\n"


def test_results_of_a_folder_that_cannot_be_made_are_refused(weir, tmp_path):
    (tmp_path / "file").write_text("")
    done = weir.run("--results", str(tmp_path / "file"), "echo", ":::", "a")
    assert done.code in (1, 2) and str(tmp_path / "file") in done.complaint, done


@pytest.mark.small_disk
def test_results_on_a_full_disk_end_the_run(weir, small_disk):
    done = weir.run("-j2", "--results", str(small_disk), "head", "-c", "600000", items="/dev/zero\n" * 30)
    assert done.code == 1 and "cannot write" in done.complaint and "No space left" in done.complaint, done
    whole = list(small_disk.rglob("stdout"))
    assert whole and all(path.stat().st_size == 600_000 for path in whole), "half a file has a final name"
    assert all((path.parent / "stdout").exists() for path in small_disk.rglob("exit"))


@pytest.mark.small_disk
def test_output_that_finds_no_room_in_the_temporary_folder_ends_the_run(weir, small_disk, tmp_path):
    os.mkfifo(tmp_path / "gate")
    job = f"if test $1 = 1; then read x < {tmp_path}/gate; else head -c 20000000 /dev/zero; fi"
    done = weir.run("-k", "-j2", "sh", "-c", job, "sh", ":::", "1", "2", env={"TMPDIR": str(small_disk)})
    assert (
        done.code == 1 and "cannot write output" in done.complaint and "No space left" in done.complaint
    ), done


def test_output_past_the_limit_of_a_file_ends_the_run(weir, tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    with open(tmp_path / "out", "wb") as out:
        done = weir.run("head", "-c", "300000", items="/dev/zero\n" * 5, stdout=out, preexec_fn=limit)
    assert done.code == 1 and "cannot write output" in done.complaint, done


WAITS_FOR_TERM = 'trap "echo got TERM > {folder}/term; exit 1" TERM; touch {folder}/ready; ' + FOREVER


def test_a_full_disk_under_the_output_is_said_and_running_jobs_get_sigterm(weir, tmp_path):
    waits = WAITS_FOR_TERM.format(folder=tmp_path)
    job = f"if test $1 = 1; then {waits}; else {until(tmp_path / 'ready')}; echo x; fi"
    with open("/dev/full", "wb") as full:
        done = weir.run("-j2", "sh", "-c", job, "sh", items="1\n2\n3\n4\n", stdout=full)
    assert done.code == 1 and "cannot write output: No space left" in done.complaint, done
    assert done.complaint.count("cannot write output") == 1
    assert (tmp_path / "term").read_text() == "got TERM\n"


def test_a_reader_that_goes_ends_the_run_quietly_with_141_and_running_jobs_get_sigterm(weir, tmp_path):
    waits = WAITS_FOR_TERM.format(folder=tmp_path)
    job = f"if test $1 = 1; then {waits}; else {until(tmp_path / 'ready')}; echo x; fi"
    read, write = os.pipe()
    os.close(read)
    done = weir.run("-j2", "sh", "-c", job, "sh", items="1\n2\n" + "3\n" * 1000, stdout=write)
    os.close(write)
    assert (
        done.code in (141, -13)
        and "cannot write" not in done.complaint
        and "roken pipe" not in done.complaint
    ), done
    assert (tmp_path / "term").read_text() == "got TERM\n"


def test_yes_into_head_ends(weir):
    done = weir(
        "-c",
        f"{WEIR} run --line-buffer -j2 yes ::: a b | head -n 1000 | wc -l; echo ${{PIPESTATUS[0]}}",
        program="/bin/bash",
    )
    assert done.lines == ["1000", "141"], done


def test_a_standard_output_that_was_closed_is_said(weir, tmp_path):
    done = weir("-c", f"exec {WEIR} run echo ::: a >&-", program="/bin/sh")
    assert done.code == 1 and "cannot write output" in done.complaint, done


def test_a_reader_that_is_slow_gets_everything(weir):
    running = weir.start(
        "run", "-j2", "head", "-c", "3000000", items="/dev/zero\n" * 4, stdout=subprocess.PIPE
    )
    total = 0
    while chunk := os.read(running.proc.stdout.fileno(), 50_000):
        total += len(chunk)
    assert total == 12_000_000 and running.wait().code == 0


@pytest.mark.plain_build
@pytest.mark.parametrize("mode", [[], ["-k"], ["--line-buffer"], ["--tag"]])
def test_two_jobs_that_print_100_megabytes_each_do_not_take_them_of_memory(weir, mode):
    line = "c" * 999
    job = ["sh", "-c", f"yes {line} | head -c 100000000"]
    running = weir.start("run", "-j2", *mode, *job, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    running.feed("a\nb\n")
    expected = 200_000_000 + (2 * 200_000 if "--tag" in mode else 0)
    total = 0
    while total < expected and (chunk := os.read(running.proc.stdout.fileno(), 1 << 20)):
        total += len(chunk)
    peak = running.peak_kib()  # weir still waits for items, so this is the peak of all that it did
    assert total == expected and 0 < peak < 24 * 1024, peak
    assert running.wait(PATIENCE).code == 0
