"""What a run reads its files from: a walk, a watch, or whoever submits them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.extract.model.rows import Row


@dataclass(slots=True)
class Chunk:
    """A piece of the input; `discovered` also counts the files that are `unchanged`.

    `unread` counts those of the errors behind which files may be that nobody has seen.
    """

    files: list[DiscoveredFile] = field(default_factory=list)
    errors: list[Row] = field(default_factory=list)
    discovered: int = 0
    unchanged: int = 0
    unread: int = 0
    deleted: list[Row] = field(default_factory=list)


class Known(Protocol):
    """Files that are there already: tells which of some need not be read again."""

    def match(self, files: Sequence[DiscoveredFile]) -> Sequence[bool]:
        """For each file, whether it is there as it is; remembers that it was seen."""
        ...


class Feed(ABC):
    """Gives a run its files, on the run's event loop.

    `complete` tells that nothing more is expected (a watch is complete when all was walked once),
    `incomplete` that a folder could not be read, so that what was not seen may still be there.
    `submitted` and `given` count files that came to the feed and that it has handed over, where that is not
    at once. `flush_now` is the run's own, for a feed that has to wait for its files.
    """

    complete: bool = False
    incomplete: bool = False
    submitted: int = 0
    given: int = 0
    flush_now: Callable[[], Awaitable[None]] | None = None

    @abstractmethod
    def chunks(self, on_chunk: Callable[[Chunk], None]) -> AsyncGenerator[Chunk, None]:
        """The files with their ids, in pieces; `on_chunk` sees each as early as possible."""

    def end(self) -> bool:
        """Asked to come to an end: whether it will, soon, after what it has taken in.

        False from a feed that may have much to come: then the run is stopped, and resumed another day.
        """
        return False

    def committed(self, rows: int) -> None:  # noqa: B027 - most feeds need not know
        """Told after each commit: how many rows of `files` this run has committed so far."""
