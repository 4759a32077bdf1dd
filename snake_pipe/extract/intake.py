"""The input of a job: walks in a thread, leaves out what is already there, numbers the rest."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.file_rows import Row, error_row

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

    from snake_pipe.extract.batch_models import DiscoveryError

_CHUNK = 500
"""Files that travel from the walker's thread to the loop at once; the cost of a hop is shared by them."""

_CHUNKS_AHEAD = 100
"""Chunks that the walk may be ahead, so that progress knows the end early and memory stays flat."""


_HIDING = frozenset({"unreadable_folder", "unreadable_file", "unreadable_gitignore", "folder_moved"})
"""Codes of errors that keep files from being seen; others tell of what is left out on purpose."""


class Known(Protocol):
    """What a dataset holds already: tells which of some files need not be read again."""

    def match(self, files: Sequence[DiscoveredFile]) -> Sequence[bool]:
        """For each file, whether it is there as it is; remembers that it was seen."""
        ...


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


class Intake:
    """Chunks of files to process, in the order of the walk.

    File ids are `epoch << 32 | ordinal`, the ordinal counting the files that are to be processed. `known`
    are asked one after the other; a file that one of them matches is left out.
    `incomplete` tells afterwards that a folder or a root could not be read, so that what was not seen may
    still be there.
    """

    def __init__(
        self,
        source: Iterator[DiscoveredFile | DiscoveryError],
        *,
        job_id: str,
        epoch: int,
        known: Sequence[Known] = (),
    ) -> None:
        self._source = source
        self._job_id = job_id
        self._next_id = epoch << 32
        self._known = known
        self.incomplete = False
        self.complete = False

    async def chunks(self, on_chunk: Callable[[Chunk], None]) -> AsyncGenerator[Chunk, None]:
        """Pull the source in a thread, up to a bound ahead of the consumer; `on_chunk` sees each at once."""
        ahead: asyncio.Queue[Chunk | None] = asyncio.Queue(_CHUNKS_AHEAD)

        async def pump() -> None:
            while (chunk := await asyncio.to_thread(self._next_chunk)) is not None:
                on_chunk(chunk)
                await ahead.put(chunk)
            self.complete = True
            await ahead.put(None)

        task = asyncio.create_task(pump())
        try:
            while True:
                get = asyncio.ensure_future(ahead.get())
                await asyncio.wait((get, task), return_when=asyncio.FIRST_COMPLETED)
                if not get.done():  # the pump ended without a last word: it failed
                    get.cancel()
                    task.result()
                    return
                if (chunk := get.result()) is None:
                    return
                yield chunk
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.to_thread(self._close)

    def _close(self) -> None:
        close = getattr(self._source, "close", None)
        if close is not None:
            close()

    def _next_chunk(self) -> Chunk | None:
        items = list(islice(self._source, _CHUNK))
        if not items:
            return None
        chunk = Chunk()
        files = []
        for item in items:
            if isinstance(item, DiscoveredFile):
                files.append(item)
            else:
                if item.code in _HIDING:
                    self.incomplete = True
                    chunk.unread += 1
                chunk.errors.append(
                    error_row(item.path, self._job_id, phase="discover", code=item.code, message=item.message)
                )
        chunk.discovered = len(files)
        skip = [False] * len(files)
        for known in self._known:
            skip = [a or bool(b) for a, b in zip(skip, known.match(files), strict=True)]
        for file, unchanged in zip(files, skip, strict=True):
            if not unchanged:
                chunk.files.append(replace(file, file_id=self._next_id))
                self._next_id += 1
        chunk.unchanged = len(files) - len(chunk.files)
        return chunk

    def next_file_id(self) -> int:
        """An id of this epoch for a row that stands for no file read, such as a deletion."""
        self._next_id += 1
        return self._next_id - 1
