"""Where the nodes of a dialect stand: the paths to six numbers."""

from __future__ import annotations

from typing import NamedTuple


class Places(NamedTuple):
    """The paths from a node to the numbers of its place, keys separated by dots; empty where there is none.

    `loc.start.line` is three objects deep, `start_point.0` the first of a list. `first_line` and
    `first_column` are the numbers that the tool gives to a file's first line and to a line's first column.
    `length` is the path to a number of units from the start offset, where there is no end offset.
    `ends_on_last` are those ends (`offset`, `column`) that stand on the last character, not behind it.
    """

    start_offset: str = ""
    end_offset: str = ""
    start_line: str = ""
    start_col: str = ""
    end_line: str = ""
    end_col: str = ""
    first_line: int = 1
    first_column: int = 0
    ends_on_last: frozenset[str] = frozenset()
    length: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """The six paths, in the order of the columns."""
        return self[:6]


def points(
    start: str, end: str, *, offset: str = "offset", line: str = "line", column: str = "column"
) -> Places:
    """Places whose start and end are objects of up to three numbers each, columns counted from 0."""
    return Places(
        start_offset=offset and f"{start}.{offset}",
        end_offset=offset and f"{end}.{offset}",
        start_line=f"{start}.{line}",
        start_col=f"{start}.{column}",
        end_line=f"{end}.{line}",
        end_col=f"{end}.{column}",
    )
