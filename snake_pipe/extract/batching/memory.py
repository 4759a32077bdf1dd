"""The one model of memory: what things take, how it is shared out, and what to do as it runs short.

Sans-I/O: figures in, measures out.
"""

from __future__ import annotations

from dataclasses import dataclass

from snake_pipe.errors import UsageError
from snake_pipe.extract.batch_models import is_packed
from snake_pipe.utils.batch_utils import MIB, clamp

COORDINATOR_MEMORY = 130 * MIB
"""The coordinator with its libraries, and the process that workers are forked from."""

WORKER_MEMORY = 60 * MIB
"""A worker with a little work in hand; 36 MiB of it while idle."""

BATCH_MEMORY = 4 * MIB
"""What any batch may take, however small: a grammar, the first buffers."""

MEMORY_PER_BYTE = 30
"""Bytes that a byte of input may take while it becomes rows: of JSON, which needs the most, trees of real
tools take ten to twenty."""

_MEMORY_PER_SOURCE_BYTE = 25
"""Bytes that a byte of a source takes while its whole tree is there: a header of definitions alone does."""

_MEMORY_PER_NODE = 600
"""Bytes that a node takes while the rows of its batch are built."""

_BYTES_PER_NODE = 80
"""Of JSON, and few; the trees in `sample_repos` have up to 200."""

_MOST_PIECE_NODES = 8_000
"""Nodes of a piece: twice as many take twice the memory, and no less time."""

_PACKED = 15
"""How many times its packed size a tree has, more or less."""

_MOST_TREE_NODES = 50_000
"""Nodes of decoded trees that wait: what is kept of more scatters the memory of the trees that follow."""

SHRINK, RECYCLE, ONE_AT_A_TIME, KILL = 0.60, 0.70, 0.80, 0.95
"""Steps of the ladder, as shares of the limit."""

_RECYCLE_EVERY = 10.0
"""Seconds between two replacements of the pool; a new one needs time to show its effect."""

_RECYCLE_WORTH = 0.35
"""Share of the limit that workers must hold for a new pool to change anything."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """What fits into `limit` bytes: so many workers, each with `batch_memory` bytes for a batch.

    `nodes_in_memory` is how many nodes a worker may hold before it writes their rows.
    """

    limit: int
    workers: int
    batch_memory: int
    nodes_in_memory: int

    @property
    def tree_nodes_in_memory(self) -> int:
        """As `nodes_in_memory`, of trees that were decoded from JSON."""
        return min(self.nodes_in_memory, _MOST_TREE_NODES)

    @property
    def largest_whole(self) -> int:
        """Bytes of JSON that fit as a whole."""
        return self.batch_memory // MEMORY_PER_BYTE

    @property
    def largest_at_once(self) -> int:
        """Bytes of JSON above which a document is read in pieces, if it can be cut."""
        return min(self.nodes_in_memory * _BYTES_PER_NODE, self.largest_whole)

    @property
    def piece_nodes(self) -> int:
        """Nodes that may be held of a document that is read in pieces."""
        return min(self.nodes_in_memory // 10, _MOST_PIECE_NODES)

    @property
    def piece_bytes(self) -> int:
        """Bytes of JSON with so many nodes."""
        return self.piece_nodes * _BYTES_PER_NODE

    @property
    def group_rows(self) -> int:
        """Rows of pieces that are written as one row group."""
        return self.nodes_in_memory // 2


def plan_memory(limit: int, workers: int) -> MemoryPlan:
    """Share out `limit` bytes among up to `workers` workers; UsageError if it is too little for one."""
    usable = ONE_AT_A_TIME * limit
    fitting = int((usable - COORDINATOR_MEMORY) // WORKER_MEMORY)
    if fitting < 1:
        least = int((COORDINATOR_MEMORY + WORKER_MEMORY) / ONE_AT_A_TIME / MIB) + 1
        raise UsageError(
            f"{limit // MIB} MiB of memory is too little for one worker", f"at least {least} MiB"
        )
    workers = min(workers, fitting)
    batch = int(max(memory_for_batches(limit, workers) / workers, 16 * MIB))
    nodes = int(clamp(batch / 2 / _MEMORY_PER_NODE, 20_000, 200_000))
    return MemoryPlan(limit, workers, batch, nodes)


def memory_for_batches(limit: int, workers: int) -> float:
    """Bytes that are left to all batches in hand together, beside the processes themselves."""
    return ONE_AT_A_TIME * limit - COORDINATOR_MEMORY - workers * WORKER_MEMORY / 2


def memory_of_source(size: int) -> int:
    """Bytes of memory that a source of so many bytes takes; of a small one less than any batch may."""
    return _MEMORY_PER_SOURCE_BYTE * size


def unpacked_size(path: str, size_bytes: int) -> int:
    """Bytes of the tree in a file, which may be packed, as far as its name and size tell."""
    return size_bytes * (_PACKED if is_packed(path) else 1)


@dataclass(frozen=True, slots=True)
class Measures:
    """`pressure` scales batch sizes, 1.0 being none; the others are to be done now."""

    pressure: float = 1.0
    recycle: bool = False
    one_at_a_time: bool = False
    kill: bool = False


class MemoryGuard:
    """Turns readings into measures: shrink batches, replace the pool, one batch at a time, end a worker."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.peak = 0
        self.now = 0
        self._last_recycle = float("-inf")

    @property
    def is_short(self) -> bool:
        """Whether the last reading asked for measures."""
        return self.now >= SHRINK * self.limit

    def is_close(self, total: int) -> bool:
        """Whether a rough reading is so high that an exact one is worth its price."""
        return total >= (SHRINK - 0.1) * self.limit

    def read(self, total: int, workers: int, now: float) -> Measures:
        """The measures for `total` bytes in use, `workers` of them in workers.

        `now` is in seconds, on any clock that goes forward.
        """
        self.now = total
        self.peak = max(self.peak, total)
        share = total / self.limit
        recycle = (
            share >= RECYCLE
            and workers >= _RECYCLE_WORTH * self.limit
            and now - self._last_recycle >= _RECYCLE_EVERY
        )
        if recycle:
            self._last_recycle = now
        pressure = 1.0 if share < SHRINK else max(0.1, 1.0 - 2.0 * (share - SHRINK))
        return Measures(pressure, recycle, share >= ONE_AT_A_TIME, share >= KILL)
