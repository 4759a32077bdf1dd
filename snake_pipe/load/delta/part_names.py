"""Which parts versions of a table consist of: told by the entries since one of which that is known.

To open a table by deltalake reads each entry twice, and the checkpoint before them; in a bucket, each of
these is a request.
"""

from __future__ import annotations

from contextlib import suppress
from operator import itemgetter
from typing import TYPE_CHECKING

from snake_pipe.errors import DatasetError, StorageError
from snake_pipe.load.delta import entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from snake_pipe.load.delta.entries import Action

    Parts = tuple[int, frozenset[str]]
    """A version, and the names of its parts."""

_AS_MADE: Parts = 0, frozenset()

MOST_ENTRIES = 20
"""Entries above which to open the table costs less."""


class PartNames:
    """The parts of one table, by names; keeps those of the newest version that it was asked for."""

    def __init__(
        self,
        newest: Callable[[], int],
        read_entry: Callable[[int], list[Action]],
        open_table: Callable[[int | None], Parts],
    ) -> None:
        """`newest()` is the newest version; `read_entry` is empty where there is none. Both: StorageError.

        `open_table` reads all of a version, or of the newest; DatasetError.
        """
        self._newest = newest
        self._read_entry = read_entry
        self._open_table = open_table
        self._known = _AS_MADE

    def forget(self) -> None:
        """Read all anew."""
        self._known = _AS_MADE

    def at(self, version: int | None = None) -> Parts:
        """A version, by default the newest; DatasetError."""
        if version == 0:  # to be told also when it is no longer to be read
            return _AS_MADE
        with suppress(StorageError):  # to open the table tells what is wrong
            wanted = self._newest() if version is None else version
            if (parts := self._after(*self._known, wanted)) is not None:
                self._known = wanted, parts
                return self._known
        found = self._open_table(version)
        self._known = max(found, self._known, key=itemgetter(0))
        return found

    def at_each(self, versions: Iterable[int], known: Parts | None = None) -> Iterator[Parts]:
        """The newest version and each of `versions`, the newest first.

        A version is followed back by the entries between, which takes a hundredth of opening it. What is no
        longer to be read is passed over; DatasetError if that is the newest. `known` is a version to begin
        with.
        """
        at, parts = known or self.at()
        yield at, parts
        for version in sorted({each for each in versions if each < at}, reverse=True):
            earlier = self._before(at, parts, version) if version else _AS_MADE[1]
            if earlier is None:
                try:
                    _, earlier = self.at(version)
                except DatasetError:
                    continue
            at, parts = version, earlier
            yield at, parts

    def _after(self, at: int, parts: frozenset[str], version: int) -> frozenset[str] | None:
        """What a `version` from `at` on consists of; None for an earlier one, or where that costs more."""
        if not 0 <= version - at <= MOST_ENTRIES:
            return None
        for each in range(at + 1, version + 1):
            if not (actions := self._read_entry(each)):
                return None
            parts = parts.difference(entries.removed_names(actions)).union(entries.added_names(actions))
        return parts

    def _before(self, at: int, parts: frozenset[str], version: int) -> frozenset[str] | None:
        """What an earlier `version` than `at` consisted of; None where entries between are missing."""
        for each in range(at, version, -1):
            if not (actions := self._read_entry(each)):
                return None
            parts = parts.difference(entries.added_names(actions)).union(entries.removed_names(actions))
        return parts
