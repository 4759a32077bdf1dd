"""The innermost loops over JSON trees, compiled from the C files beside this one, where that was done.

Where it was not, and where `SNAKE_PIPE_PURE_PYTHON` is set, Python does the same, more slowly; but it cuts no
locations out of texts (`trees.positions.locations`). The rows are the same.
"""

from __future__ import annotations

import os
import warnings
from importlib import import_module
from typing import Any, Protocol, cast

PURE_PYTHON = "SNAKE_PIPE_PURE_PYTHON"
"""The variable that keeps the module from being built, and from being used; empty is as good as not set."""


MODULE = "snake_pipe.transform.native.loops"


class Loops(Protocol):
    """What the compiled module has. Columns are integers as the machine has them, for `numpy.frombuffer`."""

    def open_walk(self, document: Any, place: int, type_key: str, codes: dict[str, int], chunk: int) -> Any:
        """A walk through a document as `Walker.walk` makes it; `codes` has -1 for keys that hold no nodes."""

    def next_nodes(self, walk: Any) -> tuple[list[dict[str, Any]], list[str], bytearray] | None:
        """The next nodes, a chunk of them at most, with their types and places (int64); None at the end.

        Those that were given before are emptied.
        """

    def codes(self, words: list[str], known: dict[str, int]) -> bytearray:
        """The code of each word (int32); -1 for one that is not known."""
        ...

    def numbers(self, nodes: list[dict[str, Any]], plan: tuple[Any, ...], columns: int) -> bytearray:
        """So many columns (int64), one after the other: what the plan finds in each node, else -1.

        A plan is `((key, column), (key, plan), ...)`; a number as key is an index into a list. Only integers
        from 0 to 2^63-1 are found. ValueError for what is no plan.
        """
        ...

    def clang_places(
        self, nodes: list[dict[str, Any]], file: str | None, line: int, main_file: str | None
    ) -> tuple[bytearray, str | None, int, str | None]:
        """What `ClangPositions` reads of each node (int64), and file, line and main file after them."""
        ...

    def cut_locations(self, text: bytes) -> tuple[bytes, bytearray] | None:
        """JSON text with the number of each location in its place, and what they say (int32, four each).

        A location is `{"start":{"line":1,"column":0},"end":{"line":1,"column":9}}` under the key `loc`. None
        where there are none, or where something else could be taken for such a number.
        """
        ...


def _load() -> Loops | None:
    if os.environ.get(PURE_PYTHON):
        return None
    try:
        return cast("Loops", import_module(MODULE))
    except ModuleNotFoundError:
        return None
    except ImportError as error:
        message = f"the compiled loops do not load, Python does without: {error}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return None


LOOPS = _load()
"""The compiled loops, None where Python has to do without."""
