"""What files of a language cost: as earlier batches tell, else by defaults that were measured once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.extract.batching.memory import (
    BATCH_MEMORY,
    COORDINATOR_MEMORY,
    MEMORY_PER_BYTE,
    WORKER_MEMORY,
)
from snake_pipe.extract.planning.default_costs import DEFAULT_COSTS, OTHER_COST
from snake_pipe.extract.planning.stretch import DEFAULT_STRETCH
from snake_pipe.observe.estimate import Estimate
from snake_pipe.utils.batch_utils import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snake_pipe.extract.model.work import Work
    from snake_pipe.extract.planning.default_costs import Cost
    from snake_pipe.load.batch_history import BatchTotals

START_SECONDS = 0.12
"""From the start to the first batch, and from the last one to the end: workers, dataset, commit."""

LANGUAGE_SECONDS = 0.03
"""What a worker takes to load a language's grammar."""

SECONDS_PER_FILE = 0.00002
"""The coordinator's own work on a file, and what finding it takes."""

COORDINATOR_PEAK = COORDINATOR_MEMORY + 70 * MIB
"""The coordinator as it commits and tidies."""

_FEWEST_BYTES = 20_000
"""Bytes that batches must have had to tell more of a language than the defaults do."""


@dataclass(frozen=True, slots=True)
class _Learned:
    cost: Cost
    is_learned: bool


class CostModel:
    """Estimates for files by queue, from `history` (sums over earlier batches by queue) and defaults."""

    def __init__(
        self,
        history: Mapping[str, BatchTotals],
        *,
        stretch: float = DEFAULT_STRETCH,
        target_seconds: float = 2.0,
    ) -> None:
        """`stretch` is as `read_stretch` tells it, `target_seconds` how long a batch is to take."""
        self._history = history
        self._stretch = stretch
        self._target_seconds = target_seconds

    def estimate(self, work: Mapping[str, Work], workers: int) -> Estimate:
        """What so many files of each queue take with so many workers; with one, while a cluster has none."""
        workers = max(workers, 1)
        files = sum(one.files for one in work.values())
        size = sum(one.bytes for one in work.values())
        rows = output = busy = rise = longest = learned_bytes = 0.0
        for queue, one in work.items():
            known = self._cost(queue)
            cost = known.cost
            rows += one.files + cost.rows_per_byte * one.bytes
            output += cost.output_per_byte * one.bytes
            seconds = cost.seconds(one.files, one.bytes) + LANGUAGE_SECONDS
            busy += seconds
            longest = max(longest, cost.seconds(1, one.largest))
            batch = min(one.bytes / workers, one.bytes * self._target_seconds / seconds)
            rise = max(rise, BATCH_MEMORY + cost.memory_per_byte * max(batch, one.largest))
            learned_bytes += known.is_learned * one.bytes
        if not files:
            return Estimate(memory=COORDINATOR_MEMORY, seconds=START_SECONDS)
        wall = max(busy / workers, longest)
        busy_workers = min(workers, files)
        return Estimate(
            files=files,
            bytes=size,
            rows=round(rows),
            output=round(output),
            memory=round(COORDINATOR_PEAK + busy_workers * (WORKER_MEMORY + rise)),
            seconds=START_SECONDS + SECONDS_PER_FILE * files + self._stretch * wall,
            learned=learned_bytes / size if size else 0.0,
        )

    def _cost(self, queue: str) -> _Learned:
        """The default, put right by what batches of the queue took in all."""
        default = DEFAULT_COSTS.get(queue, OTHER_COST)
        totals = self._history.get(queue)
        if totals is None or totals.bytes < _FEWEST_BYTES or not totals.seconds:
            return _Learned(default, is_learned=False)
        scale = totals.seconds / default.seconds(totals.files, totals.bytes)
        return _Learned(
            default.scaled(
                scale,
                rows_per_byte=max(0, totals.rows - totals.files) / totals.bytes,
                output_per_byte=totals.output / totals.bytes,
                memory_per_byte=min(
                    max(0, totals.memory - totals.batches * BATCH_MEMORY) / totals.bytes, MEMORY_PER_BYTE
                ),
            ),
            is_learned=True,
        )
