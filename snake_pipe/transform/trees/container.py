"""A document that holds several trees: their ids, places and facts, and the document's own facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.errors import TransformError
from snake_pipe.transform.rows.contract import HOLDS_TREES, FileFacts, Problem
from snake_pipe.transform.trees.document.decoding import decode, decode_exactly
from snake_pipe.transform.trees.document.literals import Literals
from snake_pipe.transform.trees.facts import fail
from snake_pipe.transform.trees.find import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snake_pipe.transform.dialects.dialect import Dialect
    from snake_pipe.transform.trees.document.native import NativeDocument

_MOST_WITHOUT_TREE = 100
"""Documents of a file that are looked at for its first tree."""
_NAMED = 5
"""Entries without a tree whose places the problem names."""


class Container:
    """Numbers the trees of the file `file_id`, which has kept `most_trees` ids behind its own for them."""

    def __init__(self, file_id: int, path: str, facts: FileFacts, most_trees: int) -> None:
        self._file_id = file_id
        self._path = path
        self._facts = facts
        self._most = most_trees
        self._others = 0
        self._named: list[str] = []
        self._recognised = False
        self.trees: dict[int, FileFacts] = {}

    def add(self, fragment: str, source: str | None) -> tuple[int, str, FileFacts]:
        """The id, the path and the facts of the next tree; TransformError where no id is left."""
        self._recognised = True
        return self._next(fragment, source)

    def add_bad(self, fragment: str, error: TransformError) -> None:
        """What stands in a tree's place and cannot be read."""
        _, _, facts = self._next(fragment, None)
        fail(facts, error)

    def add_others(self, fragments: Sequence[str]) -> None:
        """What can be read and is no tree."""
        self._others += len(fragments)
        self._named += fragments[: _NAMED - len(self._named)]

    @property
    def is_given_up(self) -> bool:
        """Whether so many entries were no trees that none will follow: most JSON lines are data.

        What cannot be read counts as well: each is kept, and a log may have millions.
        """
        return not self._recognised and self._others + len(self.trees) >= _MOST_WITHOUT_TREE

    def close(self) -> None:
        """Complete the facts of the document; without a single tree it is no file of trees."""
        facts = self._facts
        if not self._recognised:
            self.trees.clear()
            facts.status, facts.reason = "skipped", "not_an_ast"
            return
        bad = sum(tree.status == "failed" for tree in self.trees.values())
        facts.status, facts.reason = "partial" if bad or self._others else "ok", HOLDS_TREES
        if self._others:
            places = ", ".join(self._named) + (", ..." if self._others > len(self._named) else "")
            message = f"{self._others:,} entries beside {len(self.trees):,} trees are no trees: {places}"
            facts.problems.append(Problem("extract", "not_a_tree", message))

    def _next(self, fragment: str, source: str | None) -> tuple[int, str, FileFacts]:
        if len(self.trees) >= self._most:
            raise TransformError(
                "extract",
                "too_many_trees",
                f"more than the {self._most:,} trees that a file of this size on disk may hold; split it",
            )
        facts = FileFacts(
            container_id=self._file_id, fragment=fragment, source_path=source, traits=list(self._facts.traits)
        )
        file_id = self._file_id + 1 + len(self.trees)
        self.trees[file_id] = facts
        return file_id, f"{self._path}#{fragment}", facts


class DocumentText:
    """What the trees of one document were decoded from, for the numbers that the fast decoder rounds.

    Of a `document` that is read in place, they are its views, or lists of them.
    """

    def __init__(self, text: bytes, document: NativeDocument | None = None) -> None:
        self.document = document
        self._text = text
        self._lines = 0
        self._exact: Any = None
        self._decoded: Any = None
        self._literals: dict[int, Literals] = {}

    @property
    def lines(self) -> int:
        """How many lines the text has."""
        self._lines = self._lines or self._text.count(b"\n") + 1
        return self._lines

    def literals(self, dialect: Dialect) -> Literals:
        """The texts of literals in trees of one dialect."""
        known = self._literals.get(id(dialect))
        if known is None:
            known = self._literals[id(dialect)] = Literals(dialect, self._text)
        return known

    def decoded(self, pointer: str) -> Any:
        """What stands at a place of a document that is read in place, as Python's own objects."""
        if self._decoded is None:
            self._decoded = decode(self._text)
        return resolve(self._decoded, pointer)

    def exactly(self, pointer: str) -> Any:
        """What stands at a place, decoded exactly."""
        if self._exact is None:
            self._exact = decode_exactly(self._text)
        return resolve(self._exact, pointer)
