"""Drives the weir program from outside, as a user's shell would.

Every process that a test starts carries a tag in its environment, weir's jobs included, whatever process
group or session they move to. So a test can see what is alive, nothing outlives it, and an orphan fails it.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIR = os.path.abspath(os.environ.get("WEIR", ROOT / "bin" / "weir"))
FATES = "completed failed rejected dropped timed_out withdrawn evicted expired cancelled".split()
LAW = FATES + ["queued", "spilled", "running"]
FOREVER = (
    "while :; do sleep 0.02; done"  # in a job's shell: it keeps its traps, and dies of what it does not trap
)

# A test in the background of a script inherits an ignored SIGINT, and exec would hand it on to weir.
signal.signal(signal.SIGINT, signal.default_int_handler)


def is_sanitized(path=WEIR):
    """Whether the program was built with a sanitizer: slower, and its memory says nothing."""
    if os.environ.get("WEIR_SANITIZED") == "1":
        return True
    try:
        binary = pathlib.Path(path).read_bytes()
    except OSError:
        return False
    return b"__tsan_init" in binary or b"__asan_init" in binary


SANITIZED = is_sanitized()
PATIENCE = (
    300 if SANITIZED else 60
)  # seconds a test waits for what must happen, on a machine that is busy too


def wait_until(condition, what, patience=PATIENCE):
    """Polls until the condition holds and returns its value; fails by name when it never does."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {patience} s in vain: {what}"
        time.sleep(0.005)


def until(path):
    """In a job's shell: waits for a file."""
    return f"until test -e {path}; do sleep 0.01; done"


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def obeys_the_law(report):
    """What was submitted is what became of it, each kind counted once."""
    return report["submitted"] == sum(report[key] for key in LAW)


class Finished:
    """What a user sees of a run that has ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def lines(self):
        return self.out.decode(errors="surrogateescape").split("\n")[:-1]

    @property
    def complaint(self):
        return self.err.decode(errors="replace")

    @property
    def report(self):
        """The closing report of a run with --format json: the last object on standard error."""
        text = "\n" + self.complaint
        report = json.loads(text[text.rindex("\n{") :])
        assert obeys_the_law(report), report
        return report

    def __repr__(self):
        found = re.search(r"(?m)^SUMMARY: .*|^FATAL: .*", self.complaint)  # of a sanitizer, in short
        summary = f", {found[0]}" if found else ""
        return f"code {self.code}{summary}\n--- out\n{self.out[-3000:]!r}\n--- err\n{self.complaint[-3000:]}"


class Running:
    """A weir that runs. Its output goes to files: it waits for no reader, and can be looked at meanwhile."""

    def __init__(self, argv, env, tag, items=None, stdin=None, stdout=None, stderr=None, **popen):
        self.tag = tag
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        if items is not None:
            stdin = tempfile.TemporaryFile()
            stdin.write(as_bytes(items))
            stdin.seek(0)
        self.proc = subprocess.Popen(
            argv,
            env=env,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=stdout if stdout is not None else self._out,
            stderr=stderr if stderr is not None else self._err,
            start_new_session=True,
            **popen,
        )
        self.pid = self.proc.pid

    def out(self):
        return os.pread(self._out.fileno(), 1 << 30, 0)

    def err(self):
        return os.pread(self._err.fileno(), 1 << 30, 0)

    def says(self, text, patience=PATIENCE):
        """Waits until standard error holds the text."""
        self.shows(self.err, as_bytes(text), "standard error", patience)

    def prints(self, text, patience=PATIENCE):
        """Waits until standard output holds the text."""
        self.shows(self.out, as_bytes(text), "standard output", patience)

    def shows(self, stream, text, name, patience):
        def seen():
            ended = self.proc.poll() is not None  # looked at first: what is not there then never comes
            if text in stream():
                return True
            assert (
                not ended
            ), f"ended with {self.proc.returncode} without {text!r} on {name}: {self.err()[-3000:]!r}"

        wait_until(seen, f"{text!r} on {name}", patience)

    def feed(self, text):
        self.proc.stdin.write(as_bytes(text))
        self.proc.stdin.flush()

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, patience=PATIENCE):
        try:
            if self.proc.stdin:
                self.proc.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.proc.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"still running after {patience} s: {self.proc.args}\n{self.err()[-2000:]!r}"
            ) from None
        return Finished(self.proc.returncode, self.out(), self.err())

    def status(self, key):
        """A number of /proc/PID/status; 0 once the process is gone."""
        try:
            text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return 0
        return next((int(line.split()[1]) for line in text.splitlines() if line.startswith(key + ":")), 0)

    def peak_kib(self):
        return self.status("VmHWM")


def tagged(tag):
    """Live processes that carry the tag. A zombie has no environment and does not count."""
    found = []
    needle = b"E2E_TAG=" + tag.encode()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if needle in pathlib.Path(f"/proc/{name}/environ").read_bytes():
                    found.append(int(name))
            except OSError:
                pass
    return found


def command_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "(gone)"


class Program:
    """`weir(...)` runs to the end, `weir.start(...)` gives a Running; `items` are standard input."""

    def __init__(self, folder):
        self.tag = uuid.uuid4().hex
        self.temporary = folder / "weir-temporary"
        self.temporary.mkdir(mode=0o777)
        self._running = []
        self._programs = {WEIR}

    def environment(self, extra=None):
        env = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("WEIR", "NO_COLOR", "TERM"))
        }
        env.update(E2E_TAG=self.tag, TMPDIR=str(self.temporary), TERM="xterm-256color")
        env.update(extra or {})
        return env

    def start(self, *args, env=None, program=WEIR, **how):
        if os.path.basename(program) == "weir":
            self._programs.add(program)
        running = Running([program, *args], self.environment(env), self.tag, **how)
        self._running.append(running)
        return running

    def __call__(self, *args, patience=PATIENCE, **how):
        return self.start(*args, **how).wait(patience)

    def run(self, *args, **how):
        return self("run", *args, **how)

    def report(self, *args, code, **how):
        """Runs with --format json, checks the exit code and the law, returns the report."""
        done = self.run("--format", "json", *args, **how)
        assert done.code == code, done
        return done.report

    def jobs(self):
        """Live processes of this test that are not weir itself: its jobs and what they started."""
        return [pid for pid in tagged(self.tag) if command_of(pid).partition(" ")[0] not in self._programs]

    def temporary_files(self):
        """What lies in the temporary folder; a program that dies while it starts under ThreadSanitizer leaves
        a file of that, which is none of weir's."""
        return [file for file in self.temporary.iterdir() if not file.name.startswith("tsan.rodata.")]

    def put_away(self):
        """Ends what still runs; returns what should not have been there any more."""
        for running in self._running:
            if running.proc.poll() is None:
                running.proc.kill()
                running.proc.wait()
        deadline = time.monotonic() + (20 if SANITIZED else 5)
        while (left := tagged(self.tag)) and time.monotonic() < deadline:
            time.sleep(0.01)
        names = [command_of(pid) for pid in left]
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return names
