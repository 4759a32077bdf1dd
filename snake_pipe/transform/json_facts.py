"""What a syntax tree tells about the file it was made from: language, source, parser, traits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from snake_pipe.transform.json_extract import Extract, Vocabulary
    from snake_pipe.transform.transformer import FileFacts

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
_NO_LINE = 2**31
_AST_ENDING = re.compile(r"(?:[._-]ast|\.syntax|\.estree)?\.json(?:\.gz)?$", re.IGNORECASE)


def describe(facts: FileFacts, path: str, vocabulary: Vocabulary, columns: Extract, text: bytes) -> None:
    """Fill in all that a file's row says about its tree."""
    dialect = vocabulary.dialect
    facts.dialect, facts.parser, facts.parser_version = dialect.name, dialect.parser, dialect.parser_version
    facts.offset_unit = dialect.offset_unit
    facts.source_path = columns.source_path
    source = facts.source_path or _AST_ENDING.sub("", path)
    facts.language = _language(vocabulary, source, columns)
    facts.line_count = _line_count(columns) or text.count(b"\n") + 1
    named = facts.source_path or path
    facts.traits += [trait for trait, pattern in _TRAITS.items() if pattern.search(named.replace("\\", "/"))]


def _language(vocabulary: Vocabulary, source: str, columns: Extract) -> str:
    ending = source.rpartition(".")[2].lower()
    told = _LANGUAGE_OF_ENDING.get(ending)
    dialect = vocabulary.dialect
    if dialect.type_key == "kind" and dialect.language == "c":
        return told if told in ("c", "cpp") else "cpp" if _any_type(vocabulary, columns, "CXX") else "c"
    if dialect.language in ("javascript", "typescript"):
        if told in ("javascript", "typescript"):
            return told
        return "typescript" if _any_type(vocabulary, columns, "TS") else "javascript"
    return dialect.language


def _any_type(vocabulary: Vocabulary, columns: Extract, prefix: str) -> bool:
    present = np.flatnonzero(np.bincount(columns.codes)).tolist()
    return any(vocabulary.words.words[code].startswith(prefix) for code in present)


def _line_count(columns: Extract) -> int:
    """The last line that a node of the file ends on; 0 where lines are not told."""
    ends = columns.spans[4]
    if columns.in_main is not None:
        ends = ends[columns.in_main]
    return int(np.max(ends[ends < _NO_LINE], initial=0))
