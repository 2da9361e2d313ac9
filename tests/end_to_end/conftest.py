import os
import pathlib
import re
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from program import SANITIZED, WEIR, Program  # noqa: E402
from terminal import Terminal  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "plain_build: asserts memory or time, which sanitizers change, or leaves them no descriptors",
    )
    config.addinivalue_line("markers", "small_disk: needs the right to mount a tmpfs")


def pytest_sessionstart(session):
    if not os.access(WEIR, os.X_OK):
        pytest.exit(f"no program at {WEIR}: build it with make, or name it in the environment as WEIR", 4)


def can_mount(folder):
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True)
    return done.returncode == 0 and subprocess.run(["umount", "-l", folder]).returncode == 0


def pytest_collection_modifyitems(config, items):
    """What cannot be asked of this build or machine is not collected: a skip would read as a gap."""
    left_out = [item for item in items if SANITIZED and item.get_closest_marker("plain_build")]
    mounting = [item for item in items if item.get_closest_marker("small_disk")]
    if mounting:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            if not can_mount(folder):
                left_out += mounting
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def weir(tmp_path):
    """The program with a temporary folder of its own. What leaves a process or a file there fails."""
    program = Program(tmp_path)
    yield program
    left = program.put_away()
    assert not left, f"left processes behind: {left}"
    files = program.temporary_files()
    assert not files, f"left files in TMPDIR: {files}"


@pytest.fixture
def terminal():
    made = Terminal()
    yield made
    made.close()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MiB."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def script(tmp_path):
    """Writes a job's program, a shell script, and returns its path."""

    def write(text, name="job"):
        path = tmp_path / name
        path.write_text("#!/bin/sh\n" + re.sub(r"(?m)^ +", "", text))
        path.chmod(0o755)
        return str(path)

    return write
