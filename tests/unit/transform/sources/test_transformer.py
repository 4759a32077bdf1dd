"""SourceTreeTransformer: positions, bad input, encodings, depth, batches."""

from __future__ import annotations

import codecs

import pytest
from tree_sitter import Parser

from snake_pipe.schemas import TREE_TABLES, arrow_schema
from snake_pipe.transform.languages import LANGUAGES
from snake_pipe.transform.native import compiled
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.sources import reading
from snake_pipe.transform.sources import transformer as source_transformer
from snake_pipe.transform.sources.decoding import source_to_utf8
from snake_pipe.transform.sources.grammar import load_language
from snake_pipe.transform.sources.traits import source_traits
from snake_pipe.transform.sources.transformer import SourceTreeTransformer


def transform(language, *sources, path="a", **options):
    transformer = SourceTreeTransformer(language, TransformOptions(**options))
    facts = [transformer.add(i, path, source) for i, source in enumerate(sources)]
    out = transformer.drain()
    assert out.facts == dict(enumerate(facts))
    assert transformer.pending_nodes == 0
    return out.tables, facts


def counted(language, text, *, anonymous=False):
    stack, found = [Parser(load_language(language)).parse(text).root_node], 0
    while stack:
        node = stack.pop()
        found += anonymous or node.is_named
        stack.extend(node.children)
    return found


def test_positions_agree_with_tree_sitter():
    source = "def f():\n    é = 'ü'\n\n    return é\n".encode()
    tables, _ = transform("python", b"x = 1\n", source)
    rows = [row for row in tables["nodes"].to_pylist() if row["file_id"] == 1]
    cursor = Parser(load_language("python")).parse(source).walk()
    seen = []
    todo = [(cursor.node, 0)]
    while todo:
        node, depth = todo.pop()
        seen.append((node, depth))
        todo += [(child, depth + 1) for child in reversed(node.named_children)]
    assert len(rows) == len(seen)
    for row, (node, depth) in zip(rows, seen, strict=True):
        assert (row["type"], row["depth"]) == (node.type, depth)
        assert (row["start_offset"], row["end_offset"]) == (node.start_byte, node.end_byte)
        assert (row["start_line"] - 1, row["start_col"] - 1) == tuple(node.start_point)
        assert (row["end_line"] - 1, row["end_col"] - 1) == tuple(node.end_point)


def test_structure_and_texts_of_a_small_tree():
    tables, [facts] = transform("python", b"x = 'text'\n")
    rows = [
        (row["node_id"], row["parent_id"], row["field"], row["child_index"], row["type"], row["kind"])
        for row in tables["nodes"].to_pylist()
    ]
    assert rows[:4] == [
        (0, None, None, 0, "module", "module"),
        (1, 0, None, 0, "expression_statement", "statement"),
        (2, 1, None, 0, "assignment", "assignment"),
        (3, 2, "left", 0, "identifier", "identifier"),
    ]
    texts = [(row["type"], row["name"], row["value"]) for row in tables["nodes"].to_pylist()]
    assert ("assignment", "x", None) in texts
    assert ("identifier", "x", None) in texts
    assert ("string", None, "'text'") in texts
    assert (facts.node_count, facts.symbol_count, facts.max_depth, facts.line_count) == (8, 1, 4, 1)
    assert (facts.status, facts.offset_unit, facts.language) == ("ok", "byte", "python")


@pytest.mark.parametrize("language", sorted(name for name, item in LANGUAGES.items() if item.installed))
def test_empty_files_have_their_root(language):
    tables, [facts] = transform(language, b"")
    assert tables["nodes"].num_rows == facts.node_count == 1
    assert (facts.status, facts.line_count) == ("ok", 0)


@pytest.mark.parametrize(
    "tables", [frozenset(TREE_TABLES), frozenset({"symbols"}), frozenset({"refs", "imports"})]
)
def test_only_the_wanted_tables_are_built(tables):
    built, [facts] = transform("python", b"import a\nb = c()\n", tables=tables)
    assert built.keys() == tables
    for table, batch in built.items():
        assert batch.schema == arrow_schema(table)
        batch.validate(full=True)
        assert batch.num_rows > 0
    assert facts.node_count == (0 if "nodes" not in tables else built["nodes"].num_rows)
    assert facts.ref_count == (0 if "refs" not in tables else built["refs"].num_rows)


def test_a_drain_without_files_gives_empty_tables():
    out = SourceTreeTransformer("go", TransformOptions()).drain()
    assert out.facts == {}
    assert {table: batch.num_rows for table, batch in out.tables.items()} == dict.fromkeys(TREE_TABLES, 0)


def test_rows_do_not_depend_on_the_batch():
    sources = [
        b"def f(): return g\n",
        b"",
        b"class A:\n    x = 1\n    def m(self): self.x()\n",
        b"# c\nimport a",
    ]
    together, _ = transform("python", *sources)
    for file_id, source in enumerate(sources):
        alone, _ = transform("python", source)
        for table, batch in together.items():
            rows = [{**row, "file_id": 0} for row in batch.to_pylist() if row["file_id"] == file_id]
            assert rows == alone[table].to_pylist()


def test_syntax_errors_keep_the_rows_and_name_the_places():
    tables, [facts] = transform("python", b"def f(:\n    x = (1\ny = 2\n")
    assert (facts.status, facts.reason) == ("partial", "syntax_error")
    assert {problem.phase for problem in facts.problems} == {"parse"}
    assert {problem.code for problem in facts.problems} <= {"syntax_error", "missing_token"}
    assert facts.problems[0].start_line == 1
    assert "error" in {row["kind"] for row in tables["nodes"].to_pylist()}


def test_comments_keep_their_text_to_a_length_of_their_own():
    """A TODO in a comment could not be found: only literals had a value."""
    source = b"# " + b"\xc3\xa9" * 3000 + b"\nx = '" + b"y" * 3000 + b"'  # TODO\n"
    tables, _ = transform("python", source)
    values = [(row["kind"], row["value"]) for row in tables["nodes"].to_pylist() if row["value"]]
    assert values == [("comment", "# " + "é" * 1998), ("string", "'" + "y" * 199), ("comment", "# TODO")]


def test_missing_tokens_are_problems():
    _, [facts] = transform("c", b"int f(void) { return 1 }\n")
    assert [(problem.code, problem.message) for problem in facts.problems] == [("missing_token", "missing ;")]


def test_problems_are_limited():
    _, [facts] = transform("c", b"int = ;\n" * 100)
    assert len(facts.problems) == 20


@pytest.mark.parametrize(
    ("language", "source", "marked"),
    [
        ("java", b"class A {\n void m() { int y = @@; }\n void n() { }\n}\n", set()),  # all braces are there
        ("c", b"INLINE int *\nf(void) { return 1 }\n", set()),
        ("c", b"int f(void) { return 1; }\nint g(void) { a();\n", {"g"}),  # without its end
        ("java", b"class A {\n void m() { if (a) { b(); }\n void n() { }\n}\nclass B { }\n", {"A", "m"}),
        ("ruby", b"def f\nend\nclass A\n  def m\n    if x\n  end\nend\n", {"m"}),
        ("c", b"T x[] = {\n#define OP(m) {m},\nA\n#undef OP\n {1}};\nint g(void) { }\n", {"OP"}),  # inside
        ("python", b"class A:\n  def m(self):\n    print 'x', y z\n  def n(self): pass\n", set()),
    ],
)
@pytest.mark.parametrize("anonymous", [False, True])
def test_definitions_whose_braces_do_not_match_are_in_error(language, source, marked, anonymous):
    """A table made by macros was taken for a function that swallowed the 1,446 lines after it."""
    tables, _ = transform(language, b"x\n", source, anonymous=anonymous)
    symbols = [row for row in tables["symbols"].to_pylist() if row["file_id"] == 1]
    assert symbols
    assert {row["name"] for row in symbols if row["in_error"]} == marked


def test_comments_inside_of_double_word_operators_have_rows():
    source = b"(a not  # why\n in b, c is  # how\n not d, e is not None)\n"
    tables, [facts] = transform("python", source)
    rows = tables["nodes"].to_pylist()
    assert facts.node_count == len(rows) == counted("python", source)
    comments = [row for row in rows if row["type"] == "comment"]
    parents = {row["node_id"]: row["type"] for row in rows}
    assert [parents[row["parent_id"]] for row in comments] == ["comparison_operator"] * 2
    assert facts.max_depth == max(row["depth"] for row in rows)


@pytest.mark.parametrize("language", ["python", "typescript", "rust", "c-sharp"])
def test_anonymous_nodes_on_request(language):
    source = b"x = a[1] + (b)  \n"
    tables, [facts] = transform(language, source, anonymous=True)
    assert facts.node_count == tables["nodes"].num_rows == counted(language, source, anonymous=True)
    tokens = {row["type"]: row["kind"] for row in tables["nodes"].to_pylist()}
    assert tokens["+"] == tokens["["] == "token"


@pytest.mark.parametrize(
    ("language", "opening", "closing"),
    [("python", b"(", b")"), ("javascript", b"[", b"]"), ("c", b"{", b"}"), ("go", b"(", b"")],
)
def test_very_deep_nesting(language, opening, closing):
    levels = 30_000
    tables, [facts] = transform(language, opening * levels + closing * levels)
    assert facts.status in {"ok", "partial"}
    assert facts.max_depth + 1 <= facts.node_count == tables["nodes"].num_rows


def test_deeply_nested_functions_stay_linear():
    levels = 3_000
    source = b"".join(b"function f%d(){" % i for i in range(levels)) + b"x()" + b"}" * levels
    tables, _ = transform("javascript", source)
    symbols = tables["symbols"].to_pylist()
    assert len(symbols) == levels
    assert max(len(row["qualified_name"]) for row in symbols) <= 1001
    assert symbols[-1]["qualified_name"].endswith(f".f{levels - 1}")
    assert symbols[0]["complexity"] == 1


def test_too_deep_files_are_refused():
    tables, [facts] = transform("python", b"((((((1))))))", max_depth=3)
    assert (facts.status, facts.reason, facts.node_count) == ("failed", "too_deep", 0)
    assert tables["nodes"].num_rows == 0


def test_long_literals_are_cut_between_characters():
    tables, _ = transform("python", ('x = "' + "é" * 50 + '"').encode(), value_length=10)
    [value] = [row["value"] for row in tables["nodes"].to_pylist() if row["kind"] == "string"]
    assert value == '"' + "é" * 9


def test_signatures_are_one_short_line():
    source = b"def f(a,\n      b = 1,\n\t  c='\xc3\xa4'):\n    pass\ndef g(" + b"x, " * 400 + b"y): pass\n"
    tables, _ = transform("python", source)
    first, second = tables["symbols"].column("signature").to_pylist()
    assert first == "def f(a, b = 1, c='ä'):"
    assert len(second) == 300


@pytest.mark.parametrize(
    ("data", "encoding", "transcoded"),
    [
        (b"x = 1", "utf-8", False),
        ("x = 'é'".encode(), "utf-8", False),
        (codecs.BOM_UTF8 + b"x = 1", "utf-8", False),
        ("x = 'é'".encode("utf-16"), "utf-16", True),
        ("x = 'é'".encode("utf-32"), "utf-32", True),
        (codecs.BOM_UTF16_BE + "x = 'é'".encode("utf-16-be"), "utf-16", True),
        (b"# -*- coding: koi8-r -*-\nx = '\xc1'", "koi8-r", True),
        (b"\n# vim: set fileencoding=iso-8859-5 :\nx = '\xc1'", "iso8859-5", True),
        (b"# coding: unheard-of\nx = '\x80'", "cp1252", True),
        (b"# coding: rot13\nx = '\x80'", "cp1252", True),
        (b"x = '\x80'", "cp1252", True),
        (b"x = '\x81'", "latin-1", True),
    ],
)
def test_encodings(data, encoding, transcoded):
    decoded = source_to_utf8(data, cookies=True)
    assert (decoded.encoding, decoded.transcoded, decoded.damaged) == (encoding, transcoded, False)
    assert decoded.data is not None
    decoded.data.decode()
    _, [facts] = transform("python", data)
    assert facts.status == "ok"
    assert ("transcoded" in facts.traits) == transcoded


def test_bytes_that_had_to_be_replaced_are_a_problem():
    assert source_to_utf8(codecs.BOM_UTF16_LE + b"a\0#\0b").damaged
    _, [facts] = transform("python", codecs.BOM_UTF16_LE + b"a\0#\0b")
    assert [problem.code for problem in facts.problems] == ["replaced_bytes"]
    assert facts.status == "ok"


def test_binary_files_are_skipped():
    tables, [facts] = transform("python", b"x = 1\0\x01")
    assert (facts.status, facts.reason) == ("skipped", "binary")
    assert tables["nodes"].num_rows == 0


@pytest.mark.parametrize(
    ("path", "data", "traits"),
    [
        ("a/b.py", b"x", []),
        ("vendor/b.go", b"x", ["vendored"]),
        ("a/node_modules/b/c.js", b"x", ["vendored"]),
        ("tests/b.py", b"x", ["test"]),
        ("a/test_b.py", b"x", ["test"]),
        ("a/b_test.go", b"x", ["test"]),
        ("a/b.spec.ts", b"x", ["test"]),
        ("a/attest.py", b"x", []),
        ("a/b.go", b"// Code generated by x. DO NOT EDIT.\n", ["generated"]),
        ("a/b.js", b"/**\n * @generated\n */\n", ["generated"]),
        ("a/b.py", b"x = 'do not edit'\n", []),
        ("a/b.js", b"a;" * 5000, ["minified"]),
        ("a/b.js", b"// c\n" * 40 + b"a;" * 5000, ["minified"]),
        ("a/b.js", b"a = 1;\n" * 5000, []),
    ],
)
def test_traits(path, data, traits):
    assert source_traits(path, data, data.count(b"\n") + 1) == traits


def test_one_file_that_breaks_the_rows_does_not_take_the_others(monkeypatch):
    build = SourceTreeTransformer._build

    def fragile(self, group):
        if any(b"poison" in item.text for item in group):
            raise RuntimeError("boom")
        return build(self, group)

    monkeypatch.setattr(SourceTreeTransformer, "_build", fragile)
    tables, facts = transform("python", b"a = 1\n", b"poison = 2\n", b"b = 3\n")
    assert [fact.status for fact in facts] == ["ok", "failed", "ok"]
    assert (facts[1].reason, facts[1].node_count) == ("internal_error", 0)
    assert [(problem.phase, problem.code) for problem in facts[1].problems] == [("extract", "internal_error")]
    assert tables["symbols"].column("name").to_pylist() == ["a", "b"]
    assert set(tables["nodes"].column("file_id").to_pylist()) == {0, 2}


def test_a_failing_walk_is_a_value(monkeypatch):
    def broken(*_):
        raise ValueError("boom")

    for reader in (reading.NativeReader, reading.PythonReader):
        monkeypatch.setattr(reader, "read", broken)
    tables, [facts] = transform("python", b"a = 1\n")
    assert (facts.status, facts.problems[0].phase) == ("failed", "parse")
    assert tables["nodes"].num_rows == 0


@pytest.mark.skipif(compiled.SOURCES is None, reason="Python alone cannot stop a parse")
def test_a_file_whose_time_is_over_is_a_value_and_costs_no_other_its_rows():
    tables, facts = transform("python", b"a = 1\n", b"b = [%b]\n" % (b"1, " * 2000), b"c = 3\n", seconds=1e-9)
    assert [(fact.status, fact.reason) for fact in facts] == [
        ("ok", None),
        ("quarantined", "timeout"),
        ("ok", None),
    ]
    (problem,) = facts[1].problems
    assert (problem.phase, problem.code) == ("worker", "timeout")
    assert "--file-timeout" in problem.message
    assert tables["symbols"].column("name").to_pylist() == ["a", "c"]


def test_large_batches_are_joined_from_groups(monkeypatch):
    monkeypatch.setattr(source_transformer, "_LARGEST_FILE", 40)
    sources = [b"a = 1\n", b"b = 2\nc = 3\n", b"d = 4\n", b"e = 5\n" * 4]
    tables, _ = transform("python", *sources)
    assert tables["symbols"].column("name").to_pylist() == ["a", "b", "c", "d", "e", "e", "e", "e"]
    _, [facts] = transform("python", b"x = 1\n" * 10)
    assert (facts.status, facts.reason) == ("failed", "too_large")


def test_unknown_languages_are_key_errors():
    with pytest.raises(KeyError):
        SourceTreeTransformer("klingon", TransformOptions())


def test_long_chains_of_calls_keep_short_qualifiers():
    links = 5_000
    tables, [facts] = transform("javascript", b"x" + b".then(f)" * links)
    qualifiers = [text for text in tables["refs"].column("qualifier").to_pylist() if text]
    assert (facts.status, len(qualifiers)) == ("ok", links)
    assert max(map(len, qualifiers)) == 200


def test_names_inside_of_names_are_cut():
    """200,000 commands in each other's names were 60 GB of text: the file failed."""
    levels = 3_000
    tables, [facts] = transform("bash", b"a=" + b"$(" * levels + b"ls" + b")" * levels + b"\n")
    assert (facts.status, facts.node_count) == ("ok", 3 * levels + 4)
    for table in ("nodes", "refs"):
        lengths = [len(name) for name in tables[table].column("name").to_pylist() if name]
        assert (len(lengths) >= levels, max(lengths)) == (True, 500)


def test_comments_in_one_long_line_are_no_docs():
    source = b"/* a */ function f() {} /* b */ function g() {}\n  // c\nfunction h() {}\n"
    tables, _ = transform("javascript", source)
    assert tables["symbols"].column("doc").to_pylist() == ["a", None, "c"]


def test_a_define_in_broken_c_is_still_a_macro():
    tables, [facts] = transform("c", b"#define A (B /* 1 */ | C)\n#define D 2\n")
    assert facts.status == "partial"
    assert tables["symbols"].column("name").to_pylist() == ["A", "D"]
