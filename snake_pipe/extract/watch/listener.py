"""Hears of changes below some folders, in a thread of its own, and keeps them until they are taken.

watchfiles does not tell when the kernel's queue overflows, and gives up on a name that is not UTF-8. So
whatever hints at changes that were not heard is noted as `missed`: far more changes than anybody saves at
once, an error of the listener, a folder that is another one now.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import PluginError, SnakePipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MOST_HEARD = 20_000
"""Changes kept by name; of more it is only kept that there were more."""

_GROUPING = 10
"""While changes go on, they are handed over after so many times the quiet that is waited for."""

_PAUSE_AFTER_ERROR = 0.2
_LONGEST_JOIN = 1.0


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How a watch listens.

    `debounce` is the quiet in seconds that ends a group of changes. `poll`: do not listen, only walk.
    `rescan_seconds` is the longest time between two walks that find what was not heard of.
    """

    debounce: float = 0.05
    poll: bool = False
    rescan_seconds: float = 600.0


class Folders(StrEnum):
    """What became of the folders since listening began."""

    SAME = "same"
    REPLACED = "replaced"
    MISSING = "missing"


@dataclass(slots=True)
class Heard:
    """Changes as (kind, path), kind 1 for added, 2 modified, 3 deleted; `missed`: why some are not here."""

    changes: set[tuple[int, str]] = field(default_factory=set)
    missed: str | None = None

    def __bool__(self) -> bool:
        return bool(self.changes) or self.missed is not None

    def add(self, more: Heard) -> None:
        """Take in more, up to the bound."""
        self.changes |= more.changes
        if more.missed:
            self.miss(more.missed)
        if len(self.changes) > MOST_HEARD:
            self.miss(f"more than {MOST_HEARD:,} changes at once")
            self.changes = set()

    def miss(self, why: str) -> None:
        """Note that there may be changes that were not heard of."""
        self.missed = self.missed or why


@dataclass(frozen=True, slots=True)
class _Handle:
    """An open listener of watchfiles, and what ends waiting for it."""

    notify: Any
    closed: threading.Event = field(default_factory=threading.Event)


class ChangeListener:
    """Listens from `start` to `stop`; `wake` is called from its thread when there is something to `take`."""

    def __init__(
        self,
        folders: Sequence[Path],
        options: WatchOptions,
        *,
        matters: Callable[[str], bool],
        wake: Callable[[], object],
    ) -> None:
        """`matters(path)` is asked in the thread; what does not matter is forgotten at once."""
        self._folders = folders
        self._options = options
        self._matters = matters
        self._wake = wake
        self._heard = Heard()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listen", daemon=True)
        self._handle: _Handle | None = None
        self._failure: Exception | None = None
        self._identities: list[tuple[int, int] | None] = []
        self.polls = options.poll
        """Whether nothing is heard and walks must find it: as asked for, or because the kernel refused."""

    def start(self) -> None:
        """Begin; every change after the return is heard.

        PluginError where watchfiles is not installed, SnakePipeError where the system has no listener left.
        """
        try:
            self._open()
        except (OSError, RuntimeError) as error:
            raise _failure(error) from error
        self._thread.start()
        if self._stopping.is_set():  # by another thread, before there was anything to stop
            self.stop()

    def take(self) -> Heard:
        """What was heard since the last call; SnakePipeError if the listener cannot go on."""
        if self._failure is not None:
            raise _failure(self._failure) from self._failure
        with self._lock:
            heard, self._heard = self._heard, Heard()
        return heard

    def check_folders(self) -> Folders:
        """What became of the folders; for one that is another than before, listening begins anew."""
        now = [_identity(folder) for folder in self._folders]
        if None in now:
            return Folders.MISSING
        if now == self._identities:
            return Folders.SAME
        try:
            self._open()
        except FileNotFoundError:
            return Folders.MISSING
        return Folders.REPLACED

    def stop(self) -> None:
        """End the thread; what was not taken stays to be taken."""
        self._stopping.set()
        if self._handle is not None:
            self._handle.closed.set()
        if self._thread.is_alive():
            self._thread.join(_LONGEST_JOIN)

    def _open(self) -> None:
        """Listen with a new handle, and let the old one go; not where the kernel's limits forbid it.

        watchfiles can poll too, but compares whole seconds: it misses what is saved twice within one.
        """
        try:
            from watchfiles._rust_notify import RustNotify  # as its documentation shows it
        except ImportError:
            raise PluginError("watchfiles is not installed", "pip install 'snake-pipe[watch]'") from None
        self._identities = [_identity(folder) for folder in self._folders]
        old, self._handle = self._handle, None
        if not self.polls:
            try:
                self._handle = _Handle(
                    RustNotify([str(f) for f in self._folders], False, False, 0, True, False)
                )
            except FileNotFoundError:
                raise
            except OSError:  # a limit of the kernel, or a folder within that cannot be listened to
                self.polls = True
        if old is not None:
            old.closed.set()

    def _listen(self) -> None:
        step = max(1, round(self._options.debounce * 1000))
        while not self._stopping.is_set() and not self.polls:
            handle = self._handle
            if handle is None:  # `check_folders` waits for the folder's return
                self._stopping.wait(_PAUSE_AFTER_ERROR)
                continue
            try:
                # No timeout (0): what comes just when one runs out is lost.
                changes = handle.notify.watch(step * _GROUPING, step, 0, handle.closed)
            except Exception as error:  # noqa: BLE001 - a new handle listens instead
                self._miss(f"the listener failed: {error}")
                self._reopen()
            else:
                if isinstance(changes, set):
                    self._hear({change for change in changes if self._matters(change[1])})

    def _reopen(self) -> None:
        self._stopping.wait(_PAUSE_AFTER_ERROR)
        try:
            self._open()
        except FileNotFoundError:
            return
        except Exception as error:  # noqa: BLE001 - told to who takes
            self._failure = error
            self._stopping.set()
            self._wake()

    def _hear(self, changes: set[tuple[int, str]]) -> None:
        if changes:
            with self._lock:
                self._heard.add(Heard(changes))
            self._wake()

    def _miss(self, why: str) -> None:
        with self._lock:
            self._heard.miss(why)
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
