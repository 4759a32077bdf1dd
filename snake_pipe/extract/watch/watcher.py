"""A feed without an end: all files of some folders, and then what changes among them.

Listening begins before the first walk, so that nothing falls between. Changes of a few files are looked at
one by one; whatever says less clearly what happened (a folder moved, a `.gitignore` edited, another branch
checked out, changes that were not heard) leads to another walk, which compares the disk with what is
committed.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError
from snake_pipe.extract.feeds.feed import Chunk, Feed
from snake_pipe.extract.watch.changes import Asked, Rules, kind_on_disk, matters, without_links
from snake_pipe.extract.watch.listener import ChangeListener, Folders, Heard, WatchOptions
from snake_pipe.extract.watch.survey import Survey
from snake_pipe.observe.events import ChangesVisible, Notice, Rescan

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

    from snake_pipe.extract.discovery.request import IngestRequest
    from snake_pipe.extract.feeds.ids import FileIds
    from snake_pipe.extract.feeds.prior_files import PriorFiles
    from snake_pipe.load.known_files import KnownFiles
    from snake_pipe.observe.events import Listener

__all__ = ["WatchOptions", "Watcher", "check_watch"]

_TICK = 1.0
"""Seconds between two looks at the folders themselves."""

_STALLED = 2.0
"""Seconds by which a tick may be late before it counts that this process was stopped meanwhile."""

_SECOND_LOOK = 1.0
"""Seconds after which a new folder is looked at again: what was made in it at once was perhaps not heard."""

_LAST_STEPS = 4
"""Times of quiet after a request to end: the first change, the end of its group, and as much to spare."""

_QUIET, _MOST_QUIET = 0.2, 1.0
"""A walk waits for so much quiet in seconds, but not longer than the second."""

_POLL_SECONDS = 1.0
"""Seconds between two walks where nothing is heard."""

_REST, _REST_OF_POLLS = 100, 10
"""Walks that only look for what was missed take at most one part in so many of the time."""

_MOST_GIVEN = 50_000
"""Changed paths remembered before another walk takes their place."""

_POLLS = "the kernel cannot watch all folders (fs.inotify.max_user_watches?); they are walked again and again"
_REPLACED = "a watched folder was replaced"


def check_watch(request: IngestRequest) -> None:
    """UsageError for a request that cannot be watched."""
    if request.file_list is not None or not request.roots:
        raise UsageError("watch needs folders, not a list of files")
    for root in request.roots:
        if not Path(root).is_dir():
            raise UsageError(f"not a folder: {root}", "watch the folder the file is in, with --include")


@dataclass(frozen=True, slots=True)
class _Gift:
    """Changes handed over together: visible when `rows` of this run are committed."""

    rows: int
    files: int
    deleted: int
    heard_at: float


class Watcher(Feed):
    """The feed; everything on one event loop."""

    def __init__(
        self,
        request: IngestRequest,
        options: WatchOptions,
        *,
        job_id: str,
        ids: FileIds,
        max_file_size: int,
        prior: PriorFiles,
        reload: Callable[[], PriorFiles],
        own: Callable[[], KnownFiles],
        listener: Listener,
        reported: Iterable[tuple[str, str]] = (),
    ) -> None:
        """`prior` is what the dataset holds before the job.

        `reload` reads that again and `own` what this job has committed, both in a thread. `reported` are
        (path, code) of errors recorded before.
        """
        super().__init__()
        self._request = request
        self._options = options
        self._reload = reload
        self._own = own
        self._tell = listener
        self._survey = Survey(
            request,
            job_id=job_id,
            ids=ids,
            max_file_size=max_file_size,
            prior=prior,
            discovered=self.discovered,
            reported=reported,
            listener=listener,
        )
        self._rules = Rules(
            frozenset(root.rstrip(b"/") for root in self._survey.roots),
            kind_on_disk,
            self._survey.has_files,
            without_links,
            use_gitignore=request.use_gitignore,
        )
        self._second_looks: list[tuple[float, frozenset[bytes]]] = []
        self._rows_given = 0
        self._rows_committed = 0
        self._gifts: deque[_Gift] = deque()
        self._news = asyncio.Event()
        self._commits = asyncio.Event()
        self._went_away = False
        self._after_storm = False
        self._ending = False
        self.rescans = 0
        """Walks after the first one."""

    # -- for the run ---------------------------------------------------------------------------------

    def committed(self, rows: int) -> None:
        """Take note of how many rows of `files` this run has committed."""
        self._rows_committed = rows
        self._commits.set()
        visible = []
        while self._gifts and self._gifts[0].rows <= rows:
            visible.append(self._gifts.popleft())
        if visible:
            files, deleted = sum(gift.files for gift in visible), sum(gift.deleted for gift in visible)
            self._tell(ChangesVisible(files, deleted, time.monotonic() - visible[0].heard_at))

    def end(self) -> bool:
        """Hand over what was heard by now and end; False before the first walk is through."""
        self._ending = self.complete
        self._news.set()
        return self._ending

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """All files, then what changes, until `end`."""
        listener = self._listener()
        try:
            await asyncio.to_thread(listener.start)
            if listener.polls and not self._options.poll:
                self._tell(Notice("watch_polls", _POLLS))
            async with aclosing(self._survey.walk()) as chunks:
                async for chunk in chunks:
                    yield self._count(chunk)
            self.complete = True
            async with aclosing(self._follow(listener)) as chunks:
                async for chunk in chunks:
                    yield self._count(chunk)
        finally:
            listener.stop()

    def _listener(self) -> ChangeListener:
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._news.set)

        roots = tuple(os.fsdecode(root) for root in self._survey.roots)
        left_out = (f"{Path(self._request.dataset).resolve()}/",)
        return ChangeListener(
            [Path(root) for root in roots],
            self._options,
            matters=lambda path: matters(path, roots, left_out),
            wake=wake,
        )

    def _count(self, chunk: Chunk) -> Chunk:
        self._rows_given += len(chunk.files) + len(chunk.deleted)
        return chunk

    # -- following -----------------------------------------------------------------------------------

    async def _follow(self, listener: ChangeListener) -> AsyncGenerator[Chunk, None]:
        next_walk = time.monotonic() + self._pause(listener, 0.0)
        is_last = False
        while not is_last:
            stalled = await self._wait_for_news(next_walk)
            if self._ending:  # what was saved before the request to end is still to be heard
                await asyncio.sleep(_LAST_STEPS * self._options.debounce)
                is_last = True
            folders = await asyncio.to_thread(listener.check_folders)
            if folders is Folders.MISSING:  # perhaps it comes back; until then nothing is due
                self._went_away, self._second_looks = True, []
                next_walk = time.monotonic() + _TICK
                continue
            begun = time.monotonic()
            is_time = begun >= next_walk or (is_last and listener.polls)
            heard = listener.take()
            asked = self._asked(folders, heard, stalled=stalled, is_time=is_time)
            work = self._work(asked, heard, listener, is_last=is_last)
            files = deleted = 0
            try:
                async with aclosing(work) as chunks:
                    async for chunk in chunks:
                        files, deleted = files + len(chunk.files), deleted + len(chunk.deleted)
                        yield chunk
            except UsageError:  # a watched folder went away meanwhile
                self._went_away = True
            if files or deleted:
                self._gifts.append(_Gift(self._rows_given, files, deleted, begun))
                self.committed(self._rows_committed)
            if asked.rescan is not None:
                done = time.monotonic()
                next_walk = done + self._pause(listener, done - begun)

    async def _work(
        self,
        asked: Asked,
        heard: Heard,
        listener: ChangeListener,
        *,
        is_last: bool,
    ) -> AsyncGenerator[Chunk, None]:
        """A look at what was heard of, which is quickly done, and then the walk if one is asked for."""
        again = self._due_again(everything=is_last)
        self._note(asked.folders)
        for paths, is_again in ((asked.paths, False), (again, True)):
            async with aclosing(self._survey.look(paths, again=is_again)) as chunks:
                async for chunk in chunks:
                    yield chunk
        if asked.rescan is not None:
            left = heard if asked.is_storm else Heard()
            async with aclosing(self._walk_again(asked.rescan, left, listener)) as chunks:
                async for chunk in chunks:
                    yield chunk

    def _pause(self, listener: ChangeListener, seconds: float) -> float:
        """Time to the next walk without a reason, where the last one took so long.

        After a storm it comes soon: many folders may be new, and each asks for its second look.
        """
        if self._after_storm:
            return _SECOND_LOOK
        if listener.polls:
            return max(_POLL_SECONDS, _REST_OF_POLLS * seconds)
        return max(self._options.rescan_seconds, _REST * seconds)

    async def _wait_for_news(self, next_walk: float) -> bool:
        """Wait for changes, what is due, the end or the next tick; whether it came far too late."""
        begun = time.monotonic()
        wait = max(0.0, min([begun + _TICK, next_walk, *(due for due, _ in self._second_looks)]) - begun)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._news.wait()
        self._news.clear()
        return time.monotonic() - begun > wait + _STALLED

    def _asked(self, folders: Folders, heard: Heard, *, stalled: bool, is_time: bool) -> Asked:
        """A walk where there may be changes that were not heard, else what was heard asks for."""
        reasons = (
            (folders is Folders.REPLACED, _REPLACED),
            (self._went_away, "a watched folder was away"),
            (heard.missed is not None, heard.missed),
            (stalled, "this process stood still"),
            (is_time, "it is time"),
            (self._survey.given > _MOST_GIVEN, "many files changed since the last walk"),
        )
        reason = next((reason for holds, reason in reasons if holds), None)
        asked = self._rules.judge(heard.changes)
        return asked if reason is None else replace(asked, rescan=reason)

    def _due_again(self, *, everything: bool) -> frozenset[bytes]:
        """The folders whose second look is due."""
        now = time.monotonic()
        due = [paths for at, paths in self._second_looks if at <= now or everything]
        self._second_looks = [] if everything else [look for look in self._second_looks if look[0] > now]
        return frozenset().union(*due)

    def _note(self, folders: frozenset[bytes]) -> None:
        """Folders that are new are looked at a second time."""
        if folders:
            self._second_looks.append((time.monotonic() + _SECOND_LOOK, folders))

    async def _walk_again(
        self, reason: str, left: Heard, listener: ChangeListener
    ) -> AsyncGenerator[Chunk, None]:
        """Walk when all that was handed over is committed; what is `left`, and heard meanwhile, is read."""
        self.rescans += 1
        if not listener.polls:
            self._tell(Rescan(reason))
            await self._until_quiet(listener, left)
        async with aclosing(self._until_committed()) as chunks:
            async for chunk in chunks:
                yield chunk
        left.add(listener.take())
        asked = self._rules.judge(left.changes)
        self._note(asked.folders)
        self._after_storm = asked.is_storm or left.missed is not None
        changed = {key for _, name in left.changes if (key := self._survey.key(os.fsencode(name)))}
        prior, own = await asyncio.to_thread(lambda: (self._reload(), self._own()))
        replaced = reason == _REPLACED
        walk = self._survey.walk_again(prior, own, changed, replaced=replaced)
        async with aclosing(walk) as chunks:
            async for chunk in chunks:
                yield chunk
        self._went_away = False

    async def _until_quiet(self, listener: ChangeListener, left: Heard) -> None:
        """Wait until a storm is over, or for long enough."""
        end = time.monotonic() + _MOST_QUIET
        while time.monotonic() < end:
            await asyncio.sleep(_QUIET)
            if not (heard := listener.take()):
                return
            left.add(heard)

    async def _until_committed(self) -> AsyncGenerator[Chunk, None]:
        """Wait until all that was handed over can be read back, and see that it does not take long."""
        while self._rows_committed < self._rows_given:
            self._commits.clear()
            yield Chunk(flush=True)
            if self._rows_committed < self._rows_given:
                await self._commits.wait()
