"""Documents in pieces: the same rows and figures as those of the document as a whole."""

from __future__ import annotations

import gzip
import io
import json
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from snake_pipe.transform.dialects import DIALECTS
from snake_pipe.transform.native.compiled import DOCUMENTS
from snake_pipe.transform.rows.contract import FileFacts, TransformOptions
from snake_pipe.transform.trees.document.scanner import Scanner
from snake_pipe.transform.trees.large import tree_reader
from snake_pipe.transform.trees.large.blocks import JsonBlocks
from snake_pipe.transform.trees.large.outline import outline
from snake_pipe.transform.trees.large.transformer import PieceSizes, stream
from snake_pipe.transform.trees.large.tree_reader import TreeReader
from snake_pipe.transform.trees.transformer import JsonTreeTransformer
from snake_pipe.transform.trees.walk.native import NativeWalker
from testkit.places import AST_DUMPS, GOLDEN_DIALECTS
from testkit.python_trees import python_tree
from testkit.samples import WITH_ALL, crossed, sample

_DUMPS = sorted(
    path for path in AST_DUMPS.glob("*.json*") if path.name not in ("package.json", "stops.geojson.json")
)
_PIECES = [200, 1_000, 5_000] if WITH_ALL else [500, 1_000, 5_000]
_OPTIONS = TransformOptions(attrs=True)


def whole(path: str, data: bytes) -> tuple[Any, dict[str, list[str]]]:
    transformer = JsonTreeTransformer(_OPTIONS)
    transformer.add(7, path, data)
    result = transformer.drain()
    return result.facts[7], {name: _rows(batch) for name, batch in result.tables.items()}


def in_pieces(path: str, data: bytes, piece: int) -> tuple[Any, dict[str, list[str]]]:
    def blocks() -> JsonBlocks:
        return JsonBlocks(io.BytesIO(data).read, len(data))

    *parts, last = stream(7, path, blocks, _OPTIONS, PieceSizes(piece, 10 * piece, piece // 60))
    assert len(parts) > 2
    found: dict[str, list[str]] = {}
    for part in parts:
        for name, batch in part.tables.items():
            found[name] = found.get(name, []) + _rows(batch)
    return last.facts[7], {name: sorted(rows) for name, rows in found.items()}


def _rows(batch: Any) -> list[str]:
    return sorted(map(repr, batch.to_pylist()))


@pytest.mark.parametrize(
    ("path", "piece"),
    crossed(_DUMPS, _PIECES),
    ids=lambda value: getattr(value, "name", value),
)
def test_the_samples(path: Path, piece: int) -> None:
    data = path.read_bytes()
    assert in_pieces(path.name, data, piece) == whole(path.name, data)


def test_places_that_are_those_of_tokens() -> None:
    """The tokens of a node in one piece were once taken for those of another node, at the same address."""
    data = (GOLDEN_DIALECTS / "asty.json").read_bytes()
    assert in_pieces("a.ast.json", data, 1_000) == whole("a.ast.json", data)


@pytest.mark.parametrize("piece", [100, 150, 200, 250, 300, 500, 1_000, 5_000])
@pytest.mark.parametrize("dialect", ["libpg_query", "syn-serde", "php-parser"])
def test_types_around_nodes(dialect: str, piece: int) -> None:
    """A node was lost whose tag stood alone in a piece; fields of types were those of the node above."""
    data = (GOLDEN_DIALECTS / f"{dialect}.json").read_bytes()
    assert in_pieces("a.ast.json", data, piece) == whole("a.ast.json", data)


@pytest.mark.parametrize("piece", [100, 200, 500])
def test_a_key_that_is_alone_in_its_piece_but_not_in_the_document(piece: int) -> None:
    """It was taken for a tag, and its object for a node that is none."""
    extra = {"pad": {"x": [1] * 120}, "block": {"stmts": []}}
    function = {"fn": {"ident": "f", "inputs": [], "output": None, "stmts": [], "extra": extra}}
    data = json.dumps({"items": [function] * 3}).encode()
    assert in_pieces("a.ast.json", data, piece) == whole("a.ast.json", data)


@pytest.mark.parametrize("piece", [150, 300])
def test_a_large_item_far_behind_in_a_list_has_its_type(piece: int) -> None:
    """An outline keeps the first items of a list and the last one."""
    argument = {"field": {"ident": "x", "base": {"path": {"segments": [{"ident": "self"}]}}}}
    call = {"method_call": {"receiver": argument, "method": "go", "args": [argument] * 6}}
    statements = [{"expr": [call, True]}] * 40
    function = {"fn": {"ident": "f", "inputs": [], "output": None, "stmts": statements}}
    data = json.dumps({"items": [function]}).encode()
    assert in_pieces("a.ast.json", data, piece) == whole("a.ast.json", data)


@pytest.mark.skipif(DOCUMENTS is None, reason="there is no compiled module")
def test_pieces_are_read_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an object of Python for each value a document took half as long again."""
    data = (AST_DUMPS / "shapes.acorn.ast.json").read_bytes()
    expected = in_pieces("a.ast.json", data, 1_000)
    monkeypatch.setattr(tree_reader, "decode", lambda text: pytest.fail("a piece was decoded"))
    assert in_pieces("a.ast.json", data, 1_000) == expected


@pytest.mark.skipif(DOCUMENTS is None, reason="there is no compiled module")
def test_keys_of_pieces_are_forgotten_after_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan keeps each key that it has met, so that of a large document may hold any number."""
    opened: list[NativeWalker] = []

    def open_walker(*given: Any, in_pieces: bool) -> NativeWalker:
        opened.append(NativeWalker(*given, in_pieces=in_pieces))
        return opened[-1]

    monkeypatch.setattr(tree_reader, "NativeWalker", open_walker)
    monkeypatch.setattr(tree_reader, "_PIECES_A_WALKER", 3)
    data = (AST_DUMPS / "shapes.acorn.ast.json").read_bytes()
    assert in_pieces("a.ast.json", data, 1_000) == whole("a.ast.json", data)
    assert len(opened) > 3


def test_the_keys_of_a_large_map_are_not_kept() -> None:
    """They were taken for fields, and all of them held until the document ended."""
    leaves = {f"key{n}": {"deep": [n]} for n in range(5_000)}
    tree = {"type": "Identifier", "start": 0, "end": 1, "name": "a"}
    body = [{"type": "ExpressionStatement", "start": 0, "end": 1, "expression": tree}] * 50
    data = json.dumps({"type": "Program", "start": 0, "end": 1, "body": body, "map": {"in": leaves}}).encode()
    events = list(Scanner([data], 1_000))
    reader = TreeReader(7, FileFacts(), DIALECTS["estree"], _OPTIONS, outline(events))
    rows = sum(part.tables["nodes"].num_rows for part in reader.pieces(events))
    assert rows == whole("a.ast.json", data)[0].node_count
    assert len(reader._fields) < 300  # an outline has up to 256


def test_a_piece_without_nodes_outside_of_the_tree() -> None:
    """A large document of pandoc's failed once, as the version before its blocks is a list of numbers."""
    block = {"t": "Para", "c": [{"t": "Str", "c": "word"}] * 5}
    document = {"pandoc-api-version": [1, 23, 1], "meta": {}, "blocks": [block] * 20}
    data = json.dumps(document).encode()
    assert in_pieces("a.ast.json", data, 300) == whole("a.ast.json", data)


@pytest.mark.parametrize("path", sample(_DUMPS, 4), ids=lambda path: path.name)
def test_keys_in_another_order(path: Path) -> None:
    """A tool that sorts keys writes a large node's body before its type and its place."""
    data = path.read_bytes()
    document = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    if path.name == "ring.syntax.json":
        pytest.skip("clang leaves out what it has printed before, so its keys have an order")
    text = json.dumps(document, sort_keys=True).encode()
    assert in_pieces(path.name, text, 700) == whole(path.name, text)


def test_a_real_program() -> None:
    source = (Path(sysconfig.get_paths()["stdlib"]) / "shlex.py").read_text("utf-8")
    data = json.dumps(python_tree(source)).encode()
    assert in_pieces("shlex.py.ast.json", data, 10_000) == whole("shlex.py.ast.json", data)


def test_what_an_export_at_the_end_says_of_a_class_before() -> None:
    """Once the class stood in a piece of its own, and its `exported` was not known any more."""
    data = (AST_DUMPS / "shapes.acorn.ast.json").read_bytes()
    document = json.loads(data)
    name = {"type": "Identifier", "start": 0, "end": 1, "name": "Circle"}
    document["body"].append(
        {
            "type": "ExportNamedDeclaration", "start": 0, "end": 1, "declaration": None, "source": None,
            "specifiers": [
                {"type": "ExportSpecifier", "start": 0, "end": 1, "local": name, "exported": dict(name)}
            ],
        }
    )  # fmt: skip
    text = json.dumps(document).encode()
    facts, tables = in_pieces("a.ast.json", text, 1_500)
    assert (facts, tables) == whole("a.ast.json", text)


def test_a_list_of_trees_as_the_document() -> None:
    tree = {"type": "Identifier", "start": 0, "end": 1, "name": "a"}
    call = {"type": "CallExpression", "start": 0, "end": 9, "callee": tree, "arguments": [tree] * 5}
    data = json.dumps(
        [{"type": "ExpressionStatement", "start": 0, "end": 9, "expression": call}] * 20
    ).encode()
    assert in_pieces("a.ast.json", data, 300) == whole("a.ast.json", data)
