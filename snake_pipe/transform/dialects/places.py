"""Where the nodes of a dialect stand: the paths to six numbers."""

from __future__ import annotations

from typing import NamedTuple

_MOST_STEPS = 32
"""Keys of all paths, those that several begin with once: as many as the compiled modules have room for."""
_MOST_DIGITS = 9


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

    @property
    def mistake(self) -> tuple[str, str] | None:
        """The first field whose path no reader can follow, and why; None where there is none."""
        given = {name: value for name, value in self._asdict().items() if isinstance(value, str) and value}
        paths = {name: tuple(path.split(".")) for name, path in given.items()}
        known: set[tuple[str, ...]] = set()
        for name, path in paths.items():
            known.update(path[:count] for count in range(1, len(path) + 1))
            if path[0].isdigit():
                return name, "begins with a number, and nodes are no lists"
            if any(step.isdigit() and (len(step) > _MOST_DIGITS or not step.isascii()) for step in path):
                return name, "has a number that is no place in a list"
            if any(other != path and path[: len(other)] == other for other in paths.values()):
                return name, "goes on behind the number of another path"
            if len(known) > _MOST_STEPS:
                return name, f"makes the keys of all paths more than {_MOST_STEPS}"
        return None


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
