"""What is measured of pools: cells, and who takes part in them."""
import dataclasses
import pathlib

import rounds
from rounds import Contender

PARKED_MS = 500
SAMPLES = 40  # of the latency, a round


@dataclasses.dataclass(frozen=True)
class Cell:
    producers: int
    workers: int
    kind: str  # empty, spin (1 us of work), latency, parked
    one_core: bool = False

    def __str__(self) -> str:
        if self.kind in ("latency", "parked"):
            return f"{self.workers} workers"
        return f"{self.producers} producer{'s' * (self.producers > 1)}, {self.workers} workers"

    def title(self) -> str:
        what = {"empty": "empty jobs", "spin": "jobs of 1 us", "parked": "idle pools",
                "latency": "from submit to start after 10 ms of idleness"}[self.kind]
        return what + " on one core" * self.one_core

    @property
    def fixed(self) -> int | None:
        return {"latency": SAMPLES, "parked": PARKED_MS}.get(self.kind)

    def flags(self, contender: Contender) -> list[str]:
        producers = 1 if contender.name == "bare" else self.producers  # nothing is handed in there
        flags = ["--producers", str(producers), "--workers", str(self.workers)]
        return [*flags, *{"latency": ["--idle"], "parked": ["--parked"],
                          "spin": ["--spin", str(work.rounds(contender))]}.get(self.kind, [])]

    def checksum(self, items: int) -> int:
        """As many as there were have run."""
        return items

    def like(self):
        return None


class Work:
    """How many rounds of a job's loop take 1 us: one number for all programs in C++, since what the bare
    threads reach with it is the ceiling of the others; Go's compiler makes a loop of its own."""

    def __init__(self):
        self.found = {}

    def calibrate(self, folder: pathlib.Path) -> None:
        for program in ("pool_bare", "pool_go"):
            if (folder / program).is_file():
                self.found[program] = rounds.answer([str(folder / program), "--calibrate"])["spin"]

    def rounds(self, contender: Contender) -> int:
        return self.found["pool_go" if contender.program == "pool_go" else "pool_bare"]


work = Work()

OURS = ("weir-tasks", "weir-jobs", "weir-jobs-16", "weir-jobs-16-yield")
CPP_PEERS = ("condvar", "condvar-unbounded", "asio", "tbb-enqueue", "tbb-group")
RIVALS = {ours: {"go": ["go"], "best C++ peer": CPP_PEERS, "bare": ["bare"]} for ours in OURS}
RIVALS["weir-observed"] = {"weir-jobs": ["weir-jobs"]}


def a_pool(cell: Cell) -> bool:
    return cell.kind != "parked" and not cell.one_core


CONTENDERS = (
    Contender("weir-tasks", "pool_weir_pools", "weir's library", ("--with", "task_pool"),
              note="task_pool, a closure at a time"),
    Contender("weir-jobs", "pool_weir_pools", "weir's library", ("--with", "worker_pool"),
              note="worker_pool, a typed job at a time"),
    Contender("weir-observed", "pool_weir_observed", "weir's library",
              note="the same with an observer, whose hooks do nothing",
              can=lambda cell: cell.kind == "empty"),
    Contender("weir-jobs-16", "pool_weir_pools", "weir's library", ("--with", "worker_pool_by_16"),
              note="worker_pool, by submit_some of 16; when nothing fits, submit waits for the next one",
              can=lambda cell: cell.kind in ("empty", "spin")),
    Contender("weir-jobs-16-yield", "pool_weir_pools", "weir's library",
              ("--with", "worker_pool_by_16_yielding"),
              note="the same, but yields when nothing fits", can=lambda cell: cell.kind in ("empty", "spin")),
    Contender("go", "pool_go", "Go", note="goroutines over a chan func() of 1024 places",
              can=lambda cell: cell.kind != "parked"),
    Contender("condvar", "pool_condvar", "a C++ compiler", ("--with", "bounded"),
              note="a mutex, two condition variables, 1024 std::functions", can=a_pool),
    Contender("condvar-unbounded", "pool_condvar", "a C++ compiler", ("--with", "unbounded"), can=a_pool,
              note="the same without a bound: takes everything, in as much memory as it needs"),
    Contender("asio", "pool_asio", "Boost.Asio (libboost1.81-dev)", note="thread_pool; without a bound",
              can=a_pool),
    Contender("tbb-enqueue", "pool_tbb", "oneTBB (libtbb-dev)", ("--with", "enqueue"),
              note="task_arena::enqueue; without a bound", can=a_pool),
    Contender("tbb-group", "pool_tbb", "oneTBB (libtbb-dev)", ("--with", "group"),
              note="task_group::run in the arena; without a bound; a producer helps when its jobs are in",
              can=a_pool),
    Contender("bare", "pool_bare", "a C++ compiler",
              note="no pool, threads that share the work beforehand: the ceiling",
              can=lambda cell: cell.kind == "spin" and not cell.one_core),
)


def all_cells() -> list[Cell]:
    shapes = [(producers, workers) for producers in (1, 4) for workers in (2, 8)]
    cells = [Cell(p, w, kind) for kind in ("empty", "spin") for p, w in shapes]
    cells += [Cell(p, w, "empty", one_core=True) for p, w in shapes]
    return [*cells, Cell(1, 2, "latency"), Cell(1, 2, "parked"), Cell(1, 8, "parked")]


def few_cells() -> list[Cell]:
    return [Cell(1, 2, "empty"), Cell(4, 8, "empty"), Cell(1, 2, "spin"), Cell(1, 2, "latency"),
            Cell(1, 8, "parked")]
