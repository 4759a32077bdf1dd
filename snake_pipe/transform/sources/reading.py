"""A text → its walked tree and what is wrong with it: by the compiled module, or by py-tree-sitter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from tree_sitter import Parser

from snake_pipe.transform.native.compiled import SOURCES
from snake_pipe.transform.sources.grammar import language_pointer
from snake_pipe.transform.sources.syntax_errors import (
    BRACES,
    MAX_PROBLEMS,
    SyntaxErrors,
    problem,
    syntax_errors,
)
from snake_pipe.transform.sources.walk import WalkedTree, walk_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.native.compiled import Sources
    from snake_pipe.transform.rows.contract import Problem
    from snake_pipe.transform.sources.grammar import Grammar


_LONGEST = 1e9
"""Seconds, which the compiled module counts as 63-bit numbers of nanoseconds."""


class ReadSource(NamedTuple):
    """What a text is; `errors` are None where all of it was understood."""

    tree: WalkedTree
    errors: SyntaxErrors | None


class Reader(Protocol):
    """Reads texts of one language, one after the other. Not thread-safe."""

    def read(self, text: bytes, seconds: float) -> ReadSource | None:
        """Parse and walk UTF-8 of less than 2^30 bytes; None if parsing takes longer, 0 for no limit."""


def open_reader(grammar: Grammar) -> Reader:
    """What reads texts of a language: compiled, where that is there and knows grammars of this version."""
    if SOURCES is not None:
        codes = np.array(grammar.code_of_kind_id, np.uint16).tobytes()
        reader = SOURCES.open_reader(language_pointer(grammar.name), codes)
        if reader is not None:
            return NativeReader(grammar, SOURCES, reader)
    return PythonReader(grammar)


class PythonReader:
    """Reads by py-tree-sitter, which knows no limit of time for bytes."""

    def __init__(self, grammar: Grammar) -> None:
        self._parser = Parser(grammar.language)
        self._code_of_kind_id = grammar.code_of_kind_id

    def read(self, text: bytes, seconds: float) -> ReadSource:  # noqa: ARG002
        """See `Reader`."""
        tree = self._parser.parse(text)
        walked = walk_tree(tree, self._code_of_kind_id)
        has_error = tree.root_node.has_error
        return ReadSource(walked, syntax_errors(tree, walked, self._code_of_kind_id) if has_error else None)


class NativeReader:
    """Reads by the compiled module; no node is an object."""

    def __init__(self, grammar: Grammar, sources: Sources, reader: Any) -> None:
        self._grammar, self._sources, self._reader = grammar, sources, reader

    def read(self, text: bytes, seconds: float) -> ReadSource | None:
        """See `Reader`."""
        found = self._sources.read_source(self._reader, text, int(min(seconds, _LONGEST) * 1e9))
        if found is None:
            return None
        codes, fields, depths, starts, ends, max_depth, has_error, problems = found
        code: NDArray[Any] = np.frombuffer(codes, np.uint8 if len(codes) == len(fields) else np.uint16)
        depth: NDArray[Any] = np.frombuffer(depths, np.uint8 if len(depths) == len(fields) else np.int32)
        tree = WalkedTree(
            code,
            np.frombuffer(fields, np.uint8),
            depth,
            np.frombuffer(starts, np.int32),
            np.frombuffer(ends, np.int32),
            max_depth,
        )
        return ReadSource(tree, self._errors(problems) if has_error else None)

    def _errors(self, found: bytes) -> SyntaxErrors:
        problems: list[Problem] = []
        unclosed: set[int] = set()
        for kind, is_missing, line, column, row in np.frombuffer(found, np.int32).reshape(-1, 5).tolist():
            missing = self._grammar.language.node_kind_for_id(kind) if is_missing else None
            if len(problems) < MAX_PROBLEMS:
                problems.append(problem(missing, line, column))
            if missing in BRACES:
                unclosed.add(row)
        return SyntaxErrors(problems, np.array(sorted(unclosed), np.int32))
