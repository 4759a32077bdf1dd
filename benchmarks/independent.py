"""What is in a folder, counted without this project: no line of `snake_pipe` runs here.

A source node is a named node of the tree that py-tree-sitter gives for the file's text, found by a walk
over `children`. A node of an AST file is any JSON object that carries the dialect's type key with a
string that is not empty, wherever it is:

- objects and lists between nodes are no nodes, and hide none;
- comments of acorn, meriyah and Babel are nodes as often as they are written; Babel attaches one comment to
  two neighbours and lists it once more in `comments`;
- tokens of Babel (`tokens: true`) carry an object as `type`: they are no nodes, comments among them are;
- clang's `referencedDecl` and the like carry a `kind`, so they are nodes; types (`{"qualType": ...}`) and
  locations have none.

Nodes come in the order of the text: a parent, then what is below it. Lines and columns of all tools become
such that count from 1. clang leaves out the line of a location where it is that of the location written
before it; what a macro made stands where the macro is used.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import json
import os
import re
import sys
import tokenize
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

AST = "ast"
_ENDINGS = {
    AST: ".json .json.gz .jsonl .ndjson .ast .ast.gz",
    "bash": ".sh .bash .ebuild .eclass .bats .ksh",
    "c": ".c .h",
    "c-sharp": ".cs .csx",
    "cpp": ".cc .cpp .cxx .c++ .hh .hpp .hxx .h++ .ipp .tpp .inl .cu .cuh",
    "go": ".go",
    "java": ".java",
    "javascript": ".js .jsx .mjs .cjs",
    "make": ".mk .mak",
    "php": ".php .php3 .php4 .php5 .php7 .php8 .phtml",
    "powershell": ".ps1 .psm1 .psd1",
    "python": ".py .pyi .pyw",
    "ruby": ".rb .rake .gemspec .ru .podspec .thor",
    "rust": ".rs",
    "tsx": ".tsx",
    "typescript": ".ts .mts .cts",
}
"""As `snake-pipe languages` documents them."""
_LANGUAGE_OF = {ending: language for language, endings in _ENDINGS.items() for ending in endings.split()}
_MODE = re.compile(r"-\*- (\S+) -\*-")
_LANGUAGE_BY_MODE = {"makefile": "make", "c": "c", "python": "python", "sh": "bash"}
"""By the mode that a first line tells an editor; names without an ending, or with one of `_OPEN_ENDINGS`."""
_OPEN_ENDINGS = (".h", ".m", ".inc", ".in", ".cgi", ".fcgi")
_INTERPRETERS = {
    "bash": "bash sh dash ksh ash",
    "javascript": "node nodejs",
    "php": "php",
    "python": "python python2 python3 pypy pypy3",
    "ruby": "ruby jruby",
    "typescript": "deno ts-node tsx bun",
}
_LANGUAGE_BY = {word: language for language, words in _INTERPRETERS.items() for word in words.split()}
_GRAMMARS = {
    "c-sharp": ("tree_sitter_c_sharp", "language"),
    "dockerfile": ("tree_sitter_containerfile", "language"),
    "ocaml": ("tree_sitter_ocaml", "language_ocaml"),
    "ocaml-interface": ("tree_sitter_ocaml", "language_ocaml_interface"),
    "php": ("tree_sitter_php", "language_php"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "xml": ("tree_sitter_xml", "language_xml"),
}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NEAR_START = 8192
_DEEPEST = 20_000
"""Levels that `json.loads`, which recurses, may go down; more would exhaust the C stack."""


class Count(NamedTuple):
    """Nodes of one file, and a digest of their types and places in their order.

    None and an empty digest where it must have no rows: a binary file, or JSON that is no tree.
    """

    path: str
    nodes: int | None
    digest: str = ""


DIGEST = """
    md5(string_agg(concat_ws(' ', type, coalesce(start_line, 0), coalesce(start_col, 0),
                             coalesce(end_line, 0), coalesce(end_col, 0)), ';' ORDER BY node_id))
    """
"""The same digest in SQL, of the rows of one file."""


def files_below(root: Path, leave_out: frozenset[str] = frozenset()) -> dict[str, str]:
    """Relative path → language, or `ast`, of each file to read; links and folders so named are left out.

    A C header may be C++ in truth, which only its text tells; here it is always `c`.
    """
    found = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in leave_out and name != ".git"]
        for name in names:
            path = Path(folder, name)
            if path.is_symlink() or not path.is_file():
                continue
            language = _language(path)
            if language is not None:
                found[path.relative_to(root).as_posix()] = language
    return found


def _language(path: Path) -> str | None:
    name = path.name.lower()
    if name.endswith((".json.gz", ".ast.gz")):
        return AST
    if name in ("makefile", "gnumakefile"):
        return "make"
    with path.open("rb") as file:
        head = file.readline(400).decode("latin-1")
    if "." in name.lstrip("."):
        ending = path.suffix.lower()
        if ending in _OPEN_ENDINGS and (mode := _MODE.findall(head)):
            return _LANGUAGE_BY_MODE.get(mode[0].lower())
        return _LANGUAGE_OF.get(ending)
    if mode := _MODE.findall(head):
        return _LANGUAGE_BY_MODE.get(mode[0].lower())
    if not head.startswith("#!"):
        return None
    words = head[2:].split()
    words = [word.rsplit("/", 1)[-1] for word in words if not word.startswith("-") and "=" not in word]
    words = words[1:] if words[:1] == ["env"] else words
    return next(
        (_LANGUAGE_BY.get(w) or _LANGUAGE_BY.get(re.sub(r"[-.\d]+$", "", w)) for w in words[:1]), None
    )


def count_source(root: Path, path: str, language: str) -> Count:
    """Named nodes of a source."""
    text = _as_utf8((root / path).read_bytes(), python=language == "python")
    if text is None:
        return Count(path, None)
    found = []
    stack = [parser_of(language).parse(text).root_node]
    while stack:
        node = stack.pop()
        if node.is_named:
            (line, column), (end_line, end_column) = node.start_point, node.end_point
            found.append(f"{node.type} {line + 1} {column + 1} {end_line + 1} {end_column + 1}")
        stack += reversed(node.children)
    return _count(path, found)


def count_tree(root: Path, path: str, type_key: str) -> Count:
    """Nodes of an AST file."""
    sys.setrecursionlimit(_DEEPEST)
    document = json.loads((root / path).read_bytes())
    place = {"type": _estree_place, "_type": _python_place, "kind": _clang_place}[type_key]
    if type_key == "kind":
        _complete_locations(document)
    found = []
    stack = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            type_ = value.get(type_key)
            if isinstance(type_, str) and type_ != "":
                found.append(" ".join(map(str, (type_, *place(value)))))
            stack += reversed(value.values())
        elif isinstance(value, list):
            stack += reversed(value)
    return _count(path, found)


def _count(path: str, found: list[str]) -> Count:
    return Count(path, len(found), hashlib.md5(";".join(found).encode()).hexdigest())


_UNKNOWN = (0, 0, 0, 0)


def _estree_place(node: Any) -> tuple[int, int, int, int]:
    if "loc" not in node:
        return _UNKNOWN
    start, end = node["loc"]["start"], node["loc"]["end"]
    return start["line"], start["column"] + 1, end["line"], end["column"] + 1


def _python_place(node: Any) -> tuple[int, int, int, int]:
    if "lineno" not in node:
        return _UNKNOWN
    return node["lineno"], node["col_offset"] + 1, node["end_lineno"], node["end_col_offset"] + 1


def _clang_place(node: Any) -> tuple[int, int, int, int]:
    begin, end = (
        place.get("expansionLoc", place)
        for place in (node.get("range", {}).get(side, {}) for side in ("begin", "end"))
    )
    if "col" not in begin:
        return _UNKNOWN
    return begin["line"], begin["col"], end["line"], end["col"] + end["tokLen"]


def _complete_locations(document: Any) -> None:
    """Give each location of clang the line that it leaves out."""
    line = 0
    stack = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if "offset" in value and "col" in value:
                line = value.setdefault("line", line)
            stack += reversed(value.values())
        elif isinstance(value, list):
            stack += reversed(value)


def grammar_of(language: str) -> tuple[str, str]:
    """The module of a language's wheel, and the function in it that gives the grammar."""
    return _GRAMMARS.get(language, (f"tree_sitter_{language}", "language"))


@cache
def parser_of(language: str) -> Any:
    """tree-sitter's parser of a language."""
    from tree_sitter import Language, Parser

    module, function = grammar_of(language)
    return Parser(Language(getattr(import_module(module), function)()))


def _as_utf8(data: bytes, *, python: bool) -> bytes | None:
    """The text that is parsed, by the policy in `docs/design.md`; None for a binary file."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if encoding is None:
        if b"\0" in data[:_NEAR_START]:
            return None
        try:
            data.decode()
        except UnicodeDecodeError:
            encoding = (_cookie(data) if python else None) or "cp1252"
        else:
            return data
    if encoding == "cp1252":
        try:
            return data.decode("cp1252").encode()
        except UnicodeDecodeError:
            encoding = "latin-1"
    return data.decode(encoding, "replace").encode("utf-8", "replace")


def _cookie(data: bytes) -> str | None:
    """What Python's own tokenizer takes a source to be, where it is not UTF-8."""
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError:
        return None
    return None if encoding.startswith("utf-8") else encoding
