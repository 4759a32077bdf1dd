"""The input of a job: walks in a thread, leaves out what is already there, numbers the rest."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.feeds.feed import Chunk, Feed
from snake_pipe.extract.model.rows import error_row

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

    from snake_pipe.extract.batch_models import DiscoveryError
    from snake_pipe.extract.feeds.feed import Known
    from snake_pipe.extract.feeds.ids import FileIds
    from snake_pipe.extract.model.rows import Row

_T = TypeVar("_T")

_CHUNK = 500
"""Files that travel from the walker's thread to the loop at once; the cost of a hop is shared by them."""

_CHUNKS_AHEAD = 100
"""Chunks that the walk may be ahead, so that progress knows the end early and memory stays flat."""


_HIDING = frozenset({"unreadable_folder", "unreadable_file", "unreadable_gitignore", "folder_moved"})
"""Codes of errors that keep files from being seen; others tell of what is left out on purpose."""


async def _in_daemon_thread(work: Callable[[], _T]) -> _T:
    """Run a function in a thread that nobody waits for at the end, should it block for ever."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()

    def settle(result: _T | None, error: BaseException | None) -> None:
        if not future.done():
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as caught:  # noqa: BLE001 - handed over to who waits
            error = caught
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="walk", daemon=True).start()
    return await future


class Intake(Feed):
    """Chunks of files to process, in the order of the walk.

    Files that are to be processed get their ids here. `known` are asked one after the other; a file that one
    of them matches is left out.
    `incomplete` tells afterwards that a folder or a root could not be read, so that what was not seen may
    still be there.
    """

    def __init__(
        self,
        source: Iterator[DiscoveredFile | DiscoveryError],
        *,
        job_id: str,
        ids: FileIds,
        known: Sequence[Known] = (),
        told: frozenset[tuple[str, str]] = frozenset(),
        gone: Callable[[str, Callable[[], int]], Row | None] = lambda *_: None,
    ) -> None:
        """`told` are (path, code) of errors that this job has recorded before.

        `gone` gives a row for a listed path that is not there, if the dataset holds it, and takes an id for
        it; None if it does not.
        """
        self._source = source
        self._told = told
        self._gone = gone
        self._closing = False
        self._job_id = job_id
        self._ids = ids
        self._known = known

    async def chunks(self, on_chunk: Callable[[Chunk], None]) -> AsyncGenerator[Chunk, None]:
        """Pull the source in a thread, up to a bound ahead of the consumer; `on_chunk` sees each at once."""
        ahead: asyncio.Queue[Chunk | None] = asyncio.Queue(_CHUNKS_AHEAD)

        async def pump() -> None:
            while (chunk := await _in_daemon_thread(self._next_chunk)) is not None:
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
            self._closing = True
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            with contextlib.suppress(ValueError):  # its thread is still in it, and ends by itself
                getattr(self._source, "close", int)()

    def _next_chunk(self) -> Chunk | None:
        chunk = Chunk()
        files = []
        count = 0
        for count, item in enumerate(islice(self._source, _CHUNK), 1):  # noqa: B007 - counts them
            if self._closing:
                return None
            if isinstance(item, DiscoveredFile):
                files.append(item)
            elif item.code == "not_found" and (row := self._gone(item.path, self._ids.of_row)):
                chunk.deleted.append(row)
            else:
                if item.code in _HIDING:
                    self.incomplete = True
                    chunk.unread += 1
                if (item.path, item.code) not in self._told:
                    chunk.errors.append(self._error(item))
        if count == 0:
            return None
        chunk.discovered = len(files)
        skip = [False] * len(files)
        for known in self._known:
            skip = [a or bool(b) for a, b in zip(skip, known.match(files), strict=True)]
        for file, unchanged in zip(files, skip, strict=True):
            if not unchanged:
                chunk.files.append(file.numbered(self._ids.of_file(file)))
        chunk.unchanged = len(files) - len(chunk.files)
        return chunk

    def _error(self, item: DiscoveryError) -> Row:
        return error_row(item.path, self._job_id, phase="discover", code=item.code, message=item.message)
