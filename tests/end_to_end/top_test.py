"""weir top in a real terminal, watching a real run."""

import os
import re
import signal

import pexpect
import pyte
import pytest

from program import PATIENCE, WEIR, until, wait_until
from watched import Watched, token_file, watch


class Top:
    """weir top on a terminal whose screen can be read, as a person sees it."""

    def __init__(self, environment, *args, rows=24, columns=80):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.child = pexpect.spawn(
            WEIR, ["top", *args], env=environment, dimensions=(rows, columns), timeout=PATIENCE
        )

    def read(self):
        try:
            while True:
                chunk = self.child.read_nonblocking(65536, timeout=0)
                self.raw += chunk
                self.stream.feed(chunk)
        except (pexpect.TIMEOUT, pexpect.EOF):
            pass
        return self.screen.display

    def text(self):
        return "\n".join(line.rstrip() for line in self.read())

    def shows(self, *words):
        """Waits until all of it is on the screen at once; what is read may be half of what is being drawn."""
        self.is_so(lambda text: all(some in text for some in words), f"{words} on the screen")

    def is_so(self, condition, what):
        try:
            wait_until(lambda: condition(self.text()), what)
        except AssertionError as e:
            raise AssertionError(f"{e}:\n{self.text()}") from None

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def press(self, key):
        self.child.send(key)

    def ends(self):
        """Its exit code, or minus the signal that ended it."""
        wait_until(lambda: self.read() and not self.child.isalive(), "the end of top")
        self.read()
        return self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus

    def left_the_terminal_as_it_was(self):
        """The other screen is gone, the cursor is back."""
        entered, left = self.raw.rfind(b"\x1b[?1049h"), self.raw.rfind(b"\x1b[?1049l")
        return 0 <= entered < left

    def hang_up(self):
        """Takes the terminal away; pexpect's own close() would send signals besides, and give it 0.4 s."""
        self.child.ptyproc.fileobj.close()

    def close(self):
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
            wait_until(lambda: not self.child.isalive(), "the end of a killed top")
        self.child.close()


@pytest.fixture
def top(weir):
    opened = []

    def start(*args, env=None, **how):
        # pyte does not know how xterm repeats a character; this terminal has no such command
        opened.append(Top(weir.environment({"TERM": "screen-256color", **(env or {})}), *args, **how))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture
def gated(weir, tmp_path):
    """Two jobs run and wait for a file, three wait in a queue of five."""
    job = f"{until(tmp_path / 'go')}; : {{}}"

    def start(*args, items=5, **how):
        made = watch(weir, "-j2", "-q5", *args, job, ":::", *map(str, range(items)), **how)
        made.until(lambda f: f["running"] == 2 and f["queued"] == items - 2, "jobs at their gate")
        return made

    start.go = (tmp_path / "go").touch
    return start


def finish(gated, run):
    gated.go()
    assert run.running.wait().code == 0


def test_it_shows_the_queue_the_jobs_and_the_workers(top, gated):
    run = gated()
    t = top(run.address)
    t.shows("running", "3 of 5, 60 %", "2 busy, 0 idle of 2; 2 in flight")
    t.shows("5 submitted", f"pid {run.running.pid}")
    t.is_so(lambda text: re.search(r"queue +\[#+-*\|-+\]", text), "the bar of the queue")
    t.is_so(lambda text: text.endswith("q quit  p pause  + - workers"), "the keys on the last line")
    t.press("q")
    assert t.ends() == 0, t.raw
    finish(gated, run)


def test_it_follows_the_run(top, gated):
    run = gated(items=6)
    t = top(run.address)
    t.shows("4 of 5, 80 %")
    finish(gated, run)
    t.shows("cannot watch")
    t.press("q")
    assert t.ends() == 0, t.raw


def test_it_says_that_the_run_is_gone_and_finds_the_next_one(top, gated, weir, tmp_path):
    run = gated()
    t = top(run.address)
    t.shows("3 of 5")
    finish(gated, run)
    t.shows(f"cannot watch {run.address}: Connection refused; trying again")
    (tmp_path / "go").unlink()
    job = f"{until(tmp_path / 'go')}; : {{}}"
    again = weir.start("run", "--metrics", run.address, "-j1", "-q9", job, ":::", *"abcdefg")
    t.is_so(lambda text: "6 of 9" in text and "cannot watch" not in text, "the next run")
    (tmp_path / "go").touch()
    assert again.wait().code == 0
    t.press("q")
    assert t.ends() == 0, t.raw


def test_keys_act_with_the_token(top, gated, tmp_path):
    run = gated(folder=tmp_path)
    t = top("--admin-token-file", token_file(tmp_path), run.address)
    t.shows("2 busy")
    t.press("+")
    t.shows("3 busy, 0 idle of 3")
    t.press("-")
    t.shows("of 2")
    t.press("p")
    t.shows("paused  pid")
    t.shows("p resume")
    assert run.figures()["state"] == "paused"
    t.press("p")
    t.shows("p pause")
    assert run.figures()["state"] == "running"
    t.press("q")
    assert t.ends() == 0, t.raw
    finish(gated, run)


def test_without_a_token_keys_say_what_they_need(top, gated, tmp_path):
    run = gated()
    t = top(run.address)
    t.shows("running")
    t.press("p")
    t.shows("--admin-token-file")
    assert run.figures()["state"] == "running"
    t.press("q")
    assert t.ends() == 0, t.raw
    with_token = top("--admin-token-file", token_file(tmp_path), run.address)
    with_token.shows("running")
    with_token.press("p")
    with_token.shows("the run has no --admin-token-file")
    finish(gated, run)


def test_another_token_is_refused(top, gated, tmp_path):
    run = gated(folder=tmp_path)
    other = tmp_path / "other"
    other.write_text("another\n")
    other.chmod(0o600)
    t = top("--admin-token-file", str(other), run.address)
    t.shows("running")
    t.press("p")
    t.shows("refused: the run has another token")
    finish(gated, run)


def test_it_fits_any_terminal_also_one_that_changes(top, gated):
    run = gated()
    t = top(run.address, rows=6, columns=40)
    t.is_so(lambda text: "3 of 5" in text and t.screen.display[-1].startswith("q quit"), "six lines of it")
    t.resize(30, 120)
    t.is_so(lambda text: "max 0s" in text and t.screen.display[-1].startswith("q quit"), "thirty lines of it")
    t.resize(1, 10)
    t.shows("weir top")
    t.press("q")
    assert t.ends() == 0, t.raw
    finish(gated, run)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_the_terminal_is_as_it_was(top, gated, number):
    run = gated()
    t = top(run.address)
    t.shows("running")
    os.kill(t.child.pid, number)
    assert t.ends() == 128 + number
    assert t.left_the_terminal_as_it_was()
    finish(gated, run)


def test_q_and_ctrl_c_leave_the_terminal_as_it_was(top, gated):
    run = gated()
    for key, code in (("q", 0), ("\x03", 130)):
        t = top(run.address)
        t.shows("running")
        t.press(key)
        assert t.ends() == code
        assert t.left_the_terminal_as_it_was()
    finish(gated, run)


def test_it_ends_when_its_terminal_does(top, gated):
    run = gated()
    t = top(run.address)
    t.shows("running")
    t.hang_up()
    wait_until(lambda: not t.child.isalive(), "the end of top")
    finish(gated, run)


def test_alerts_stand_above_the_figures(top, gated):
    run = gated(items=7)
    t = top(run.address, columns=200)
    t.shows("ALERT utilization for", "queue   ")
    t.is_so(lambda text: 0 <= text.find("ALERT") < text.find("queue   "), "the alert on top")
    finish(gated, run)


def test_off_a_terminal_it_prints_one_snapshot_and_says_so(weir, gated):
    run = gated()
    done = weir("top", run.address)
    assert done.code == 0 and b"\x1b" not in done.out + done.err, done
    assert "3 of 5, 60 %" in done.out.decode() and "no terminal: printed once" in done.complaint, done
    once = weir("top", "--once", run.address)
    assert once.code == 0 and once.err == b"" and b"3 of 5" in once.out, once
    said = weir("top", "--once", f"http://{run.address}/")
    assert said.code == 0 and b"3 of 5" in said.out, said
    finish(gated, run)


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"TERM": "no-such-terminal"}])
def test_where_drawing_is_not_wanted_it_prints_one_snapshot(top, gated, env):
    run = gated()
    t = top(run.address, env=env)
    assert t.ends() == 0, t.raw
    assert b"3 of 5" in t.raw and b"printed once" in t.raw and b"\x1b" not in t.raw, t.raw
    finish(gated, run)


def test_color_never_draws_without_colours(top, gated):
    run = gated()
    t = top("--color=never", run.address, env={"NO_COLOR": "1"})
    t.shows("3 of 5")
    t.press("q")
    assert t.ends() == 0, t.raw
    assert not re.search(rb"\x1b\[[0-9;]*3[0-7]m", t.raw), t.raw
    finish(gated, run)


def test_nobody_there_is_an_error_once_and_a_wait_on_a_terminal(weir, top):
    nobody = Watched(None, "127.0.0.1:1")
    done = weir("top", "--once", nobody.address)
    assert done.code == 1 and done.out == b"", done
    assert "Connection refused; start the run with --metrics" in done.complaint, done
    t = top(nobody.address)
    t.shows("cannot watch 127.0.0.1:1: Connection refused; trying again")
    t.press("q")
    assert t.ends() == 0, t.raw


def test_wrong_words_are_refused(weir, tmp_path):
    assert weir("top", "here").code == 2
    assert "9901" in weir("top", "here").complaint
    assert weir("top", ":1", ":2").code == 2
    token = tmp_path / "token"
    token.write_text("x\n")
    token.chmod(0o666)
    done = weir("top", "--admin-token-file", str(token))
    assert done.code == 2 and "chmod 600" in done.complaint, done
    assert weir("top", "--help").code == 0 and weir("help", "top").code == 0
