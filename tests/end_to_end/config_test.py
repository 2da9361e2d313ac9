"""Options from a file, the environment and the command line, and what --print-config shows of them."""

import os
import re
import tomllib

import pytest

from program import WEIR

COMMANDS = ["run", "plan", "demo", "top", "bench"]
DEFAULTS_OF_RUN = {
    "workers": "auto",
    "queue": 4 * len(os.sched_getaffinity(0)),
    "queue-bytes": "64M",
    "on-full": "block",
    "delimiter": "\\n",
    "max-args": 1,
    "kill-after": "5s",
    "retries": 1,
    "halt": "never",
    "drain-timeout": "30s",
    "keep-order": False,
    "progress": "auto",
    "color": "auto",
    "format": "text",
}


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "weir.toml"
        path.write_text(text)
        return str(path)

    return write


def shown(done):
    """What --print-config says: (value, where from) of each option."""
    assert done.code == 0 and done.err == b"", done
    found = {}
    for line in done.lines:
        setting, _, where = line.rpartition("  # ")
        ((name, value),) = tomllib.loads(setting).items()
        found[name] = (value, where)
    return found


def refused(done, *words):
    assert done.code == 2 and done.out == b"", done
    for word in words:
        assert word in done.complaint, (word, done)


def test_a_file_is_obeyed(weir, config):
    file = config("keep-order = true\nworkers = 3\ntag = true\n")
    done = weir.run("--config", file, "echo", ":::", "a", "b", "c")
    assert done.code == 0 and done.lines == ["a\ta", "b\tb", "c\tc"], done


def test_the_order_is_default_file_environment_command_line(weir, config):
    file = config("queue = 1\nretries = 2\ntimeout = '5s'\n")
    environment = {"WEIR_RETRIES": "3", "WEIR_TIMEOUT": "6s"}
    found = shown(weir.run("--config", file, "--timeout", "7s", "--print-config", env=environment))
    assert found["queue"] == (1, file)
    assert found["retries"] == (3, "WEIR_RETRIES")
    assert found["timeout"] == ("7s", "command line")
    assert found["on-full"] == ("block", "default")


def test_the_defaults_of_run_are_those_of_its_reference(weir):
    found = shown(weir.run("--print-config"))
    for name, value in DEFAULTS_OF_RUN.items():
        assert found[name] == (value, "default"), name
    assert "timeout" not in found and "config" not in found


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_done_when_the_settings_are_printed(weir, command):
    done = weir(command, "--print-config")
    assert done.code == 0 and "format" in shown(done) or command in ("demo", "top"), done


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["-k", "-j2", "-q0", "--on-full", "timeout:50ms"],
        ["-0", "--lane", "[a-c]x=0", "--lane", "d=1", "--color", "--progress=never"],
        ["-d", ",", "--rate", "100/s:20", "--report", 'a "b" \\ \t ö', "--load", "2.50"],
        ["--retries", "3", "--backoff", "10ms..1s", "--limit", "adaptive", "--results", "{#}"],
    ],
)
def test_what_is_printed_is_read_back_as_the_same(weir, config, words):
    printed = weir.run(*words, "--print-config")
    file = config(printed.out.decode())
    again = weir.run("--config", file, "--print-config")
    assert {name: value for name, (value, _) in shown(again).items()} == {
        name: value for name, (value, _) in shown(printed).items()
    }
    assert {where for _, where in shown(again).values()} == {file}


def test_what_is_printed_does_the_same(weir, config):
    printed = weir.run("--print-config", "-0", "-k", "-n2")
    file = config(printed.out.decode())
    done = weir.run("--config", file, "echo", items=b"a\0b\0c\0")
    assert done.code == 0 and done.lines == ["a b", "c"], done


def test_a_table_is_for_one_command(weir, config):
    file = config('format = "json"\n[run]\nqueue = 3\n[plan]\nrate = "500/s"\nservice = "20ms"\n')
    assert shown(weir.run("--config", file, "--print-config"))["queue"] == (3, file)
    assert "queue" not in shown(weir("plan", "--config", file, "--print-config"))
    done = weir("plan", "--config", file)
    assert done.code == 0 and b'"workers": 11' in done.out.replace(b'"workers":11', b'"workers": 11'), done


def test_every_command_may_have_a_table(weir, config):
    commands = re.findall(r"^  (\w+) {2,}", weir().out.decode(), re.M)
    commands.remove("help")
    assert set(COMMANDS) <= set(commands)
    file = config("".join(f"[{name}]\n" for name in commands))
    assert weir.run("--config", file, "--print-config").code == 0


def test_the_environment_may_name_the_file(weir, config):
    file = config("queue = 9\n")
    assert shown(weir.run("--print-config", env={"WEIR_CONFIG": file}))["queue"] == (9, file)


def test_a_weir_inside_a_job_does_not_take_the_jobs_variables_for_options(weir):
    done = weir.run(f"{WEIR} run --print-config; : {{}}", ":::", "x")
    plain = weir.run("--print-config")
    assert done.code == 0 and done.lines == plain.lines, done


@pytest.mark.parametrize(
    "text, words",
    [
        ("# one\nqueu = 1\n", ["weir.toml:2: unknown key 'queu'; did you mean 'queue'?", "usage:"]),
        ("queue = 'x'\n", ["weir.toml:1: queue: 'x' is not a whole number of 0 or more; use 8"]),
        ("\ntimeout = 5\n", ["weir.toml:2: timeout: '5' has no unit; write 5s"]),
        (
            "keep-order = 1\n",
            ["weir.toml:1: keep-order: '1' is neither true nor false; write keep-order = true"],
        ),
        ("queue = \n", ["weir run: ", "weir.toml:1: Error while parsing"]),
        ("[rnu]\nqueue = 1\n", ["weir.toml:1: unknown table [rnu]; did you mean 'run'?"]),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_line(weir, config, text, words):
    refused(weir.run("--config", config(text), "echo", ":::", "a"), *words)


def test_a_mistake_in_the_environment_is_told_with_the_variable(weir):
    done = weir.run("echo", ":::", "a", env={"WEIR_QUEUE": "x"})
    refused(done, "weir run: WEIR_QUEUE: 'x' is not a whole number")
    done = weir.run("echo", ":::", "a", env={"WEIR_TAG": "x"})
    refused(done, "WEIR_TAG: 'x' is neither yes nor no")


def test_a_file_that_is_not_there_is_said(weir):
    refused(weir.run("--config", "/nowhere.toml", "echo", ":::", "a"), "/nowhere.toml", "No such file")


def test_a_flag_of_the_file_is_taken_back_on_the_command_line(weir, config):
    file = config("dry-run = true\n")
    assert weir.run("--config", file, "echo", ":::", "a").lines == ["echo a"]
    assert weir.run("--config", file, "--no-dry-run", "echo", ":::", "a").lines == ["a"]


def test_words_of_the_users_command_are_not_looked_at(weir):
    done = weir.run("echo", "--config", "/nowhere", "--print-config", ":::", "a")
    assert done.lines == ["--config /nowhere --print-config a"], done
