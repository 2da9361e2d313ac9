"""Standard streams as shells and programs hand them over: slow, non-blocking, shared, held open by others."""

import os
import signal
import subprocess
import threading

import pytest

from program import FOREVER, WEIR, command_of, tagged, until, wait_until


def test_an_item_runs_as_soon_as_its_line_is_there(weir):
    running = weir.start("run", "echo", stdin=subprocess.PIPE)
    for item in ("a\n", "b\n", "c\n"):
        running.feed(item)
        running.prints(item)
    assert running.wait().lines == ["a", "b", "c"]


def test_half_a_line_waits_for_its_other_half(weir):
    running = weir.start("run", "-k", "echo", stdin=subprocess.PIPE)
    running.feed("first\nsec")
    running.prints("first\n")
    running.feed("ond\n")
    assert running.wait().lines == ["first", "second"]


def test_items_come_from_a_fifo(weir, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    running = weir.start("run", "-a", str(tmp_path / "fifo"), "echo")
    with open(tmp_path / "fifo", "w") as fifo:
        fifo.write("a\n")
        fifo.flush()
        running.prints("a\n")
        fifo.write("b\n")
    assert running.wait().lines == ["a", "b"]


def test_an_input_that_does_not_block_is_waited_for(weir):
    read, write = os.pipe()
    os.set_blocking(read, False)
    running = weir.start("run", "echo", stdin=read)
    os.close(read)
    for item in (b"a\n", b"b\n"):
        os.write(write, item)
        running.prints(item)
    os.close(write)
    assert running.wait().lines == ["a", "b"]


@pytest.mark.parametrize("mode", [[], ["-k"], ["--line-buffer"], ["--tag"]])
def test_an_output_that_does_not_block_gets_everything(weir, mode):
    read, write = os.pipe()
    os.set_blocking(write, False)
    running = weir.start("run", "-j2", *mode, "seq", items="200000\n" * 4, stdout=write)
    os.close(write)
    total = 0
    while chunk := os.read(read, 30_000):
        total += chunk.count(b"\n")
    os.close(read)
    assert total == 800_000 and running.wait().code == 0


def test_all_output_of_a_job_that_ends_at_once_is_there(weir):
    whole = "".join(f"{i}\n" for i in range(1, 50_001)).encode()
    done = weir.run("-j4", "seq", items="50000\n" * 12)
    assert done.code == 0 and done.out == whole * 12


def test_much_standard_error_is_passed_whole_too(weir):
    done = weir.run("-j2", "sh", "-c", "seq 300000 >&2", "sh", items="\n" * 2)
    whole = "".join(f"{i}\n" for i in range(1, 300_001)).encode()
    assert done.code == 0 and done.err.startswith(whole * 2)


def test_a_job_that_closes_its_output_goes_on(weir, tmp_path):
    running = weir.start(
        "run", f"echo a; exec >&- 2>&-; {until(tmp_path / 'go')}; touch {tmp_path}/went; : {{}}", ":::", "a"
    )
    wait_until(weir.jobs, "the job")
    (tmp_path / "go").touch()
    assert running.wait().lines == ["a"] and (tmp_path / "went").exists()


def test_a_background_process_that_holds_the_output_open_is_not_waited_for(weir):
    running = weir.start("run", "sleep 1000 & echo {}", ":::", "a", "b")
    done = running.wait()
    assert done.code == 0 and sorted(done.lines) == ["a", "b"], done
    for pid in tagged(weir.tag):
        assert command_of(pid).startswith("sleep 1000"), command_of(pid)
        os.kill(pid, signal.SIGKILL)


def test_tag_and_line_buffer_go_together(weir):
    done = weir.run(
        "--tag",
        "--line-buffer",
        "-j2",
        "sh",
        "-c",
        "printf x; sleep 0.02; echo y; echo z",
        "sh",
        ":::",
        "a",
        "b",
    )
    assert sorted(done.lines) == ["a\txy", "a\tz", "b\txy", "b\tz"], done


def test_standard_output_and_error_may_be_the_same_pipe(weir):
    done = weir(
        "-c", f"exec {WEIR} run -k -j2 'echo out {{}}; echo err {{}} >&2' ::: a b 2>&1", program="/bin/sh"
    )
    assert done.lines[:4] == ["out a", "err a", "out b", "err b"], done


def test_a_hangup_is_ignored_where_nohup_asked_for_it(weir, tmp_path):
    running = weir.start(
        "run",
        f"{until(tmp_path / 'go')}; echo {{}}",
        items="a\nb\n",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    wait_until(weir.jobs, "the jobs")
    running.signal(signal.SIGHUP)
    running.signal(signal.SIGUSR1)
    running.says("running")  # the hangup came first, so it has been looked at
    assert b"draining" not in running.err()
    (tmp_path / "go").touch()
    done = running.wait()
    assert done.code == 0 and sorted(done.lines) == ["a", "b"], done


def test_weir_inside_weir_leaves_nothing_behind(weir, tmp_path, script):
    job = script(f'touch {tmp_path}/in.$1; trap "" TERM; {FOREVER}')
    inner = script(f"exec {WEIR} run -j2 {job} ::: 1 2", "inner")
    running = weir.start("run", "--kill-after", "300ms", inner, ":::", "x")
    wait_until(lambda: len(list(tmp_path.glob("in.*"))) == 2, "the inner jobs")
    running.signal(signal.SIGINT)
    running.says("again to stop now")
    running.signal(signal.SIGINT)
    assert running.wait().code == 130
    wait_until(lambda: tagged(weir.tag) == [], "all processes gone")


def test_many_runs_at_once_do_not_mix_their_temporary_files(weir):
    ends = []

    def one(number):
        done = weir.run("-k", "-j2", "sh", "-c", f"yes {number} | head -c 3000000", "sh", items="\n" * 3)
        ends.append(done.code == 0 and done.out == f"{number}\n".encode() * 4_500_000)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [True] * 4
