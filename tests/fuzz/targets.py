"""What is fuzzed: functions of bytes, each of which reads them by compiled code and as Python's twin does.

A difference is an error, as is any exception: bad content never raises.
"""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from fuzz.mutation import Mutation, shortened
from snake_pipe.errors import TransformError
from snake_pipe.transform.languages import LANGUAGES, language_of_name
from snake_pipe.transform.rows.contract import AST_QUEUE, TransformOptions
from snake_pipe.transform.sources.grammar import grammar
from snake_pipe.transform.sources.reading import PythonReader, open_reader
from snake_pipe.transform.transformer import open_transformer
from snake_pipe.transform.trees.document.decoding import decode
from snake_pipe.transform.trees.document.native import read_natively
from snake_pipe.transform.trees.large.blocks import JsonBlocks
from snake_pipe.transform.trees.large.transformer import PieceSizes, stream
from testkit.places import GOLDEN_DIALECTS, GOLDEN_LANGUAGES, SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from snake_pipe.transform.sources.reading import Reader, ReadSource

LARGEST_SEED = 10_000
_OPTIONS = TransformOptions(value_length=9, comment_length=20)
MODULES = ("LOOPS", "DOCUMENTS", "ROWS", "SOURCES")


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Python does the work of these compiled modules."""
    taken = [
        (module, name, getattr(module, name))
        for path, module in list(sys.modules.items())
        if path.startswith("snake_pipe.transform.")
        for name in names
        if hasattr(module, name)
    ]
    try:
        for module, name, _ in taken:
            setattr(module, name, None)
        yield
    finally:
        for module, name, value in taken:
            setattr(module, name, value)


def rows_of(queue: str, data: bytes, options: TransformOptions = _OPTIONS) -> dict[str, Any]:
    """All rows and figures of one file."""
    transformer = open_transformer(queue, options)
    transformer.add(1, "a.json", data, most_trees=90)
    result = transformer.drain()
    return {**{name: rows.to_pylist() for name, rows in result.tables.items()}, "facts": result.facts}


# -- AST files -----------------------------------------------------------------------------------------


def trees(data: bytes) -> None:
    """Rows of a document: read in place, decoded and walked by compiled loops, and by Python alone."""
    expected = _rows_by_python(AST_QUEUE, data)
    assert rows_of(AST_QUEUE, data) == expected
    with without("DOCUMENTS"):
        assert rows_of(AST_QUEUE, data) == expected


def _rows_by_python(queue: str, data: bytes, options: TransformOptions = _OPTIONS) -> dict[str, Any]:
    with without(*MODULES):
        return rows_of(queue, data, options)


def views(data: bytes) -> None:
    """A document that is read in place, value by value."""
    document = read_natively(data)
    if document is None:
        return
    try:
        expected = decode(data)
    except TransformError:
        return
    stack = [(document.root, expected)]
    while stack:
        found, value = stack.pop()
        if {found.__class__, value.__class__} <= {int, float}:
            continue  # no number is rounded here
        assert found.__class__ is value.__class__
        if isinstance(value, dict):
            assert len(found) == len(value)
            assert list(found) == list(found.keys()) == list(value)
            assert ("no such key" in found) == ("no such key" in value)
            for key, inner in found.items():
                assert key in found
                assert inner.__class__ is found[key].__class__ is found.get(key).__class__
            stack += zip(found.values(), value.values(), strict=True)
        elif isinstance(value, list):
            stack += zip(found, value, strict=True)
        else:
            assert found == value


def pieces(data: bytes) -> None:
    """A document that is read in pieces, by compiled code and by Python alone."""
    for piece in (100, 1_000):
        found = _in_pieces(data, piece)
        with without(*MODULES):
            assert found == _in_pieces(data, piece)


def _in_pieces(data: bytes, piece: int) -> list[Any]:
    def blocks() -> JsonBlocks:
        return JsonBlocks(io.BytesIO(data).read, len(data))

    sizes = PieceSizes(piece, 10 * piece, 10)
    return [
        ({name: rows.to_pylist() for name, rows in part.tables.items()}, part.facts)
        for part in stream(1, "a.json", blocks, _OPTIONS, sizes, 90)
    ]


# -- sources -------------------------------------------------------------------------------------------

_INSTALLED = sorted(name for name, language in LANGUAGES.items() if language.installed)


def _language_of(data: bytes) -> tuple[str, bytes]:
    """The first byte says which language the others are in."""
    return _INSTALLED[data[0] % len(_INSTALLED)], data[1:]


def sources(data: bytes) -> None:
    """Nodes and errors of a source, also after a parse that was given up."""
    if not data:
        return
    language, text = _language_of(data)
    native, python = _readers(language)
    expected = python.read(text, 0)
    _assert_same(native.read(text, 0), expected)
    if (interrupted := native.read(text, 20e-6)) is not None:
        _assert_same(interrupted, expected)
    _assert_same(native.read(text, 0), expected)


@cache
def _readers(language: str) -> tuple[Reader, Reader]:
    tables = grammar(language, anonymous=False)
    return open_reader(tables), PythonReader(tables)


def _assert_same(found: ReadSource | None, expected: ReadSource | None) -> None:
    assert found is not None
    assert expected is not None
    for column in ("code", "field", "depth", "start", "end"):
        assert getattr(found.tree, column).tolist() == getattr(expected.tree, column).tolist(), column
    assert found.tree.max_depth == expected.tree.max_depth
    assert (found.errors is None) == (expected.errors is None)
    if found.errors is not None and expected.errors is not None:
        assert found.errors.problems == expected.errors.problems
        assert found.errors.unclosed.tolist() == expected.errors.unclosed.tolist()


def rows(data: bytes) -> None:
    """Rows of a source; those of tokens too for every other length."""
    if data:
        language, text = _language_of(data)
        options = replace(_OPTIONS, anonymous=len(text) % 2 == 1)
        assert rows_of(language, text, options) == _rows_by_python(language, text, options)


# -- all of them ---------------------------------------------------------------------------------------


_SMALL_TREES = (
    b'{"type":"Program","loc":{"start":{"line":1,"column":0},"end":{"line":2,"column":9}},"body":[]}',
    b'{"type":"File","loc":{"start":{"line":1,"column":0,"index":0},"end":{"line":2,"column":9,"index":19}}}',
    b'{"type":"Program","loc":{"start":{"line":1,"column":0},"end":{"line":1,"column":1},"identifierName":"a"}}',
)


def _dumps() -> list[bytes]:
    """Trees of all dialects, and small ones with what few of them have."""
    paths = [path for folder in (SAMPLES, GOLDEN_DIALECTS) for path in sorted(folder.rglob("*.json*"))]
    return [*_SMALL_TREES, *(shortened(path.read_bytes(), LARGEST_SEED) for path in paths)]


def _texts() -> list[bytes]:
    files = sorted(path for path in GOLDEN_LANGUAGES.iterdir() if path.suffix != ".rows")
    named = [(path.name.split(".")[0], path) for path in files]
    named += [
        (language_of_name(path.name) or "", path) for path in sorted(SAMPLES.rglob("*.*")) if path.is_file()
    ]
    seeds = [(language, path.read_bytes()) for language, path in named if language in _INSTALLED]
    return [
        bytes([_INSTALLED.index(language)]) + text for language, text in seeds if len(text) < LARGEST_SEED
    ]


def _by_libfuzzer(seeds: list[bytes]) -> Callable[[bytes, int, int], bytes]:
    return lambda data, seed, most: b""


@dataclass(frozen=True)
class Target:
    """A function of bytes, what it begins with, and how its inputs are changed."""

    one: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    mutation: Callable[[list[bytes]], Callable[[bytes, int, int], bytes]]


TARGETS = {
    "trees": Target(trees, _dumps, Mutation),
    "views": Target(views, _dumps, Mutation),
    "pieces": Target(pieces, _dumps, Mutation),
    "sources": Target(sources, _texts, _by_libfuzzer),
    "rows": Target(rows, _texts, _by_libfuzzer),
}
