"""The manual pages: mandoc finds nothing to warn of, and they say what the help says."""

import re
import subprocess

import pytest

PAGES = ["", "run", "plan", "demo", "top", "bench", "help"]


def page_of(weir, command):
    done = weir("help", "--man", *([command] if command else []))
    assert done.code == 0 and done.err == b"", done
    return done.out


def mandoc(*words, page):
    return subprocess.run(["mandoc", *words], input=page, capture_output=True)


def rendered(page):
    done = mandoc("-T", "utf8", "-O", "width=78", page=page)
    assert done.returncode == 0, done
    return re.sub(".\b", "", done.stdout.decode())


@pytest.mark.parametrize("command", PAGES)
def test_mandoc_has_nothing_to_warn_of(weir, command):
    lint = mandoc("-T", "lint", "-W", "warning", page=page_of(weir, command))
    assert lint.returncode == 0 and lint.stdout == b"", lint.stdout.decode()


@pytest.mark.parametrize("command", PAGES)
def test_a_page_has_the_sections_people_look_for(weir, command):
    text = rendered(page_of(weir, command))
    sections = re.findall(r"^[A-Z][A-Z ]+$", text, re.M)
    for section in (
        "NAME SYNOPSIS DESCRIPTION OPTIONS ENVIRONMENT FILES EXAMPLES".split() + ["EXIT STATUS", "SEE ALSO"]
    ):
        assert section in sections, (section, sections)
    assert ("SIGNALS" in sections) == (command == "run")


@pytest.mark.parametrize("command", PAGES[1:])
def test_a_page_names_every_option_of_the_help(weir, command):
    text = rendered(page_of(weir, command))
    options = re.findall(r"^ {2}(?:-\w, | {4})(--[\w-]+)", weir(command, "--help").out.decode(), re.M)
    assert len(options) >= 5
    for option in options:
        assert re.search(rf"^ +(-\w, )?{option}\b", text, re.M), option


def test_there_is_a_page_for_every_command(weir):
    commands = re.findall(r"^  (\w+) {2,}", weir().out.decode(), re.M)
    assert set(commands) >= set(PAGES[1:])
    text = rendered(page_of(weir, ""))
    for command in commands:
        assert f"weir-{command}(1)" in text
        assert page_of(weir, command).startswith(b'.\\"')


@pytest.mark.parametrize("command", PAGES)
def test_no_line_is_wider_than_a_terminal(weir, command):
    wide = [line for line in rendered(page_of(weir, command)).splitlines() if len(line) > 84]
    assert not wide, wide
