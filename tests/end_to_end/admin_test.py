"""The address of --metrics: what a run tells of itself there, and who may change it."""

import os
import signal
import socket
import subprocess
import time

import pytest

from program import LAW, obeys_the_law, tagged, until, wait_until
from watched import TOKEN, token_file, watch


@pytest.fixture
def gated(weir, tmp_path):
    """A run of ten items on two workers with room for three; jobs wait for a file."""

    def start(*args, items=10, job=None, **how):
        job = job or f"{until(tmp_path / 'go')}; echo {{}}"
        made = watch(weir, "-j2", "-q3", *args, job, ":::", *map(str, range(items)), **how)
        made.until(lambda f: f["running"] == 2 and f["queued"] == 3, "two jobs that run and three that wait")
        return made

    start.go = (tmp_path / "go").touch
    return start


def test_the_figures_of_a_run_under_way_are_there_as_json(gated):
    run = gated()
    figures = run.figures()
    assert obeys_the_law(figures), figures
    assert figures["state"] == "running" and figures["pid"] == run.running.pid
    assert figures["capacity"] == 3 and figures["utilization"] == 1 and figures["waiting"] <= 1
    assert figures["workers"] == {"now": 2, "busy": 2, "idle": 0, "least": 2, "most": 2}
    assert figures["in_flight"] == 2
    assert set(figures["queue_wait"]) == set(figures["run_time"]) == {"p50", "p90", "p99", "max"}
    assert figures["lanes"] == [{"lane": 0, "queued": 3, "capacity": 3}]
    assert figures["alerts"] == []
    gated.go()
    assert run.running.wait().code == 0


def test_json_and_metrics_tell_the_same(gated):
    run = gated("--retries", "2", "--rate", "1000/s", "--limit", "2", "--breaker", "50%/20")
    figures = run.figures()
    assert run.metric('weir_queue_depth{pool="run",lane="0"}') == figures["queued"] == 3
    assert run.metric('weir_queue_capacity{pool="run"}') == figures["capacity"]
    assert run.metric('weir_workers{pool="run",state="busy"}') == 2
    assert run.metric('weir_in_flight{pool="run"}') == 2
    assert run.metric('weir_concurrency_limit{pool="run"}') == 2
    assert run.metric('weir_circuit_state{pool="run",state="closed"}') == 1
    assert run.metric('weir_rate_limited_total{pool="run"}') is not None
    assert run.metric('weir_jobs_retried_total{pool="run"}') == 0
    assert run.metric('weir_alert{pool="run",name="utilization"}') == 0
    gated.go()
    assert run.running.wait().code == 0


def test_promtool_has_nothing_to_say_of_the_metrics(gated):
    run = gated("--lane", "^1=0", "--shadow", "--rate", "1/s")
    _, text = run.ask("/metrics")
    done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True)
    assert done.returncode == 0 and done.stderr == b"", done
    gated.go()
    run.running.wait()


def test_it_is_live_and_ready_and_not_ready_from_the_moment_it_drains(gated):
    run = gated()
    assert run.ask("/livez") == (200, "live\n")
    assert run.ask("/readyz") == (200, "ready\n")
    run.running.signal(signal.SIGTERM)
    run.running.says("again to stop now")
    assert run.ask("/readyz") == (503, "draining\n")
    assert run.ask("/livez")[0] == 200
    assert run.figures()["state"] == "draining"
    gated.go()
    assert run.running.wait().code == 143


def test_without_a_token_file_nothing_can_be_changed(gated):
    run = gated()
    for path in ("/pause", "/resume", "/workers?n=3"):
        assert run.change(path)[0] == 404
        assert run.ask(path)[0] == 404
    assert run.figures()["state"] == "running"
    gated.go()
    run.running.wait()


def test_a_wrong_token_changes_nothing(gated, tmp_path):
    run = gated(folder=tmp_path)
    for token in (None, "", "wrong", TOKEN[:-1], TOKEN + "0"):
        for path in ("/pause", "/resume", "/workers?n=3"):
            assert run.ask(path, "POST", token)[0] == 401
    assert run.ask("/pause", "GET", TOKEN)[0] == 405
    assert run.figures()["workers"]["most"] == 2 and run.figures()["state"] == "running"
    gated.go()
    run.running.wait()


def test_a_paused_run_starts_no_job_until_it_is_resumed(weir, tmp_path):
    job = f"echo {{}} >>{tmp_path}/started; {until(tmp_path / 'go')}"
    run = watch(weir, "-j2", "-q3", job, ":::", *map(str, range(20)), folder=tmp_path)
    run.until(lambda f: f["running"] == 2 and f["queued"] == 3, "a full run")
    assert run.change("/pause") == (200, '{"state":"paused"}\n')
    (tmp_path / "go").touch()
    run.until(lambda f: f["completed"] == 2 and f["in_flight"] == 0, "those that ran")
    assert run.figures()["state"] == "paused"
    assert len((tmp_path / "started").read_text().split()) == 2
    assert run.change("/resume") == (200, '{"state":"running"}\n')
    done = run.running.wait()
    assert done.code == 0 and "paused by administration" in done.complaint, done
    assert len((tmp_path / "started").read_text().split()) == 20


def test_a_pause_holds_also_when_all_items_have_been_read(weir, tmp_path):
    job = f"echo {{}} >>{tmp_path}/started; {until(tmp_path / 'go')}"
    run = watch(weir, "-j2", "-q10", job, ":::", *map(str, range(8)), folder=tmp_path)
    run.until(lambda f: f["submitted"] == 8 and f["running"] == 2, "all items read")
    assert run.change("/pause")[0] == 200
    (tmp_path / "go").touch()
    run.until(lambda f: f["completed"] == 2 and f["in_flight"] == 0, "those that ran")
    assert len((tmp_path / "started").read_text().split()) == 2
    run.change("/resume")
    assert run.running.wait().code == 0
    assert len((tmp_path / "started").read_text().split()) == 8


def test_a_drain_ends_a_pause(gated, tmp_path):
    run = gated(folder=tmp_path)
    run.change("/pause")
    gated.go()
    run.running.signal(signal.SIGINT)
    done = run.running.wait()
    assert done.code == 130 and len(done.lines) >= 5, done


def test_a_second_signal_stops_a_paused_run(gated, tmp_path, weir):
    run = gated(folder=tmp_path)
    run.change("/pause")
    run.running.signal(signal.SIGTERM)
    run.running.says("again to stop now")
    status, text = run.change("/pause")
    assert status == 409 and "drains" in text
    run.running.signal(signal.SIGTERM)
    assert run.running.wait().code == 143


def test_workers_change_while_it_runs(gated, tmp_path):
    run = gated(folder=tmp_path)
    assert run.change("/workers?n=4") == (200, '{"workers":{"least":4,"most":4}}\n')
    run.until(lambda f: f["running"] == 4, "four jobs at once")
    assert run.change("/workers?n=+1")[0] == 200
    run.until(lambda f: f["running"] == 5, "five jobs at once")
    assert run.change("/workers?n=1..2")[0] == 200
    assert run.figures()["workers"]["most"] == 2
    for wrong in ("0", "-0", "many", ""):
        status, text = run.change(f"/workers?n={wrong}")
        assert status == 400 and "8" in text, text
    gated.go()
    done = run.running.wait()
    assert done.code == 0 and "workers 1..2 by administration" in done.complaint, done


def test_the_limit_still_bounds_the_workers(gated, tmp_path):
    run = gated("--limit", "2", folder=tmp_path)
    assert run.change("/workers?n=9")[0] == 200
    assert run.figures()["workers"]["most"] == 2
    gated.go()
    run.running.wait()


@pytest.mark.parametrize("address", ["9901", "127.0.0.1", "127.0.0.1:x", "::1:9901", "host:99999"])
def test_a_bad_address_is_refused_with_a_right_one(weir, address):
    done = weir.run(f"--metrics={address}", "echo", ":::", "a")
    assert done.code == 2 and done.out == b"" and "127.0.0.1:9901" in done.complaint, done


def test_an_address_in_use_is_said_before_any_job_starts(weir, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = weir.run("--metrics", address, f"touch {tmp_path}/ran; : {{}}", ":::", "a")
    assert done.code == 2 and address in done.complaint and "in use" in done.complaint, done
    assert not (tmp_path / "ran").exists()


def test_a_fixed_address_is_where_it_answers_and_nothing_is_said(weir, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = weir.start("run", "--metrics", f":{port}", f"{until(tmp_path / 'go')}; : {{}}", ":::", "a")
    wait_until(lambda: answers(port), "an answer")
    assert running.err() == b""
    (tmp_path / "go").touch()
    assert running.wait().code == 0


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


def test_a_token_that_others_read_is_taken_with_a_warning_and_one_they_write_is_refused(weir, tmp_path):
    path = token_file(tmp_path)
    os.chmod(path, 0o644)
    done = weir.run("--metrics", ":0", "--admin-token-file", path, "echo", ":::", "a")
    assert done.code == 0 and done.out == b"a\n", done
    assert f"warning: others may read '{path}' (mode 0644)" in done.complaint, done
    for mode in (0o666, 0o620, 0o602):
        os.chmod(path, mode)
        done = weir.run("--metrics", ":0", "--admin-token-file", path, "echo", ":::", "a")
        assert done.code == 2 and f"chmod 600 {path}" in done.complaint and done.out == b"", done
    (tmp_path / "empty").touch(0o600)
    done = weir.run("--metrics", ":0", "--admin-token-file", str(tmp_path / "empty"), "echo", ":::", "a")
    assert done.code == 2 and "is empty" in done.complaint, done
    done = weir.run("--metrics", ":0", "--admin-token-file", "/no/such", "echo", ":::", "a")
    assert done.code == 2 and "/no/such" in done.complaint, done


def test_a_token_without_an_address_has_nothing_to_open(weir, tmp_path):
    done = weir.run("--admin-token-file", token_file(tmp_path), "echo", ":::", "a")
    assert done.code == 2 and "--metrics" in done.complaint, done


def test_jobs_inherit_no_socket_and_the_watchdog_keeps_no_port(weir, tmp_path):
    job = f"ls -l /proc/self/fd | grep -c socket: >{tmp_path}/n; {until(tmp_path / 'go')}; : {{}}"
    run = watch(weir, "-j1", job, ":::", "a")
    wait_until(lambda: (tmp_path / "n").exists() and (tmp_path / "n").read_text(), "the job")
    assert (tmp_path / "n").read_text() == "0\n"
    run.running.signal(signal.SIGKILL)
    run.running.proc.wait()
    wait_until(lambda: not answers(int(run.address.rsplit(":", 1)[1])), "a port that is free")
    wait_until(lambda: not tagged(weir.tag), "the end of its jobs")


def test_slow_clients_hold_up_neither_the_run_nor_others(gated):
    run = gated()
    host, port = run.address.rsplit(":", 1)
    slow = [socket.create_connection((host, int(port))) for _ in range(60)]
    for one in slow:
        one.sendall(b"GET /metrics HT")
    started = time.monotonic()
    assert run.ask("/readyz") == (200, "ready\n")
    assert time.monotonic() - started < 5 * 60, "it did not wait for all of them"
    gated.go()
    assert run.running.wait().code == 0
    for one in slow:
        one.close()


def test_a_full_queue_is_an_alert_that_is_said_once_when_it_starts_and_once_when_it_ends(gated):
    run = gated()
    run.running.says("alert utilization: ")
    figures = run.figures()
    assert [a["name"] for a in figures["alerts"]] == ["utilization"], figures
    assert run.metric('weir_alert{pool="run",name="utilization"}') == 1
    gated.go()
    done = run.running.wait()
    assert done.complaint.count("alert utilization: ") == 1, done
    assert done.complaint.count("alert utilization over: ") == 1, done
    line = next(x for x in done.complaint.splitlines() if "alert utilization: " in x)
    assert "100 %" in line and "add workers" in line, line


def test_stats_every_and_sigusr1_print_the_whole_law(weir, tmp_path):
    job = f"{until(tmp_path / 'go')}; : {{}}"
    running = weir.start("run", "-j2", "-q3", "--stats-every", "20ms", job, ":::", *map(str, range(9)))
    running.says("3 queued, 0 spilled, 2 running")
    running.signal(signal.SIGUSR1)
    (tmp_path / "go").touch()
    done = running.wait()
    assert done.code == 0
    for word in (*[key.replace("_", " ") for key in LAW], "submitted", "queue wait", "run time"):
        assert word in done.complaint, word
