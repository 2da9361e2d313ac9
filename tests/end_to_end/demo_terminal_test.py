"""The tour on a terminal: drawn in place, within 80 columns, interrupted cleanly; and its advice, pasted."""

import os
import re
import shutil
import signal

from program import WEIR

ESCAPE = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")


def play(weir, terminal, *args, env=None):
    return weir.start("demo", *args, stdout=terminal.screen, env=env)


def test_a_flood_is_drawn_in_place(weir, terminal):
    running = play(weir, terminal, "--fast", "reject")
    terminal.shows(b"\x1b[2A")  # back over the two lines of the panel
    terminal.shows(b"of 16")
    assert running.wait().code == 0


def test_nothing_is_wider_than_the_terminal(weir, terminal):
    play(weir, terminal, "--fast").wait()
    for line in ESCAPE.sub(b"", terminal.read()).replace(b"\r", b"\n").split(b"\n"):
        assert len(line.decode()) < 80, line


def test_neither_no_color_nor_a_dumb_terminal_sees_an_escape(weir, terminal):
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert play(weir, terminal, "--fast", "reject", env=env).wait().code == 0
    assert b"\x1b" not in terminal.read() and b"goodput" in terminal.read()


def test_an_interrupt_leaves_the_terminal_clean(weir, terminal):
    running = play(weir, terminal, "unbounded")
    terminal.shows(b"\x1b[2A")
    running.signal(signal.SIGINT)
    assert running.wait().code == 130
    text = terminal.read()
    assert text.endswith(b"\n"), text[-80:]
    colours = re.findall(rb"\x1b\[(\d*)m", text)
    assert colours[-1] == b"0" and b"\x1b[?25l" not in text  # no colour is on, no cursor is hidden


def test_being_terminated_ends_it_with_143(weir, terminal):
    running = play(weir, terminal, "block")
    terminal.shows(b"of 16")
    running.signal(signal.SIGTERM)
    assert running.wait().code == 143


def test_a_full_disk_is_said(weir):
    with open("/dev/full", "wb") as full:
        done = weir("demo", "blocking", stdout=full)
    assert done.code == 1 and "cannot write output" in done.complaint, done


def test_what_it_says_to_try_next_works_when_pasted(weir, tmp_path):
    (tmp_path / "bin").mkdir()
    shutil.copy(WEIR, tmp_path / "bin" / "weir")
    os.chmod(tmp_path / "bin" / "weir", 0o755)
    shown = weir("demo", "next", cwd=tmp_path)
    commands = [line.strip() for line in shown.lines if "./bin/weir " in line]
    assert len(commands) >= 4, shown
    for command in commands:
        done = weir("-c", command, program="/bin/bash", cwd=tmp_path)
        assert done.code == 0 and done.out + done.err, (command, done)
