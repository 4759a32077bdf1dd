"""Which changes that a watch has yielded are not committed yet."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.observe.events import ChangesVisible

if TYPE_CHECKING:
    from snake_pipe.extract.feeds.feed import Chunk


@dataclass(frozen=True, slots=True)
class _Group:
    """Changes yielded together: visible when so many `rows` of this run are committed."""

    rows: int
    files: int
    deleted: int
    noticed_at: float


class PendingChanges:
    """Counts rows of `files` that are yielded and committed, and tells which groups of changes are visible.

    A run commits in the order of its work, not of its input; so a group counts as visible when as many rows
    are committed as were yielded up to its end.
    """

    def __init__(self) -> None:
        self._rows_yielded = 0
        self._rows_committed = 0
        self._groups: deque[_Group] = deque()

    @property
    def all_committed(self) -> bool:
        """Whether everything that was yielded can be read back."""
        return self._rows_committed >= self._rows_yielded

    def add(self, chunk: Chunk) -> None:
        """A chunk that is yielded."""
        self._rows_yielded += len(chunk.files) + len(chunk.deleted)

    def end_group(self, files: int, deleted: int, noticed_at: float) -> None:
        """What was yielded since `noticed_at` is a group."""
        self._groups.append(_Group(self._rows_yielded, files, deleted, noticed_at))

    def commit(self, rows: int) -> None:
        """So many rows are committed in all."""
        self._rows_committed = rows

    def take_visible(self, now: float) -> ChangesVisible | None:
        """The groups that became visible since the last call, as one event."""
        visible = []
        while self._groups and self._groups[0].rows <= self._rows_committed:
            visible.append(self._groups.popleft())
        if not visible:
            return None
        files, deleted = sum(group.files for group in visible), sum(group.deleted for group in visible)
        return ChangesVisible(files, deleted, now - visible[0].noticed_at)
