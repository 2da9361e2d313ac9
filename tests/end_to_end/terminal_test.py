"""What is drawn on a terminal, and what is not drawn anywhere else."""

import fcntl
import os
import re
import struct
import termios
import time

import pytest

from program import FOREVER, PATIENCE, until, wait_until


def gate(tmp_path):
    return f"{until(tmp_path / 'go')}; : {{}}"


def until_drawn(terminal, running):
    """Long enough for a drawing to appear if there is one: the first one comes within a second."""
    end = time.monotonic() + 2
    while time.monotonic() < end and b"\x1b" not in terminal.read():
        time.sleep(0.02)


def test_progress_is_drawn_live_on_a_terminal_and_gone_at_the_end(weir, terminal, tmp_path):
    (tmp_path / "list").write_text("a\n" * 50)
    running = weir.start("run", "-j2", "-a", str(tmp_path / "list"), gate(tmp_path), stderr=terminal.screen)
    terminal.shows(b"\x1b")
    (tmp_path / "go").touch()
    assert running.wait().code == 0
    terminal.shows(b"submitted")


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_nothing_is_drawn_or_coloured_where_it_is_not_wanted(weir, terminal, tmp_path, env):
    running = weir.start("run", gate(tmp_path), ":::", "a", stderr=terminal.screen, env=env)
    until_drawn(terminal, running)
    (tmp_path / "go").touch()
    assert running.wait().code == 0
    terminal.shows(b"submitted")
    assert b"\x1b" not in terminal.text


def test_an_empty_no_color_is_as_if_it_were_not_set(weir, terminal, tmp_path):
    running = weir.start("run", gate(tmp_path), ":::", "a", stderr=terminal.screen, env={"NO_COLOR": ""})
    terminal.shows(b"\x1b")
    (tmp_path / "go").touch()
    assert running.wait().code == 0


def test_progress_never_draws_nothing(weir, terminal, tmp_path):
    running = weir.start(
        "run", "--progress=never", "--color=never", gate(tmp_path), ":::", "a", stderr=terminal.screen
    )
    until_drawn(terminal, running)
    (tmp_path / "go").touch()
    assert running.wait().code == 0
    terminal.shows(b"submitted")
    assert b"\x1b" not in terminal.text


def test_off_a_terminal_nothing_is_drawn(weir, tmp_path):
    running = weir.start("run", gate(tmp_path), ":::", "a")
    time.sleep(1)
    (tmp_path / "go").touch()
    done = running.wait()
    assert b"\x1b" not in done.err and b"\r" not in done.err, done


def test_color_always_colours_off_a_terminal_too(weir):
    assert b"\x1b[" in weir.run("--color=always", "false", ":::", "a").err
    assert b"\x1b" not in weir.run("--color=auto", "false", ":::", "a").err


def test_progress_off_a_terminal_is_a_plain_line_every_ten_seconds(weir, tmp_path):
    running = weir.start("run", "--progress", gate(tmp_path), ":::", "a")
    wait_until(lambda: b"\n" in running.err(), "a line of progress", patience=PATIENCE)
    line = running.err()
    (tmp_path / "go").touch()
    assert running.wait().code == 0
    assert b"\x1b" not in line and b"\r" not in line and b"done" in line, line


def test_the_output_of_jobs_and_the_drawing_do_not_disturb_each_other(weir, terminal, tmp_path):
    running = weir.start(
        "run",
        "-j2",
        f"echo out {{}}; {gate(tmp_path)}",
        items="a\nb\n" + "c\n" * 30,
        stderr=terminal.screen,
        stdout=terminal.screen,
    )
    terminal.shows(b"\x1b")
    (tmp_path / "go").touch()
    assert running.wait().code == 0
    terminal.shows(b"submitted")
    lines = [
        line.rpartition(b"\r")[2].rpartition(b"\x1b[K")[2].rpartition(b"\x1b[2K")[2]
        for line in terminal.text.replace(b"\r\n", b"\n").split(b"\n")
    ]
    assert sum(line in (b"out a", b"out b", b"out c") for line in lines) == 32, terminal.text


def test_ctrl_c_typed_at_the_terminal_drains_and_typed_again_cancels(weir, terminal, tmp_path):
    job = f"touch {tmp_path}/ready; {FOREVER}; : {{}}"
    running = weir.start(
        "run",
        job,
        ":::",
        "a",
        stderr=terminal.screen,
        preexec_fn=lambda: fcntl.ioctl(terminal.screen, termios.TIOCSCTTY, 0),
    )
    wait_until((tmp_path / "ready").exists, "the job")
    os.write(terminal.keyboard, b"\x03")
    terminal.shows(b"draining 1 job, again to stop now")
    assert running.proc.poll() is None and weir.jobs()
    os.write(terminal.keyboard, b"\x03")
    assert running.wait().code == 130 and weir.jobs() == []


def test_a_line_drawn_fits_the_terminal(weir, terminal, tmp_path):
    fcntl.ioctl(terminal.screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    running = weir.start("run", gate(tmp_path), items="a\n" * 20, stderr=terminal.screen)
    terminal.shows(b"\x1b")
    drawn = terminal.read()
    (tmp_path / "go").touch()
    assert running.wait().code == 0
    for line in re.split(rb"[\r\n]+", drawn):
        plain = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", line).decode(errors="replace")
        assert len(plain) <= 40, plain
