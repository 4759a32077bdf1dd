"""The ids that one start of the engine gives to files, and to the trees in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.errors import SnakePipeError
from snake_pipe.schemas import ORDINAL_BITS

if TYPE_CHECKING:
    from snake_pipe.extract.batch_models import DiscoveredFile


class FileIds:
    """Counts up within an epoch; no other epoch's ids are ever given. Not for several threads at once."""

    def __init__(self, epoch: int) -> None:
        self._next = epoch << ORDINAL_BITS
        self._end = (epoch + 1) << ORDINAL_BITS

    def of_row(self) -> int:
        """An id for a row that stands for no file read, such as a deletion."""
        return self._take(1)

    def of_file(self, file: DiscoveredFile) -> int:
        """An id for a file to read; as many behind it as it may hold trees are kept for those."""
        return self._take(1 + file.most_trees)

    def _take(self, count: int) -> int:
        first, self._next = self._next, self._next + count
        if self._next > self._end:
            raise SnakePipeError(
                "there are no ids left for the trees that the files of one run may hold",
                "resume the job: each start has ids of its own",
            )
        return first
