"""Runs a Google Benchmark program in interleaved repetitions and makes its table: a row a case.

Benchmarks are named CONTENDER/CASE. Contenders whose name begins with "weir" are ours; the fastest of them is
set against the fastest other one of its case.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import tables

ROOT = pathlib.Path(__file__).resolve().parent.parent


def arguments(what: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--quick", action="store_true", help="one short repetition: to see that it works")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions, in random order of all cases (5)")
    parser.add_argument("--filter", default=".*", help="a regular expression: only these benchmarks")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="build directory")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path, help="Google Benchmark's own readings")
    given = parser.parse_args()
    if given.rounds < 1:
        parser.error(f"--rounds {given.rounds}: at least 1")
    return given


def measured(program: pathlib.Path, given: argparse.Namespace) -> dict:
    """What the program writes as JSON."""
    rounds = 1 if given.quick else given.rounds
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        flags = {"filter": given.filter, "repetitions": rounds, "min_time": 0.01 if given.quick else 0.2,
                 "enable_random_interleaving": str(rounds > 1).lower(), "out": out.name, "out_format": "json"}
        done = subprocess.run([program, *(f"--benchmark_{name}={value}" for name, value in flags.items())],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{program} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        result = json.load(out)
    failed = [b for b in result["benchmarks"] if b.get("error_occurred")]
    if failed:
        sys.exit(f"{failed[0]['name']}: {failed[0]['error_message']}")
    return result


def by_case(result: dict) -> dict[str, dict[str, list[float]]]:
    """case -> contender -> million items a second, one a repetition."""
    found = {}
    for benchmark in result["benchmarks"]:
        if benchmark["run_type"] != "iteration":
            continue
        contender, case = benchmark["run_name"].split("/")[:2]
        found.setdefault(case, {}).setdefault(contender, []).append(benchmark["items_per_second"] / 1e6)
    return found


def ours(contender: str) -> bool:
    return contender.startswith("weir")


def numbers_in(case: str) -> list[int]:
    """Cases differ in their numbers: sorts 64 before 1024."""
    return [int(number) for number in re.findall(r"\d+", case)]


def row(case: str, rates: dict[str, list[float]], contenders: list[str]) -> list[str]:
    """The medians, with their ranges; last the ratio of our best to the best other."""
    middle = {name: statistics.median(values) for name, values in rates.items()}
    best = {side: max((v for name, v in middle.items() if ours(name) == side), default=None)
            for side in (True, False)}
    ratio = f"{best[True] / best[False]:.2f}" if all(best.values()) else ""
    return [case, *(tables.spread(rates[name]) if name in rates else "" for name in contenders), ratio]


def main(what: str, program: str) -> None:
    given = arguments(what)
    path = given.build / program
    if not path.is_file():
        sys.exit(f"no {path}; cmake --build {given.build} --target {path.name} (it needs libbenchmark-dev)")
    facts = tables.machine()
    print(tables.describe(facts), flush=True)
    result = measured(path, given)
    cases = by_case(result)
    contenders = sorted({name for rates in cases.values() for name in rates}, key=lambda n: (not ours(n), n))
    print("million a second, median (range)\n")
    print(tables.table(["", *contenders, "weir / best peer"],
                       [row(case, cases[case], contenders) for case in sorted(cases, key=numbers_in)]))
    if given.json:
        given.json.write_text(json.dumps({"machine": facts, **result}) + "\n")
