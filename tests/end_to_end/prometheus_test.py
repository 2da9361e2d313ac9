"""A real Prometheus scrapes a run: it finds the figures of the reference, and the shipped rules alert."""

import json
import pathlib
import re
import socket
import subprocess
import urllib.parse
import urllib.request

import pytest

from program import ROOT, until, wait_until

RULES = ROOT / "docs/monitoring/alerts.yml"
REFERENCE = ROOT / "docs/reference/metrics.md"
ADDRESS = re.compile(rb"figures at http://([0-9.]+:[0-9]+)/")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    """Debian's Prometheus on a folder of its own, which scrapes one address five times a second."""

    def __init__(self, folder, target, rules):
        self.address = f"127.0.0.1:{free_port()}"
        (folder / "rules.yml").write_text(rules)
        (folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 200ms, evaluation_interval: 200ms}\n"
            "rule_files: [rules.yml]\n"
            "scrape_configs:\n"
            "- job_name: weir\n"
            f"  static_configs: [{{targets: ['{target}']}}]\n"
        )
        self.log = (folder / "log").open("w+b")
        self.proc = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address={self.address}",
            ],
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    def ask(self, path, **parameters):
        """What its API answers, or nothing while it does not."""
        assert self.proc.poll() is None, pathlib.Path(self.log.name).read_text()[-3000:]
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"http://{self.address}/api/v1/{path}?{query}", timeout=10) as answer:
                return json.load(answer)["data"]
        except OSError:
            return None

    def values(self, expression):
        """Labels and value of each series that the expression gives now."""
        found = (self.ask("query", query=expression) or {"result": []})["result"]
        return [(series["metric"], float(series["value"][1])) for series in found]

    def numbers(self, expression):
        return [value for _, value in self.values(expression)]

    def firing(self):
        alerts = (self.ask("alerts") or {"alerts": []})["alerts"]
        return {a["labels"]["alertname"]: a for a in alerts if a["state"] == "firing"}

    def end(self):
        self.proc.terminate()
        self.proc.wait()
        self.log.close()


@pytest.fixture
def stuck_run(weir, tmp_path):
    """A run whose one worker waits for the file `go` while its queue is full; its input stays open."""
    job = until(tmp_path / "go") + "; : {}"
    running = weir.start("run", "-j1", "-q4", "--metrics", "127.0.0.1:0", job, stdin=subprocess.PIPE)
    running.feed("one\ntwo\nthree\nfour\nfive\n")
    running.says("figures at http://")
    yield running
    (tmp_path / "go").touch()
    running.wait()


@pytest.fixture
def prometheus(stuck_run, tmp_path):
    """The shipped rules, with their times cut down."""
    rules = RULES.read_text()
    for long, short in (("interval: 5s", "interval: 200ms"), ("for: 5s", "for: 1s")):
        assert rules.count(long) == 1
        rules = rules.replace(long, short)
    folder = tmp_path / "prometheus"
    folder.mkdir()
    started = Prometheus(folder, ADDRESS.search(stuck_run.err())[1].decode(), rules)
    yield started
    started.end()


def test_it_scrapes_a_run_alerts_at_eighty_percent_and_sees_it_pass(stuck_run, prometheus, tmp_path):
    numbers = prometheus.numbers
    wait_until(lambda: numbers("up") == [1], "a scrape that worked")
    alert = wait_until(lambda: prometheus.firing().get("WeirQueueNearlyFull"), "the 80 % alert")
    assert alert["annotations"]["summary"] == f"The queue of {alert['labels']['pool']} is 100% full"
    assert "WeirNoProgress" not in prometheus.firing()

    (tmp_path / "go").touch()
    wait_until(lambda: "WeirQueueNearlyFull" not in prometheus.firing(), "the alert to pass")
    wait_until(lambda: numbers("weir_jobs_completed_total") == [5], "five jobs done")
    assert numbers("weir_job_duration_seconds_count") == [5]
    assert stuck_run.wait().code == 0


def test_it_finds_the_figures_of_the_reference_and_no_others(stuck_run, prometheus):
    wait_until(lambda: prometheus.numbers("weir_queue_depth") == [4], "four jobs that wait")
    found = {labels["__name__"] for labels, _ in prometheus.values('{job="weir", __name__=~"weir_.*"}')}
    known = set(re.findall(r"^\| `(weir_\w+)` \|", REFERENCE.read_text(), re.M))
    figures = {re.sub(r"_seconds_(bucket|sum|count)$", "_seconds", name) for name in found}
    assert figures <= known
    assert {"weir_queue_wait_seconds", "weir_workers", "weir_alert", "weir_build_info"} <= figures
    assert prometheus.numbers("up") == [1]


def test_promtool_has_nothing_to_say_against_what_a_run_shows(stuck_run):
    address = ADDRESS.search(stuck_run.err())[1].decode()
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        shown = answer.read()
    checked = subprocess.run(["promtool", "check", "metrics"], input=shown, capture_output=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
