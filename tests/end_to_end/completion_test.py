"""What bash, zsh and fish offer when TAB is pressed, asked of the shells themselves."""

import subprocess

import pexpect
import pytest

COMMANDS = {"run", "plan", "demo", "top", "bench", "help"}
POLICIES = {"block", "timeout:", "reject", "drop_newest", "drop_oldest"}


@pytest.fixture
def scripts(weir, tmp_path):
    """The three scripts, and a folder with two files and a folder to complete."""
    here = tmp_path / "here"
    (here / "folder").mkdir(parents=True)
    (here / "list.txt").write_text("a\n")
    (here / "it is.toml").write_text("")
    for shell, name in (("bash", "weir"), ("zsh", "_weir"), ("fish", "weir.fish")):
        done = weir("help", "--completion", shell)
        assert done.code == 0 and done.err == b"", done
        (tmp_path / name).write_bytes(done.out)
    return tmp_path


def asked(scripts, *command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=scripts / "here", timeout=60)
    assert done.returncode == 0 and done.stderr == "", done
    return done


def bash(scripts, *words):
    """What bash would offer for the last of the words; "=" is a word of its own, as bash splits them."""
    quoted = " ".join("'" + word + "'" for word in ("weir",) + words)
    script = f"""
        source {scripts}/weir || exit 9
        COMP_WORDS=({quoted}); COMP_CWORD={len(words)}
        COMP_LINE="${{COMP_WORDS[*]}}"; COMP_POINT=${{#COMP_LINE}}
        _weir
        printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = asked(scripts, "bash", "--norc", "-c", script)
    return {line.rstrip() for line in done.stdout.splitlines()} - {""}


def fish(scripts, line):
    done = asked(scripts, "fish", "--no-config", "-c", f"source {scripts}/weir.fish; complete -C '{line}'")
    return {entry.split("\t")[0] for entry in done.stdout.splitlines()}


@pytest.fixture
def zsh(scripts):
    """Types a line and TAB into a real zsh, and returns the line as it then stands."""
    shell = terminal_of("zsh", "-f", folder=scripts)
    show = r"""show() { print -r $'\x02'"$BUFFER"$'\x03'; BUFFER= }"""
    shell.sendline(f"PROMPT=; unsetopt prompt_cr prompt_sp; {show}; zle -N show; bindkey '^Xv' show")
    shell.sendline(f"fpath=({scripts} $fpath); autoload -U compinit; compinit -u -D; print st''arted")
    shell.expect("started\r\n")

    def press(line):
        shell.send(line + "\t\x18v")
        shell.expect("\x02([^\x03]*)\x03")
        return shell.match[1]

    yield press
    shell.close(force=True)


def terminal_of(*words, folder):
    environment = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    where = {"cwd": str(folder / "here"), "dimensions": (40, 200), "env": environment}
    return pexpect.spawn(words[0], list(words[1:]), encoding="utf-8", timeout=60, **where)


def test_commands_are_completed(scripts):
    assert COMMANDS <= bash(scripts, "")
    assert bash(scripts, "pl") == {"plan"}
    assert COMMANDS <= fish(scripts, "weir ")
    assert fish(scripts, "weir pl") == {"plan"}


def test_options_are_completed(scripts):
    assert bash(scripts, "run", "--on") == {"--on-full"}
    assert {"--config", "--print-config", "-j", "--workers"} <= bash(scripts, "run", "-j", "4", "-")
    assert bash(scripts, "plan", "--wait") == {"--wait-compute"}
    assert fish(scripts, "weir run --on") == {"--on-full"}
    assert "--print-config" in fish(scripts, "weir run -j 4 --p")
    assert fish(scripts, "weir plan --wait") == {"--wait-compute"}


def test_values_of_a_closed_set_are_completed(scripts):
    assert POLICIES <= bash(scripts, "run", "--on-full", "")
    assert bash(scripts, "run", "--on-full", "=", "rej") == {"reject"}
    assert POLICIES <= bash(scripts, "run", "--on-full", "=")
    assert bash(scripts, "run", "--color", "=", "al") == {"always"}
    assert bash(scripts, "bench", "--format", "j") == {"json", "jsonl"}
    assert POLICIES <= fish(scripts, "weir run --on-full ")
    assert fish(scripts, "weir run --on-full=rej") == {"--on-full=reject"}
    assert fish(scripts, "weir bench --format j") == {"json", "jsonl"}


def test_files_and_folders_are_completed_where_an_option_takes_them(scripts):
    assert bash(scripts, "run", "--arg-file", "l") == {"list.txt"}
    assert bash(scripts, "run", "-a", "") == {"list.txt", "it is.toml", "folder"}
    assert bash(scripts, "run", "-ka", "l") == {"list.txt"}
    assert bash(scripts, "run", "--results", "") == {"folder"}
    assert "list.txt" in fish(scripts, "weir run --arg-file l")
    assert fish(scripts, "weir run --results f") == {"folder/"}


def test_a_value_of_no_known_kind_is_left_alone(scripts):
    assert bash(scripts, "run", "--timeout", "") == set()
    assert bash(scripts, "run", "--queue", "") == set()
    assert fish(scripts, "weir run --timeout ") == set()


def test_behind_the_options_bash_completes_the_users_own_command(scripts):
    assert "env" in bash(scripts, "run", "-k", "en")
    assert "env" in bash(scripts, "run", "-j", "4", "--", "en")
    assert "list.txt" in bash(scripts, "run", "-j4", "cat", "l")
    assert bash(scripts, "run", "echo", ":::", "l") == {"list.txt"}


def test_behind_the_options_fish_completes_the_users_own_command(scripts):
    assert "env" in fish(scripts, "weir run -k en")
    assert "list.txt" in fish(scripts, "weir run -j4 cat l")
    assert "--on-full" not in fish(scripts, "weir run cat --on")
    assert fish(scripts, "weir run echo ::: l") == {"list.txt"}


def test_words_of_a_closed_set_are_completed_as_operands(scripts):
    assert {"blocking", "retry"} <= bash(scripts, "demo", "--fast", "")
    assert bash(scripts, "bench", "pol") == {"policies"}
    assert bash(scripts, "help", "ru") == {"run"}
    assert {"blocking", "retry"} <= fish(scripts, "weir demo --fast ")
    assert fish(scripts, "weir help ru") == {"run"}


def test_zsh_completes_commands_options_values_and_files(zsh):
    assert zsh("weir pla") == "weir plan "
    assert zsh("weir run --on-f").rstrip() in ("weir run --on-full=", "weir run --on-full")
    assert zsh("weir run -j 4 --on-full rej") == "weir run -j 4 --on-full reject "
    assert zsh("weir run --on-full=rej") == "weir run --on-full=reject "
    assert zsh("weir run --color=al") == "weir run --color=always "
    assert zsh("weir run -a lis") == "weir run -a list.txt "
    assert zsh("weir run --results fol") == "weir run --results folder/"
    assert zsh("weir bench --format js").startswith("weir bench --format json")
    assert zsh("weir demo --fast blo").startswith("weir demo --fast block")
    assert zsh("weir help ru") == "weir help run "


def test_zsh_completes_the_users_own_command_behind_the_options(zsh):
    assert zsh("weir run -k mkfif") == "weir run -k mkfifo "
    assert zsh("weir run -j4 cat lis") == "weir run -j4 cat list.txt "
    assert zsh("weir run cat --on-f") == "weir run cat --on-f"
    assert zsh("weir run echo ::: lis") == "weir run echo ::: list.txt "


@pytest.mark.parametrize("prelude", [":", ". /usr/share/bash-completion/bash_completion"])
def test_bash_completes_when_tab_is_pressed(scripts, prelude):
    shell = terminal_of("bash", "--norc", folder=scripts)
    shell.sendline(f"PS1=; bind 'set enable-bracketed-paste off'; {prelude}; . {scripts}/weir")
    shell.sendline("echo st''arted")
    shell.expect("started\r\n")
    for typed, completed in (
        ("weir run --on-full=rej", "weir run --on-full=reject "),
        ("-a lis", "-a list.txt "),
        ("--results fol", "--results folder/"),
        (" mkfif", " mkfifo "),
        ("lis", "list.txt "),
        ("::: it", r"::: it\ is.toml "),
    ):
        shell.send(typed + "\t")
        shell.expect_exact(completed)
    shell.close(force=True)
