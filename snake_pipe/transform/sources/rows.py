"""The trees of many source files as one set of columns, and the questions rules ask of them."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from snake_pipe.transform.rows.shape import TreeShape, tree_shape
from snake_pipe.transform.sources.lines import LineIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from snake_pipe.transform.sources.grammar import Grammar
    from snake_pipe.transform.sources.walk import WalkedTree

    Rows = NDArray[np.integer[Any]]

_LARGEST_STEP = 64
"""How many siblings are looked at to find a child in a field; definitions have it among the first few."""


_LONGEST_GAP = 80
"""Blanks that are skipped between a word and the name it announces."""

_OPERATORS = b"=<>~!&|+-*/:"
_IN_WORDS = np.array([chr(byte).isalnum() or byte in b"_-" or byte > 127 for byte in range(256)])
_IN_OPERATORS = np.array([byte in _OPERATORS for byte in range(256)])


_BORDER = b"\n\n"
"""Between files: no comment of one is right above what begins the next, nor on the same line.

So each file begins a line, by which `LineIndex` knows it."""


@dataclasses.dataclass
class SourceRows:
    """Trees of one language behind one another; a row is a node. Offsets count in `source`.

    `bases` and `row_bases` hold, for each file, where its bytes and its rows begin. `unclosed` are the rows
    in which a brace is missing, in their order.
    """

    grammar: Grammar
    data: bytes
    counts: NDArray[np.int64]
    bases: NDArray[np.int32]
    code: NDArray[Any]
    field: NDArray[np.uint8]
    depth: NDArray[Any]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    unclosed: NDArray[np.int32]
    source: NDArray[np.uint8] = dataclasses.field(init=False)
    row_bases: NDArray[np.int32] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.source = np.frombuffer(self.data, np.uint8)
        self.row_bases = (np.cumsum(self.counts) - self.counts).astype(np.int32)

    @classmethod
    def of(
        cls,
        grammar: Grammar,
        trees: Sequence[WalkedTree],
        texts: Sequence[bytes],
        unclosed: Sequence[NDArray[np.int32]],
    ) -> SourceRows:
        """The rows of these trees; `texts` are what they were parsed from, `unclosed` are rows of each."""
        counts = np.array([len(tree) for tree in trees], np.int64)
        sizes = np.array([len(text) + len(_BORDER) for text in texts], np.int64)
        bases = (np.cumsum(sizes) - sizes).astype(np.int32)
        base = np.repeat(bases, counts)
        row_bases = (np.cumsum(counts) - counts).astype(np.int32)
        return cls(
            grammar,
            _BORDER.join(texts),
            counts,
            bases,
            np.concatenate([tree.code for tree in trees]),
            np.concatenate([tree.field for tree in trees]),
            np.concatenate([tree.depth for tree in trees]),
            np.concatenate([tree.start for tree in trees]) + base,
            np.concatenate([tree.end for tree in trees]) + base,
            np.concatenate([at + begin for at, begin in zip(unclosed, row_bases, strict=True)]),
        )

    def __len__(self) -> int:
        return len(self.code)

    @cached_property
    def shape(self) -> TreeShape:
        """Parents, child indexes and ends of subtrees."""
        return tree_shape(self.depth)

    @cached_property
    def lines(self) -> LineIndex:
        """Lines and columns of offsets."""
        return LineIndex(self.source)

    def files(self, rows: Rows) -> NDArray[np.int64]:
        """The file (its position in the batch) of each row."""
        return np.searchsorted(self.row_bases, rows, side="right") - 1

    def child(self, rows: Rows, field_name: str) -> NDArray[np.int32]:
        """The first child of each row that is in this field, -1 where there is none."""
        wanted = self.grammar.field_ids.get(field_name)
        return self._step_to(rows, lambda candidate: self.field[candidate] == wanted)

    def child_of_type(self, rows: Rows, type_: str) -> NDArray[np.int32]:
        """The first child of each row that is of this type (or these: `a|b`), -1 where there is none."""
        wanted = self.grammar.flags(type_.split("|"))
        return self._step_to(rows, lambda candidate: wanted[self.code[candidate]])

    def first_child(self, rows: Rows) -> NDArray[np.int32]:
        """The first child of each row that is no token, -1 where there is none."""
        return self._step_to(rows, lambda candidate: ~self.grammar.is_token[self.code[candidate]])

    def children(self, row: int) -> Iterator[int]:
        """The children of one row in order, tokens left out."""
        child, end = row + 1, int(self.shape.end[row])
        while child < end:
            if not self.grammar.is_token[self.code[child]]:
                yield child
            child = int(self.shape.end[child])

    def _step_to(self, rows: Rows, wanted: Callable[[Rows], NDArray[np.bool_]]) -> NDArray[np.int32]:
        found = np.full(len(rows), -1, np.int32)
        index = np.flatnonzero(rows >= 0)
        limit = self.shape.end[rows[index]]
        candidate = rows[index] + 1
        for _ in range(_LARGEST_STEP):
            inside = candidate < limit
            index, candidate, limit = index[inside], candidate[inside], limit[inside]
            if len(index) == 0:
                break
            hit = wanted(candidate)
            found[index[hit]] = candidate[hit]
            index, candidate, limit = index[~hit], self.shape.end[candidate[~hit]], limit[~hit]
        return found

    def first_of(self, rows: Rows, wanted: NDArray[np.bool_]) -> NDArray[np.int32]:
        """The first row of one of the wanted types in each row's subtree, itself included, or -1."""
        every = np.append(np.flatnonzero(wanted[self.code]), len(self)).astype(np.int32)
        first = every[np.searchsorted(every, rows)]
        return np.where((rows >= 0) & (first < self.shape.end[rows]), first, -1)

    def reads(self, rows: Rows, word: bytes) -> NDArray[np.bool_]:
        """Which of the rows have exactly this text."""
        same = np.zeros(len(rows), np.bool_)
        at = np.flatnonzero(self.end[rows] - self.start[rows] == len(word))
        for index, letter in enumerate(word):
            at = at[self.source[self.start[rows[at]] + index] == letter]
        same[at] = True
        return same

    def preceded(self, start: Rows, words: str) -> NDArray[np.bool_]:
        """Whether these words stand before each offset, with nothing but blanks between and after them."""
        before = start.astype(np.int64) - 1
        same = np.ones(len(before), np.bool_)
        for word in reversed(words.encode().split()):
            for _ in range(_LONGEST_GAP):
                blank = (before >= 0) & np.isin(self.source[np.maximum(before, 0)], (32, 9))
                if not blank.any():
                    break
                before = before - blank
            same &= before + 1 >= len(word)
            for letter in reversed(word):
                same &= self.source[np.maximum(before, 0)] == letter
                before = before - 1
            if word[:1].isalnum():
                same &= (before < 0) | ~_IN_WORDS[self.source[np.maximum(before, 0)]]
            elif word[:1] in _OPERATORS:
                same &= (before < 0) | ~_IN_OPERATORS[self.source[np.maximum(before, 0)]]
        return same

    def followed(self, end: Rows, word: str) -> NDArray[np.bool_]:
        """Whether this operator, and no longer one, stands after each offset, with only blanks between."""
        after = end.astype(np.int64)
        last = len(self.source) - 1
        for _ in range(_LONGEST_GAP):
            blank = (after <= last) & np.isin(self.source[np.minimum(after, last)], (32, 9))
            if not blank.any():
                break
            after = after + blank
        same = after + len(word) <= last
        for letter in word.encode():
            same &= self.source[np.minimum(after, last)] == letter
            after = after + 1
        if word.encode()[-1] in _OPERATORS:
            same &= ~_IN_OPERATORS[self.source[np.minimum(after, last)]]
        return same

    def text(self, row: int) -> str:
        """The source text of one row."""
        return self.data[self.start[row] : self.end[row]].decode("utf-8", "replace")
