"""When a watch walks without being told of a change, and looks at new folders a second time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snake_pipe.extract.watch.options import WatchOptions

_TICK = 1.0
"""Seconds between two checks of the watched folders themselves."""

_SECOND_LOOK = 1.0
"""Seconds after which a new folder is looked at again: what was made in it at once may not be notified."""

_POLL_SECONDS = 1.0
"""Seconds between two walks where there are no notifications."""

_REST, _REST_OF_POLLS = 100, 10
"""Walks without a reason take at most one part in so many of the time."""


class Schedule:
    """Reads no clock: times come in as arguments, in seconds."""

    def __init__(self, options: WatchOptions) -> None:
        self._rescan_seconds = options.rescan_seconds
        self._second_looks: list[tuple[float, frozenset[bytes]]] = []
        self._next_walk = math.inf

    def walked(self, now: float, *, seconds: float = 0.0, polls: bool, after_burst: bool = False) -> None:
        """A walk of so many seconds is over.

        After a burst the next comes soon: many folders may be new, and each asks for its second look.
        """
        if after_burst:
            pause = _SECOND_LOOK
        elif polls:
            pause = max(_POLL_SECONDS, _REST_OF_POLLS * seconds)
        else:
            pause = max(self._rescan_seconds, _REST * seconds)
        self._next_walk = now + pause

    def suspend(self, now: float) -> None:
        """A watched folder is missing: nothing is due until the next check finds it back."""
        self._second_looks = []
        self._next_walk = now + _TICK

    def add_folders(self, folders: frozenset[bytes], now: float) -> None:
        """Folders that are new, and were looked at now."""
        if folders:
            self._second_looks.append((now + _SECOND_LOOK, folders))

    def take_folders(self, now: float, *, everything: bool) -> frozenset[bytes]:
        """The folders whose second look is due now, or `everything` that is still to be looked at."""
        due = [folders for at, folders in self._second_looks if at <= now or everything]
        self._second_looks = [] if everything else [look for look in self._second_looks if look[0] > now]
        return frozenset().union(*due)

    def is_walk_due(self, now: float) -> bool:
        """Whether it is time for a walk."""
        return now >= self._next_walk

    def wait(self, now: float) -> float:
        """Seconds until something is due, at most a tick."""
        due = min([now + _TICK, self._next_walk, *(at for at, _ in self._second_looks)])
        return max(0.0, due - now)
