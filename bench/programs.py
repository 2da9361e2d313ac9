"""The contenders' programs: builds them, and says which cannot be here and why."""
import os
import pathlib
import shutil
import subprocess
import sys

import tables

ROOT = pathlib.Path(__file__).resolve().parent.parent
GO = "/usr/local/go/bin/go"  # where its own archive is unpacked


def note(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr)


def built(command: list[str], what: str, folder: pathlib.Path = ROOT) -> bool:
    """Runs a build; a failure is said and leaves its contenders out."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        note(f"{what} could not be built:\n{(done.stdout + done.stderr).strip()[-1500:]}")
    return done.returncode == 0


def tool(name: str, *elsewhere: str) -> str | None:
    """The path of a compiler, also where its installer puts it without touching PATH."""
    found = (path for path in map(os.path.expanduser, elsewhere) if os.access(path, os.X_OK))
    return shutil.which(name) or next(found, None)


def build_cpp(build: pathlib.Path, folder: pathlib.Path, names: list[str]) -> None:
    """Each by itself, so that what cannot be built does not keep the others from being measured, and is not
    measured as it was before."""
    made = (build / "build.ninja").is_file()  # perhaps before a contender came
    built(["cmake", *([] if made else ["--preset", "release"]), "-B", str(build)], "the build directory")
    known = subprocess.run(["ninja", "-C", str(build), "-t", "targets", "all"], capture_output=True,
                           text=True).stdout
    for name in names:
        if f"\n{name}: " in known and not built(["cmake", "--build", str(build), "--target", name], name):
            (folder / name).unlink(missing_ok=True)


def build_go(source: pathlib.Path, program: pathlib.Path) -> None:
    go = tool("go", GO)
    if go:
        built([go, "build", "-o", str(program), "."], "Go's contender", source)


def build_rust(source: pathlib.Path, program: pathlib.Path) -> None:
    """cargo fetches crossbeam-channel once, and afterwards finds it on this machine."""
    cargo = tool("cargo", "~/.cargo/bin/cargo")
    target = program.parent / "cargo"
    if cargo and built([cargo, "build", "--release", "--locked", "--quiet", "--target-dir", str(target)],
                       "crossbeam's contender", source):
        shutil.copy2(target / "release/crossbeam_peer", program)


def versions() -> dict[str, str]:
    """Of the compilers, for the first lines of a report."""
    compilers = (("g++", tool("g++"), "--version"), ("go", tool("go", GO), "version"),
                 ("rustc", tool("rustc", "~/.cargo/bin/rustc"), "--version"))
    return {name: tables.first_line(path, flag) for name, path, flag in compilers if path}
