"""Batching strategies: how large a batch of a queue should be, and where it is cut.

    from snake_pipe.plugins import BatchTarget

    class SmallAtNight:
        def target(self, queue, adapted, settings):
            return BatchTarget(files=10, bytes=adapted.bytes)

        def cut(self, files, following):
            return len(files)

The engine's own limits hold whatever a strategy says.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol

from snake_pipe.plugins.installed import load_plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BATCHING_GROUP = "snake_pipe.batching"
"""The group of entry points of batching strategies: each is called without arguments, and gives one."""

BUILT_IN_STRATEGIES = {
    "adaptive": "snake_pipe.plugins.batching:Adaptive",
    "fixed": "snake_pipe.plugins.batching:Fixed",
    "by-folder": "snake_pipe.plugins.batching:ByFolder",
}
"""The strategies of snake-pipe itself, each with its place as `module:name`."""


class BatchTarget(NamedTuple):
    """When a queue's batch is full; no batch that is cut then holds more, one file excepted."""

    files: int
    bytes: int


class BatchSettings(NamedTuple):
    """The settings of that name as they are now, which may change while a job runs."""

    batch_size: int
    max_batch_size: int
    batch_bytes: int
    target_seconds: float


class WaitingFile(Protocol):
    """A file that waits; `queue` is its language, or `ast`."""

    @property
    def repo(self) -> str:
        """The name of its repository."""

    @property
    def path(self) -> str:
        """Its path in there, with slashes."""

    @property
    def size_bytes(self) -> int:
        """Its size."""

    @property
    def queue(self) -> str:
        """The language it is of, or `ast`."""

    @property
    def priority(self) -> int:
        """0 to 10; the most urgent have left before."""


class BatchingStrategy(Protocol):
    """Asked between sizing and cutting, in the coordinator: it must answer at once.

    One that raises, gives no such answer, or takes longer than a second is told of and not asked again;
    batches are then cut as by `adaptive`.
    """

    def target(self, queue: str, adapted: BatchTarget, settings: BatchSettings) -> BatchTarget:
        """Files and bytes at which a batch of the queue is full; `adapted` is what measured batches suggest.

        More than `max_batch_size`, `batch_bytes` or a worker's memory allow is cut to that, and while memory
        is short to a share of it. Not asked for what `queue_sizes` says of a queue.
        """
        ...

    def cut(self, files: Sequence[WaitingFile], following: WaitingFile | None) -> int:
        """How many of the files leave in the next batch, at least one; the others come first in a later one.

        They are the most that a batch may hold, in the order in which they leave; `following` comes next,
        None where none waits.
        """
        ...


class Adaptive:
    """Batches take about `target_seconds`, by what earlier ones took."""

    def target(self, queue: str, adapted: BatchTarget, settings: BatchSettings) -> BatchTarget:  # noqa: ARG002
        """What measured batches suggest."""
        return adapted

    def cut(self, files: Sequence[WaitingFile], following: WaitingFile | None) -> int:  # noqa: ARG002
        """All of them."""
        return len(files)


class Fixed(Adaptive):
    """Batches of `batch_size` files and no more than `batch_bytes`, whatever they take."""

    def target(self, queue: str, adapted: BatchTarget, settings: BatchSettings) -> BatchTarget:  # noqa: ARG002
        """As it is set."""
        return BatchTarget(settings.batch_size, settings.batch_bytes)


class ByFolder(Adaptive):
    """Files of one folder that follow each other stay together, as far as a batch can hold them."""

    def cut(self, files: Sequence[WaitingFile], following: WaitingFile | None) -> int:
        """Up to the last place where the folder changes."""
        if following is None:
            return len(files)
        folders = [_folder(file) for file in (*files, following)]
        changes = [at for at, (one, next_) in enumerate(pairwise(folders), 1) if one != next_]
        return changes[-1] if changes else len(files)


def _folder(file: WaitingFile) -> tuple[str, str]:
    return file.repo, file.path.rpartition("/")[0]


def load_strategy(name: str) -> Callable[[], BatchingStrategy]:
    """What makes the strategy of that name; PluginError where there is none, or it cannot be imported."""
    found: Callable[[], BatchingStrategy] = load_plugin(
        "batching strategy", BATCHING_GROUP, name, BUILT_IN_STRATEGIES
    )
    return found
