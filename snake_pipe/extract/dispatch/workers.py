"""What the dispatcher needs of those who run its batches: processes of this machine, or of a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping
    from contextlib import AbstractAsyncContextManager

    from snake_pipe.extract.batch_models import BatchResult, FileBatch
    from snake_pipe.observe.status import HostFigures


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """The worker that had a batch is gone, and with it what it did of the batch.

    `in_hand` is the index of the file that it had in hand last; None if that is not known, or if none
    `has_begun` the batch. `reason` is worker_died, timeout or out_of_memory.
    """

    has_begun: bool
    in_hand: int | None = None
    reason: str = "worker_died"


class Workers(Protocol):
    """They run batches side by side, and get over the loss of some of them; all on one event loop.

    `in_flight` is always the batches that count, by number.
    """

    @property
    def count(self) -> int:
        """Worker processes that there are now."""

    @property
    def most_sent(self) -> int:
        """Batches that may be with them at once: one in hand for each, and what waits there to be next."""

    @property
    def memory_limit(self) -> int:
        """Bytes that a file's worker and those beside it may use together."""

    @property
    def batch_memory(self) -> int | None:
        """Bytes that each of them may take for a batch; None if nothing says so."""

    @property
    def losses(self) -> int:
        """How often workers were lost."""

    @property
    def pressure(self) -> float:
        """The factor in (0, 1] by which batches are to shrink where memory is short, as far as they know."""

    def attach(self, changed: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        """Call `changed` when there are more or fewer of them, `failed` when they cannot go on."""

    def admits(self, batch: FileBatch, in_flight: Collection[FileBatch]) -> bool:
        """Whether there is memory for the batch beside those in flight, the longest there first."""

    async def run(self, batch: FileBatch) -> BatchResult | WorkerLost:
        """Run a batch. WorkerPoolError where no worker can, UsageError where one must not."""

    def alone(
        self,
    ) -> AbstractAsyncContextManager[Callable[[FileBatch], Awaitable[BatchResult | WorkerLost]]]:
        """Within, the function given runs a batch with nothing beside it in the same reach of memory."""

    def busy(self, in_flight: Mapping[int, FileBatch]) -> int:
        """Workers that have a file in hand."""

    def hosts(self) -> list[HostFigures]:
        """The machines that they are on, in order of their names; empty where there is only this one."""

    def note_sign(self, batch_id: int | None = None) -> None:
        """Something goes on: a batch has ended, or work is put off on purpose."""

    def end_overdue(self, in_flight: Mapping[int, FileBatch]) -> None:
        """End workers that are beyond a time limit; to be called about twice a second."""

    def end_largest(self, in_flight: Mapping[int, FileBatch], memory: Mapping[int, int]) -> None:
        """End the worker of this machine that holds the most memory; `memory` is bytes by process id."""

    def end_all(self) -> None:
        """End every worker at once, with what it has in hand."""

    async def recycle(self) -> None:
        """Replace the workers of this machine by fresh ones, when their batches are done."""

    async def close(self, *, abandon: bool) -> None:
        """End the workers; with `abandon` also those that would not end by themselves."""
