"""What is measured of channels: cells, and who takes part in them."""
import dataclasses

from rounds import Contender

TOPOLOGIES = ("1x1", "2x2", "4x4", "8x8", "8x1", "1x8")
CAPACITIES = (0, 1, 16, 64, 1024)
WIDTHS = (8, 64)
PARKED_MS = 512  # which all topologies can share


@dataclasses.dataclass(frozen=True)
class Cell:
    topology: str  # producers x consumers
    capacity: int
    bytes: int
    kind: str = "stream"  # or ping-pong, parked
    one_core: bool = False

    def __str__(self) -> str:
        return f"{self.topology if self.kind == 'stream' else self.kind}, {self.capacity}"

    def title(self) -> str:
        if self.kind == "parked":
            return "threads and coroutines that wait"
        return f"items of {self.bytes} bytes{' on one core' if self.one_core else ''}"

    @property
    def fixed(self) -> int | None:
        return PARKED_MS if self.kind == "parked" else None

    def flags(self, contender: Contender) -> list[str]:
        flags = ["--cell", self.topology, "--capacity", str(self.capacity), "--bytes", str(self.bytes)]
        return [*flags, *{"ping-pong": ["--pingpong"], "parked": ["--parked"]}.get(self.kind, [])]

    def checksum(self, items: int) -> int:
        """Each number once as the first word of an item, and once as the last."""
        return items if self.kind == "parked" else items * (items + 1)

    def like(self):
        return dataclasses.replace(self, bytes=8) if self.bytes != 8 else None


OURS = ("weir", "weir-coroutines")
BLOCKING = ("condvar", "tbb")  # the C++ peers that are bounded and whose threads sleep
LIGHT = ("asio", "fiber")
RIVALS = {"weir": {"go": ["go"], "crossbeam": ["crossbeam"], "best of condvar, tbb": BLOCKING},
          "weir-coroutines": {"go": ["go"], "crossbeam": ["crossbeam"], "best of asio, fiber": LIGHT}}


def ours(cell: Cell) -> bool:
    return True


def only_streams(cell: Cell) -> bool:
    return cell.kind != "parked" and not cell.one_core


def go(cell: Cell) -> bool:
    return cell.kind != "parked"


def without_rendezvous(cell: Cell) -> bool:
    return only_streams(cell) and cell.capacity > 0


CONTENDERS = (
    Contender("weir", "channel_weir_threads", "weir's library", can=ours),
    Contender("weir-coroutines", "channel_weir_coroutines", "weir/exec", can=ours),
    Contender("go", "channel_go", "Go", note="goroutines", can=go),
    Contender("crossbeam", "channel_crossbeam", "cargo and crossbeam-channel",
              note="never sleeps for long: spins, then yields", can=only_streams),
    Contender("condvar", "channel_condvar", "a C++ compiler", note="no rendezvous", can=without_rendezvous),
    Contender("tbb", "channel_tbb", "oneTBB (libtbb-dev)", note="no rendezvous", can=without_rendezvous),
    Contender("moodycamel", "channel_moodycamel", "moodycamel (libconcurrentqueue-dev)",
              note="unbounded, and in order only for each producer by itself: a sender never waits",
              can=lambda cell: only_streams(cell) and cell.capacity == max(CAPACITIES)),
    Contender("asio", "channel_asio", "Boost.Asio (libboost1.81-dev)",
              note="coroutines on a thread a processor", can=only_streams),
    Contender("fiber", "channel_fiber", "Boost.Fiber (libboost-fiber1.81-dev)",
              note="fibers on a thread a processor; of 2^n places, n > 1, one stays empty", can=only_streams),
)


def all_cells() -> list[Cell]:
    cells = [Cell(t, c, b) for b in WIDTHS for t in TOPOLOGIES for c in CAPACITIES]
    cells += [Cell("1x1", c, 8, "ping-pong") for c in (0, 1)]
    cells += [Cell(t, c, 8, one_core=True) for t in TOPOLOGIES for c in CAPACITIES]
    return [*cells, Cell("8x8", 64, 8, "parked")]


def few_cells() -> list[Cell]:
    """Enough to see that everything runs, and roughly how it stands."""
    cells = [Cell(t, c, 8) for t in ("1x1", "8x8") for c in (0, 1, 64)] + [Cell("2x2", 1024, 64)]
    cells += [Cell("1x1", 1, 8, "ping-pong"), Cell("2x2", 64, 8, one_core=True)]
    return [*cells, Cell("8x8", 64, 8, "parked")]
