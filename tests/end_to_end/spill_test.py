"""--on-full spill: what the queue has no room for goes to disk, comes back in order, and survives its run."""

import contextlib
import re
import signal
import sqlite3
import subprocess

import pytest

from program import PATIENCE, until, wait_until
from resume_after_kill_test import Resumed, dice, killed_again_and_again


def lines(last, first=1):
    return "".join(f"{i}\n" for i in range(first, last + 1))


def spilling(folder, *more, queue=4):
    return ["--on-full", "spill", "--spill-dir", folder / "store", f"-q{queue}", *more]


def held_back(weir, tmp_path, *options, items=100, workers=2):
    """A run whose jobs wait for the file `go`; it has read its items, and so many of them are on disk."""
    job = f'touch {tmp_path}/up; {until(tmp_path / "go")}; echo "$1"'
    command = ["--format", "json", f"-j{workers}", *spilling(tmp_path), *options, "sh", "-c", job, "sh"]
    running = weir.start("run", *command, items=lines(items))
    wait_until((tmp_path / "up").exists, "a job")

    def on_disk():
        running.signal(signal.SIGUSR1)
        said = running.err()
        return f"{items} submitted".encode() in said and re.findall(rb"(\d+) went to disk", said)

    stored = int(wait_until(on_disk, "all items read")[-1])
    assert items - workers - 4 <= stored < items
    return running, command, stored


@pytest.mark.parametrize(
    "words, says",
    [
        (["--on-full", "spill"], "--spill-dir"),
        (["--spill-dir", "d"], "--on-full spill"),
        (["--spill-max", "1G"], "--on-full spill"),
        (["--durability", "each"], "--on-full spill"),
        (["--on-full", "spill", "--spill-dir", "d", "-q0"], "--queue 1"),
        (["--on-full", "spill", "--spill-dir", "d", "--spill-max", "1K"], "--spill-max"),
        (["--on-full", "spill", "--spill-dir", "d", "--durability", "some"], "batch"),
    ],
)
def test_what_does_not_go_together_is_said_with_what_would(weir, tmp_path, words, says):
    done = weir.run(*words, "echo", ":::", "a", cwd=tmp_path)
    assert done.code == 2 and says in done.complaint and not list(tmp_path.glob("d")), done


def test_what_overflows_runs_in_order(weir, tmp_path):
    report = weir.report("-j1", *spilling(tmp_path), f"echo {{}} >> {tmp_path}/ran", items=lines(500), code=0)
    assert report["completed"] == 500 and report["spilled"] == 0 and report["spilled_total"] > 0, report
    assert (tmp_path / "ran").read_text() == lines(500)
    report = weir.report("-j1", *spilling(tmp_path), "echo", items="", code=0)
    assert report["submitted"] == 0 and report["resumed"] == 0, "nothing is left"


def test_a_new_store_is_for_its_user_alone(weir, tmp_path):
    weir.report(*spilling(tmp_path), "true", items=lines(50), code=0)
    made = [tmp_path / "store", *(tmp_path / "store").iterdir()]
    assert len(made) > 1 and not [f.name for f in made if f.stat().st_mode & 0o077]


def test_items_come_back_from_disk_as_they_were(weir, tmp_path):
    odd = [b"a b", b"", b"tab\there", b"new\nline", b"\xff\xfe", b"x" * 100_000, b"'\"$(x)"]
    items = [odd[i % len(odd)] for i in range(70)]
    how = ["-j1", *spilling(tmp_path, queue=1), "-0"]
    done = weir.run(*how, "-k", "printf", "%s\\0", items=b"".join(item + b"\0" for item in items))
    assert done.code == 0 and done.out.split(b"\0")[:-1] == items
    done = weir.run(*how, "-n3", "-k", "echo", "{2}", "{#}", items=b"".join(b"%d\0" % i for i in range(30)))
    assert done.lines == [f"{i + 1} {i // 3 + 1}" for i in range(0, 30, 3)], done


def test_after_kill_9_an_empty_input_completes_what_the_store_holds(weir, tmp_path):
    running, command, stored = held_back(weir, tmp_path)
    running.signal(signal.SIGKILL)
    running.proc.wait()
    (tmp_path / "go").touch()
    done = weir.run("-k", *command, items="")
    ran = [int(line) for line in done.lines]  # with a gap, where the store had run empty at first
    assert done.code == 0 and ran == sorted(set(ran)) and ran[0] > 4 and ran[-1] == 100, done
    assert done.report["resumed"] == done.report["completed"] == stored
    assert weir.report(*command[2:], items="", code=0)["submitted"] == 0


def test_an_empty_input_tells_what_became_of_the_items_that_were_left(weir, tmp_path):
    running, command, stored = held_back(weir, tmp_path)
    running.signal(signal.SIGKILL)
    running.proc.wait()
    (tmp_path / "go").touch()
    done = weir.run(*command[2:], items="")
    assert done.code == 0 and f"spill: 0 went to disk, {stored} had been left there" in done.complaint, done
    assert "no items" not in done.complaint
    assert weir.run(*command[2:], items="").complaint == "weir run: no items\n", "nothing is left"


def test_other_items_come_behind_what_was_left_and_have_numbers_of_their_own(weir, tmp_path):
    running, command, stored = held_back(weir, tmp_path, "--results", tmp_path / "out")
    running.signal(signal.SIGKILL)
    running.proc.wait()
    (tmp_path / "go").touch()
    assert weir.report(*command[2:], items="x\ny\n", code=0)["completed"] == stored + 2
    kept = {int(path.name): (path / "item").read_text() for path in (tmp_path / "out").iterdir()}
    assert kept[100] == "100" and sorted(n for n in kept if n > 100) == [101, 102] and kept[102] == "y"


def test_a_second_signal_leaves_on_disk_what_was_there(weir, tmp_path):
    running, command, stored = held_back(weir, tmp_path)
    running.signal(signal.SIGTERM)
    running.says("draining 100 jobs")
    running.signal(signal.SIGTERM)
    done = running.wait()
    assert done.code == 143 and done.report["spilled"] == stored, done
    (tmp_path / "go").touch()
    assert weir.report(*command[2:], items="", code=0)["completed"] == stored


def test_a_second_signal_leaves_on_disk_what_was_held_at_the_gates(weir, tmp_path):
    (tmp_path / "go").touch()
    running, _, stored = held_back(weir, tmp_path, "--rate", "1/m:1", workers=8)

    def one_is_done():
        running.signal(signal.SIGUSR1)
        return b" 1 completed" in running.err()

    wait_until(one_is_done, "the one job that the rate lets through")
    running.signal(signal.SIGTERM)
    running.says("draining 99 jobs")
    running.signal(signal.SIGTERM)
    done = running.wait()
    assert done.code == 143 and done.report["completed"] == 1 and "struck off" not in done.complaint, done
    assert weir.report("-j2", *spilling(tmp_path), "echo", items="", code=0)["completed"] == stored


def test_a_command_that_cannot_be_started_leaves_on_disk_what_was_there(weir, tmp_path):
    done = weir.report("-j4", *spilling(tmp_path), "nosuchcommand", items=lines(5000), code=127)
    again = weir.report("-j2", *spilling(tmp_path), "true", items="", code=0)
    assert again["completed"] == done["spilled_total"], (done, again)


def test_the_same_input_is_gone_on_with_by_a_journal(weir, tmp_path):
    log = tmp_path / "log"
    running, command, stored = held_back(weir, tmp_path, "--joblog", log, "--resume")
    running.signal(signal.SIGKILL)
    running.proc.wait()
    (tmp_path / "go").touch()
    done = weir.run("-k", *command, items=lines(120))
    assert done.code == 0 and done.lines == [str(i) for i in range(1, 121)], done
    assert done.report["passed_over"] == done.report["resumed"] == stored
    records = sorted(int(line.split("\t")[0]) for line in log.read_text().splitlines()[1:])
    assert records == list(range(1, 121)), "each once"
    assert weir.report(*command[2:], items=lines(120), code=0)["submitted"] == 0


def killed(weir, tmp_path):
    """A run of 1 to 100, killed: two jobs were under way, four queued, the others wait in the store."""
    running, command, stored = held_back(weir, tmp_path, "--joblog", tmp_path / "log", "--resume")
    running.signal(signal.SIGKILL)
    running.proc.wait()
    (tmp_path / "go").touch()
    return command, stored


@pytest.mark.parametrize(
    "changed, says",
    [
        (lines(49) + "other\n" + lines(100, first=51), "job 50 waits"),
        ("new\n" + lines(100), "waits in"),
        (lines(59) + lines(100, first=61), "job 60 waits"),
        (lines(70), "the input ends with job 70"),
    ],
    ids=["a line is another", "one is more", "one is gone", "the end is gone"],
)
def test_a_changed_input_is_refused_and_none_of_it_runs(weir, tmp_path, changed, says):
    command, stored = killed(weir, tmp_path)
    done = weir.run(*command, items=changed)
    assert done.code == 2 and says in done.err.decode() and b"< /dev/null" in done.err, done
    assert "other" not in done.lines and "new" not in done.lines, done
    ran = [int(line) for line in done.lines]
    assert set(ran) <= set(range(1, 101)) and len(set(ran)) == len(ran)
    rest = weir.run("-k", *command, items=lines(100))  # the right one goes on, and nothing was lost
    assert rest.code == 0 and sorted(ran + [int(line) for line in rest.lines]) == list(range(1, 101)), rest


def test_an_empty_input_finishes_what_waits_and_the_same_one_the_rest(weir, tmp_path):
    command, stored = killed(weir, tmp_path)
    done = weir.run("-k", *command, items="")
    assert done.code == 0 and len(done.lines) == stored and done.report["completed"] == stored, done
    rest = weir.run("-k", *command, items=lines(100))
    assert rest.code == 0 and len(rest.lines) == 100 - stored, rest
    assert sorted(map(int, done.lines + rest.lines)) == list(range(1, 101))


def test_what_the_journal_knows_to_be_done_does_not_run_from_the_store(weir, tmp_path):
    log = tmp_path / "log"
    running, command, stored = held_back(weir, tmp_path, "--joblog", log, "--resume")
    running.signal(signal.SIGKILL)
    running.proc.wait()
    (tmp_path / "go").touch()
    with log.open("a") as file:  # killed behind the journal's line of 50, before the store heard of it
        file.write(f"50\t:\t1796003935.931\t     0.004\t0\t2\t0\t0\tsh -c '{command[-2]}' sh 50\n")
    done = weir.run("-k", *command, items=lines(100))
    assert done.code == 0 and done.lines == [str(i) for i in range(1, 101) if i != 50], done
    report = done.report
    assert report["resumed"] == stored - 1, "it is no job of this run"
    assert report["submitted"] == report["completed"] == 99, report
    assert report["passed_over"] == stored


def test_kill_9_at_any_moment_loses_nothing_with_a_journal(weir, tmp_path):
    runs = Resumed(weir, tmp_path, *spilling(tmp_path), "--joblog", tmp_path / "log")
    report = killed_again_and_again(runs, dice())
    assert report["spilled"] == 0


def test_a_store_in_use_is_refused_and_its_user_named(weir, tmp_path):
    running, command, _ = held_back(weir, tmp_path)
    done = weir.run(*command, items="x\n")
    assert done.code == 2 and f"process {running.pid}" in done.complaint and done.out == b"", done
    (tmp_path / "go").touch()
    assert running.wait().code == 0


def test_a_full_store_rejects_and_says_so(weir, tmp_path):
    how = ["-j1", *spilling(tmp_path, "--spill-max", "256K")]
    job = f'{until(tmp_path / "go")}; : {{}}'
    running = weir.start("run", "--format", "json", *how, job, items=("x" * 1000 + "\n") * 2000)
    running.says("has reached --spill-max")
    (tmp_path / "go").touch()
    done = running.wait()
    report = done.report
    assert done.code == 1 and report["rejected"] > 0 and report["completed"] > 100, report
    assert done.complaint.count("has reached --spill-max") == 1, done


def left_behind(weir, tmp_path):
    """A store with items of a run that was killed: the command for it, how many, and its file."""
    running, command, stored = held_back(weir, tmp_path)
    running.signal(signal.SIGKILL)
    running.proc.wait()
    (tmp_path / "go").touch()
    return command, stored, tmp_path / "store" / "spill.db"


def test_a_damaged_item_is_said_and_counts_as_failed(weir, tmp_path):
    command, stored, file = left_behind(weir, tmp_path)
    with contextlib.closing(sqlite3.connect(file)) as store, store:
        of_two = "where place in (select place from jobs limit 2)"
        store.execute(f"update jobs set record = zeroblob(length(record)) {of_two}")
    done = weir.run("-k", *command, items="")
    assert done.code == 1 and "2 items of the spill store" in done.complaint, done
    assert (done.report["failed"], done.report["completed"]) == (2, stored - 2)
    assert weir.report(*command[2:], items="", code=0)["submitted"] == 0, "said once"


def test_a_damaged_store_is_said_and_kept(weir, tmp_path):
    command, _, file = left_behind(weir, tmp_path)
    with contextlib.closing(sqlite3.connect(file)) as store:
        store.execute("pragma wal_checkpoint(truncate)")
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    done = weir.run(*command, items="")
    assert "was damaged" in done.complaint and list(file.parent.glob("spill.db.damaged-*")), done


@pytest.mark.small_disk
def test_a_full_disk_rejects_and_the_run_goes_on_from_memory(weir, small_disk, tmp_path):
    job = f'{until(tmp_path / "go")}; : {{}}'
    how = ["--format", "json", "-j1", *spilling(small_disk)]
    running = weir.start("run", *how, job, items=("x" * 1000 + "\n") * 5000)
    running.says("cannot write to the spill store")
    (tmp_path / "go").touch()
    done = running.wait()
    report = done.report
    assert done.code == 1 and report["rejected"] > 0 and report["completed"] > 100, report


def run_on_a_full_disk(weir, small_disk, tmp_path, take_reserve):
    """A run whose store fills the disk beside somebody else's file; how it was done, and what it said."""
    job = f'{until(tmp_path / "go")}; : {{}}'
    how = ["--format", "json", "-j1", *spilling(small_disk)]
    running = weir.start("run", *how, job, items=("x" * 1000 + "\n") * 5000)
    running.says("cannot write to the spill store")
    if take_reserve:
        next(small_disk.rglob("spill.db.reserve")).unlink()
    with contextlib.suppress(OSError), open(small_disk / "filler", "wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 512)
    (tmp_path / "go").touch()
    return how, running.wait()


@pytest.mark.small_disk
def test_a_store_that_has_filled_its_disk_still_strikes_off_what_has_run(weir, small_disk, tmp_path):
    how, done = run_on_a_full_disk(weir, small_disk, tmp_path, take_reserve=False)
    assert "struck off" not in done.complaint and done.report["spilled"] == 0, done
    assert weir.report(*how[2:], "true", items="", code=0)["resumed"] == 0


@pytest.mark.small_disk
def test_what_a_full_disk_cannot_strike_off_is_said_to_run_again(weir, small_disk, tmp_path):
    how, done = run_on_a_full_disk(weir, small_disk, tmp_path, take_reserve=True)
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    again = weir.report(*how[2:], "true", items="", code=0)["resumed"]
    assert again > 0 and f"{again} jobs that ran could not be struck off" in done.complaint, done
    done = weir.run(*how, "true", items="")
    assert done.code == 0 and done.report["resumed"] == 0 and "struck off" not in done.complaint, done


@pytest.mark.plain_build
def test_memory_does_not_grow_with_what_is_on_disk(weir, tmp_path):
    peaks = []
    for count in (20_000, 400_000):
        job = f'touch {tmp_path}/{count}; {until(tmp_path / "go")}; : {{}}'
        running = weir.start("run", "-j1", *spilling(tmp_path, queue=100), job, items=lines(count))
        wait_until((tmp_path / str(count)).exists, "a job")

        def all_read():
            running.signal(signal.SIGUSR1)
            return f"{count} submitted".encode() in running.err()

        wait_until(all_read, "all of the input on disk", 2 * PATIENCE)
        peaks.append(running.peak_kib())
        running.signal(signal.SIGKILL)
        running.proc.wait()
        for path in (tmp_path / "store").iterdir():
            path.unlink()
    print("peaks in KiB", peaks)
    assert peaks[1] < peaks[0] + 8192, "20 times the items, and the memory of as many"
