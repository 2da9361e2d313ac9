#!/usr/bin/env python3
"""Does the model checker find the bugs it is there for?

Each mutant of mutants/*.toml is one change to one shipped header. The changed header goes to a folder of its
own in front of the include path, the scenarios are compiled against it and run, and one of them must fail. A
mutant that is not found, no longer applies, or does not compile fails the run. Prints a table row each.
"""
import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LONGEST = 300  # seconds a mutant may run


@dataclasses.dataclass
class Mutant:
    name: str
    file: str
    old: str
    new: str
    scenarios: list[str]
    in_ci: bool

    @property
    def folder(self) -> str:
        return "".join(c if c.isalnum() else "_" for c in self.name)


def read_table(folder: pathlib.Path) -> list[Mutant]:
    mutants = []
    for path in sorted(folder.glob("*.toml")):
        table = tomllib.loads(path.read_text())
        for m in table["mutant"]:
            scenarios = m.get("scenarios", table["scenarios"])
            mutants.append(Mutant(m["name"], m["file"], m["from"], m["to"], scenarios, m.get("ci", False)))
    return mutants


def apply(options: argparse.Namespace, mutant: Mutant, include: pathlib.Path) -> str | None:
    """Writes the changed header; or says why it cannot."""
    text = (options.source / mutant.file).read_text()
    if text.count(mutant.old) != 1:
        return (f"its text occurs {text.count(mutant.old)} times in {mutant.file}; "
                "change `from` to what the header says now")
    changed = include / mutant.file
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text(text.replace(mutant.old, mutant.new))
    return None


def compile_command(options: argparse.Namespace, include: pathlib.Path, source: pathlib.Path,
                    out: pathlib.Path) -> list[str]:
    launcher = [shutil.which("ccache")] if shutil.which("ccache") else []
    includes = [f"-I{include}", f"-I{options.source}"]
    return [*launcher, options.compiler, "-std=c++23", "-O1", *includes, "-c", str(source), "-o", str(out)]


def look(options: argparse.Namespace, mutant: Mutant) -> tuple[bool, str]:
    """(found, what to say in the table)."""
    folder = options.build / "mutants" / mutant.folder
    include = folder / "include"
    shutil.rmtree(folder, ignore_errors=True)
    problem = apply(options, mutant, include)
    if problem:
        return False, problem
    program = folder / "scenarios"
    for name in mutant.scenarios:
        source = HERE / f"{name}_scenarios.cpp"
        object_file = folder / f"{name}.o"
        compile_it = compile_command(options, include, source, object_file)
        made = subprocess.run(compile_it, capture_output=True, text=True)
        if made.returncode != 0:
            return False, "does not compile:\n" + made.stderr
        subprocess.run([options.compiler, str(object_file), *options.link, "-o", str(program)], check=True)
        try:
            ran = subprocess.run([str(program)], capture_output=True, text=True, timeout=LONGEST)
        except subprocess.TimeoutExpired:
            return False, f"runs for more than {LONGEST} s"
        lines = ran.stdout.splitlines()
        if ran.returncode == 3:
            return True, f"{lines[-4]} | {lines[-3]} | {lines[-2]}"
        if ran.returncode < 0:
            return True, f"{lines[-1]} | ends by signal {-ran.returncode} | -"
    return False, "NOT FOUND by any scenario: write one that finds it"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiler", default=os.environ.get("CXX", "g++"))
    parser.add_argument("--build", type=pathlib.Path, required=True, help="where to work")
    parser.add_argument("--source", type=pathlib.Path, default=ROOT, help="the tree of the headers")
    parser.add_argument("--all", action="store_true", help="every mutant, not only those marked for CI")
    parser.add_argument("--only", default="", help="mutants whose name contains this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("link", nargs="+", help="libraries and options to link with")
    options = parser.parse_args()
    every = os.environ.get("WEIR_MODEL") == "all" or options.all or options.only
    mutants = [m for m in read_table(HERE / "mutants") if (every or m.in_ci) and options.only in m.name]
    if not mutants:
        parser.error(f"no mutant's name contains {options.only!r}; see tests/model/mutants/*.toml")
    began = time.monotonic()
    missed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for mutant, (found, text) in zip(mutants, pool.map(lambda m: look(options, m), mutants)):
            print(f"| {mutant.name} | {text} |", flush=True)
            missed += not found
    print(f"{len(mutants) - missed} of {len(mutants)} mutants found in {time.monotonic() - began:.0f} s")
    return 1 if missed else 0


sys.exit(main())
