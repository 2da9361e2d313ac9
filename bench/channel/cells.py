"""What is measured: cells, and who takes part in them."""
import dataclasses
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from rounds import Contender  # noqa: E402

TOPOLOGIES = ("1x1", "2x2", "4x4", "8x8", "8x1", "1x8")
CAPACITIES = (0, 1, 16, 64, 1024)
WIDTHS = (8, 64)


@dataclasses.dataclass(frozen=True)
class Cell:
    topology: str  # producers x consumers
    capacity: int
    bytes: int
    ping_pong: bool = False
    one_core: bool = False

    def __str__(self) -> str:
        return f"{'ping-pong' if self.ping_pong else self.topology}, {self.capacity}"

    def flags(self) -> list[str]:
        flags = ["--cell", self.topology, "--capacity", str(self.capacity), "--bytes", str(self.bytes)]
        return [*flags, "--pingpong"] if self.ping_pong else flags

    def checksum(self, items: int) -> int:
        """Each number once as the first word of an item, and once as the last."""
        return items * (items + 1)


CONTENDERS = (
    Contender("weir", "channel_weir_threads", "weir's library"),
    Contender("weir-coroutines", "channel_weir_coroutines", "weir/exec"),
    Contender("go", "channel_go", "Go", note="goroutines"),
    Contender("crossbeam", "channel_crossbeam", "cargo and crossbeam-channel",
              note="never sleeps: spins, then yields"),
    Contender("condvar", "channel_condvar", "a C++ compiler", note="no rendezvous",
              can=lambda cell: cell.capacity > 0),
    Contender("tbb", "channel_tbb", "oneTBB (libtbb-dev)", note="no rendezvous",
              can=lambda cell: cell.capacity > 0),
    Contender("moodycamel", "channel_moodycamel", "moodycamel (libconcurrentqueue-dev)",
              note="unbounded, and per producer in order only: never makes a sender wait",
              can=lambda cell: cell.capacity == max(CAPACITIES)),
    Contender("asio", "channel_asio", "Boost.Asio (libboost1.81-dev)", note="coroutines on two threads"),
    Contender("fiber", "channel_fiber", "Boost.Fiber (libboost-fiber1.81-dev)",
              note="fibers on two threads; a buffered channel of 2^n places holds 2^n - 1"),
)
OURS = ("weir", "weir-coroutines")
BLOCKING = ("condvar", "tbb")  # the C++ peers that are bounded and whose threads sleep
ON_ONE_CORE = ("weir", "weir-coroutines", "go")


def all_cells() -> list[Cell]:
    cells = [Cell(t, c, b) for b in WIDTHS for t in TOPOLOGIES for c in CAPACITIES]
    cells += [Cell("1x1", c, 8, ping_pong=True) for c in (0, 1)]
    return cells + [Cell(t, c, 8, one_core=True) for t in TOPOLOGIES for c in CAPACITIES]


def few_cells() -> list[Cell]:
    """Enough to see that everything runs, and roughly how it stands."""
    cells = [Cell(t, c, 8) for t in ("1x1", "8x8") for c in (0, 1, 64)] + [Cell("2x2", 1024, 64)]
    return [*cells, Cell("1x1", 1, 8, ping_pong=True), Cell("2x2", 64, 8, one_core=True)]


def takes_part(contender: Contender, cell: Cell) -> bool:
    return contender.can(cell) and (not cell.one_core or contender.name in ON_ONE_CORE)
