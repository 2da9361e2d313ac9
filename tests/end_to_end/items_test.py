"""Where items come from, and how they are put into a command."""

import os
import random
import subprocess

import pytest

SHOW = ["sh", "-c", 'printf "[%s]" "$@"; echo', "sh"]  # shows how the words arrived


def test_items_are_the_lines_of_standard_input(weir):
    assert weir.run("-k", *SHOW, items="a\nb c\n\td\n").lines == ["[a]", "[b c]", "[\td]"]


def test_an_empty_line_is_an_item(weir):
    assert weir.run("-k", *SHOW, items="a\n\nb\n").lines == ["[a]", "[]", "[b]"]


def test_the_last_line_needs_no_newline(weir):
    assert weir.run("-k", *SHOW, items="a\nb").lines == ["[a]", "[b]"]


def test_a_carriage_return_is_kept(weir):
    assert weir.run("printf", "%s", items="a\r\n").out == b"a\r"


def test_invalid_utf8_passes_through(weir):
    assert weir.run("printf", "%s|", items=b"\xff\xfe\x80\n").out == b"\xff\xfe\x80|"
    assert weir.run("printf '%s|' {}", items=b"\xff\xfe\x80\n").out == b"\xff\xfe\x80|"


def test_items_come_from_a_file(weir, tmp_path):
    (tmp_path / "list").write_text("a\nb\n")
    done = weir.run("-k", "-a", str(tmp_path / "list"), *SHOW, items="not\nread\n")
    assert done.lines == ["[a]", "[b]"], done


def test_items_come_from_words_and_standard_input_is_left_alone(weir):
    read, write = os.pipe()  # never written, never closed: a reader would wait for ever
    try:
        assert weir.run("echo", ":::", "a", stdin=read).lines == ["a"]
    finally:
        os.close(read)
        os.close(write)


def test_items_may_be_separated_by_nul(weir):
    assert weir.run("-k", "-0", *SHOW, items=b"a\nb\0c d\0\0e").lines == ["[a", "b]", "[c d]", "[]", "[e]"]


@pytest.mark.parametrize(
    "char, text", [(",", "a,b c,,d"), ("\\t", "a\tb c\t\td"), ("x", "axb cxxd"), ("\\0", "a\0b c\0\0d")]
)
def test_items_may_be_separated_by_a_character(weir, char, text):
    assert weir.run("-k", "-d", char, *SHOW, items=text).lines == ["[a]", "[b c]", "[]", "[d]"]


def test_with_another_separator_a_newline_is_part_of_the_item(weir):
    assert weir.run("-k", "-d", ",", "printf", "%s|", items="a,b\n").out == b"a|b\n|"


def test_n_items_a_job_become_n_arguments(weir):
    assert weir.run("-k", "-n", "2", *SHOW, items="a b\nc\nd\n").lines == ["[a b][c]", "[d]"]


def test_with_n_braces_alone_are_arguments_and_inside_a_word_the_items_joined(weir):
    done = weir.run("-k", "-n", "2", *SHOW, "{}", "x={}", items="a b\nc\n")
    assert done.lines == ["[a b][c][x=a b c]"], done


def test_with_n_numbered_braces_are_single_items(weir):
    assert weir.run("-n", "3", *SHOW, "{3}", "{1}-{2}", ":::", "a", "b", "c").lines == ["[c][a-b]"]


def test_columns_are_split_and_addressed(weir):
    done = weir.run("-k", "--colsep", ",", *SHOW, "{2}", "{1}", "{}", items="a,b c\nd,e\n")
    assert done.lines == ["[b c][a][a][b c]", "[e][d][d][e]"], done
    assert weir.run("--colsep", "\\t", *SHOW, "{2}", items="a\tb\n").lines == ["[b]"]


def test_without_a_placeholder_the_item_is_appended(weir):
    assert weir.run(*SHOW, "x", ":::", "a b").lines == ["[x][a b]"]


def test_a_placeholder_may_stand_many_times_and_inside_words(weir):
    assert weir.run(*SHOW, "{}", "-{}-{}", ":::", "a b").lines == ["[a b][-a b-a b]"]


def test_an_item_that_looks_like_a_placeholder_is_not_expanded_again(weir):
    assert weir.run("-k", *SHOW, "{}", "{/}", ":::", "{#}", "{}{.}").lines == ["[{#}][{#}]", "[{}{.}][{}{.}]"]


def test_the_command_itself_may_be_the_item(weir):
    assert weir.run("-k", "{}", ":::", "true", "pwd", cwd="/").lines == ["/"]


def test_braces_that_are_no_placeholder_stay(weir):
    assert weir.run(*SHOW, "{a}", "{", "}{", "{}", ":::", "x").lines == ["[{a}][{][}{][x]"]


def test_sequence_numbers_begin_at_1_and_follow_the_input(weir):
    assert weir.run("-k", "-j4", *SHOW, "{#}", "{}", items="a\nb\nc\n").lines == [
        "[1][a]",
        "[2][b]",
        "[3][c]",
    ]


def test_a_slot_is_one_of_the_workers_and_never_in_use_twice(weir, tmp_path):
    job = (
        f"mkdir {tmp_path}/busy.{{%}} || exit 9; sleep 0.02; rmdir {tmp_path}/busy.{{%}}; echo {{%}}; : {{}}"
    )
    done = weir.run("-j3", job, items="\n" * 30)
    assert done.code == 0 and set(done.lines) <= {"1", "2", "3"} and len(done.lines) == 30, done


PATHS = [
    "a",
    "a.b",
    "a.b.c",
    "/x/y.z/a",
    "/x/y.z/a.txt",
    "x/a.",
    "./a.b",
    "/a",
    "/",
    "x/",
    ".hidden",
    "dir/.hidden",
    "a b/c d.e f",
    "",
    "..",
    "x//y.z",
    "-n.x",
]


def test_path_placeholders_give_what_gnu_parallel_gives(weir):
    text = "".join(path + "\n" for path in PATHS)
    words = ["printf", "<%s>", "{.}", "{/}", "{//}", "{/.}", "{#}"]
    peer = subprocess.run(
        ["parallel", "--will-cite", "-q", "-k", "-j1", *words],
        input=text.encode(),
        capture_output=True,
        timeout=60,
    ).stdout
    assert weir.run("-k", "-j1", *words, items=text).out == peer


def test_a_command_of_words_runs_without_a_shell(weir):
    assert weir.run("echo", "$HOME", ";", "*", ":::", "$(id)").lines == ["$HOME ; * $(id)"]


def test_one_word_without_shell_characters_is_a_program(weir):
    assert weir.run("echo", ":::", "a;b").lines == ["a;b"]


@pytest.mark.parametrize(
    "command, out",
    [
        ("echo foo; echo {}", "foo\nbar\n"),
        ("echo {} | tr a-z A-Z", "BAR\n"),
        ("echo $((1+1))", "2 bar\n"),
        ("echo x", "x bar\n"),
        ("echo x #{}", "x\n"),
        ("cat <<E\nx\nE\necho {}", "x\nbar\n"),
        ("(echo {})", "bar\n"),
        ("test {} = bar&& echo yes", "yes\n"),
    ],
)
def test_one_argument_with_shell_characters_is_a_shell_command(weir, command, out):
    assert weir.run(command, ":::", "bar").out.decode() == out


def test_items_in_a_shell_command_are_one_word_each_whatever_they_hold(weir):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    dice = random.Random(seed)
    nasty = [
        b"",
        b"'",
        b"''",
        b"\\",
        b"$(echo no)",
        b"`echo no`",
        b"a  b",
        b"-n",
        b"~",
        b"*",
        b"a\nb",
        b"!!",
        b"\n",
        b" ",
        b"#",
        b"'\\''",
        b"{}",
    ]
    items = nasty + [bytes(dice.randrange(1, 256) for _ in range(dice.randrange(1, 40))) for _ in range(80)]
    done = weir.run("-k", "-0", "printf '%s\\0' {}", items=b"".join(item + b"\0" for item in items))
    assert done.code == 0 and done.out.split(b"\0")[:-1] == items, seed


def test_n_items_in_a_shell_command_are_words_of_their_own(weir):
    assert weir.run("-n2", "printf '[%s]' {}; echo", ":::", "a b", "c'd").lines == ["[a b][c'd]"]


def test_a_placeholder_inside_sh_c_gets_a_warning_and_dollar_one_does_not(weir):
    done = weir.run("sh", "-c", "echo {}", ":::", "a")
    assert done.lines == ["a"] and "warning" in done.complaint.lower() and '"$1"' in done.complaint, done
    done = weir.run("sh", "-c", 'echo "$1"', "sh", "{}", ":::", "a")
    assert done.lines == ["a"] and "warning" not in done.complaint.lower(), done


def test_no_items_is_said_and_is_no_failure(weir):
    done = weir.run("echo", items="")
    assert done.code == 0 and done.out == b"" and "no items" in done.complaint, done


def test_dry_run_prints_the_commands_and_runs_none(weir, tmp_path):
    done = weir.run("-k", "--dry-run", "touch", f"{tmp_path}/x{{}}", ":::", "1", "2")
    assert done.code == 0 and len(done.lines) == 2 and f"touch {tmp_path}/x1" in done.lines[0], done
    assert not (tmp_path / "x1").exists()


def test_dry_run_prints_what_a_shell_would_read_back(weir):
    done = weir.run("--dry-run", "printf", "%s", ":::", "a b'c")
    assert subprocess.run(["sh", "-c", done.out], capture_output=True, timeout=30).stdout == b"a b'c"


def test_a_hundred_thousand_items_each_run_once(weir):
    done = weir.run("-n", "500", "-j4", "printf", "%s\n", items="".join(f"{i}\n" for i in range(100_000)))
    assert done.code == 0 and sorted(map(int, done.lines)) == list(range(100_000))


@pytest.mark.parametrize("bad", [b"b\0c", b"b" * 200_000], ids=["nul", "too long"])
def test_an_item_that_cannot_be_an_argument_fails_alone_in_a_batch(weir, bad):
    items = b"a\n" + bad + b"\nd\ne\n"
    done = weir.run("-k", "-n3", "echo", items=items)
    assert done.code == 1 and done.lines == ["a", "d e"] and "item 2 " in done.complaint, done
    done = weir.run("--dry-run", "-n3", "echo", items=items)
    assert done.code == 1 and done.lines == ["echo a", "echo d e"] and "item 2 " in done.complaint, done


def test_a_placeholder_inside_quotes_gets_a_warning(weir):
    assert "outside quotes" in weir.run("echo '{}'", ":::", "a").complaint
    assert "outside quotes" not in weir.run("echo 'a' {}", ":::", "a").complaint
