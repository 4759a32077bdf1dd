"""The reader for each way in which dialects write positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.dialects.places import Places
from snake_pipe.transform.trees.positions.clang import ClangPositions
from snake_pipe.transform.trees.positions.last_token import LastTokenPositions
from snake_pipe.transform.trees.positions.places import PlacesReader, SrcPositions
from snake_pipe.transform.trees.positions.planned import LinePositions, LocPositions
from snake_pipe.transform.trees.positions.reader import PlannedReader
from snake_pipe.transform.trees.positions.tokens import TokenPositions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snake_pipe.transform.trees.positions.reader import PositionReader
READERS: dict[str, Callable[[], PositionReader]] = {
    "clang": ClangPositions,
    "line": LinePositions,
    "loc": LocPositions,
    "none": PlannedReader,
    "src": SrcPositions,
    "swift": LastTokenPositions,
    "tokens": TokenPositions,
}
"""The words a dialect may use for its `positions`."""


def open_reader(positions: str | Places | Sequence[Places]) -> PositionReader:
    """The reader for what a dialect says of its positions, for one document."""
    if isinstance(positions, str):
        return READERS[positions]()
    return PlacesReader([positions] if isinstance(positions, Places) else positions)
