"""The numbers of runs: each is given out once, also to many who ask at the same moment.

A number is a file that only one process can create. Old ones are removed, but for the last so many: whoever
looked before those were there, and creates one that was removed since, sees that it is far behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.storage.storage import Storage

FOLDER = "_epochs"  # which is no job's id
_KEPT = 256
_TRIES = 10_000


class Epochs:
    """The epochs of a dataset; `jobs` is the storage of its jobs' folder."""

    def __init__(self, jobs: Storage, count_in_tables: Callable[[], int]) -> None:
        """`count_in_tables()` is the greatest that the tables know of, for a counter that was lost."""
        self._numbers = jobs.at(FOLDER)
        self._count_in_tables = count_in_tables

    def last(self) -> int:
        """The last one given out; 0 before the first. StorageError where the storage fails."""
        try:
            return max(self._given_out(), default=0) or self._count_in_tables()
        except OSError as error:
            raise self._failed(error) from error

    def next(self) -> int:
        """One never given out before, durable before it is returned; StorageError where the storage fails."""
        epoch = self.last() + 1
        try:
            for _ in range(_TRIES):
                try:
                    self._numbers.create(str(epoch), b"")
                except FileExistsError:
                    epoch += 1
                    continue
                given_out = self._given_out()
                if epoch > max(given_out) - _KEPT:
                    for old in given_out:
                        if old <= epoch - _KEPT:
                            self._numbers.remove(str(old))
                    return epoch
                self._numbers.remove(str(epoch))  # it had been given out, and removed since
                epoch = max(given_out) + 1
        except OSError as error:
            raise self._failed(error) from error
        raise StorageError(f"no epoch is free in {self._numbers.url} after {_TRIES:,} tries")

    def _given_out(self) -> list[int]:
        return [int(file.name) for file in self._numbers.files() if file.name.isdigit()]

    def _failed(self, error: OSError) -> StorageError:
        return StorageError(f"cannot count epochs in {self._numbers.url}: {error.strerror or error}")
