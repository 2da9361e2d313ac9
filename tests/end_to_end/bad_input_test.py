"""Input and surroundings that are wrong: each ends in a message that says what, and what to do."""

import os
import pathlib
import resource
import shutil
import subprocess
import tempfile

import pytest

from program import WEIR, until, wait_until


@pytest.fixture
def endless():
    yes = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
    yield yes.stdout
    yes.kill()
    yes.wait()
    yes.stdout.close()


def test_a_command_that_is_not_found_ends_the_run_with_127_after_the_first_try(weir, endless):
    done = weir.run("--format", "json", "-j2", "no-such-program", stdin=endless)
    assert done.code == 127 and done.out == b"", done
    assert "no-such-program" in done.complaint and "not found" in done.complaint.lower()
    assert done.complaint.count("no-such-program") <= 2 and done.report["completed"] == 0
    assert (
        done.report["submitted"] == done.report["failed"] + done.report["cancelled"]
        and done.report["failed"] <= 2
    )


def test_a_path_that_does_not_exist_is_127(weir):
    assert weir.run("/no/such/program", ":::", "a").code == 127


def test_a_file_that_is_not_executable_ends_the_run_with_126(weir, endless, tmp_path):
    (tmp_path / "data").write_text("x")
    done = weir.run(str(tmp_path / "data"), stdin=endless)
    assert done.code == 126 and str(tmp_path / "data") in done.complaint, done


def test_a_folder_is_no_command(weir, tmp_path):
    assert weir.run(str(tmp_path), ":::", "a").code == 126


def test_a_command_that_cannot_be_started_cancels_what_is_queued_and_lets_running_jobs_end(
    weir, tmp_path, script
):
    path = script(f"touch {tmp_path}/ready.$1\n{until(tmp_path / 'gone')}\nsleep 0.2; echo whole")
    running = weir.start("run", "--format", "json", "-j1", "-q2", path, items="1\n" * 30)
    wait_until((tmp_path / "ready.1").exists, "the first job")
    os.unlink(path)
    (tmp_path / "gone").touch()
    done = running.wait()
    assert (
        done.code == 127
        and done.lines == ["whole"]
        and done.report["completed"] == 1
        and done.report["cancelled"] > 0
    ), done


def test_a_program_without_an_interpreter_line_or_with_a_bad_one_does_not_hang(weir, tmp_path):
    (tmp_path / "odd").write_text("#!/no/such/interpreter\n")
    (tmp_path / "odd").chmod(0o755)
    assert weir.run(str(tmp_path / "odd"), ":::", "a").code in (126, 127)


def test_a_job_whose_own_status_is_127_is_a_failed_job(weir):
    report = weir.report("exit 127; : {}", items="\n" * 5, code=1)
    assert report["failed"] == 5


def test_a_file_of_items_that_cannot_be_read_is_named(weir, tmp_path):
    done = weir.run("-a", str(tmp_path / "missing"), "echo")
    assert done.code == 2 and str(tmp_path / "missing") in done.complaint and done.out == b"", done
    done = weir.run("-a", str(tmp_path), "echo")
    assert done.code == 2 and str(tmp_path) in done.complaint, done


def test_standard_input_that_cannot_be_read_is_said(weir, tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    done = weir.run("echo", stdin=folder)
    os.close(folder)
    assert done.code in (1, 2) and "read" in done.complaint, done


def test_standard_input_that_was_closed_does_not_hang_or_leak_into_jobs(weir):
    done = weir("-c", f"exec {WEIR} run echo <&-", program="/bin/sh")
    assert done.code in (0, 1, 2) and done.out == b"", done
    assert weir("-c", f"exec {WEIR} run echo ::: a <&-", program="/bin/sh").lines == ["a"]


def test_an_item_that_holds_a_nul_fails_alone_and_the_remedy_is_named(weir):
    done = weir.run("--format", "json", "-k", "echo", items=b"a\nb\0c\nd\n")
    assert done.code == 1 and done.lines == ["a", "d"] and "use -0" in done.complaint, done
    assert done.report["failed"] == 1 and done.report["completed"] == 2


def test_an_item_of_just_the_systems_limit_runs_and_one_byte_more_fails_alone(weir):
    fits, too_long = "x" * 131071, "y" * 131072
    done = weir.run(
        "--format", "json", "-k", "sh", "-c", "echo ${#1}", "sh", items=f"{fits}\n{too_long}\nz\n"
    )
    assert done.code == 1 and done.lines == ["131071", "1"], done
    assert done.report["failed"] == 1 and done.report["completed"] == 2


def test_a_line_of_100_megabytes_fails_alone(weir, tmp_path):
    with open(tmp_path / "long", "wb") as long:
        long.write(b"a\n")
        for _ in range(100):
            long.write(b"x" * 1_000_000)
        long.write(b"\nb\n")
    done = weir.run("--format", "json", "-k", "-a", str(tmp_path / "long"), "echo")
    assert done.code == 1 and done.lines == ["a", "b"], done
    assert done.report["failed"] == 1 and done.report["submitted"] == 3 and len(done.err) < 10_000


@pytest.mark.plain_build
def test_a_line_of_100_megabytes_does_not_take_them_of_memory(weir):
    running = weir.start("run", "-k", "echo", stdin=subprocess.PIPE)
    for _ in range(100):
        running.feed("x" * 1_000_000)
    running.feed("\nb\n")
    running.prints("b\n")
    assert 0 < running.peak_kib() < 16 * 1024
    assert running.wait().code == 1


def test_more_items_than_fit_into_one_command_become_several_jobs(weir):
    items = "".join(f"{i}" + "x" * 100_000 + "\n" for i in range(50))
    done = weir.run(
        "-k", "-n", "50", "sh", "-c", 'for i; do printf "%.2s " $i; done; echo', "sh", items=items
    )
    words = " ".join(done.lines).replace("x", "").split()
    assert done.code == 0 and 1 < len(done.lines) < 10 and words == [str(i) for i in range(50)], done


def test_an_input_of_binary_rubbish_ends(weir):
    rubbish = bytes(range(256)) * 40 + b"\n"
    done = weir.run("--format", "json", "true", items=rubbish)
    assert done.code == 1 and done.report["submitted"] == rubbish.count(b"\n"), done


def tasks_of(uid):
    """Threads of all processes of a user, which is what RLIMIT_NPROC counts."""
    count = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            status = pathlib.Path(f"/proc/{name}/status").read_text()
        except OSError:
            continue
        if f"\nUid:\t{uid}\t" in status:
            count += int(status.partition("\nThreads:\t")[2].split()[0])
    return count


@pytest.fixture
def open_copy():
    """The program where any user can run it: a clone may lie in a folder that is closed to others."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-e2e-"))
    folder.chmod(0o755)
    yield shutil.copy(WEIR, str(folder / "weir"))
    shutil.rmtree(folder)


def test_out_of_processes_waits_goes_on_and_says_so_once(weir, open_copy):
    """As a user of its own, since root knows no such limit; sleepers leave room for two of the four jobs."""
    limit = 40
    as_user = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))}
    uid = os.getuid()
    if uid == 0:
        uid = 60_000 + os.getpid() % 5_000
        as_user.update(user=uid, group=uid, extra_groups=[])
    else:
        limit += tasks_of(uid)
    words = ["run", "--format", "json", "-j4", "sh", "-c", "echo x; exec sleep $1", "sh"]
    running = weir.start(*words, stdin=subprocess.PIPE, program=open_copy, cwd="/", **as_user)
    running.feed("0\n" * 4)
    running.prints("x\n" * 4)
    wait_until(lambda: not weir.jobs(), "the workers to be idle")
    sleepers = []
    while tasks_of(uid) < limit - 2:
        sleepers.append(subprocess.Popen(["sleep", "1000"], cwd="/", env=weir.environment(), **as_user))
    running.feed("0.05\n" * 40)
    done = running.wait()
    for sleeper in sleepers:
        sleeper.kill()
        sleeper.wait()
    assert done.code == 0 and done.report["completed"] == 44 and done.report["failed"] == 0, done
    said = [line for line in done.complaint.splitlines() if "going on" in line]
    assert len(said) == 1, done


@pytest.mark.plain_build
def test_a_thousand_workers_need_no_higher_limit_than_people_have(weir):
    def limit():
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))

    report = weir.report("-j1000", "sleep", items="0.2\n" * 1500, preexec_fn=limit, code=0)
    assert report["completed"] == 1500


@pytest.mark.plain_build
def test_out_of_descriptors_waits_or_says_so_but_loses_nothing_silently(weir):
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

    done = weir.run("--format", "json", "-j30", "sleep", items="0.05\n" * 60, preexec_fn=limit)
    assert done.code == 0 or "open files" in done.complaint, done
    assert done.report["submitted"] == 60 or done.code != 0
