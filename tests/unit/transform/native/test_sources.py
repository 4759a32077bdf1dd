"""Sources that compiled code parses and walks give what py-tree-sitter and its cursor do, node by node."""

from __future__ import annotations

import os
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Parser

from snake_pipe.transform.languages import LANGUAGES, language_of_name
from snake_pipe.transform.native import compiled
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.sources import reading
from snake_pipe.transform.sources.grammar import ERROR_KIND_ID, grammar, language_pointer, load_language
from snake_pipe.transform.sources.reading import NativeReader, PythonReader, open_reader
from snake_pipe.transform.sources.transformer import SourceTreeTransformer
from snake_pipe.transform.sources.walk import walk_tree
from testkit.native import blocks_kept, digest
from testkit.places import GOLDEN_LANGUAGES, SAMPLES
from testkit.samples import sample, some_examples

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.transform.sources.reading import Reader

SOURCES = compiled.SOURCES
needs_sources = pytest.mark.skipif(
    SOURCES is None, reason="Python alone, as SNAKE_PIPE_PURE_PYTHON asks for, or tree-sitter was not fetched"
)
INSTALLED = sorted(name for name, language in LANGUAGES.items() if language.installed)


@pytest.mark.skipif(bool(os.environ.get(compiled.PURE_PYTHON)), reason="asked for Python alone")
@pytest.mark.skipif(
    sysconfig.get_platform() not in ("linux-x86_64", "linux-aarch64"), reason="not built for this platform"
)
def test_the_module_was_built_from_these_sources() -> None:
    module = import_module(compiled.SOURCES_MODULE)
    assert module.__doc__ == digest("sources"), "install the project again"
    assert compiled.SOURCES is module


# -- the same trees ------------------------------------------------------------------------------------


def written_in() -> dict[str, list[Path]]:
    """Sources by their language: those of golden rows, and of the samples."""
    found: dict[str, list[Path]] = {name: [] for name in INSTALLED}
    for path in sorted(GOLDEN_LANGUAGES.iterdir()):
        if path.suffix != ".rows":
            found.get(path.name.split(".")[0], []).append(path)
    for path in sorted(SAMPLES.rglob("*.*")):
        if path.is_file() and path.stat().st_size < 2**15:
            found.get(language_of_name(path.name) or "", []).append(path)
    return {name: sample(paths, 8) for name, paths in found.items()}


CORPUS = written_in()
TEXTS = {name: [path.read_bytes() for path in paths] for name, paths in CORPUS.items()}


@cache
def readers(language: str, *, anonymous: bool) -> tuple[Reader, Reader]:
    tables = grammar(language, anonymous=anonymous)
    native = open_reader(tables)
    assert isinstance(native, NativeReader)
    return native, PythonReader(tables)


def assert_same(language: str, text: bytes) -> None:
    for anonymous in (False, True):
        found, wanted = (reader.read(text, 0) for reader in readers(language, anonymous=anonymous))
        assert found is not None
        assert wanted is not None
        (tree, errors), (expected, expected_errors) = found, wanted
        for column in ("code", "field", "depth", "start", "end"):
            assert getattr(tree, column).tolist() == getattr(expected, column).tolist(), column
        assert tree.max_depth == expected.max_depth
        assert (errors is None) == (expected_errors is None)
        if errors is not None and expected_errors is not None:
            assert errors.problems == expected_errors.problems
            assert errors.unclosed.tolist() == expected_errors.unclosed.tolist()


@needs_sources
def test_each_language_has_sources_to_compare() -> None:
    assert [name for name, paths in CORPUS.items() if not paths] == []


@needs_sources
@pytest.mark.parametrize("language", INSTALLED)
def test_trees_of_each_language_are_the_same(language: str) -> None:
    for text in TEXTS[language]:
        assert_same(language, text)


@needs_sources
@pytest.mark.parametrize("language", INSTALLED)
def test_each_node_of_a_public_cursor_is_there(language: str) -> None:
    """All that is visible, by its own kind: no table of ours between."""
    assert SOURCES is not None
    known = load_language(language)
    kinds = range(known.node_kind_count)
    code_of_kind_id = [kind + 2 if kind < len(kinds) else 0 for kind in range(ERROR_KIND_ID)] + [
        ERROR_KIND_ID
    ]
    reader = SOURCES.open_reader(language_pointer(language), np.array(code_of_kind_id, np.uint16).tobytes())
    parser = Parser(known)
    for text in TEXTS[language]:
        codes, fields, _, starts, ends, *_ = SOURCES.read_source(reader, text, 0) or ()
        expected = walk_tree(parser.parse(text), code_of_kind_id)
        assert np.frombuffer(codes, np.uint16).tolist() == expected.code.tolist()
        assert np.frombuffer(fields, np.uint8).tolist() == expected.field.tolist()
        assert np.frombuffer(starts, np.int32).tolist() == expected.start.tolist()
        assert np.frombuffer(ends, np.int32).tolist() == expected.end.tolist()


CUTS = st.lists(
    st.tuples(
        st.floats(0, 1), st.integers(0, 30), st.sampled_from(["", *"(){}[]\"'`;\n", "end", "}}}", "fi\n"])
    ),
    min_size=1,
    max_size=6,
)


@needs_sources
@pytest.mark.parametrize("language", INSTALLED)
@some_examples
@given(data=st.data())
def test_trees_of_broken_sources_are_the_same(language: str, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS[language]))[:3000]
    for place, length, replacement in data.draw(CUTS):
        begin = int(place * len(text))
        text = text[:begin] + replacement.encode() + text[begin + length :]
    assert_same(language, text)


@needs_sources
@given(st.sampled_from(INSTALLED), st.binary(max_size=60))
def test_any_bytes_are_read(language: str, text: bytes) -> None:
    assert_same(language, text)


@needs_sources
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("json", b"[" * 200_000 + b"]" * 200_000),
        ("python", b"(" * 200_000),
        ("javascript", b"{" * 50_000 + b"a" + b".b" * 100_000),
        ("c", b"int a = " + b"-" * 100_000 + b"1;"),
    ],
    ids=["closed", "open", "blocks", "unary"],
)
def test_any_depth_is_read(language: str, text: bytes) -> None:
    assert_same(language, text)


@needs_sources
@pytest.mark.parametrize("language", ["rust", "python", "json"])
def test_a_parse_that_takes_too_long_is_stopped_and_the_next_is_as_ever(language: str) -> None:
    long = b'"a" ' * 2000 if language == "rust" else b"[" + b"1, [2], " * 2000 + b"3]"
    reader, _ = readers(language, anonymous=False)
    for text in TEXTS[language]:
        assert reader.read(long, 1e-9) is None
        assert_same(language, text)
    assert reader.read(long, 1e300) is not None


# -- the same rows -------------------------------------------------------------------------------------


def rows(language: str, *, compiled_too: bool, anonymous: bool) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        if not compiled_too:
            patch.setattr(reading, "SOURCES", None)
        transformer = SourceTreeTransformer(language, TransformOptions(anonymous=anonymous))
        for number, (path, text) in enumerate(zip(CORPUS[language], TEXTS[language], strict=True)):
            transformer.add(number, path.name, text)
            transformer.add(number + 1000, path.name, text.replace(b"}", b"", 1).replace(b")", b"", 1))
        result = transformer.drain()
    return {**{name: table.to_pylist() for name, table in result.tables.items()}, "facts": result.facts}


@needs_sources
@pytest.mark.parametrize("anonymous", [False, True], ids=["named", "tokens"])
@pytest.mark.parametrize("language", INSTALLED)
def test_rows_are_the_same(language: str, anonymous: bool) -> None:
    found = rows(language, compiled_too=True, anonymous=anonymous)
    assert len(found["nodes"]) > 0
    assert found == rows(language, compiled_too=False, anonymous=anonymous)


def test_python_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SOURCES", None)
    assert isinstance(open_reader(grammar("json", anonymous=False)), PythonReader)


def test_python_reads_languages_of_a_version_that_the_runtime_does_not_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Older:
        def open_reader(self, language: Any, codes: bytes) -> None:
            return None

    monkeypatch.setattr(reading, "SOURCES", Older())
    assert isinstance(open_reader(grammar("json", anonymous=False)), PythonReader)


# -- what a compiled module can do wrong ---------------------------------------------------------------

CODES = np.arange(65536, dtype=np.uint16).tobytes()


@needs_sources
def test_nothing_is_kept_alive() -> None:
    assert SOURCES is not None
    module, pointer = SOURCES, language_pointer("json")
    reader = module.open_reader(pointer, CODES)
    assert blocks_kept(lambda: module.read_source(reader, b'{"a": [1, 2}', 0)) < 20
    assert blocks_kept(lambda: module.open_reader(pointer, CODES)) < 20
    assert blocks_kept(lambda: module.open_reader(pointer, b"")) < 20


@needs_sources
@pytest.mark.parametrize("codes", [b"", CODES[:-1], CODES + b"\0"])
def test_tables_of_other_sizes_are_refused(codes: bytes) -> None:
    assert SOURCES is not None
    with pytest.raises(ValueError, match="a code for each kind"):
        SOURCES.open_reader(language_pointer("json"), codes)


@needs_sources
@pytest.mark.parametrize("language", [0, "json", object()])
def test_what_is_no_language_is_refused(language: object) -> None:
    assert SOURCES is not None
    with pytest.raises(ValueError):
        SOURCES.open_reader(language, CODES)


@needs_sources
def test_what_is_no_reader_or_text_is_refused() -> None:
    assert SOURCES is not None
    reader = SOURCES.open_reader(language_pointer("json"), CODES)
    with pytest.raises(ValueError):
        SOURCES.read_source(language_pointer("json"), b"{}", 0)
    with pytest.raises(TypeError):
        SOURCES.read_source(reader, "{}", 0)  # type: ignore[arg-type]


@needs_sources
def test_threads_read_at_the_same_time() -> None:
    assert SOURCES is not None
    module, texts = SOURCES, [path.read_bytes() for path in CORPUS["python"]]
    reader = module.open_reader(language_pointer("python"), CODES)
    expected = [module.read_source(reader, text, 0) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            assert list(pool.map(lambda text: module.read_source(reader, text, 0), texts)) == expected
