"""What a run reads its files from: a walk, a watch, or whoever submits them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from snake_pipe.extract.feeds.intake import Chunk


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
