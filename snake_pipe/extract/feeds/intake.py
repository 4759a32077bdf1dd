"""A feed of what a walk finds: walks in a thread, leaves out what is already there, numbers the rest."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.discovery.recognition import Recognised
from snake_pipe.extract.feeds.feed import Chunk, Feed
from snake_pipe.extract.model.rows import error_row

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Container, Iterator, Mapping, Sequence

    from snake_pipe.extract.batch_models import DiscoveryError
    from snake_pipe.extract.discovery.recognition import WalkItem
    from snake_pipe.extract.feeds.equal_content import EqualContent, NotedTimes
    from snake_pipe.extract.feeds.feed import Discovered, Known
    from snake_pipe.extract.feeds.ids import FileIds
    from snake_pipe.extract.feeds.shard_revisions import Revision
    from snake_pipe.extract.model.rows import Row

_T = TypeVar("_T")

CHUNK_FILES = 500
"""Files that travel from the walker's thread to the loop at once; the cost of a hop is shared by them."""

_CHUNKS_AHEAD = 100
"""Chunks that the walk may be ahead: far enough that progress knows the end early, and memory stays flat."""

HIDING = frozenset({"unreadable_folder", "unreadable_file", "unreadable_gitignore", "folder_moved"})
"""Codes of errors that keep files from being seen; others tell of what is left out on purpose."""

RULES_FAILED = frozenset({"git_failed"})
"""Codes of errors after which rules are not known that only git knows."""


async def _in_daemon_thread(work: Callable[[], _T]) -> _T:
    """Run a function in a thread that nobody waits for at the end, should it block for ever."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()

    def finish(result: _T | None, error: BaseException | None) -> None:
        if not future.done():
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as caught:  # noqa: BLE001 - raised where it is awaited
            error = caught
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody awaits it any more
            loop.call_soon_threadsafe(finish, result, error)

    threading.Thread(target=run, name="walk", daemon=True).start()
    return await future


class Intake(Feed):
    """Chunks of files to process, in the order of the walk; here they get their ids."""

    def __init__(
        self,
        source: Iterator[WalkItem],
        *,
        job_id: str,
        ids: FileIds,
        discovered: Discovered | None = None,
        known: Sequence[Known] = (),
        wanted: Callable[[list[DiscoveredFile]], list[DiscoveredFile]] = lambda files: files,
        content: EqualContent | None = None,
        noted: NotedTimes | None = None,
        reported: Container[tuple[str, str]] = (),
        is_own: Callable[[str], bool] = lambda _: True,
        counts_again: bool = True,
        row_if_deleted: Callable[[str, Callable[[], int]], Row | None] = lambda *_: None,
        find_deleted: Callable[[], Iterator[Row]] = lambda: iter(()),
        on_first: Callable[[], None] = lambda: None,
        revisions: Callable[[], dict[str, Revision]] = dict,
    ) -> None:
        """A file that one of `known` matches is left out; each of them is asked for every file.

        `wanted(files)` are those of some files that are this job's business at all.
        Of the others, those are left out whose `content` is equal; each is read for that. Their times are
        `noted`, and given on.

        `reported` are (path, code) of errors that the job has recorded before; of paths that are not its
        `is_own` business others record them. Without `counts_again` neither
        they nor files that are left out are counted in `discovered`, as an earlier walk has counted them.

        `row_if_deleted(path, take_id)` gives a row for a listed path that is not there, if the dataset holds
        it. `find_deleted` is asked for the others where nothing kept a file from being seen. `on_first` is
        called, in the walk's thread, when the walk gives the first file that may have to be read.
        """
        super().__init__(discovered)
        self._source = source
        self._job_id = job_id
        self._ids = ids
        self._known = known
        self._wanted = wanted
        self._content = content
        self._noted = noted
        self._reported = reported
        self._is_own = is_own
        self._counts_again = counts_again
        self._row_if_deleted = row_if_deleted
        self._find_deleted = find_deleted
        self._on_first = on_first
        self._revisions = revisions
        self._closing = False
        self._has_begun = False
        self.found_files = False
        """Whether the walk has found any file."""
        self.rules_failed = False
        """Whether git, which knows more rules than the walker, failed: a file left out may be tracked."""
        self.incomplete = False
        """Whether something kept files from being seen: what was not seen may still be there."""
        self.newest_ns = 0
        """When the file was changed that was changed last of those that are processed."""

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """Pull the source in a thread, up to a bound ahead of the consumer."""
        ahead: asyncio.Queue[Chunk | None] = asyncio.Queue(_CHUNKS_AHEAD)

        async def pump() -> None:
            while (chunk := await _in_daemon_thread(self._next_chunk)) is not None:
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

    def take_noted_times(self) -> Mapping[int, int]:
        """Those of files with equal content."""
        return self._noted.take() if self._noted is not None else {}

    def find_deleted(self) -> Iterator[Row]:
        """Rows for files that are gone; none where some could not be seen."""
        return iter(()) if self.incomplete else self._find_deleted()

    def revisions(self) -> dict[str, Revision]:
        """None where some files could not be seen."""
        return {} if self.incomplete else self._revisions()

    def _next_chunk(self) -> Chunk | None:
        chunk = Chunk()
        files = []
        count = 0
        for count, item in enumerate(islice(self._source, CHUNK_FILES), 1):  # noqa: B007 - counts them
            if self._closing:
                return None
            if isinstance(item, DiscoveredFile):
                if not self._has_begun:
                    self._has_begun = True
                    self._on_first()
                files.append(item)
            elif isinstance(item, Recognised):
                self._take_known(item.files)
            elif item.code == "not_found" and (row := self._row_if_deleted(item.path, self._ids.of_row)):
                chunk.deleted.append(row)
            else:
                self._take_error(item, chunk)
        if count == 0:
            return None
        self.found_files |= bool(files)
        self._take_files(self._wanted(files), chunk)
        return chunk

    def _take_files(self, files: list[DiscoveredFile], chunk: Chunk) -> None:
        skip = [False] * len(files)
        for known in self._known:
            skip = [a or bool(b) for a, b in zip(skip, known.match(files), strict=True)]
        others = [file for file, is_known in zip(files, skip, strict=True) if not is_known]
        self.newest_ns = max([self.newest_ns, *(file.mtime_ns for file in others)])
        others, touched = self._without_equal(others)
        chunk.files = [file.numbered(self._ids.of_file(file)) for file in others]
        self._take_known(len(files) - len(others))
        self.discovered.touched += touched if self._counts_again else 0
        self.discovered.files += len(chunk.files)
        self.discovered.bytes += sum(file.size_bytes for file in chunk.files)
        for file in chunk.files:
            self.discovered.add_work(file)

    def _take_known(self, count: int) -> None:
        """Count files that are left out because they are known."""
        self.found_files |= count > 0
        if self._counts_again:
            self.discovered.files += count
            self.discovered.unchanged += count

    def _without_equal(self, files: list[DiscoveredFile]) -> tuple[list[DiscoveredFile], int]:
        """Those whose content is another than the dataset's, and how many of the rest have other times."""
        if self._content is None or not files:
            return files, 0
        before = self._content.touched
        matches = self._content.match(files)
        different = [file for file, is_equal in zip(files, matches, strict=True) if not is_equal]
        return different, self._content.touched - before

    def _take_error(self, item: DiscoveryError, chunk: Chunk) -> None:
        is_new = (item.path, item.code) not in self._reported and self._is_own(item.path)
        self.rules_failed |= item.code in RULES_FAILED
        if item.code in HIDING:
            self.incomplete = True
            self.discovered.unread += self._is_own(item.path) and (self._counts_again or is_new)
        if is_new:
            chunk.errors.append(
                error_row(item.path, self._job_id, phase="discover", code=item.code, message=item.message)
            )
