"""The ids of files: each once, with room behind for the trees that a file may hold."""

from __future__ import annotations

import pytest

from snake_pipe.errors import SnakePipeError
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.feeds.ids import FileIds
from snake_pipe.schemas import ORDINAL_BITS


def file(size: int) -> DiscoveredFile:
    return DiscoveredFile(root="/r", repo="r", path="a.json", queue="ast", size_bytes=size, mtime_ns=0)


def test_a_full_epoch_is_followed_by_another() -> None:
    """A watch ended when a document of 60 MB had changed for the 18,325th time: no ids were left."""
    epochs = iter((7, 9))
    ids = FileIds(2, lambda: next(epochs))
    large = file(16 << (ORDINAL_BITS - 1))
    given = [ids.of_row(), ids.of_file(large), ids.of_file(large), ids.of_row(), ids.of_file(large)]
    assert given == [
        2 << ORDINAL_BITS,
        (2 << ORDINAL_BITS) + 1,
        7 << ORDINAL_BITS,
        (7 << ORDINAL_BITS) + large.most_trees + 1,
        9 << ORDINAL_BITS,
    ]


def test_a_file_too_large_for_an_epoch_is_refused() -> None:
    with pytest.raises(SnakePipeError, match="more trees than there are ids"):
        FileIds(1, lambda: 2).of_file(file(16 << ORDINAL_BITS))
