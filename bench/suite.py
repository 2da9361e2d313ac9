"""What `channel/run` and `pool/run` share: options, building, the run, what is written at its end."""
import argparse
import dataclasses
import json
import pathlib
import signal
import time
from collections.abc import Callable

import plot
import programs
import report
import rounds
import tables


def words(text: str) -> list[str]:
    return text.split(",")


def numbers(text: str) -> list[int]:
    return [int(word) for word in words(text)]


def parser(what: str, contenders: tuple) -> argparse.ArgumentParser:
    """The options that every suite has."""
    options = argparse.ArgumentParser(description=what.split("\n")[0])
    options.add_argument("--quick", action="store_true", help="few cells, short: does all of it work?")
    options.add_argument("--rounds", type=int, help="turns each contender takes (5; with --quick 2)")
    options.add_argument("--seconds", type=float,
                         help="about how long a turn takes (0.12; with --quick 0.05)")
    options.add_argument("--only", type=words, metavar="NAME,...",
                         help="of " + ", ".join(c.name for c in contenders))
    options.add_argument("--build", type=pathlib.Path, default=programs.ROOT / "build/release",
                         help="build directory (build/release)")
    options.add_argument("--no-build", action="store_true", help="measure what is built already")
    options.add_argument("--json", metavar="FILE", type=pathlib.Path, help="every reading, for programs")
    options.add_argument("--plot", metavar="FILE.svg", type=pathlib.Path, help="a drawing of the medians")
    return options


def parsed(options: argparse.ArgumentParser, contenders: tuple) -> argparse.Namespace:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends it quietly
    given = options.parse_args()
    given.build = given.build.resolve()  # compilers are run in other folders
    given.rounds = given.rounds if given.rounds is not None else 2 if given.quick else 5
    given.seconds = given.seconds if given.seconds is not None else 0.05 if given.quick else 0.12
    if given.rounds < 1:
        options.error(f"--rounds {given.rounds}: at least 1")
    if not given.seconds > 0:
        options.error(f"--seconds {given.seconds}: more than 0")
    known = [c.name for c in contenders]
    for name in given.only or ():
        if name not in known:
            options.error(f"--only {name}: there is {', '.join(known)}")
    return given


def present(given: argparse.Namespace, contenders: tuple, suite: str,
            foreign: dict[str, Callable]) -> list[rounds.Contender]:
    """Builds the contenders that were chosen; those that are here. Each that is not is said. `foreign`: how
    a program that is not C++ is built."""
    chosen = [c for c in contenders if not given.only or c.name in given.only]
    folder = given.build / "bench" / suite
    if not given.no_build:
        wanted = sorted({c.program for c in chosen})
        programs.build_cpp(given.build, folder, [p for p in wanted if p not in foreign])
        for program in wanted:
            if program in foreign:
                foreign[program](programs.ROOT / "bench" / suite, folder / program)
    for contender in chosen:
        if not (folder / contender.program).is_file():
            programs.note(f"no {contender.name} (it needs {contender.needs}): left out")
    return [c for c in chosen if (folder / c.program).is_file()]


def plain(readings: dict) -> list[dict]:
    return [{**dataclasses.asdict(cell), "contenders": {name: [dataclasses.asdict(r) for r in taken]
                                                        for name, taken in names.items()}}
            for cell, names in readings.items()]


def measure(given: argparse.Namespace, suite: str, contenders: list, cells: list, rivals: dict[str, dict],
            judge: Callable, panels: Callable) -> int:
    """Runs, prints the tables and writes the files; the exit code: 0 every target met, 1 one is missed, 2
    something could not be measured."""
    if not contenders or not cells:
        programs.note("nobody to measure" if cells else "nothing to measure")
        return 2
    began, facts, versions = time.monotonic(), tables.machine(), programs.versions()
    print(tables.describe(facts), "; ".join(versions.values()), sep="\n", end="\n\n", flush=True)
    race = rounds.Race(given.build / "bench" / suite, contenders, cells, given.seconds)
    readings = race.run(given.rounds)
    targets = judge(readings)
    print(report.text(readings, contenders, rivals, targets))
    print(f"\n{given.rounds} rounds in {(time.monotonic() - began) / 60:.1f} minutes")
    if given.json:
        given.json.write_text(json.dumps(
            {"machine": facts, "versions": versions, "rounds": given.rounds, "quick": given.quick,
             "targets": targets, "cells": plain(readings)}) + "\n")
    if given.plot:
        plot.draw(panels(readings), "M/s", given.plot)
    if race.failed:
        return 2
    return 0 if all(t["met"] for t in targets) else 1
