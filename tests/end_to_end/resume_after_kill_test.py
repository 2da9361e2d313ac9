"""kill -9 at random moments, and --resume at once. The seed is printed; WEIR_E2E_SEED=N plays it again.

A job holds a lock named after its item for as long as it lives: a second one on the same item notes that.
The last item waits for a file, so that no run ends before its moment has come, however fast the machine is.
"""

import os
import random
import signal
import time

import pytest

from moment import Moment
from program import until, wait_until

KILLS = 10
BETWEEN = 20  # jobs that begin between two kills, at most; together they leave some for the run that ends
JOBS = 240
WORKERS = 4


def job(folder):
    alone = f'exec 9> {folder}/locks/$1; flock -n 9 || echo $1 >> {folder}/twice_at_once'
    held = f'[ "$1" -lt {JOBS} ] || {until(folder / "go")}'
    return f"{alone}; echo $1 >> {folder}/started; {held}; sleep 0.0$(( $1 % 4 )); echo $1 >> {folder}/ended"


def words(path):
    return path.read_text().split() if path.exists() else []


def dice():
    seed = int(os.environ.get("WEIR_E2E_SEED") or random.randrange(1 << 32))
    print("seed", seed)
    return random.Random(seed)


class Resumed:
    """Runs the same jobs again and again, until a run comes to its end."""

    def __init__(self, weir, folder, *options):
        self.weir, self.folder, self.kills = weir, folder, 0
        (folder / "locks").mkdir()
        how = ["--format", "json", f"-j{WORKERS}", "--resume", *options]
        self.command = [*how, "sh", "-c", job(folder), "sh"]
        self.items = "".join(f"{i}\n" for i in range(1, JOBS + 1))

    def start(self):
        return self.weir.start("run", *self.command, items=self.items)

    def kill_at(self, moment):
        before = len(words(self.folder / "started"))

        def begun():
            new = words(self.folder / "started")[before:]
            return running.proc.poll() is not None or str(JOBS) in new or len(new)

        running = self.start()
        moment.come(begun)
        assert running.proc.poll() is None, f"ended by itself: {running.wait()}"
        running.signal(signal.SIGKILL)
        running.proc.wait()
        self.kills += 1

    def finish(self):
        (self.folder / "go").touch()
        done = self.start().wait()
        assert done.code == 0, done
        return done.report

    def check(self):
        ended, started = words(self.folder / "ended"), words(self.folder / "started")
        assert not words(self.folder / "twice_at_once"), "two runs of one item at once"
        assert sorted(set(ended), key=int) == [str(i) for i in range(1, JOBS + 1)], "lost"
        repeats = len(started) - JOBS
        assert repeats <= WORKERS * self.kills, f"{repeats} repeats in {self.kills} kills"
        print(f"{self.kills} kills: lost 0, started again {repeats}, ended again {len(ended) - JOBS}")


def killed_again_and_again(runs, random):
    for n in range(KILLS):
        runs.kill_at(Moment(random, BETWEEN, early=n % 4 == 3, spread=0.03))
    report = runs.finish()
    runs.check()
    return report


def test_kill_9_at_any_moment_loses_nothing_and_repeats_what_was_under_way(weir, tmp_path):
    log = tmp_path / "log"
    killed_again_and_again(Resumed(weir, tmp_path, "--joblog", log), dice())
    lines = log.read_text().splitlines()[1:]
    assert sorted(int(line.split("\t")[0]) for line in lines) == list(range(1, JOBS + 1)), "a record each"


def test_the_results_directory_remembers_as_well_and_holds_whole_files_only(weir, tmp_path):
    out = tmp_path / "out"
    killed_again_and_again(Resumed(weir, tmp_path, "--results", out), dice())
    for seq in range(1, JOBS + 1):
        files = sorted(path.name for path in (out / str(seq)).iterdir())
        assert files == ["exit", "item", "stderr", "stdout"]
        assert (out / str(seq) / "item").read_text() == str(seq)


def test_the_next_run_waits_until_the_jobs_of_the_killed_one_are_gone(weir, tmp_path):
    log = tmp_path / "log"
    family = f'trap "" TERM INT HUP; sh -c "touch {tmp_path}/$1.up; while :; do sleep 0.01; done" & wait'
    running = weir.start("run", "-j3", "--joblog", log, "sh", "-c", family, "sh", ":::", "a", "b", "c")
    wait_until(lambda: len(list(tmp_path.glob("*.up"))) == 3, "the jobs")
    old = " ".join(f"/proc/{pid}/environ" for pid in weir.jobs())  # of a zombie it is empty
    running.signal(signal.SIGKILL)
    look = f"grep -ls E2E_TAG {old}; : "
    done = weir.run("-j1", "--joblog", log, "--resume", "sh", "-c", look, "sh", ":::", "a")
    assert (done.code, done.out) == (0, b""), done


@pytest.mark.plain_build
def test_half_a_result_never_has_its_final_name(weir, tmp_path):
    """A job of 3 MiB is killed with its run at random moments: stdout is there whole, or not at all."""
    random = dice()
    whole = 3 << 20
    for n in range(12):
        command = ["-j2", "--results", tmp_path / str(n), f"head -c {whole} /dev/zero; : {{}}"]
        running = weir.start("run", *command, items="1\n2\n3\n4\n")
        time.sleep(random.random() * 0.03)
        running.signal(signal.SIGKILL)
        running.proc.wait()
        for path in (tmp_path / str(n)).rglob("stdout"):
            assert path.stat().st_size == whole, path
        for path in (tmp_path / str(n)).rglob("exit"):
            assert path.read_text() == "0\n" and (path.parent / "stdout").stat().st_size == whole, path
