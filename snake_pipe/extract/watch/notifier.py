"""Collects notifications of changes below some folders, in a thread of its own.

watchfiles does not tell when the kernel's queue overflows, and gives up on a name that is not UTF-8. So
whatever hints at changes without a notification is noted as `missed`: far more changes than anybody saves at
once, an error of the notifier.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import SnakePipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from snake_pipe.extract.watch.options import WatchOptions

MOST_CHANGES = 20_000
"""Changes kept by name; of more it is only kept that there were more."""

_LONGEST_GROUP = 10
"""While changes go on, they are passed on after so many times the debounce."""

_PAUSE_AFTER_ERROR = 0.2
_LONGEST_JOIN = 1.0


class FolderState(StrEnum):
    """What became of the watched folders since the last check."""

    SAME = "same"
    REPLACED = "replaced"
    MISSING = "missing"


@dataclass(slots=True)
class Changes:
    """Changes as (kind, path), kind 1 for added, 2 modified, 3 deleted; `missed`: why some are not here."""

    paths: set[tuple[int, str]] = field(default_factory=set)
    missed: str | None = None

    def __bool__(self) -> bool:
        return bool(self.paths) or self.missed is not None

    def add(self, more: Changes) -> None:
        """Take in more, up to the bound."""
        self.paths |= more.paths
        if more.missed:
            self.miss(more.missed)
        if len(self.paths) > MOST_CHANGES:
            self.miss(f"more than {MOST_CHANGES:,} changes at once")
            self.paths = set()

    def miss(self, reason: str) -> None:
        """Note that there may be changes without a notification."""
        self.missed = self.missed or reason


@dataclass(frozen=True, slots=True)
class _Handle:
    """An open notifier of watchfiles, and what ends waiting for it."""

    notify: Any
    closed: threading.Event = field(default_factory=threading.Event)


class ChangeNotifier:
    """Works from `start` to `stop`; `wake` is called from its thread when there is something to `take`."""

    def __init__(
        self,
        folders: Sequence[Path],
        options: WatchOptions,
        *,
        is_relevant: Callable[[str], bool],
        wake: Callable[[], object],
    ) -> None:
        """`is_relevant(path)` is asked in the thread; other changes are dropped at once."""
        self._folders = folders
        self._options = options
        self._is_relevant = is_relevant
        self._wake = wake
        self._changes = Changes()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._collect, name="watch", daemon=True)
        self._handle: _Handle | None = None
        self._failure: Exception | None = None
        self._identities: list[tuple[int, int] | None] = []
        self.polls = options.poll
        """Whether only walks find changes: as asked for, or because the kernel refused."""

    def start(self) -> None:
        """Begin; every change after the return is notified.

        SnakePipeError where the system has no notifier left.
        """
        try:
            self._open()
        except (OSError, RuntimeError) as error:
            raise _failure(error) from error
        self._thread.start()
        if self._stopping.is_set():  # by another thread, before there was anything to stop
            self.stop()

    def take(self) -> Changes:
        """The changes since the last call; SnakePipeError if the notifier cannot go on."""
        if self._failure is not None:
            raise _failure(self._failure) from self._failure
        with self._lock:
            changes, self._changes = self._changes, Changes()
        return changes

    def check_folders(self) -> FolderState:
        """What became of the folders; where another one has a folder's name, the notifier is opened anew."""
        now = [_identity(folder) for folder in self._folders]
        if None in now:
            return FolderState.MISSING
        if now == self._identities:
            return FolderState.SAME
        try:
            self._open()
        except FileNotFoundError:
            return FolderState.MISSING
        return FolderState.REPLACED

    def stop(self) -> None:
        """End the thread; what was not taken stays to be taken."""
        self._stopping.set()
        if self._handle is not None:
            self._handle.closed.set()
        if self._thread.is_alive():
            self._thread.join(_LONGEST_JOIN)

    def _open(self) -> None:
        """Open a new handle and close the old one; where the kernel's limits forbid it, poll from here on.

        watchfiles can poll too, but compares whole seconds: it misses what is saved twice within one.
        """
        from watchfiles._rust_notify import RustNotify  # as its documentation shows it

        self._identities = [_identity(folder) for folder in self._folders]
        old, self._handle = self._handle, None
        if not self.polls:
            try:
                self._handle = _Handle(
                    RustNotify([str(f) for f in self._folders], False, False, 0, True, False)
                )
            except FileNotFoundError:
                raise
            except OSError:  # a limit of the kernel, or a folder within that cannot be watched
                self.polls = True
        if old is not None:
            old.closed.set()

    def _collect(self) -> None:
        step = max(1, round(self._options.debounce * 1000))
        while not self._stopping.is_set() and not self.polls:
            handle = self._handle
            if handle is None:  # until `check_folders` finds the folder back
                self._stopping.wait(_PAUSE_AFTER_ERROR)
                continue
            try:
                # No timeout (0): what comes just when one runs out is lost.
                changes = handle.notify.watch(step * _LONGEST_GROUP, step, 0, handle.closed)
            except Exception as error:  # noqa: BLE001 - a new handle takes its place
                self._miss(f"the notifier failed: {error}")
                self._reopen()
            else:
                if isinstance(changes, set):
                    self._add({change for change in changes if self._is_relevant(change[1])})

    def _reopen(self) -> None:
        self._stopping.wait(_PAUSE_AFTER_ERROR)
        try:
            self._open()
        except FileNotFoundError:
            return
        except Exception as error:  # noqa: BLE001 - raised by `take`
            self._failure = error
            self._stopping.set()
            self._wake()

    def _add(self, paths: set[tuple[int, str]]) -> None:
        if paths:
            with self._lock:
                self._changes.add(Changes(paths))
            self._wake()

    def _miss(self, reason: str) -> None:
        with self._lock:
            self._changes.miss(reason)
        self._wake()


def _failure(error: Exception) -> SnakePipeError:
    return SnakePipeError(f"the folders cannot be watched: {error}", "--poll does without the kernel's help")


def _identity(folder: Path) -> tuple[int, int] | None:
    """Which folder stands at a path; None if there is none."""
    try:
        info = os.stat(folder)  # noqa: PTH116 - as it is everywhere here
    except OSError:
        return None
    return info.st_dev, info.st_ino
