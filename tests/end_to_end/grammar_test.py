"""How weir is called: words, options, values, help, and what it answers to what it does not understand."""

import pytest

from program import WEIR


def refused(done, *words):
    """A mistake of the caller: exit 2, nothing on standard output, the message holds the words."""
    assert done.code == 2, done
    assert done.out == b"", done
    for word in words:
        assert word in done.complaint, (word, done)
    return True


def test_weir_alone_prints_a_short_help_and_exits_0(weir):
    done = weir()
    assert done.code == 0 and "run" in done.out.decode() and "demo" in done.out.decode(), done
    assert len(done.lines) < 40


@pytest.mark.parametrize(
    "words", [["--help"], ["-h"], ["help"], ["run", "--help"], ["run", "-h"], ["help", "run"]]
)
def test_help_is_data_and_exits_0(weir, words):
    done = weir(*words)
    assert done.code == 0 and done.err == b"" and b"weir" in done.out, done


def test_the_help_of_run_names_its_options(weir):
    text = weir("help", "run").out.decode()
    for option in (
        "--workers",
        "--queue",
        "--on-full",
        "--timeout",
        "--keep-order",
        "--results",
        "--halt",
        "-j",
        "-q",
        "--retries",
        "--delay",
        "--memfree",
        "--load",
        "--kill-after",
        "--drain-timeout",
        "--dry-run",
    ):
        assert option in text, option


def test_help_of_an_unknown_command_is_refused(weir):
    assert refused(weir("help", "rum"), "rum")


def test_version_is_one_line_with_name_and_number(weir):
    done = weir("--version")
    assert done.code == 0 and len(done.lines) == 1, done
    assert done.lines[0].startswith("weir ") and done.lines[0].split()[1][0].isdigit()


def test_an_unknown_command_is_answered_with_the_nearest_one_and_the_usage(weir):
    done = weir("rum", "echo")
    assert refused(done, "rum", "did you mean", "run")
    assert "usage" in done.complaint.lower()


def test_an_unknown_option_is_answered_with_the_nearest_one_and_the_usage(weir):
    done = weir("run", "--keep-oder", "echo", ":::", "a")
    assert refused(done, "--keep-oder", "did you mean", "--keep-order")
    assert "usage" in done.complaint.lower()


def test_an_unknown_option_before_the_command_is_refused(weir):
    assert refused(weir("--frobnicate", "run", "echo"), "--frobnicate")


def test_run_without_a_command_prints_the_usage_and_exits_2(weir):
    assert "usage" in weir("run").complaint.lower()
    assert refused(weir("run"))
    assert refused(weir("run", ":::", "a"))
    assert refused(weir("run", "--"))


def test_an_option_without_its_value_is_refused(weir):
    assert refused(weir("run", "--timeout"), "--timeout")


@pytest.mark.parametrize("words", [["--workers=1"], ["--workers", "1"], ["-j", "1"], ["-j1"]])
def test_an_option_takes_its_value_in_either_form(weir, words):
    done = weir.run(*words, "echo", ":::", "a", "b")
    assert done.code == 0 and done.lines == ["a", "b"], done


def test_short_options_without_a_value_can_be_joined(weir):
    assert weir.run("-kj2", "echo", ":::", "a", "b").lines == ["a", "b"]


def test_words_after_the_command_are_the_commands(weir):
    done = weir.run("echo", "--keep-order", "-j", "--help", "--", "--frobnicate", ":::", "a")
    assert done.code == 0 and done.lines == ["--keep-order -j --help -- --frobnicate a"], done


def test_two_dashes_end_the_options(weir):
    done = weir.run("-k", "--", "echo", "x", ":::", "a")
    assert done.code == 0 and done.lines == ["x a"], done


def test_a_command_after_two_dashes_may_begin_with_a_dash(weir):
    assert weir.run("--", "--no-such-program", ":::", "a").code == 127


def test_words_after_three_colons_are_items_whatever_they_look_like(weir):
    done = weir.run("-k", "echo", "item", ":::", "--help", "--", "-j0", "{}", "")
    assert done.code == 0 and done.lines == ["item --help", "item --", "item -j0", "item {}", "item "], done


def test_three_colons_may_stand_before_no_items(weir):
    done = weir.run("echo", ":::")
    assert done.code == 0 and "no items" in done.complaint, done


def test_an_optional_value_is_taken_only_after_an_equals_sign(weir):
    done = weir.run("--color", "echo", "always", ":::", "a")
    assert done.code == 0 and done.lines == ["always a"], done
    done = weir.run("--progress", "echo", "never", ":::", "a")
    assert done.code == 0 and done.lines == ["never a"], done


def test_an_optional_value_is_checked(weir):
    assert refused(weir.run("--color=sometimes", "echo", ":::", "a"), "sometimes", "auto")
    assert refused(weir.run("--progress=sometimes", "echo", ":::", "a"), "sometimes", "auto")


@pytest.mark.parametrize(
    "option", ["--timeout", "--delay", "--kill-after", "--drain-timeout", "--stats-every"]
)
def test_a_bare_number_where_a_duration_is_needed_is_refused_with_a_right_one(weir, option):
    assert refused(weir.run(option, "5", "echo", ":::", "a"), "5s")


@pytest.mark.parametrize(
    "value", ["", "s", "five", "5 s", "-5s", "5x", "nan", "1e3s", "99999999999999999999h"]
)
def test_a_duration_that_is_none_is_refused(weir, value):
    assert refused(weir.run("--timeout", value, "echo", ":::", "a"), "timeout")


@pytest.mark.parametrize("value", ["250us", "50ms", "30s", "5m", "1h"])
def test_durations_take_their_units(weir, value):
    assert weir.run("--kill-after", value, "echo", ":::", "a").code == 0


@pytest.mark.parametrize("value", ["64K", "1M", "2G"])
def test_bytes_take_their_units(weir, value):
    assert weir.run("--queue-bytes", value, "echo", ":::", "a").code == 0


@pytest.mark.parametrize(
    "words, hint",
    [
        (["-j", "0"], "auto"),
        (["-j", "-1"], "-1"),
        (["-j", ""], "workers"),
        (["-q", "-1"], "-1"),
        (["-q", "many"], "many"),
        (["-q", "99999999999999999999999"], "99999999999999999999999"),
        (["-n", "0"], "0"),
        (["--retries", "0"], "0"),
        (["--on-full", "sometimes"], "block"),
        (["--on-full", "timeout"], "timeout:"),
        (["--on-full", "caller_runs"], "caller_runs"),
        (["--on-full", "evict_lower"], "evict_lower"),
        (["--on-full", "timeout:5"], "5"),
        (["--halt", "sometimes"], "soon,fail="),
        (["--halt", "now,fail=0"], "fail="),
        (["--format", "yaml"], "json"),
        (["--queue-bytes", "lots"], "lots"),
        (["--memfree", "-1M"], "-1M"),
        (["--load", "heavy"], "heavy"),
        (["-d", "ab"], "ab"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name_with_what_would(weir, words, hint):
    assert refused(weir.run(*words, "echo", ":::", "a"), hint)


def test_workers_auto_is_the_default(weir):
    assert weir.run("-k", "-j", "auto", "echo", ":::", "a", "b").lines == ["a", "b"]


def test_a_message_is_one_line_and_names_the_program(weir):
    done = weir.run("-j", "0", "echo")
    assert done.complaint.startswith("weir"), done
    assert len(done.complaint.splitlines()) <= 3, done


def test_the_environment_of_the_caller_does_not_break_the_program(weir):
    env = {key: "" for key in ("HOME", "LANG", "LC_ALL", "SHELL", "USER", "TERM")}
    assert weir.run("echo", ":::", "a", env=env).lines == ["a"]
    assert weir.run("echo", ":::", "a", env={"LC_ALL": "tr_TR.UTF-8"}).lines == ["a"]


def test_the_program_runs_from_a_folder_that_was_deleted(weir, tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    done = weir("-c", f"cd {folder} && rmdir {folder} && exec {WEIR} run /bin/echo ::: a", program="/bin/sh")
    assert done.code == 0 and done.lines == ["a"], done


def test_the_program_runs_without_standard_error(weir):
    done = weir("-c", f"exec {WEIR} run echo ::: a 2>&-", program="/bin/sh")
    assert done.code == 0 and done.lines == ["a"], done


@pytest.mark.parametrize("option", ["--results", "--report", "-a", "--arg-file", "-j"])
def test_an_empty_value_in_a_word_of_its_own_is_refused(weir, option):
    assert refused(weir("run", option, "", "echo", ":::", "a"), option, "empty")


@pytest.mark.parametrize(
    "words",
    [["run", "--ui=x", "echo"], ["serve"], ["gate", "x"]],
    ids=" ".join,
)
def test_what_is_planned_is_refused_by_its_name(weir, words):
    done = weir(*words)
    assert refused(done, "is not available yet") and "did you mean" not in done.complaint, done


def test_a_command_tells_the_version_too(weir):
    assert weir("run", "--version").lines == weir("--version").lines
