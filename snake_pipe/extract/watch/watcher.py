"""A feed without an end: all files of some folders, and then what changes among them.

The notifier starts before the first walk, so that nothing falls between. A few changed files are looked at
one by one; whatever says less clearly what happened (a folder moved, a `.gitignore` edited, another branch
checked out, changes that were missed) leads to another walk, which compares the disk with what is committed.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError
from snake_pipe.extract.feeds.feed import Chunk, Feed
from snake_pipe.extract.watch.change_rules import (
    ChangePlan,
    ChangeRules,
    is_relevant,
    kind_on_disk,
    without_links,
)
from snake_pipe.extract.watch.notifier import ChangeNotifier, Changes, FolderState
from snake_pipe.extract.watch.pending_changes import PendingChanges
from snake_pipe.extract.watch.schedule import Schedule
from snake_pipe.observe.events import Notice, Rescan

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from snake_pipe.extract.watch.options import WatchOptions
    from snake_pipe.extract.watch.watched_files import WatchedFiles
    from snake_pipe.observe.events import Listener

_STALLED = 2.0
"""Seconds by which a wait may be late before it counts that this process was stopped meanwhile."""

_LAST_DEBOUNCES = 4
"""Debounces after a request to end: the first change, the end of its group, and as much to spare."""

_QUIET, _MOST_QUIET = 0.2, 1.0
"""A walk waits for so many seconds without changes, but not longer than the second."""

_MOST_CHANGED = 50_000
"""Changed files remembered before another walk takes their place."""

_POLLS = "the kernel cannot watch all folders (fs.inotify.max_user_watches?); they are walked again and again"
_REPLACED = "a watched folder was replaced"


class Watcher(Feed):
    """The feed; everything on one event loop."""

    is_live = True

    def __init__(self, files: WatchedFiles, options: WatchOptions, listener: Listener) -> None:
        super().__init__(files.discovered)
        self._files = files
        self._options = options
        self._listener = listener
        self._rules = ChangeRules(
            frozenset(root.rstrip(b"/") for root in files.roots),
            kind_on_disk,
            files.has_files,
            without_links,
            use_gitignore=files.request.use_gitignore,
        )
        roots = tuple(os.fsdecode(root) for root in files.roots)
        left_out = tuple(f"{folder}/" for folder in files.request.own_folders)
        self._notifier = ChangeNotifier(
            [Path(root) for root in roots],
            options,
            is_relevant=lambda path: is_relevant(path, roots, left_out),
            wake=self._wake_from_thread,
        )
        self._schedule = Schedule(options)
        self._pending = PendingChanges()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._commit = asyncio.Event()
        self._was_missing = False
        self._after_burst = False
        self._ending = False
        self.rescans = 0
        """Walks after the first one."""

    # -- for the run ---------------------------------------------------------------------------------

    def committed(self, rows: int) -> None:
        """Tell which changes can be queried now."""
        self._pending.commit(rows)
        self._commit.set()
        self._tell_visible()

    def take_noted_times(self) -> Mapping[int, int]:
        """Those of files that were saved without a change."""
        return self._files.noted_times.take()

    def end(self) -> bool:
        """Yield what has changed by now and end; False before the first walk is through."""
        self._ending = self.complete
        self._wake.set()
        return self._ending

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """All files, then what changes, until `end`."""
        self._loop = asyncio.get_running_loop()
        try:
            await asyncio.to_thread(self._notifier.start)
            if self._notifier.polls and not self._options.poll:
                self._listener(Notice("watch_polls", _POLLS))
            async with aclosing(self._files.walk()) as chunks:
                async for chunk in chunks:
                    self._pending.add(chunk)
                    yield chunk
            self.complete = True
            async with aclosing(self._follow()) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            self._notifier.stop()

    def _wake_from_thread(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._wake.set)

    def _tell_visible(self) -> None:
        if (event := self._pending.take_visible(time.monotonic())) is not None:
            self._listener(event)

    # -- after the first walk ------------------------------------------------------------------------

    async def _follow(self) -> AsyncGenerator[Chunk, None]:
        notifier, schedule = self._notifier, self._schedule
        schedule.walked(time.monotonic(), polls=notifier.polls)
        is_last = False
        while not is_last:
            stalled = await self._wait()
            if self._ending:  # the notifications of what was saved before the request are still to come
                await asyncio.sleep(_LAST_DEBOUNCES * self._options.debounce)
                is_last = True
            state = await asyncio.to_thread(notifier.check_folders)
            if state is FolderState.MISSING:
                self._was_missing = True
                schedule.suspend(time.monotonic())
                continue
            started = time.monotonic()
            is_due = schedule.is_walk_due(started) or (is_last and notifier.polls)
            changes = notifier.take()
            plan = self._plan(state, changes, stalled=stalled, is_due=is_due)
            work = self._carry_out(plan, changes, is_last=is_last)
            files = deleted = 0
            try:
                async with aclosing(work) as chunks:
                    async for chunk in chunks:
                        self._pending.add(chunk)
                        files, deleted = files + len(chunk.files), deleted + len(chunk.deleted)
                        yield chunk
            except UsageError:  # a watched folder went away meanwhile
                self._was_missing = True
            if files or deleted:
                self._pending.end_group(files, deleted, started)
                self._tell_visible()
            if plan.rescan is not None:
                now = time.monotonic()
                schedule.walked(
                    now, seconds=now - started, polls=notifier.polls, after_burst=self._after_burst
                )

    async def _wait(self) -> bool:
        """Wait for changes, the end, or what is due; whether it came far too late."""
        started = time.monotonic()
        seconds = self._schedule.wait(started)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()
        return time.monotonic() - started > seconds + _STALLED

    def _plan(self, state: FolderState, changes: Changes, *, stalled: bool, is_due: bool) -> ChangePlan:
        """What the changes ask for, and a walk where there may be others."""
        reasons = (
            (state is FolderState.REPLACED, _REPLACED),
            (self._was_missing, "a watched folder was away"),
            (changes.missed is not None, changes.missed),
            (stalled, "this process was suspended"),
            (is_due, "a regular walk is due"),
            (self._files.changed_count > _MOST_CHANGED, "many files changed since the last walk"),
        )
        reason = next((reason for holds, reason in reasons if holds), None)
        plan = self._rules.plan(changes.paths)
        return plan if reason is None else replace(plan, rescan=reason)

    async def _carry_out(
        self, plan: ChangePlan, changes: Changes, *, is_last: bool
    ) -> AsyncGenerator[Chunk, None]:
        """Look at what changed, which is quickly done, and then walk if that is needed."""
        now = time.monotonic()
        second_looks = self._schedule.take_folders(now, everything=is_last)
        self._schedule.add_folders(plan.new_folders, now)
        for paths, again in ((plan.paths, False), (second_looks, True)):
            async with aclosing(self._files.look(paths, again=again)) as chunks:
                async for chunk in chunks:
                    yield chunk
        if plan.rescan is not None:
            left = changes if plan.is_burst else Changes()
            async with aclosing(self._rescan(plan.rescan, left)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def _rescan(self, reason: str, changes: Changes) -> AsyncGenerator[Chunk, None]:
        """Walk when all that was yielded is committed; `changes`, and later ones, are read in any case."""
        self.rescans += 1
        if not self._notifier.polls:
            self._listener(Rescan(reason))
            await self._until_quiet(changes)
        while not self._pending.all_committed:
            self._commit.clear()
            yield Chunk(flush=True)
            if not self._pending.all_committed:
                await self._commit.wait()
        changes.add(self._notifier.take())
        plan = self._rules.plan(changes.paths)
        self._schedule.add_folders(plan.new_folders, time.monotonic())
        self._after_burst = plan.is_burst or changes.missed is not None
        changed = {key for _, name in changes.paths if (key := self._files.key(os.fsencode(name)))}
        walk = self._files.rescan(changed, is_replaced=reason == _REPLACED)
        async with aclosing(walk) as chunks:
            async for chunk in chunks:
                yield chunk
        self._was_missing = False

    async def _until_quiet(self, changes: Changes) -> None:
        """Wait until a burst is over, or for long enough; what comes is added to `changes`."""
        end = time.monotonic() + _MOST_QUIET
        while time.monotonic() < end:
            await asyncio.sleep(_QUIET)
            if not (more := self._notifier.take()):
                return
            changes.add(more)
