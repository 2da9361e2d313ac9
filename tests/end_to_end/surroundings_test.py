"""What a job finds around itself: environment, descriptors, signals, process group."""

import os
import resource
import signal

import pytest

BLOCKED = {signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1, signal.SIGPIPE, signal.SIGQUIT}


def test_a_job_has_its_item_number_and_slot_in_the_environment(weir):
    done = weir.run(
        "-k", "-j2", "sh", "-c", 'echo "$WEIR_SEQ:$WEIR_SLOT:$WEIR_ITEM"', "sh", ":::", "a b", "c", "d", "e"
    )
    fields = [line.split(":") for line in done.lines]
    assert [field[0] for field in fields] == ["1", "2", "3", "4"], done
    assert {field[1] for field in fields} <= {"1", "2"} and [field[2] for field in fields] == [
        "a b",
        "c",
        "d",
        "e",
    ]


def test_with_n_the_item_in_the_environment_is_the_items_joined(weir):
    assert weir.run("-n", "3", "sh", "-c", 'echo "$WEIR_ITEM"', "sh", ":::", "a b", "c", "d").lines == [
        "a b c d"
    ]


ITEM_STATE = 'echo "${WEIR_ITEM+set}${WEIR_ITEM_OMITTED-}"'


def test_an_item_that_does_not_fit_the_environment_is_left_out_and_that_is_said(weir):
    done = weir.run("-n", "3", "sh", "-c", ITEM_STATE, "sh", items="".join(c * 60_000 + "\n" for c in "abc"))
    assert done.code == 0 and done.lines == ["1"], done
    assert weir.run("sh", "-c", ITEM_STATE, "sh", ":::", "a").lines == ["set"]


def test_a_stale_mark_of_the_caller_does_not_reach_a_job(weir):
    env = {"WEIR_ITEM_OMITTED": "1", "WEIR_ITEM": "stale"}
    assert weir.run("sh", "-c", ITEM_STATE, "sh", ":::", "a", env=env).lines == ["set"]


def test_the_callers_environment_reaches_the_job(weir):
    assert weir.run("sh", "-c", 'echo "$COLOUR"', ":::", "a", env={"COLOUR": "blue green"}).lines == [
        "blue green"
    ]


def test_the_callers_folder_is_the_jobs(weir, tmp_path):
    assert weir.run("sh", "-c", "pwd -P", ":::", "a", cwd=tmp_path).lines == [str(tmp_path.resolve())]


def test_a_command_is_searched_as_a_shell_would(weir, tmp_path, script):
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    (tmp_path / "first" / "tell").write_text("not executable")
    script("echo told", "second/tell")
    path = f"{tmp_path}/first:{tmp_path}/second:{os.environ['PATH']}"
    assert weir.run("tell", ":::", "a", env={"PATH": path}).lines == ["told"]


def test_a_script_without_an_interpreter_line_is_run_by_sh(weir, script, tmp_path):
    path = script("", "bare")
    (tmp_path / "bare").write_text("echo $1\n")
    assert weir.run(path, ":::", "a").lines == ["a"]


def test_standard_input_of_a_job_is_dev_null(weir):
    assert weir.run("sh", "-c", "readlink /proc/self/fd/0", items="a\n").lines == ["/dev/null"]


def test_a_job_that_reads_takes_no_items_away(weir):
    assert weir.run("-k", "sh", "-c", 'cat; echo "$1"', "sh", items="a\nb\nc\n").lines == ["a", "b", "c"]


def test_a_job_has_no_descriptor_but_the_three(weir):
    read, write = os.pipe()
    try:
        done = weir.run("-j4", "sh", "-c", "ls /proc/$$/fd; :", items="\n" * 20, pass_fds=(read, write))
    finally:
        os.close(read)
        os.close(write)
    assert done.code == 0 and done.lines == ["0", "1", "2"] * 20, done


def ignore_and_block():
    for number in BLOCKED | {signal.SIGHUP}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED - {signal.SIGINT, signal.SIGTERM})


@pytest.mark.parametrize("before", [None, ignore_and_block])
def test_the_signals_of_a_job_are_neither_blocked_nor_ignored(weir, before):
    done = weir.run(
        "-j2", "cat", items="/proc/self/status\n" * 8, preexec_fn=before, restore_signals=before is None
    )
    assert done.code == 0, done
    states = [line.split()[1] for line in done.lines if line.startswith(("SigBlk", "SigIgn"))]
    assert states == ["0" * 16] * 16, states


def test_a_job_that_loses_its_reader_dies_of_sigpipe(weir):
    done = weir.run("yes | head -n1; :", ":::", "a")
    assert done.lines == ["y"] and b"roken pipe" not in done.err, done


def test_a_job_leads_a_process_group_of_its_own(weir):
    done = weir.run("-j3", "cut", "-d", " ", "-f", "1,5", items="/proc/self/stat\n" * 6)
    groups = [line.split() for line in done.lines]
    assert all(pid == group for pid, group in groups) and len({pid for pid, _ in groups}) == 6, done


def test_limits_of_weir_are_the_jobs(weir):
    def before():
        resource.setrlimit(resource.RLIMIT_NOFILE, (333, 444))

    assert weir.run("ulimit -Sn; ulimit -Hn; : {}", ":::", "a", preexec_fn=before).lines == ["333", "444"]


def test_nobody_waits_for_what_a_job_left_running_in_the_background(weir, tmp_path):
    os.mkfifo(tmp_path / "never")
    running = weir.start("run", f"cat {tmp_path}/never > /dev/null 2>&1 & echo {{}}", ":::", "a")
    done = running.wait()
    assert done.code == 0 and done.lines == ["a"], done
    with open(tmp_path / "never", "w"):
        pass  # lets the background process end
