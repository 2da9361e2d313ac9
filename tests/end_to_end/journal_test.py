"""--joblog, --resume, --resume-failed: the next run knows what has run, whatever ended the one before."""

import os
import resource
import shutil
import signal
import subprocess

import pytest

from program import FOREVER, until, wait_until

HEADER = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand"


def read(log):
    """The records, as a list of columns; the header must be there."""
    text = log.read_bytes().decode(errors="surrogateescape")
    assert text.endswith("\n"), "a torn line"
    first, *lines = text[:-1].split("\n")
    assert first == HEADER
    return [line.split("\t", 8) for line in lines]


def numbers(log):
    return sorted(int(record[0]) for record in read(log))


def commands(log):
    return {int(record[0]): record[8] for record in read(log)}


def test_each_job_that_ended_has_a_line_in_parallels_columns(weir, tmp_path):
    log = tmp_path / "log"
    done = weir.run("-j2", "--joblog", log, "sh", "-c", 'echo "$1"; exit $1', "sh", ":::", "0", "3")
    assert done.code == 1, done
    first, second = sorted(read(log))
    assert first[1] == ":" and first[4:8] == ["0", "2", "0", "0"]
    assert first[8] == "sh -c 'echo \"$1\"; exit $1' sh 0"
    assert second[6:8] == ["3", "0"]
    assert float(first[2]) > 1e9 and len(first[2].split(".")[1]) == 3
    assert len(first[3]) == 10 and float(first[3]) >= 0


def test_a_signal_has_its_column_and_a_timeout_counts_as_failed(weir, tmp_path):
    log = tmp_path / "log"
    weir.run("--joblog", log, "kill -{} $$", ":::", "9", "15")
    assert sorted(record[6:8] for record in read(log)) == [["0", "15"], ["0", "9"]]
    calm = f'trap "exit 0" TERM; {FOREVER}'
    weir.run("--joblog", log, "--timeout", "100ms", calm + "; : {}", ":::", "a")
    assert read(log)[0][6] == "-1", "it ended with 0, and yet too late"
    again = ["--joblog", log, "--resume-failed", "--timeout", "100ms", calm + "; : {}", ":::", "a"]
    assert weir.report(*again, code=1)["failed_by_timeout"] == 1


def test_retries_leave_one_line_with_the_last_attempt(weir, tmp_path):
    log = tmp_path / "log"
    third = f'echo x >> {tmp_path}/tries; test $(wc -l < {tmp_path}/tries) -ge 3 && echo {{}}'
    assert weir.run("--retries", "5", "--joblog", log, third, ":::", "a").code == 0
    (record,) = read(log)
    assert record[5:8] == ["2", "0", "0"] and (tmp_path / "tries").read_text() == "x\n" * 3


def test_a_newline_in_a_command_is_a_nul_and_columns_and_batches_are_as_they_ran(weir, tmp_path):
    log = tmp_path / "log"
    weir.run("-0", "-j1", "--joblog", log, "echo", items=b"a\nb\0c\td\0")
    assert list(commands(log).values()) == ["echo 'a\0b'", "echo 'c\td'"]
    weir.run("-n2", "--colsep", ",", "--joblog", log, "echo", "{1}x{2}", "{}", ":::", "a,b", "c,d", "e f")
    assert commands(log) == {1: "echo axb a b c d", 2: "echo 'e fx' 'e f'"}


def test_without_resume_the_file_begins_afresh(weir, tmp_path):
    log = tmp_path / "log"
    log.write_text("what stood there\n")
    weir.run("--joblog", log, "true", ":::", "a", "b")
    weir.run("--joblog", log, "true", ":::", "a")
    assert numbers(log) == [1]


def test_resume_runs_what_has_no_line_and_resume_failed_also_what_failed(weir, tmp_path):
    log = tmp_path / "log"
    what = ["-k", "--joblog", log, 'echo {}; exit {}']
    assert weir.run(*what, ":::", "0", "1", "0", "2").lines == ["0", "1", "0", "2"]
    kept = log.read_text().splitlines(keepends=True)
    log.write_text("".join(line for line in kept if not line.startswith("3\t")))
    done = weir.run("--resume", *what, ":::", "0", "1", "0", "2")
    assert (done.code, done.lines) == (0, ["0"]), done
    report = weir.report("--resume", *what, ":::", "0", "1", "0", "2", code=0)
    assert report["submitted"] == 0 and report["passed_over"] == 4
    done = weir.run("--resume-failed", *what, ":::", "0", "1", "0", "2")
    assert (done.code, done.lines) == (1, ["1", "2"]), done


def test_more_input_is_gone_on_with(weir, tmp_path):
    log = tmp_path / "log"
    weir.run("--joblog", log, "echo", items="1\n2\n")
    assert weir.run("--resume", "--joblog", log, "-k", "echo", items="1\n2\n3\n4\n").out == b"3\n4\n"


@pytest.mark.parametrize(
    "command, items",
    [
        (["echo", "-n"], "1 2 3 4 5"),
        (["echo"], "1 2 3 x 5"),
        (["echo"], "0 1 2 3 4 5"),
        (["echo"], "1 2 3"),
    ],
)
def test_another_command_or_input_is_refused_before_anything_runs(weir, tmp_path, command, items):
    log = tmp_path / "log"
    weir.run("--joblog", log, "echo", items="1\n2\n3\n4\n5\n")
    kept = log.read_text().splitlines(keepends=True)
    log.write_text("".join(line for line in kept if line[:2] not in ("1\t", "2\t")))
    before = log.read_bytes()
    done = weir.run("--resume", "--joblog", log, *command, items="".join(i + "\n" for i in items.split()))
    assert done.code == 2 and done.out == b"" and "has changed" in done.complaint, done
    assert log.read_bytes() == before


def test_the_slot_may_be_another_one(weir, tmp_path):
    log = tmp_path / "log"
    command = ["--joblog", log, "sh", "-c", ": slot {%} of {}"]
    items = "".join(f"{i}\n" for i in range(50))
    weir.run("-j6", *command, items=items)
    assert weir.report("-j1", "--resume", *command, items=items, code=0)["passed_over"] == 50
    done = weir.run("-j1", "--resume", *command, items="x\n" + items)
    assert done.code == 2, done


def test_resume_without_anything_to_resume_from_is_refused_by_name(weir, tmp_path):
    for option in ("--resume", "--resume-failed"):
        done = weir.run(option, "echo", ":::", "a")
        assert done.code == 2 and done.complaint.startswith(f"weir run: {option} "), done
        assert "--joblog" in done.complaint


def test_resume_of_a_file_that_is_not_there_yet_begins_it(weir, tmp_path):
    log = tmp_path / "log"
    assert weir.run("--resume", "--joblog", log, "echo", ":::", "a").out == b"a\n"
    assert numbers(log) == [1]


def test_a_file_that_is_no_journal_is_left_alone(weir, tmp_path):
    log = tmp_path / "notes"
    log.write_text("dear diary,\n")
    done = weir.run("--resume", "--joblog", log, "echo", ":::", "a")
    assert done.code == 2 and done.out == b"" and "no joblog" in done.complaint, done
    assert log.read_text() == "dear diary,\n"
    done = weir.run("--joblog", tmp_path / "no" / "such", "echo", ":::", "a")
    assert done.code == 2 and "No such file" in done.complaint, done


def test_a_torn_last_line_is_cut_off_and_its_job_runs_again(weir, tmp_path):
    log = tmp_path / "log"
    weir.run("-j1", "--joblog", log, "echo", items="1\n2\n3\n")
    whole = log.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for end in range(last + 1, len(whole)):
        log.write_bytes(whole[:end])
        done = weir.run("--resume", "--joblog", log, "echo", items="1\n2\n3\n")
        assert (done.code, done.lines) == (0, ["3"]) and "torn" in done.complaint, (end, done)
        assert numbers(log) == [1, 2, 3]
    log.write_bytes(HEADER[:10].encode())
    assert weir.run("--resume", "--joblog", log, "echo", items="1\n").out == b"1\n"
    assert numbers(log) == [1]


def test_damage_in_the_middle_is_named_and_passed_over(weir, tmp_path):
    log = tmp_path / "log"
    weir.run("-j1", "--joblog", log, "echo", items="1\n2\n3\n4\n")
    lines = log.read_bytes().split(b"\n")
    lines[2] = bytes(len(lines[2]))
    lines[4] = lines[4].replace(b"\t", b" ")
    log.write_bytes(b"\n".join(lines))
    done = weir.run("-k", "--resume", "--joblog", log, "echo", items="1\n2\n3\n4\n")
    assert (done.code, done.lines) == (0, ["2", "4"]), done
    assert "lines 3, 5 are damaged" in done.complaint, done


def test_an_item_that_no_command_can_be_given_has_a_line_and_is_not_tried_for_ever(weir, tmp_path):
    log = tmp_path / "log"
    items = b"a\nb\0c\n" + b"x" * 200_000 + b"\nd\n"
    assert weir.run("-j1", "--joblog", log, "echo", items=items).lines == ["a", "d"]
    assert [record[6] for record in sorted(read(log))] == ["0", "126", "126", "0"]
    assert weir.report("--resume", "--joblog", log, "echo", items=items, code=0)["passed_over"] == 4


def test_what_the_end_of_a_run_stopped_or_never_reached_runs_with_the_next(weir, tmp_path):
    log = tmp_path / "log"
    job = f"test $1 = bad && exit 1; test -e {tmp_path}/go || {{ {FOREVER}; }}; echo $1"
    halting = ["-k", "-j2", "--joblog", log, "--halt", "now,fail=1", "sh", "-c", job, "sh"]
    items = "a\nbad\nb\nc\n"
    done = weir.run(*halting, items=items)
    assert done.code == 1 and numbers(log) == [2], done
    (tmp_path / "go").touch()
    done = weir.run("--resume", *halting, items=items)
    assert (done.code, done.lines) == (0, ["a", "b", "c"]), done


def test_a_command_that_cannot_start_leaves_no_line(weir, tmp_path):
    log = tmp_path / "log"
    assert weir.run("--joblog", log, tmp_path / "later", ":::", "a", "b").code == 127
    assert read(log) == []
    (tmp_path / "later").write_text("#!/bin/sh\necho $1\n")
    (tmp_path / "later").chmod(0o755)
    done = weir.run("-k", "--resume", "--joblog", log, tmp_path / "later", ":::", "a", "b")
    assert done.lines == ["a", "b"], done


def test_a_dry_run_prints_what_is_left_and_touches_nothing(weir, tmp_path):
    log = tmp_path / "log"
    weir.run("--joblog", log, "echo", items="1\n2\n")
    before = log.read_bytes() + b"3\t:\t1"
    log.write_bytes(before)
    done = weir.run("--dry-run", "--resume", "--joblog", log, "echo", items="1\n2\n3\n")
    assert (done.code, done.out) == (0, b"echo 3\n"), done
    weir.run("--dry-run", "--joblog", log, "echo", items="1\n2\n3\n")
    assert log.read_bytes() == before
    assert weir.run("--dry-run", "--resume", "--joblog", log, "echo", items="2\n").code == 2


def test_the_records_are_there_while_the_run_goes_on(weir, tmp_path):
    log = tmp_path / "log"
    job = f'test $1 = 1 || {until(tmp_path / "go")}'
    running = weir.start("run", "-j1", "--joblog", log, "sh", "-c", job, "sh", items="1\n2\n")
    wait_until(lambda: log.exists() and log.read_text().count("\n") == 2, "the first record")
    (tmp_path / "go").touch()
    assert running.wait().code == 0 and numbers(log) == [1, 2]


def test_a_second_run_on_the_same_journal_is_refused_and_told_who_has_it(weir, tmp_path):
    log = tmp_path / "log"
    job = f'touch {tmp_path}/up; {until(tmp_path / "go")}; : {{}}'
    running = weir.start("run", "--joblog", log, job, ":::", "a")
    wait_until((tmp_path / "up").exists, "the job")
    for how in ([], ["--resume"]):
        done = weir.run("--joblog", log, *how, "echo", ":::", "a")
        assert done.code == 2 and f"process {running.pid}" in done.complaint and done.out == b"", done
    (tmp_path / "go").touch()
    assert running.wait().code == 0 and numbers(log) == [1]


@pytest.mark.small_disk
def test_a_full_disk_ends_the_run_and_what_has_no_line_runs_again(weir, small_disk, tmp_path):
    log = small_disk / "log"
    wait = f"trap 'touch {tmp_path}/told; exit' TERM; until test -e {tmp_path}/go; do sleep 0.02; done"
    job = ["sh", "-c", f'test $1 != wait || {{ {wait}; }}; echo $1', "sh", "{}", "x" * 5000]
    items = "wait\n" + "".join(f"{i}\n" for i in range(999))
    done = weir.run("-j2", "--joblog", log, *job, items=items)
    assert done.code == 1 and f"cannot write '{log}': No space left" in done.complaint, done
    assert (tmp_path / "told").exists(), "running jobs get SIGTERM"
    ended = numbers(log)
    assert 100 < len(ended) < 999
    assert 0 <= len(done.lines) - len(ended) <= 1, "at most the last one has no line"
    (tmp_path / "go").touch()
    elsewhere = tmp_path / "log"
    shutil.copy(log, elsewhere)
    report = weir.report("-j2", "--resume", "--joblog", elsewhere, *job, items=items, code=0)
    assert report["submitted"] == 1000 - len(ended) and numbers(elsewhere) == list(range(1, 1001))


def test_a_journal_that_may_not_grow_is_said_and_leaves_whole_lines(weir, tmp_path):
    log = tmp_path / "log"

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    items = "".join(f"{i}\n" for i in range(500))
    done = weir.run("-j4", "--joblog", log, "true", items=items, preexec_fn=small)
    assert done.code == 1 and f"cannot write '{log}': File too large" in done.complaint, done
    ended = numbers(log)
    assert 0 < len(ended) < 100
    report = weir.report("-j4", "--resume", "--joblog", log, "true", items=items, code=0)
    assert report["submitted"] == 500 - len(ended) and numbers(log) == list(range(1, 501))


def test_a_pipe_can_be_a_journal_and_cannot_be_resumed(weir, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE)
    assert weir.run("--joblog", tmp_path / "pipe", "true", ":::", "a").code == 0
    out, _ = reader.communicate(timeout=60)
    assert out.startswith(HEADER.encode()) and out.endswith(b"\ttrue a\n")
    reader = subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE)
    done = weir.run("--resume", "--joblog", tmp_path / "pipe", "true", ":::", "a")
    assert done.code == 2 and "no file that can be read again" in done.complaint, done
    reader.communicate(timeout=60)


def test_results_can_be_resumed_without_a_journal(weir, tmp_path):
    what = ["-j1", "--results", tmp_path / "out", "test {} != 2"]
    assert weir.run(*what, items="1\n2\n3\n").code == 1
    (tmp_path / "out" / "3" / "exit").unlink()
    report = weir.report("--resume", *what, items="1\n2\n3\n4\n", code=0)
    assert (report["submitted"], report["passed_over"]) == (2, 2)
    report = weir.report("--resume-failed", *what, items="1\n2\n3\n4\n", code=1)
    assert (report["submitted"], report["passed_over"]) == (1, 3)
    done = weir.run("--resume", *what, items="1\nx\n3\n")
    assert done.code == 2 and "has changed" in done.complaint, done


def test_gnu_parallel_goes_on_with_our_journal_and_we_with_its(weir, tmp_path):
    log = tmp_path / "log"
    items = ["a", "b c", "it's", "d"]

    def parallel(*args):
        command = ["parallel", "-k", "--will-cite", *args]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    weir.run("--joblog", log, "echo", ":::", *items[:2])
    done = parallel("--resume", "--joblog", log, "echo", ":::", *items[:3])
    assert done.stdout == "it's\n", done
    assert weir.run("--resume", "--joblog", log, "echo", ":::", *items).out == b"d\n"
    assert numbers(log) == [1, 2, 3, 4]
    weir.run("--joblog", log, "exit {}", ":::", "0", "3", "0")
    done = parallel("--resume-failed", "--joblog", log, "exit {}; echo", ":::", "0", "3", "0")
    assert [record[0] for record in read(log)][3:] == ["2"], "parallel ran what failed, and nothing else"
    done = parallel("--retry-failed", "--joblog", log)
    assert done.returncode == 1 and len(read(log)) == 5, done


@pytest.mark.plain_build
def test_a_million_finished_lines_are_passed_over(weir, tmp_path):
    log = tmp_path / "log"
    with log.open("w") as file:
        file.write(HEADER + "\n")
        for i in range(1, 1_000_001):
            file.write(f"{i}\t:\t1796003935.931\t     0.004\t0\t2\t0\t0\techo item-{i}\n")
    with (tmp_path / "items").open("w") as file:
        file.writelines(f"item-{i}\n" for i in range(1, 1_000_002))
    done = weir.run("--format", "json", "-a", tmp_path / "items", "--resume", "--joblog", log, "echo")
    assert (done.code, done.out) == (0, b"item-1000001\n"), done
    assert done.report["passed_over"] == 1_000_000
    print("seconds", done.report["seconds"])
