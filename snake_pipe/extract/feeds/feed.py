"""What a run reads its files from: a walk, a watch, or whoever submits them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from snake_pipe.extract.discovery.left_out import LeftOut
from snake_pipe.extract.model.work import Work

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence

    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.extract.feeds.shard_revisions import Revision
    from snake_pipe.extract.model.rows import Row


@dataclass(slots=True)
class Chunk:
    """A piece of the input: files to process, and rows for what needs no worker."""

    files: list[DiscoveredFile] = field(default_factory=list)
    deleted: list[Row] = field(default_factory=list)
    """Rows of `files`."""
    errors: list[Row] = field(default_factory=list)
    """Rows of `errors`."""
    flush: bool = False
    """Whether all that was yielded is to be committed, as far as can be now, before the next chunk."""


@dataclass(slots=True)
class Discovered:
    """What a feed has found so far, which may be more than it has yielded.

    `files` includes those that are `unchanged`, of which `touched` have other times; `bytes` is the size of
    the others. `unread` counts errors that may hide files, such as an unreadable folder. `left_out` counts
    files that are not read. `work` is what there is to read, by queue.
    """

    files: int = 0
    unchanged: int = 0
    touched: int = 0
    bytes: int = 0
    unread: int = 0
    left_out: LeftOut = field(default_factory=LeftOut)
    work: dict[str, Work] = field(default_factory=dict)

    def add_work(self, file: DiscoveredFile) -> None:
        """Count a file that is to be read; one that is only to be recorded takes nothing."""
        if file.skip_reason is None:
            work = self.work.get(file.queue)
            if work is None:
                work = self.work[file.queue] = Work()
            work.add(file.size_bytes)


class Known(Protocol):
    """Files that are there already: tells which of some need not be read again."""

    def match(self, files: Sequence[DiscoveredFile]) -> Sequence[bool]:
        """For each file, whether it is there as it is; remembers that it was seen."""
        ...


class Feed(ABC):
    """Gives a run its files, on the run's event loop. What only some feeds need does nothing by default."""

    is_live: bool = False
    """Whether somebody makes the files as it goes on: nobody would begin such a job again."""

    complete: bool = False
    """Whether `discovered` is final; for a watch, whether the first walk is through."""

    received: int = 0
    """Files that were submitted to the feed; what a feed finds by itself does not count."""
    yielded: int = 0
    """How many of those that it received it has yielded."""

    def __init__(self, discovered: Discovered | None = None) -> None:
        self.discovered = discovered or Discovered()

    def take_noted_times(self) -> Mapping[int, int]:
        """New times of files that are as they were, in ns by their ids; each is given once.

        They are hints: where a run dies before they are written, the next one hashes these files again.
        """
        return {}

    @abstractmethod
    def chunks(self) -> AsyncGenerator[Chunk, None]:
        """The files with their ids, each once, in the order in which they are to be batched."""

    def find_deleted(self) -> Iterator[Row]:
        """Rows for files that are gone; read in a thread, once all chunks are processed."""
        return iter(())

    def revisions(self) -> dict[str, Revision]:
        """What is known of the repositories' rows, by name, once all that was found is committed."""
        return {}

    def end(self) -> bool:
        """Ask for the end: whether the feed will come to it soon, after what it has taken in.

        False from a feed that may have much to come: then the run is stopped, and resumed another day.
        """
        return False

    def settle(self, rows: Iterable[Row]) -> None:  # noqa: B027 - most feeds need not know
        """Rows of `files` that this run has made, before they are committed."""

    def committed(self, rows: int) -> None:  # noqa: B027 - most feeds need not know
        """Called after each commit with the number of rows of `files` that this run has committed so far."""
