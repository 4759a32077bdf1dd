"""Documents that hold several trees: each gives the rows that it gives in a file of its own."""

from __future__ import annotations

import gzip
import io
import json
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.transform.dialects.dialect_file import compile_dialect
from snake_pipe.transform.rows.contract import FileFacts, TransformOptions
from snake_pipe.transform.trees import facts as tree_facts
from snake_pipe.transform.trees import transformer as tree_transformer
from snake_pipe.transform.trees.container import Container
from snake_pipe.transform.trees.document import lines as document_lines
from snake_pipe.transform.trees.document.lines import cut_documents, split_documents
from snake_pipe.transform.trees.find import find_trees, resolve
from snake_pipe.transform.trees.large.blocks import JsonBlocks
from snake_pipe.transform.trees.large.transformer import PieceSizes, stream
from snake_pipe.transform.trees.transformer import JsonTreeTransformer
from testkit.places import AST_DUMPS, GOLDEN_DIALECTS
from testkit.samples import WITH_ALL, crossed, sample, some_examples

if TYPE_CHECKING:
    from collections.abc import Callable

_OPTIONS = TransformOptions(attrs=True)
Rows = dict[str, list[dict[str, Any]]]


def program(name: str, **more: Any) -> dict[str, Any]:
    identifier = {"type": "Identifier", "start": 9, "end": 9 + len(name), "name": name}
    function = {
        "type": "FunctionDeclaration", "start": 0, "end": 30, "id": identifier, "params": [],
        "body": {"type": "BlockStatement", "start": 20, "end": 30, "body": []},
    }  # fmt: skip
    return {"type": "Program", "start": 0, "end": 30, "body": [function], "sourceType": "module", **more}


def python_module(name: str) -> dict[str, Any]:
    place = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 9}
    alias = {"_type": "alias", "name": name, "asname": None, **place}
    return {"_type": "Module", "type_ignores": [], "body": [{"_type": "Import", "names": [alias], **place}]}


def php_statements(name: str) -> list[dict[str, Any]]:
    place = {"attributes": {"startLine": 1, "endLine": 1}}
    call = {
        "nodeType": "Expr_FuncCall",
        "name": {"nodeType": "Name", "name": name, **place},
        "args": [],
        **place,
    }
    return [{"nodeType": "Stmt_Expression", "expr": call, **place}] * 2


FORMS: dict[str, Callable[[list[Any]], str]] = {
    "list": json.dumps,
    "wrappers": lambda trees: json.dumps([{"path": f"src/{n}.x", "ast": t} for n, t in enumerate(trees)]),
    "map": lambda trees: json.dumps({f"src/{n}.x": tree for n, tree in enumerate(trees)}),
    "sources": lambda trees: json.dumps(
        {
            "errors": [],
            "sources": {f"s~{n}/a.x": {"id": n, "ast": t} for n, t in enumerate(trees)},
            "contracts": {},
        }
    ),
    "lines": lambda trees: "\n".join(map(json.dumps, trees)) + "\n",
    "pretty": lambda trees: "\n".join(json.dumps(tree, indent=2) for tree in trees),
    "flush left": lambda trees: "\r\n\r\n".join(json.dumps(tree, indent=0) for tree in trees),
    "on one line": lambda trees: "".join(map(json.dumps, trees)),
    "lines of wrappers": lambda trees: "\n".join(
        json.dumps({"file": f"src/{n}.x", "tree": tree}) for n, tree in enumerate(trees)
    ),
}


def whole(path: str, data: bytes, options: TransformOptions = _OPTIONS) -> tuple[dict[int, FileFacts], Rows]:
    transformer = JsonTreeTransformer(options)
    transformer.add(0, path, data)
    result = transformer.drain()
    return result.facts, {table: batch.to_pylist() for table, batch in result.tables.items()}


def in_pieces(path: str, data: bytes, piece: int) -> tuple[dict[int, FileFacts], Rows]:
    sizes = PieceSizes(piece, 10 * piece, piece // 60)
    *parts, last = stream(0, path, lambda: JsonBlocks(io.BytesIO(data).read, len(data)), _OPTIONS, sizes)
    rows: Rows = {"nodes": [], "symbols": [], "refs": [], "imports": []}
    for part in parts:
        for table, batch in part.tables.items():
            rows[table] += batch.to_pylist()
    return last.facts, rows


def of_tree(rows: Rows, file_id: int) -> dict[str, list[str]]:
    return {
        table: sorted(repr({**row, "file_id": 0}) for row in found if row["file_id"] == file_id)
        for table, found in rows.items()
    }


_FIGURES = (
    "status dialect language node_count symbol_count ref_count import_count max_depth offset_unit".split()
)


def assert_as_alone(trees: list[Any], facts: dict[int, FileFacts], rows: Rows) -> None:
    assert (facts[0].status, facts[0].reason, facts[0].node_count) == ("ok", "holds_trees", 0)
    assert list(facts) == list(range(len(trees) + 1))
    for file_id, tree in enumerate(trees, 1):
        alone, own_rows = whole("x.json", json.dumps(tree).encode())
        assert of_tree(rows, file_id) == of_tree(own_rows, 0)
        for figure in _FIGURES:
            assert getattr(facts[file_id], figure) == getattr(alone[0], figure), figure
        assert facts[file_id].container_id == 0


names = st.sampled_from(["a", "b1", "größe", "x" * 40])
numbers = st.sampled_from([1, 2.5, 2**70, 12345678901234567890123, -(2**64), None, "t~/1"])
small_trees = st.one_of(
    st.builds(lambda name, value: program(name, extra={"type": "Literal", "value": value}), names, numbers),
    st.builds(python_module, names),
    st.builds(php_statements, names),
)


@some_examples
@given(form=st.sampled_from(sorted(FORMS)), trees=st.lists(small_trees, min_size=2, max_size=6))
def test_each_tree_gives_what_it_gives_alone(form: str, trees: list[Any]) -> None:
    data = FORMS[form](trees).encode()
    assert_as_alone(trees, *whole("all.json", data))
    assert_as_alone(trees, *whole("all.json.gz", gzip.compress(data)))


REAL = [
    json.loads(path.read_bytes())
    for path in (
        AST_DUMPS / "shapes.acorn.ast.json",
        GOLDEN_DIALECTS / "nikic.json",
        GOLDEN_DIALECTS / "prism.json",
        GOLDEN_DIALECTS / "libpg_query.json",
        GOLDEN_DIALECTS / "unist.json",
        GOLDEN_DIALECTS / "solc.json",
    )
]


@pytest.mark.parametrize("form", sorted(FORMS))
def test_trees_of_tools(form: str) -> None:
    assert_as_alone(REAL, *whole("all.json", FORMS[form](REAL).encode()))


IN_PIECES = [
    json.loads((AST_DUMPS / name).read_bytes())
    for name in sample(
        (
            "shapes.acorn.ast.json",
            "shapes.espree.ast.json",
            "inventory_ast.json",
            "queue.babel.ast.json",
        ),
        2,
    )
]


PIECES = [700, 20_000] if WITH_ALL else [2_000, 20_000]


@pytest.mark.parametrize(("form", "piece"), crossed(sorted(FORMS.keys() - {"on one line"}), PIECES))
def test_the_same_in_pieces(form: str, piece: int) -> None:
    trees = [*IN_PIECES[:1], program("small"), php_statements("f"), *IN_PIECES[1:]]
    data = FORMS[form](trees).encode()
    facts, rows = in_pieces("all.json", data, piece)
    assert facts == whole("all.json", data)[0]
    assert_as_alone(trees, facts, rows)


def test_fragments_and_sources() -> None:
    trees = [program("a", loc={"source": "told.js", "start": {}, "end": {}}), program("b")]
    shown = {}
    for form, make in FORMS.items():
        facts, _ = whole("all.json", make(trees).encode())
        shown[form] = [(facts[n].fragment, facts[n].source_path) for n in (1, 2)]
    assert shown["list"] == [("/0", "told.js"), ("/1", None)]
    assert shown["wrappers"] == [("/0/ast", "src/0.x"), ("/1/ast", "src/1.x")]
    assert shown["map"] == [("/src~10.x", "src/0.x"), ("/src~11.x", "src/1.x")]
    assert shown["sources"] == [("/sources/s~00~1a.x/ast", "s~0/a.x"), ("/sources/s~01~1a.x/ast", "s~1/a.x")]
    assert shown["lines"] == [("L1", "told.js"), ("L2", None)]
    assert [fragment for fragment, _ in shown["pretty"]] == ["L1", "L32"]
    assert [fragment for fragment, _ in shown["on one line"]] == ["L1", "L1.2"]
    assert shown["lines of wrappers"] == [("L1/tree", "src/0.x"), ("L2/tree", "src/1.x")]


@given(st.lists(st.text("a/~01\\\0é.", max_size=6), min_size=1, max_size=4, unique=True))
def test_a_pointer_finds_its_tree(keys: list[str]) -> None:
    document = {"sources": {key: [{"ast": program(key)}, program("b")] for key in keys}}
    found = find_trees(document).found
    assert [tree.source for tree in found] == [key or None for key in keys for _ in range(2)]
    for tree in found:
        assert resolve(document, tree.pointer) is tree.root


@pytest.mark.parametrize(
    "document",
    [
        program("a"),
        [program("a")],
        {"ast": program("a")},
        {"path": "a.js", "ast": program("a"), "tokens": [{"type": "Keyword", "value": "function"}]},
        {"sources": {"a.js": {"ast": program("a")}}},
        [program("a"), None],
        php_statements("f"),
        {"ast": php_statements("f")},
        REAL[0]["body"],
    ],
    ids=range(9),
)
def test_one_tree_is_an_ordinary_file(document: Any) -> None:
    facts, _ = whole("a.json", json.dumps(document).encode())
    assert list(facts) == [0]
    assert (facts[0].status, facts[0].reason) == ("ok", None)


def test_a_line_that_is_bad_costs_no_other() -> None:
    """Cut off in a string, in a list, before a value; text of a tool; a document that is no tree."""
    good = json.dumps(program("a"))
    lines = [
        good,
        good[:40],
        '{"type": "Program", "body": [',
        good,
        "SyntaxError: x.js",
        '{"type":',
        good,
        '{"a": 1}',
        "",
    ]
    facts, rows = whole("all.jsonl", "\n".join(lines).encode())
    assert (facts[0].status, facts[0].reason) == ("partial", "holds_trees")
    assert [problem.message for problem in facts[0].problems] == ["1 entries beside 7 trees are no trees: L8"]
    assert [(facts[n].fragment, facts[n].status) for n in range(1, 8)] == [
        ("L1", "ok"), ("L2", "failed"), ("L3", "failed"), ("L4", "ok"), ("L5", "failed"), ("L6", "failed"),
        ("L7", "ok"),
    ]  # fmt: skip
    assert [facts[n].problems[0].start_line for n in (2, 3, 5, 6)] == [2, 3, 5, 6]
    assert {row["file_id"] for row in rows["nodes"]} == {1, 4, 7}
    pieces, streamed = in_pieces("all.jsonl", "\n".join(lines).encode(), 2_000)
    assert pieces == facts
    assert streamed["nodes"] == rows["nodes"]


def test_text_behind_a_single_document_is_an_error_of_it() -> None:
    for path, text in (("a.ast.json", " x"), ("a.ast.json", "\n{"), ("a.json", "]")):
        facts, _ = whole(path, (json.dumps(program("a")) + text).encode())
        assert (list(facts), facts[0].status, facts[0].reason) == ([0], "failed", "invalid_json")


def test_entries_that_are_no_trees_are_told() -> None:
    entries = [{"path": "a.js", "ast": program("a")}, {"path": "b.js", "error": "x"}, None, program("c"), 3]
    facts, _ = whole("all.json", json.dumps(entries).encode())
    assert [facts[n].fragment for n in (1, 2)] == ["/0/ast", "/3"]
    (problem,) = facts[0].problems
    assert (facts[0].status, problem.code) == ("partial", "not_a_tree")
    assert problem.message == "3 entries beside 2 trees are no trees: /1, /2, /4"
    assert in_pieces("all.json", json.dumps(entries).encode(), 100)[0] == facts


def test_trees_without_a_known_root_are_told_by_their_paths() -> None:
    unknown = json.loads((GOLDEN_DIALECTS / "generic.json").read_bytes())
    document = {"a.loom": unknown, "b.loom": unknown, "c.js": program("c"), "d.js": {}}
    facts, _ = whole("all.json", json.dumps(document).encode())
    assert [(facts[n].dialect, facts[n].source_path) for n in (1, 2, 3)] == [
        ("generic", "a.loom"), ("generic", "b.loom"), ("estree", "c.js"),
    ]  # fmt: skip
    assert "/d.js" in facts[0].problems[0].message
    assert in_pieces("all.json", json.dumps(document).encode(), 300)[0] == facts
    del document["c.js"]
    assert whole("all.json", json.dumps(document).encode())[0][2].dialect == "generic"


def test_more_trees_than_ids_are_refused_as_a_whole() -> None:
    transformer = JsonTreeTransformer(_OPTIONS)
    data = json.dumps([program("a")] * 4).encode()
    transformer.add(0, "all.json", data, most_trees=3)
    transformer.add(4, "ok.json", data, most_trees=4)
    result = transformer.drain()
    assert (result.facts[0].status, result.facts[0].reason) == ("failed", "too_many_trees")
    assert list(result.facts) == [0, 4, 5, 6, 7, 8]
    assert set(result.tables["nodes"]["file_id"].to_pylist()) == {5, 6, 7, 8}


def test_a_tree_that_is_too_deep_costs_no_other() -> None:
    data = json.dumps([python_module("a"), program("a")]).encode()
    facts, _ = whole("all.json", data, TransformOptions(max_depth=2))
    assert [(facts[n].status, facts[n].reason) for n in range(3)] == [
        ("ok", "holds_trees"), ("ok", None), ("ok", None),
    ]  # fmt: skip
    facts, _ = whole("all.json", data, TransformOptions(max_depth=1))
    assert [(facts[n].status, facts[n].reason) for n in range(3)] == [
        ("partial", "holds_trees"), ("failed", "too_deep"), ("failed", "too_deep"),
    ]  # fmt: skip


def test_a_dialect_of_ones_own_says_that_a_list_is_one_tree() -> None:
    text = 'name = "loom"\nlanguage = "loom"\ntype_key = "sort"\n[root]\ntypes = ["Decl"]\n'
    document = json.dumps([{"sort": "Decl", "name": "a"}, {"sort": "Decl", "name": "b"}]).encode()
    for list_, trees in (("", 2), ("list = true\n", 0)):
        options = TransformOptions(dialects=(compile_dialect(text + list_, "loom.toml"),))
        assert len(whole("a.json", document, options)[0]) == trees + 1


@pytest.mark.parametrize("piece", [60, 300, 100_000])
@pytest.mark.parametrize("key", ["Makefile", "", "before"])
def test_a_tree_is_one_whatever_its_key(key: str, piece: int) -> None:
    """Trees beside others, under a key that looks like no path, were left out without a word."""
    trees = {"src/a.x": program("a"), key: program("k"), "src/b.x": program("b")}
    facts, rows = whole("all.json", json.dumps(trees).encode())
    assert [(each.fragment, each.status) for each in facts.values()][1:] == [
        ("/src~1a.x", "ok"),
        (f"/{key}", "ok"),
        ("/src~1b.x", "ok"),
    ]
    assert [row["name"] for row in rows["symbols"]] == ["a", "k", "b"]
    assert in_pieces("all.json", json.dumps(trees).encode(), piece)[0] == facts


def test_a_node_with_trees_in_it_is_one_tree() -> None:
    """What else such a node has is not to be lost."""
    part = {"type": "Section", "name": "x", "loc": {"start": {"line": 1, "column": 0}}}
    page = {"type": "Page", "script": program("a"), "setup": program("b"), "sections": [part] * 9}
    facts, _ = whole("page.json", json.dumps(page).encode())
    assert (list(facts), facts[0].status, facts[0].node_count) == ([0], "ok", 1 + 4 + 4 + 9)


def test_data_is_no_container() -> None:
    for document in (
        [{"id": n} for n in range(50)],
        {f"locale/{n}.json": {"type": "text"} for n in range(50)},
        {"files": ["a", "b"], "sources": {"a": 1}, "ast": None},
        [[], {}, [[]]],
    ):
        facts, _ = whole("a.json", json.dumps(document).encode())
        assert (list(facts), facts[0].status, facts[0].reason) == ([0], "skipped", "not_an_ast")
        lines = f"{json.dumps(document)}\n{json.dumps(document)}\n"
        facts, _ = whole("a.jsonl", lines.encode())
        assert (list(facts), facts[0].status, facts[0].reason) == ([0], "skipped", "not_an_ast")


@given(
    st.lists(
        st.sampled_from(
            [
                "{}",
                "[1,\n2]",
                '{"a":\n{"b": [\n{}]}}',
                "x",
                "\n",
                " ",
                "\r\n",
                "\t",
                "{",
                '{"a',
                "[1,\n",
                "3",
                "null",
            ]
        )
    ),
    st.integers(1, 9),
)
def test_nothing_is_lost_between_documents(parts: list[str], size: int) -> None:
    text = "\n".join(parts).encode()
    documents = list(split_documents(text))
    assert b"".join(b"".join(d.text.split()) for d in documents) == b"".join(text.split())
    assert len({document.place for document in documents}) == len(documents)
    for document in documents:
        assert text.split(b"\n")[document.line - 1].strip() != b""
    blocks = [text[at : at + size] for at in range(0, len(text), size)]
    cuts = list(cut_documents(blocks, 10_000))
    again = [each for cut in cuts for each in split_documents(cut.text or b"", cut.line)]
    assert [(d.line, d.text) for d in again] == [(d.line, d.text) for d in documents]
    assert b"".join(text[cut.start : cut.end] for cut in cuts).strip() == text.strip()


def test_lines_of_data_are_not_all_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a million lines, as those that train models have, took the time of a million sniffs."""
    looked = []

    def counted(document: Any, own: Any = ()) -> Any:
        looked.append(document)
        return find_trees(document, own)

    monkeypatch.setattr(tree_transformer, "find_trees", counted)
    data = b'{"text": "x", "label": 1}\n' * 5_000
    facts, _ = whole("train.jsonl", data)
    assert (facts[0].status, facts[0].reason) == ("skipped", "not_an_ast")
    assert len(looked) <= 100
    assert in_pieces("train.jsonl", data, 1_000)[0] == facts


@pytest.mark.parametrize("piece", [200, 1_000, 100_000])
@pytest.mark.parametrize("path", ["log.jsonl", "log.ast.jsonl", "log.json"])
@pytest.mark.parametrize("before", [b"", b"{}\n", b"{}\n{}\n"])
def test_lines_that_are_no_json_are_not_all_kept(
    monkeypatch: pytest.MonkeyPatch, before: bytes, path: str, piece: int
) -> None:
    """A log of Python's dictionaries, 200 MB, took nine gigabytes: a failed tree for each of its lines."""
    kept = []

    def counted(self: Container, *arguments: Any) -> None:
        kept.append(self)
        add_bad(self, *arguments)

    add_bad = Container.add_bad
    monkeypatch.setattr(Container, "add_bad", counted)
    data = before + b"{'type': 'Program', 'body': 1}\n" * 3_000
    facts, rows = whole(path, data)
    again, again_rows = in_pieces(path, data, piece)
    assert len(kept) <= 200
    assert list(again) == list(facts) == [0]
    assert (again[0].status, again[0].reason) == (facts[0].status, facts[0].reason)
    assert not any(rows.values())
    assert not any(again_rows.values())


@pytest.mark.parametrize("text", [b"{}" * 1_000, b"x\n" + b"7\n" * 1_000])
def test_documents_are_not_read_ahead(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    """Ten megabytes of `{}` on one line took two gigabytes before the second of them was looked at."""
    read = []

    def counted(piece: bytes, line: int) -> Any:
        read.append(piece)
        return document(piece, line)

    document = document_lines._document
    monkeypatch.setattr(document_lines, "_document", counted)
    assert len(list(islice(split_documents(text), 3))) == 3
    assert len(read) < 10


def test_a_defect_met_by_one_tree_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trees before it stayed, and the file was called `ok` by the next drain."""
    transformer = JsonTreeTransformer(_OPTIONS)
    described = []

    def describe(*arguments: Any) -> None:
        described.append(arguments)
        if len(described) == 3:
            raise ValueError("defect")
        tree_facts.describe(*arguments)

    monkeypatch.setattr(tree_transformer, "describe", describe)
    transformer.add(0, "fine.json", json.dumps(program("a")).encode())
    with pytest.raises(ValueError, match="defect"):
        transformer.add(10, "all.json", json.dumps([program("b"), program("c")]).encode())
    result = transformer.drain()
    assert list(result.facts) == [0]
    assert set(result.tables["nodes"]["file_id"].to_pylist()) == {0}
