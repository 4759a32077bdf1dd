"""What a syntax tree tells about the file it was made from: language, source, parser, traits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from snake_pipe.transform.languages import EXTRACTION_VERSION

if TYPE_CHECKING:
    from snake_pipe.transform.dialects.dialect import Dialect, Node
    from snake_pipe.transform.json_extract import Extract
    from snake_pipe.transform.json_walk import Walked
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
_AST_ENDING = re.compile(r"(?:[._-]ast|\.syntax|\.estree)?\.json(?:\.gz)?$", re.IGNORECASE)


def describe(
    facts: FileFacts, path: str, dialect: Dialect, walked: Walked, columns: Extract, text: bytes
) -> None:
    """Fill in all that a file's row says about its tree."""
    facts.dialect = facts.parser = dialect.name
    facts.parser_version = f"{dialect.name}+r{EXTRACTION_VERSION}"
    facts.offset_unit = dialect.offset_unit
    facts.source_path = _source_path(walked.nodes[0], columns)
    facts.language = _language(dialect, facts.source_path or _AST_ENDING.sub("", path), walked)
    facts.line_count = _line_count(columns) or text.count(b"\n") + 1
    named = facts.source_path or path
    facts.traits += [trait for trait, pattern in _TRAITS.items() if pattern.search(named.replace("\\", "/"))]


def _source_path(root: Node, columns: Extract) -> str | None:
    if columns.main_file is not None:
        return columns.main_file
    loc = root.get("loc")
    if loc.__class__ is dict:
        for key in ("filename", "source"):
            if loc.get(key).__class__ is str and loc[key]:
                return str(loc[key])
    return None


def _language(dialect: Dialect, source: str, walked: Walked) -> str:
    ending = source.rpartition(".")[2].lower()
    told = _LANGUAGE_OF_ENDING.get(ending)
    if dialect.type_key == "kind" and dialect.language == "c":
        return told if told in ("c", "cpp") else "cpp" if _any_type(walked, "CXX") else "c"
    if dialect.language in ("javascript", "typescript"):
        if told in ("javascript", "typescript"):
            return told
        return "typescript" if _any_type(walked, "TS") else "javascript"
    return dialect.language


def _any_type(walked: Walked, prefix: str) -> bool:
    return any(type_.startswith(prefix) for type_ in set(walked.types))


def _line_count(columns: Extract) -> int:
    """The last line that a node of the file ends on; 0 where lines are not told."""
    ends = columns.spans[4]
    if columns.in_main is not None:
        ends = ends[columns.in_main]
    return int(np.max(ends, initial=0))
