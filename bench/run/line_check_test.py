"""A check that has never found a fault proves nothing: line_check against output damaged in known ways."""
import os
import subprocess

WIDTH = 80


def printed(job: int) -> bytes:
    """One million bytes of lines."""
    return subprocess.check_output([os.environ["LINE_JOB"], str(job), "1"])


def checked(output: bytes) -> dict[str, int]:
    words = subprocess.check_output([os.environ["LINE_CHECK"], "2", "1"], input=output).decode().split()
    return dict(zip(words[::2], map(int, words[1::2])))


def test_two_whole_outputs_one_after_the_other_are_whole_and_change_once():
    assert checked(printed(2) + printed(1)) == {"bytes": 2_000_000, "broken": 0, "missing": 0, "switches": 1}


def test_outputs_mixed_at_line_ends_are_whole_but_change_more_often():
    one, two = printed(1), printed(2)
    cut = 100 * WIDTH
    assert checked(one[:cut] + two[:cut] + one[cut:] + two[cut:]) == {
        "bytes": 2_000_000, "broken": 0, "missing": 0, "switches": 3}


def test_outputs_mixed_inside_a_line_are_broken():
    one, two = printed(1), printed(2)
    cut = 100 * WIDTH + 7
    assert checked(one[:cut] + two[:cut] + one[cut:] + two[cut:])["broken"] > 0


def test_a_lost_line_is_found():
    one = printed(1)
    assert checked(one[:5 * WIDTH] + one[6 * WIDTH:] + printed(2))["broken"] == 1


def test_a_lost_end_is_found():
    assert checked(printed(1) + printed(2)[:-3 * WIDTH])["missing"] == 3
