"""What bench/run measures: for each measure what every runner does, and which ratios weir is to reach."""
import dataclasses
import pathlib

PARALLEL = ["parallel", "--will-cite", "-j2"]


@dataclasses.dataclass
class Turn:
    """What one runner does in one measure, and how much of the measure's unit that is."""
    command: list[str]
    amount: float
    items: list[str] | None = None  # the program whose output it reads; none: nothing
    check: list[str] | None = None  # the program that reads its output; none: thrown away


@dataclasses.dataclass
class Measure:
    title: str
    unit: str
    turns: dict[str, Turn]
    at_least: dict[str, float]  # runner -> weir's rate over its rate


def seq(count: int) -> list[str]:
    return ["seq", str(count)]


def starting(bare: str, weir: str, quick: bool) -> Measure:
    """GNU parallel gets fewer jobs, or it would take most of the time. More would not help it: 296 jobs/s
    over 400 jobs were 242 over 20,000."""
    jobs, few = (2000, 200) if quick else (20000, 1000)
    return Measure(f"{jobs} items, -j2 /bin/true", "jobs/s", {
        "bare": Turn([bare, str(jobs), "2", "/bin/true"], jobs),
        "xargs": Turn(["xargs", "-P2", "-n1", "/bin/true"], jobs, seq(jobs)),
        "parallel": Turn([*PARALLEL, "/bin/true"], few, seq(few)),
        "weir": Turn([weir, "run", "-j2", "/bin/true"], jobs, seq(jobs)),
    }, {"bare": 0.85, "xargs": 1.3, "parallel": 8.0})


def batches(weir: str, quick: bool) -> Measure:
    items, fewer = (200_000, 50_000) if quick else (1_000_000, 200_000)
    return Measure(f"{items} items, -j2 -n 1000 /bin/true", "items/s", {
        "xargs": Turn(["xargs", "-P2", "-n1000", "/bin/true"], items, seq(items)),
        "parallel": Turn([*PARALLEL, "-n1000", "/bin/true"], fewer, seq(fewer)),
        "weir": Turn([weir, "run", "-j2", "-n", "1000", "/bin/true"], items, seq(items)),
    }, {"xargs": 0.5})


def output(job: str, check: str, weir: str, quick: bool) -> Measure:
    megabytes = 50 if quick else 200
    printing = [job, "{}", str(megabytes)]
    reader = [check, "2", str(megabytes)]
    return Measure(f"2 jobs print {megabytes} MB each", "MB/s", {
        "xargs": Turn(["xargs", "-P2", "-I{}", *printing], 2 * megabytes, seq(2), reader),
        "parallel": Turn([*PARALLEL, *printing], 2 * megabytes, seq(2), reader),
        "weir": Turn([weir, "run", "-j2", *printing], 2 * megabytes, seq(2), reader),
    }, {"xargs": 0.9, "parallel": 1.9})


def empty(bare: str, weir: str, quick: bool) -> Measure:
    """The time to start and to find nothing to do, of many starts one after the other."""
    starts, few = (20, 5) if quick else (100, 10)
    one_by_one = [bare, str(starts), "1"]
    return Measure("no items, -j2 /bin/true", "starts/s", {
        "xargs": Turn([*one_by_one, "xargs", "-r", "-P2", "-n1", "/bin/true"], starts),
        "parallel": Turn([bare, str(few), "1", *PARALLEL, "/bin/true"], few),
        "weir": Turn([*one_by_one, weir, "run", "-j2", "/bin/true"], starts),
    }, {})


def measures(build: pathlib.Path, weir: str, quick: bool) -> dict[str, Measure]:
    bare, job, check = (str(build / "bench/run" / name) for name in ("bare_loop", "line_job", "line_check"))
    return {"start": starting(bare, weir, quick), "batch": batches(weir, quick),
            "output": output(job, check, weir, quick), "empty": empty(bare, weir, quick)}


def endless(weir: str) -> dict[str, list[str]]:
    """Commands that read `yes` for as long as they are let."""
    job = ["sh", "-c", "sleep 1"]
    return {"xargs": ["xargs", "-P2", "-n1", *job], "parallel": [*PARALLEL, "-q", *job],
            "weir": [weir, "run", "-j2", *job]}
