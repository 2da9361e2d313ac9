"""Ctrl-C at a hundred random moments. The seed is printed; run one moment again with WEIR_E2E_SEED=N."""

import concurrent.futures
import os
import random
import signal
import time

import pytest

from moment import Moment
from program import FOREVER, Program, obeys_the_law, tagged, wait_until

MOMENTS = 100
LINES = 6


def job(folder):
    """Prints six lines over 30 ms, and notes in files that it begins and when it has ended by itself."""
    lines = "; ".join(f"echo $1.{i}; sleep 0.005" for i in range(LINES))
    return f"echo $1 >> {folder}/begun; {lines}; echo $1 >> {folder}/ended"


def words(path):
    return path.read_text().split() if path.exists() else []


def blocks(lines):
    """Counts the lines of each item, and holds that they are in one place and begin with its first."""
    found = {}
    last = None
    for line in lines:
        item, part = line.split(".")
        if item != last:
            assert item not in found, f"the output of job {item} is in two places"
            found[item] = 0
        assert int(part) == found[item], f"job {item} skips from line {found[item]} to {part}"
        found[item] += 1
        last = item
    return found


def interrupted(folder, seed):
    dice = random.Random(seed)
    folder.mkdir()
    weir = Program(folder)
    how = dice.choice(["drain", "cancel", "cancel", "cancel quickly"])
    options = dice.choice([[], ["-k"]])
    number = dice.choice([signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    moment = Moment(dice, 24, early=seed % 4 == 0, spread=0.04)
    running = weir.start(
        "run",
        "--format",
        "json",
        "-j4",
        "-q4",
        *options,
        "sh",
        "-c",
        job(folder),
        "sh",
        items="".join(f"{i}\n" for i in range(100_000)),
    )
    try:
        moment.come(lambda: running.proc.poll() is not None or len(words(folder / "begun")))
        assert running.proc.poll() is None, f"ended by itself: {running.wait()}"
        running.signal(number)
        if how == "cancel":
            time.sleep(dice.random() * 0.03)
        if how != "drain":
            try:
                running.signal(number)
            except ProcessLookupError:
                pass
        done = running.wait()
        assert tagged(weir.tag) == [], "orphans"
        assert not weir.temporary_files(), "temporary files"
        if done.code == -number:
            assert done.out == b"", "died before it listened, and yet ran jobs"
            return "at once"
        assert done.code == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}[number], done
        check(done, folder, how)
        return how
    finally:
        weir.put_away()


def check(done, folder, how):
    report = done.report
    assert obeys_the_law(report), report
    assert report["queued"] == report["running"] == 0, report
    ended = words(folder / "ended")
    printed = blocks(done.lines)
    whole = {item for item, count in printed.items() if count == LINES}
    assert set(ended) <= whole, "a job that ended by itself lost output"
    assert report["completed"] <= len(ended) <= report["completed"] + report["failed"]
    partial = {item for item, count in printed.items() if count < LINES}
    marks = [line for line in done.complaint.splitlines() if "partial" in line]
    assert len(partial) <= len(marks) <= report["failed"], (partial, marks)
    if how == "drain":
        assert not partial and report["failed"] == 0 and report["cancelled"] == 0, report


def test_ctrl_c_at_any_moment_leaves_no_orphan_and_loses_no_finished_output(tmp_path):
    given = os.environ.get("WEIR_E2E_SEED")
    first = int(given) if given else random.randrange(1 << 32)
    seeds = [first] if given else range(first, first + MOMENTS)
    print("seeds", seeds)
    with concurrent.futures.ThreadPoolExecutor(4) as several:
        runs = {several.submit(interrupted, tmp_path / str(seed), seed): seed for seed in seeds}
        concurrent.futures.wait(runs)
    wrong = [f"seed {runs[run]}: {run.exception()}" for run in runs if run.exception()]
    if wrong:
        pytest.fail(f"{len(wrong)} of {len(runs)} moments, one of them {wrong[0]}", pytrace=False)
    how = [run.result() for run in runs]
    assert given or how.count("at once") < MOMENTS / 2, "the moments came too early to mean something"


def test_ctrl_c_in_a_drain_that_hangs_can_be_repeated(weir, tmp_path):
    running = weir.start(
        "run",
        "--kill-after",
        "200ms",
        f'trap "" INT TERM; touch {tmp_path}/ready; {FOREVER}; : {{}}',
        ":::",
        "a",
    )
    wait_until((tmp_path / "ready").exists, "the job")
    for _ in range(20):
        if running.proc.poll() is None:
            running.signal(signal.SIGINT)
            time.sleep(0.002)
    assert running.wait().code == 130 and weir.jobs() == []
