"""The eleven stress recipes by which GNU parallel's manual tries other tools, as checks with a verdict.

What each asks for is listed in parallel_alternatives(7), TESTING OTHER TOOLS (GNU parallel 20221122); the
jobs, the sizes and the criteria are our own. A recipe gets a tool, an empty folder and a size, and returns a
Verdict.
"""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time
import uuid

MB = 1_000_000


@dataclasses.dataclass
class Verdict:
    outcome: str  # pass, fail, or a word for what is neither
    remark: str = ""


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is asked. `full` is the manual's own measure, or its order."""

    burst: int  # bytes of each of the six bursts of MIX
    bulk: tuple  # RAM: jobs, bytes of output of each
    words: int  # NUMWORDS: bytes of each of 30 jobs
    line: int  # 4GB: bytes in a line


QUICK = Size(burst=200_000, bulk=(3, 30 * MB), words=1 * MB, line=40 * MB)
USUAL = Size(burst=3 * MB, bulk=(4, 512 * MB), words=10 * MB, line=1_000 * MB)
FULL = Size(burst=3 * MB, bulk=(20, 1_024 * MB), words=10 * MB, line=5_000 * MB)


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    path: str

    def command(self, jobs, *words):
        """The tool's words for: run these words for each line of the input, so many at a time."""
        if self.name == "xargs":
            how = ["-I", "{}"] if any("{}" in word for word in words) else ["-n", "1"]
            return [self.path, "-P", str(jobs), *how, *words]
        if self.name == "parallel":
            return [self.path, "--will-cite", "-j", str(jobs), *words]
        return [self.path, "run", "-j", str(jobs), *words]

    def version(self):
        done = subprocess.run([self.path, "--version"], capture_output=True, text=True, timeout=60)
        return done.stdout.splitlines()[0]


class Run:
    """One run of a tool in a folder: files `out` and `err`, its exit code, its seconds, its peak memory."""

    def __init__(self, folder, argv, items, out=None, env=None):
        self.folder, self.tag = folder, uuid.uuid4().hex
        (folder / "items").write_bytes(items)
        self.temporary = pathlib.Path((env or {}).get("TMPDIR", folder / "tmp"))
        self.temporary.mkdir(exist_ok=True)
        surroundings = {**os.environ, "TMPDIR": str(self.temporary), **(env or {}), "STRESS_TAG": self.tag}
        self.began, self.peak = time.monotonic(), 0
        with open(folder / "items", "rb") as stdin, open(folder / "err", "wb") as err:
            with contextlib.nullcontext(out) if out else open(folder / "out", "wb") as stdout:
                self.proc = subprocess.Popen(
                    argv,
                    cwd=folder,
                    env=surroundings,
                    stdin=stdin,
                    stdout=stdout,
                    stderr=err,
                    start_new_session=True,
                )
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()

    def watch(self):
        while self.proc.returncode is None:
            with contextlib.suppress(OSError, StopIteration):
                status = pathlib.Path(f"/proc/{self.proc.pid}/status").read_text().splitlines()
                self.peak = int(next(line for line in status if line.startswith("VmHWM")).split()[1]) * 1024
            time.sleep(0.01)

    def wait(self, patience=900):
        try:
            self.code = self.proc.wait(patience)
        except subprocess.TimeoutExpired:
            self.code = "hung"
        finally:
            self.seconds = time.monotonic() - self.began
            self.end()
        return self

    def end(self):
        """Ends the tool and all that it started."""
        self.proc.kill()
        self.proc.wait()
        self.watcher.join()
        for pid in self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def alive(self):
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if self.tag.encode() in pathlib.Path(f"/proc/{name}/environ").read_bytes():
                    found.append(int(name))
        return found

    def out(self):
        return (self.folder / "out").read_bytes()

    def err(self):
        return (self.folder / "err").read_bytes()


def job(folder, text):
    path = folder / "job"
    path.write_text("#!/bin/sh\n" + text + "\n")
    path.chmod(0o755)
    return str(path)


def lines(count):
    return b"".join(b"%d\n" % i for i in range(1, count + 1))


def counted(folder, argv, items, **how):
    """Runs with the output counted and thrown away, so that big output costs no disk of ours."""
    counter = subprocess.Popen(["wc", "-c"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    run = Run(folder, argv, items, out=counter.stdin, **how)
    counter.stdin.close()
    run.wait()
    return run, int(counter.stdout.read())


def verdict(good, remark=""):
    return Verdict("pass" if good else "fail", remark)


def mix(tool, folder, size):
    bursts = "; ".join(
        f"head -c {size.burst} /dev/zero | tr '\\0' {letter}{to}; printf ' '{to}"
        for letter, to in zip("abcdef", ["", " >&2"] * 3)
    )
    path = job(folder, f"{bursts}; echo; echo >&2")
    Run(folder, tool.command(30, path), lines(30)).wait()
    seen = {}
    for name, letters in (("out", b"ace"), ("err", b"bdf")):
        with open(folder / name, "rb") as file:
            squeezed = subprocess.run(["tr", "-s", "abcdef"], stdin=file, capture_output=True).stdout
        whole = b" ".join(letters[i : i + 1] for i in range(3)) + b" "
        seen[name] = squeezed.split(b"\n").count(whole)
    good = seen == {"out": 30, "err": 30}
    return verdict(good, f"{seen['out']} of 30 outputs and {seen['err']} of 30 error outputs whole")


def stderr_merge(tool, folder, _):
    path = job(folder, "echo stdout; echo stderr >&2; echo stdout; echo stderr >&2")
    run = Run(folder, tool.command(1, path), b"\n").wait()
    return verdict(run.out() == b"stdout\n" * 2 and run.err().count(b"stderr\n") == 2)


def ram(tool, folder, size):
    jobs, each = size.bulk
    path = job(folder, f"yes {'c' * 30_000} | head -c {each}")
    run, total = counted(folder, tool.command(jobs, path), lines(jobs))
    remark = f"{jobs} x {each // MB} MB at {total / MB / run.seconds:.0f} MB/s, peak {run.peak / MB:.0f} MB"
    return verdict(total == jobs * each and run.peak < 100 * MB, remark)


@contextlib.contextmanager
def small_disk(folder, size="16m"):
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    )
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def disk_full(tool, folder, _):
    """Three jobs meet a full disk for three seconds. All the output, or a failure that is said: both pass."""
    disk = folder / "disk"
    fill = f"sleep 0.5; cat /dev/zero > {disk}/fill.$$ 2>/dev/null; head -c 10000000 /dev/zero | tr '\\0' X"
    path = job(folder, f"{fill}; echo; echo middle; sleep 3; rm -f {disk}/fill.$$; echo final")
    with small_disk(disk) as mounted:
        if not mounted:
            return Verdict("not run", "no right to mount a small disk")
        run = Run(folder, tool.command(3, path), lines(3), env={"TMPDIR": str(disk)}).wait()
    got = run.out()
    if (got.count(b"X"), got.count(b"middle\n"), got.count(b"final\n")) == (30_000_000, 3, 3):
        return verdict(True, "output complete")
    if run.code == 0:
        return verdict(False, "output incomplete, exit 0")
    said = [line for line in run.err().decode(errors="replace").splitlines() if line.strip()]
    said = next((line for line in said if "cannot write" in line), said[0] if said else "nothing said")
    return verdict(True, f"exit {run.code}: {said.replace(str(folder), '')[:90]}")


def cleanup(tool, folder, _):
    (folder / "tmp").mkdir()
    path = job(folder, "head -c 3000000 /dev/zero; touch begun.$1; sleep 60")
    run = Run(folder, tool.command(3, path), lines(10))
    deadline = time.monotonic() + 60
    while len(list(folder.glob("begun.*"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    run.proc.kill()
    run.proc.wait()
    time.sleep(1)  # the second after which nothing should be there any more
    jobs, files = len(run.alive()), len(list(run.temporary.iterdir()))
    run.end()
    remark = f"{files} files left" if files else "no file left"
    return verdict(files == 0, f"{remark}, {jobs or 'no'} processes left running")


def special_characters(tool, folder, _):
    name = "My brother's 12\" *** record  (costs $$$).jpg"
    (folder / name).touch()
    run = Run(folder, tool.command(1, "ls", "-l"), name.encode() + b"\n").wait()
    listed = subprocess.run(["ls", "-l", name], cwd=folder, capture_output=True).stdout
    good = run.code == 0 and run.out() == listed
    return verdict(good, "" if good or tool.name != "xargs" else "works with -d '\\n'")


def composed(tool, folder, _):
    run = Run(folder, tool.command(1, "echo foo; echo {}"), b"bar\n").wait()
    good = run.code == 0 and run.out() == b"foo\nbar\n"
    return verdict(good, "" if good else "needs sh -c")


def one_replacement(tool, folder, _):
    run = Run(folder, tool.command(1, "echo", "{}", "foo", "{}"), b"bar\n").wait()
    return verdict(run.code == 0 and run.out() == b"bar foo bar\n")


def input_size(tool, folder, _):
    """The longest argument that the system takes, but for a few bytes."""
    run = Run(folder, tool.command(1, "echo"), b"x" * 131_000 + b"\n").wait()
    said = run.err().decode(errors="replace").partition(" at input")[0][:80].strip()
    return verdict(run.code == 0 and run.out() == b"x" * 131_000 + b"\n", said if run.code else "")


def input_line_of_100_mb(tool, folder, _):
    """Longer than any argument can be, but its stem is not. Who takes it must hold it whole."""
    words = ["echo", "{.}"] if tool.name != "xargs" else ["echo", "{}"]
    run = Run(folder, tool.command(1, *words), b"foo." + b"x" * 100 * MB + b"\nbar.c\n").wait()
    memory = f"peak {run.peak / MB:.0f} MB"
    if run.out() == b"foo\nbar\n":
        return verdict(True, memory)
    if run.out() == b"bar\n" and run.code == 1:
        return Verdict("refused", f"fails alone, the next line runs; {memory}")
    return verdict(False, f"exit {run.code}, the next line is lost; {memory}")


def number_of_words(tool, folder, size):
    """The same bytes as lines of 1000 words and as lines of one word: the time may not depend on it."""
    seconds = {}
    for words in (1, 1000, 1, 1000):
        text = " ".join(str(i) for i in range(1000))
        text = text.replace(" ", "_") if words == 1 else text
        path = job(folder, f"yes '{text}' | head -c {size.words}")
        run, total = counted(folder, tool.command(30, path), lines(30))
        if total != 30 * size.words:
            return verdict(False, f"{total} bytes of {30 * size.words}")
        seconds[words] = min(seconds.get(words, run.seconds), run.seconds)
    remark = f"{seconds[1000]:.2f} s; {seconds[1]:.2f} s for one word a line"
    return verdict(seconds[1000] < 1.5 * seconds[1] + 0.2, remark)


def long_line(tool, folder, size):
    path = job(folder, f"head -c {size.line} /dev/zero | tr '\\0' a; echo")
    run, total = counted(folder, tool.command(1, path), b"1\n")
    remark = f"{size.line / 1000 / MB:g} GB in {run.seconds:.1f} s, peak {run.peak / MB:.0f} MB"
    return verdict(total == size.line + 1 and run.code == 0, remark)


RECIPES = {  # name: (what it asks, check)
    "MIX": ("30 jobs at once, two streams: no output inside another's", mix),
    "STDERRMERGE": ("standard output and standard error stay apart", stderr_merge),
    "RAM": ("output larger than memory should be", ram),
    "DISKFULL": ("a full temporary folder is noticed", disk_full),
    "CLEANUP": ("kill -9 of the tool leaves no temporary file", cleanup),
    "SPCCHAR": ("file names with quotes, blanks, stars and dollars", special_characters),
    "COMPOSED": ("a command made of several", composed),
    "ONEREP": ("the item twice in one command", one_replacement),
    "INPUTSIZE": ("a line of 131,000 bytes as an argument", input_size),
    "INPUTSIZE, 100 MB": ("a line of 100 MB of which 3 bytes are used", input_line_of_100_mb),
    "NUMWORDS": ("speed does not depend on the number of words", number_of_words),
    "4GB": ("output with one enormous line", long_line),
}


def try_recipe(name, tool, folder, size):
    folder.mkdir(parents=True)
    try:
        return RECIPES[name][1](tool, folder, size)
    finally:
        shutil.rmtree(folder)
