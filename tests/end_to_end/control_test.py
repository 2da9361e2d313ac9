"""What holds the jobs of a run back, tries them again and puts them in order; and how the report tells it."""

import json
import time

import pytest
from program import until, wait_until


def numbers(count):
    return "".join(f"{i}\n" for i in range(1, count + 1))


def test_a_rate_spaces_the_starts_and_the_report_tells_the_time(weir):
    begin = time.monotonic()
    report = weir.report("-j4", "--rate", "20/s", "true", items=numbers(7), code=0)
    assert time.monotonic() - begin >= 0.29, "seven starts, six gaps of 50 ms"
    assert report["rate_limited"] >= 1 and report["rate_limited_seconds"] > 0


def test_a_burst_goes_at_once(weir):
    report = weir.report("-j4", "--rate", "1/h:5", "true", items=numbers(5), code=0)
    assert report["rate_limited"] == 0 and report["completed"] == 5


def test_attempts_pass_the_rate_too(weir):
    begin = time.monotonic()
    report = weir.report("--rate", "20/s", "--retries", "5", "false", ":::", "a", code=1)
    assert time.monotonic() - begin >= 0.19 and report["retries"] == 4


def test_a_signal_ends_the_wait_for_the_rate(weir):
    running = weir.start("run", "-j2", "--rate", "1/h", "echo", items="a\n" * 4)  # whichever worker is first
    running.prints("a\n")
    running.signal(15)
    running.says("again to stop now")
    running.signal(15)
    done = running.wait()
    assert done.code == 143 and done.out == b"a\n", done


def test_a_limit_and_the_workers_the_smaller_wins(weir, tmp_path):
    """Each job sees how many run beside it."""
    job = (
        f"mkdir {tmp_path}/run.$1; ls -d {tmp_path}/run.* | wc -l; sleep 0.03; rmdir {tmp_path}/run.$1"
    )
    for options, most in ([["-j4", "--limit", "2"], 2], [["-j2", "--limit", "9"], 2], [["--limit", "3"], 3]):
        done = weir.run(*options, "sh", "-c", job, "sh", items=numbers(20))
        assert done.code == 0 and max(map(int, done.lines)) <= most, done
    assert int(max(done.lines)) >= 2


def test_an_adaptive_limit_is_reported(weir):
    report = weir.report("--limit", "adaptive", "-j6", "true", items=numbers(60), code=0)
    assert 1 <= report["limit"]["least"] <= report["limit"]["now"] <= report["limit"]["most"] <= 6
    assert report["workers"]["most"] <= 6


def test_a_backoff_doubles_between_attempts(weir, tmp_path):
    job = f"date +%s.%N >> {tmp_path}/tries; false {{}}"
    report = weir.report("--retries", "4", "--backoff", "50ms..100ms", job, ":::", "a", code=1)
    tries = sorted(map(float, (tmp_path / "tries").read_text().split()))
    gaps = [b - a for a, b in zip(tries, tries[1:])]
    assert len(gaps) == 3 and gaps[0] >= 0.049 and gaps[1] >= 0.099 and gaps[2] >= 0.099, gaps
    assert report["retries"] == 3 and report["failed"] == 1


def test_a_signal_ends_a_long_backoff_and_the_job_has_failed(weir, tmp_path):
    job = f"touch {tmp_path}/tried; false {{}}"
    running = weir.start("run", "--format", "json", "--retries", "2", "--backoff", "1h..1h", job, ":::", "a")
    wait_until((tmp_path / "tried").exists, "the first attempt")
    running.signal(2)
    running.says("again to stop now")
    running.signal(2)
    done = running.wait()
    assert done.code == 130 and done.report["failed"] == 1, done


def test_a_retry_budget_grants_a_share_of_the_jobs(weir):
    report = weir.report("--retries", "9", "--retry-budget", "20%", "false", items=numbers(30), code=1)
    assert report["retries"] == 6 and report["retries_refused"] == 30 and report["failed"] == 30


def test_a_breaker_opens_holds_jobs_and_closes(weir, tmp_path):
    """Ten failures open it; the first probe finds the service there again."""
    job = f"echo x >> {tmp_path}/tries; test $(wc -l < {tmp_path}/tries) -gt 10; exit $?; : {{}}"
    options = ["-j1", "--breaker", "50%/10,reset=200ms"]
    begin = time.monotonic()
    done = weir.run("--format", "json", *options, job, items=numbers(14))
    assert time.monotonic() - begin >= 0.2 and done.code == 1, done
    assert done.report["failed"] == 10 and done.report["completed"] == 4
    breaker = done.report["breaker"]
    assert breaker["state"] == "closed" and breaker["opened"] == 1 and breaker["changes"] == 3, breaker
    assert breaker["held"] >= 1 and breaker["held_seconds"] >= 0.15
    for line in ("breaker open", "breaker half open", "breaker closed"):
        assert done.complaint.count(line) == 1, done


def test_a_signal_ends_the_wait_for_a_breaker(weir):
    running = weir.start("run", "-j1", "--breaker", "50%/2,reset=1h", "false", items=numbers(9))
    running.says("breaker open")
    running.signal(2)
    running.says("again to stop now")
    running.signal(2)
    assert running.wait().code == 130


def test_a_job_that_waited_beyond_its_deadline_never_runs(weir, tmp_path):
    job = f"echo $1 >> {tmp_path}/ran; test $1 != 1 || sleep 0.5"
    done = weir.run(
        "--format", "json", "-j1", "-q9", "--deadline", "300ms", "sh", "-c", job, "sh", items=numbers(5)
    )
    ran = (tmp_path / "ran").read_text().split()
    assert done.code == 1 and "1" in ran and len(ran) < 5, done
    assert done.report["expired"] == 5 - len(ran) and done.report["completed"] == len(ran)


def test_a_deadline_counts_while_the_rate_holds_a_job(weir):
    report = weir.report("-j1", "--rate", "1/h", "--deadline", "200ms", "true", items=numbers(3), code=1)
    assert report["completed"] == 1 and report["expired"] == 2 and report["failed"] == 0


def lanes_in_order(weir, tmp_path, *options, items):
    """The order in which jobs run that all waited: the first, of lane 0, holds the only worker till then."""
    count = len(items.splitlines())
    job = f"echo {{}}; test {{#}} != 1 || {{ {until(tmp_path / 'go')}; }}"
    running = weir.start(
        "run", "--format", "json", "-j1", "-q50", "--stats-every", "50ms", *options, job, items=items
    )
    running.says(f"now: {count - 1} queued")
    (tmp_path / "go").touch()
    return running.wait()


def test_more_important_items_go_first(weir, tmp_path):
    items = "urgent 0\nbatch 1\nurgent 1\nplain 1\nbatch 2\nurgent 2\n"
    done = lanes_in_order(weir, tmp_path, "--lane", "^urgent=0,^batch=2", "--lanes", "3", items=items)
    # What no expression matches goes to the last lane, in order with those that are sent there.
    assert done.lines == ["urgent 0", "urgent 1", "urgent 2", "batch 1", "plain 1", "batch 2"], done
    lanes = done.report["lanes"]
    assert [lane["submitted"] for lane in lanes] == [3, 0, 3]
    assert lanes[0]["queue_wait"]["max"] <= lanes[2]["queue_wait"]["max"]


def test_a_lane_may_be_a_field_of_the_item(weir, tmp_path):
    items = "x 0\na 2\nb 1\nc 0\n"
    done = lanes_in_order(weir, tmp_path, "--lane", "2", items=items)
    assert done.lines == ["x 0", "c 0", "b 1", "a 2"], done


def test_a_lane_may_be_a_value_of_a_json_item(weir, tmp_path):
    items = "".join(json.dumps({"p": {"lane": lane}}) + "\n" for lane in (0, 2, 1))
    done = lanes_in_order(weir, tmp_path, "--lane", "$.p.lane", "--lanes", "3", items=items)
    assert [json.loads(line)["p"]["lane"] for line in done.lines] == [0, 1, 2], done


def test_output_keeps_its_order_when_jobs_do_not(weir):
    items = "".join(f"{i} {i % 3}\n" for i in range(300))
    done = weir.run("-k", "-j3", "--lane", "2", "--lanes", "3", "echo", items=items)
    assert done.code == 0 and done.out.decode() == items, done


def test_one_noisy_tenant_does_not_hold_up_the_others(weir, tmp_path):
    items = "first x\n" + "".join(f"noisy {i}\n" for i in range(20)) + "quiet 1\nquiet 2\n"
    done = lanes_in_order(weir, tmp_path, "--fair-by", "1", items=items)
    assert done.code == 0 and len(done.lines) == 23
    assert max(done.lines.index("quiet 1"), done.lines.index("quiet 2")) <= 6, done


def test_workers_grow_with_the_load(weir, tmp_path):
    """Four jobs wait for each other: they meet only if the pool grows from one worker to four."""
    job = (
        f"cd {tmp_path}; touch here.$1; "
        "until test -e here.1 -a -e here.2 -a -e here.3 -a -e here.4; do sleep 0.01; done"
    )
    report = weir.report("-j", "1..4", "sh", "-c", job, "sh", items=numbers(4), code=0)
    assert report["workers"]["least"] == 1 and report["workers"]["most"] == 4


def test_a_shadow_holds_nothing_and_counts_what_it_would_have(weir):
    options = "--shadow --rate 1/h:2 --breaker 50%/2,reset=1h --limit 1 --deadline 1ms".split()
    done = weir.run(
        "--format", "json", "-j2", *options, "--retries", "2", "--retry-budget", "0%", "sleep 0.05; false {}",
        items=numbers(6),
    )
    assert done.code == 1 and done.report["failed"] == 6 and done.report["expired"] == 0, done
    shadow = done.report["shadow"]
    assert done.report["retries"] == 6 and shadow["retry_budget"] == 6 and shadow["rate"] == 10, shadow
    assert shadow["breaker"] > 0 and shadow["limit"] > 0 and shadow["deadline"] > 0, shadow
    assert done.report["rate_limited_seconds"] == 0


def test_the_text_of_the_report_tells_it_too(weir):
    done = weir.run("-j1", "--rate", "50/s", "--retries", "2", "--lane", "x=0", "false", items="x\ny\n")
    for words in ("retries: 2, 0 refused", "rate: ", "starts had to wait", "lane 0: 1 submitted, 1 started"):
        assert words in done.complaint, done


@pytest.mark.parametrize(
    "options, name, right",
    [
        (["--rate", "100"], "'100'", "100/s"),
        (["--rate", "0/s"], "'0/s'", "100/s"),
        (["--limit", "0"], "'0'", "adaptive"),
        (["--limit", "some"], "'some'", "adaptive"),
        (["--backoff", "10..20", "--retries", "2"], "'10..20'", "10ms..1s"),
        (["--backoff", "1s..10ms", "--retries", "2"], "'1s..10ms'", "10ms..1s"),
        (["--backoff", "10ms..1s"], "--backoff", "--retries 3"),
        (["--retry-budget", "10", "--retries", "2"], "'10'", "10%"),
        (["--retry-budget", "10%"], "--retry-budget", "--retries 3"),
        (["--breaker", "50"], "'50'", "50%/20,reset=30s"),
        (["--breaker", "50%/20,reset=30"], "reset=30", "50%/20,reset=30s"),
        (["--lane", "urgent"], "'urgent'", "urgent=0"),
        (["--lane", "(=0"], "'('", "^urgent=0"),
        (["--lane", "x=3", "--lanes", "2"], "lane 3", "--lanes 4"),
        (["--lanes", "2"], "--lanes", "--lane urgent=0"),
        (["--lanes", "0", "--lane", "1"], "'0'", "3"),
        (["--fair-by", "name"], "'name'", "$.user.id"),
        (["-j", "8..2"], "'8..2'", "2..8"),
        (["-j", "0..2"], "0 workers", "1 or more"),
        (["--deadline", "0s"], "'0s'", "5s"),
        (["--deadline", "5"], "'5'", "5s"),
        (["--shadow"], "--shadow", "--rate"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_a_wrong_value_is_named_with_a_right_one(weir, options, name, right):
    done = weir.run(*options, "echo", ":::", "a")
    assert done.code == 2 and done.out == b"" and "usage: weir run" in done.complaint, done
    assert name in done.complaint and right in done.complaint, done
