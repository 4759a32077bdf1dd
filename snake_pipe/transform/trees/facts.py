"""What a syntax tree says about the file it was made from: language, source, parser, traits."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from snake_pipe.transform.languages import language_of_name
from snake_pipe.transform.rows.contract import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.errors import TransformError
    from snake_pipe.transform.dialects.dialect import Dialect
    from snake_pipe.transform.rows.contract import FileFacts
    from snake_pipe.transform.trees.walk.findings import Extract
    from snake_pipe.transform.trees.walk.vocabulary import Vocabulary

_LANGUAGE_OF_ENDING = {
    "js": "javascript",
    "mjs": "javascript",
    "cjs": "javascript",
    "jsx": "javascript",
    "ts": "typescript",
    "mts": "typescript",
    "cts": "typescript",
    "tsx": "typescript",
    "c": "c",
    "cc": "cpp",
    "cpp": "cpp",
    "cxx": "cpp",
    "hh": "cpp",
    "hpp": "cpp",
    "hxx": "cpp",
}
_TRAITS = {
    "minified": re.compile(r"[.-]min\.[^/]*$"),
    "generated": re.compile(
        r"(^|/)(generated|gen|autogen)/|[._](pb|generated|g)\.[^/]*$|_pb2\.py", re.IGNORECASE
    ),
    "vendored": re.compile(r"(^|/)(node_modules|vendor|third_party|bower_components|site-packages)/"),
    "test": re.compile(
        r"(^|/)(tests?|__tests__|spec)/|(^|/)test_[^/]*$|[._-](test|spec)\.[^/]*$|_test\.[^/]*$",
        re.IGNORECASE,
    ),
}
_HINTS = (
    *("min.", "gen", "pb.", ".g.", "_g.", "_pb2", "vendor", "node_modules", "third_party"),
    *("bower_components", "site-packages", "test", "spec"),
)
"""Of these at least one is in each path with a trait; looking for them takes less than the expressions do."""
_NO_LINE = 2**31
_JSON = r"\.(?:json|jsonl|ndjson)(?:\.gz)?$"
_AST_NAME = re.compile(r"(?:[._-]ast|\.syntax|\.estree)" + _JSON, re.IGNORECASE)
_AST_HEAD = re.compile(
    rb'"(?:type|_?kind|_type|node_?[tT]ype|ast_type)"\s*:\s*'
    rb'"(?:Program|File|Module|TranslationUnitDecl|SourceUnit|Root|root|CompilationUnit|source_file)"'
)
_HEAD = 4096
_MOST_ENDINGS = ".ast.json"
_AST_ENDING = re.compile(r"(?:[._-]ast|\.syntax|\.estree)?" + _JSON, re.IGNORECASE)


@dataclass(slots=True)
class Overview:
    """What the columns of a document, or of its pieces one after the other, say about its source."""

    source_path: str | None = None
    last_line: int = 0
    types: set[str] = field(default_factory=set)

    def add(self, vocabulary: Vocabulary, columns: Extract) -> None:
        """See the next piece."""
        self.source_path = self.source_path or columns.source_path
        self.last_line = max(self.last_line, _last_line(columns))
        self.types |= _types(vocabulary, columns)


def describe(facts: FileFacts, path: str, vocabulary: Vocabulary, columns: Extract) -> None:
    """Fill in all that a file's row says about its tree; no lines where its nodes have none."""
    last_line = _last_line(columns)
    types = partial(_types, vocabulary, columns)
    _describe(facts, path, vocabulary.dialect, columns.source_path, last_line, types)


def describe_parts(facts: FileFacts, path: str, dialect: Dialect, overview: Overview) -> None:
    """The same for a document that was never in memory as a whole.

    A source that the facts have already is what the document around the tree says.
    """
    _describe(facts, path, dialect, overview.source_path, overview.last_line, lambda: overview.types)


def _describe(
    facts: FileFacts,
    path: str,
    dialect: Dialect,
    source_path: str | None,
    last_line: int,
    types: Callable[[], set[str]],
) -> None:
    facts.dialect, facts.parser, facts.parser_version = dialect.name, dialect.parser, dialect.parser_version
    facts.offset_unit = dialect.offset_unit
    facts.source_path = facts.source_path or source_path
    source = facts.source_path or _without_ast_ending(path)
    facts.language = _language(dialect, source, types)
    facts.line_count = last_line
    named = (facts.source_path or path).replace("\\", "/")
    folded = named.casefold()
    if any(hint in folded for hint in _HINTS):
        facts.traits += [trait for trait, pattern in _TRAITS.items() if pattern.search(named)]


def _without_ast_ending(path: str) -> str:
    """The path of the source beside which an AST file lies."""
    if path.endswith(_MOST_ENDINGS):  # a regular expression takes forty times as long
        return path[: -len(_MOST_ENDINGS)]
    return _AST_ENDING.sub("", path)


def refuse(facts: FileFacts, path: str, head: bytes, error: TransformError) -> None:
    """A file that cannot be read has failed if it looks like a tree; other JSON is skipped."""
    if error.code == "invalid_json" and not (_AST_NAME.search(path) or _AST_HEAD.search(head[:_HEAD])):
        facts.status, facts.reason = "skipped", "not_an_ast"
        return
    fail(facts, error)


def fail(facts: FileFacts, error: TransformError) -> None:
    """A tree that cannot be read."""
    facts.status, facts.reason = "failed", error.code
    facts.problems.append(Problem(error.phase, error.code, str(error.args[2]), error.line, error.col))


def _language(dialect: Dialect, source: str, types: Callable[[], set[str]]) -> str:
    ending = source.rpartition(".")[2].lower()
    by_ending = _LANGUAGE_OF_ENDING.get(ending)
    if dialect.type_key == "kind" and dialect.language == "c":
        return by_ending if by_ending in ("c", "cpp") else "cpp" if _any_begins(types(), "CXX") else "c"
    if dialect.language in ("javascript", "typescript"):
        if by_ending in ("javascript", "typescript"):
            return by_ending
        return "typescript" if _any_begins(types(), "TS") else "javascript"
    present = types() if dialect.other_languages else set()
    for type_, language in dialect.other_languages.items():
        if type_ in present:
            return language
    if dialect.language != "unknown":
        return dialect.language
    return language_of_name(source.rpartition("/")[2]) or dialect.language


def _types(vocabulary: Vocabulary, columns: Extract) -> set[str]:
    present = np.flatnonzero(np.bincount(columns.codes)).tolist()
    return set(map(vocabulary.words.words.__getitem__, present))


def _any_begins(types: set[str], prefix: str) -> bool:
    return any(type_.startswith(prefix) for type_ in types)


def _last_line(columns: Extract) -> int:
    """The last line that a node of the file ends on; 0 where there are no lines."""
    ends = columns.spans[4]
    if columns.in_main is not None:
        ends = ends[columns.in_main]
    last = int(ends[ends.argmax()]) if len(ends) else 0
    return max(last, 0) if last < _NO_LINE else int(np.max(ends[ends < _NO_LINE], initial=0))
