"""The ids that a run of the engine gives to files, and to the trees in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.errors import SnakePipeError
from snake_pipe.schemas import ORDINAL_BITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.extract.batch_models import DiscoveredFile


class FileIds:
    """Counts up within an epoch, and goes on in the next when it is full. Not for several threads at once."""

    def __init__(self, epoch: int, next_epoch: Callable[[], int]) -> None:
        """`next_epoch()` is one never given out before, and greater: a watch may run for months."""
        self._next_epoch = next_epoch
        self._enter(epoch)

    def _enter(self, epoch: int) -> None:
        self._next = epoch << ORDINAL_BITS
        self._end = (epoch + 1) << ORDINAL_BITS

    def of_row(self) -> int:
        """An id for a row that stands for no file read, such as a deletion."""
        return self._take(1)

    def of_file(self, file: DiscoveredFile) -> int:
        """An id for a file to read; as many behind it as it may hold trees are kept for those."""
        return self._take(1 + file.most_trees)

    def _take(self, count: int) -> int:
        if count > 1 << ORDINAL_BITS:
            raise SnakePipeError("a file may hold more trees than there are ids for one", "split it")
        if self._next + count > self._end:
            self._enter(self._next_epoch())
        first, self._next = self._next, self._next + count
        return first
