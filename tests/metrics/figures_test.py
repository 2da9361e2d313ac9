"""The figures as others see them: what was promised, the reference, Prometheus, its rules, Grafana."""
import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MONITORING = ROOT / "docs/monitoring"
PRINT = os.environ.get("WEIR_PRINT_FIGURES", ROOT / "build/release/tests/metrics/print_figures")
SERIES = re.compile(r"^(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? \S+$")
LABEL = re.compile(r'(\w+)="([^"]*)"')
NAME = re.compile(r"\bweir_\w+")


def printed(what):
    return subprocess.run([PRINT, what], check=True, capture_output=True, text=True).stdout


def promtool(*arguments, **more):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, cwd=MONITORING, **more)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def reference():
    """name -> (kind, unit, labels) by the page."""
    rows = re.findall(r"^\| `(weir_\w+)` \| (\w+) \| (\w+) \| (.*?) \| (.*?) \|$", printed("reference"), re.M)
    return {name: (kind, unit, re.findall(r"`(\w+)`", labels)) for name, kind, unit, labels, _ in rows}


@pytest.fixture(scope="module")
def contract():
    """name -> {label: values, or none when they are not fixed} as promised."""
    found = {}
    for line in (pathlib.Path(__file__).parent / "contract.txt").read_text().split():
        name, _, labels = line.rstrip("}").partition("{")
        pairs = [part.partition("=") for part in labels.split(",")] if labels else []
        found[name] = {label: set(values.split("|")) if values else None for label, _, values in pairs}
    return found


@pytest.fixture(scope="module")
def exposition():
    return printed("text")


def series_of(text):
    """(name of the figure, labels) of each line."""
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels = SERIES.match(line).groups()
            yield name, dict(LABEL.findall(labels or ""))


def names_kept_for_later():
    return set(NAME.findall(printed("reference").partition("## Not there yet")[2]))


def test_the_page_is_what_the_program_prints():
    page = ROOT / "docs/reference/metrics.md"
    assert page.read_text() == printed("reference"), f"run: {PRINT} reference > {page}"


def test_what_is_there_and_what_comes_later_is_what_was_promised(reference, contract):
    later = names_kept_for_later()
    assert not later & set(reference)
    assert set(reference) | later == set(contract)


def test_labels_are_those_that_were_promised(reference, contract):
    for name, (_, _, labels) in reference.items():
        assert set(contract[name]) <= set(labels), name
        assert set(labels) <= set(contract[name]) | {"pool", "lane", "reason", "state", "version"}, name


def test_labels_have_the_values_that_were_promised(exposition, reference, contract):
    seen = {}
    for name, labels in series_of(exposition):
        for label, value in labels.items():
            seen.setdefault((name, label), set()).add(value)
    for name in reference:
        for label, values in contract[name].items():
            if values:
                assert seen[name, label] == values, (name, label)


def test_every_figure_has_a_source(exposition, reference):
    assert {name for name, _ in series_of(exposition)} == set(reference)


def test_a_pool_that_spilled_shows_what_is_on_disk(exposition):
    assert 'weir_spill_jobs{pool="cellar"} 2\n' in exposition
    assert 'weir_jobs_spilled_total{pool="cellar"} 2\n' in exposition
    assert re.search(r'^weir_spill_bytes\{pool="cellar"\} [1-9]', exposition, re.M)


def test_series_have_the_labels_of_the_page(exposition, reference):
    for name, labels in series_of(exposition):
        assert set(labels) - {"le"} == set(reference[name][2]), name


def test_no_series_is_there_twice(exposition):
    lines = [line.rpartition(" ")[0] for line in exposition.splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines))


def test_prometheus_has_nothing_to_say_against_names_and_help(exposition):
    assert promtool("check", "metrics", input=exposition) == (0, "")


def test_the_rules_are_right():
    code, said = promtool("check", "rules", "alerts.yml")
    assert code == 0 and "5 rules found" in said, said


def test_the_rules_alert_when_they_should_and_not_before():
    code, said = promtool("test", "rules", "alerts_test.yml")
    assert code == 0, said


def names_used(text, reference):
    return {re.sub(r"_(bucket|sum|count)$", "", n) if n not in reference else n for n in NAME.findall(text)}


def test_rules_use_names_that_exist(reference):
    for file in ("alerts.yml", "alerts_test.yml"):
        assert names_used((MONITORING / file).read_text(), reference) <= set(reference), file


@pytest.fixture(scope="module")
def dashboard():
    return json.loads((MONITORING / "dashboard.json").read_text())


def expressions(dashboard):
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_the_dashboard_shows_every_figure_and_no_other(dashboard, reference):
    assert names_used("\n".join(expressions(dashboard)), reference) == set(reference)


def test_its_variables_use_names_that_exist(dashboard, reference):
    queries = "\n".join(v.get("definition", "") for v in dashboard["templating"]["list"])
    assert names_used(queries, reference) <= set(reference)


def test_histograms_are_asked_for_by_bucket_sum_or_count_and_others_are_not(dashboard, reference):
    for name in NAME.findall("\n".join(expressions(dashboard))):
        if name not in reference:
            assert reference[re.sub(r"_(bucket|sum|count)$", "", name)][0] == "histogram", name
        else:
            assert reference[name][0] != "histogram", name


def test_its_expressions_are_right(dashboard, tmp_path):
    """As recording rules, which Prometheus checks; Grafana's variables stand for something."""
    rules = "groups:\n- name: dashboard\n  rules:\n"
    for number, expression in enumerate(expressions(dashboard)):
        expression = expression.replace("$__rate_interval", "1m")
        expression = re.sub(r"\$(job|instance|pool)", "any", expression)
        rules += f"  - record: panel:number:{number}\n    expr: {json.dumps(expression)}\n"
    (tmp_path / "rules.yml").write_text(rules)
    code, said = promtool("check", "rules", str(tmp_path / "rules.yml"))
    assert code == 0, said


def test_its_panels_do_not_lie_on_each_other(dashboard):
    taken = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells
