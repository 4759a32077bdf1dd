"""What the words of the rules do, where a golden case would not tell why."""

from __future__ import annotations

import pytest

from snake_pipe.transform.languages import LANGUAGES
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.sources.transformer import SourceTreeTransformer


def transform(language, source, *, anonymous=False):
    entry = LANGUAGES[language]
    if not entry.installed:
        pytest.skip(f"{language} is not installed: {entry.install_command}")
    transformer = SourceTreeTransformer(language, TransformOptions(anonymous=anonymous))
    facts = transformer.add(1, "a", source.encode())
    assert facts.status == "ok", facts.problems
    return {table: batch.to_pylist() for table, batch in transformer.drain().tables.items()}


def symbols(language, source):
    return [(row["kind"], row["qualified_name"]) for row in transform(language, source)["symbols"]]


def refs(language, source):
    return [(row["role"], row["name"]) for row in transform(language, source)["refs"]]


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("php", "<?php function f($a) { return $a and g() or $a; }"),
        ("ruby", "def f(a)\n  a and g or h\nend\n"),
        ("lua", "function f(a) return a and b or c end"),
        ("zig", "fn f() bool { return a and b or c; }"),
    ],
)
def test_operators_that_are_words_branch(language, source):
    """They were counted only as `&&` and `||`."""
    [row] = [row for row in transform(language, source)["symbols"] if row["kind"] == "function"]
    assert row["complexity"] == 3


def test_names_that_begin_like_such_an_operator_do_not():
    [row] = transform("lua", "function f(a) return a == orders end")["symbols"]
    assert row["complexity"] == 1


def test_a_signature_and_its_equations_are_one_symbol_to_the_last_line():
    source = "f :: Int -> Int\nf 0 = g\nf n | n > 1 = h\n\nk = 1\n"
    rows = transform("haskell", source)
    first, second = rows["symbols"]
    assert (first["name"], first["start_line"], first["end_line"]) == ("f", 1, 3)
    assert (first["signature"], first["complexity"]) == ("f :: Int -> Int", 2)
    assert (second["name"], second["kind"], second["start_line"]) == ("k", "variable", 5)
    calls = {row["name"]: row["enclosing_node_id"] for row in rows["refs"]}
    assert calls["g"] == calls["h"] == first["node_id"]


def test_equations_apart_from_one_another_are_not_one():
    assert symbols("haskell", "f 0 = 1\ng 0 = 1\nf 1 = 1\n") == [("function", name) for name in "fgf"]


def test_a_module_and_what_implements_it_are_two():
    source = "defprotocol P do\nend\ndefimpl P, for: X do\nend\n"
    assert symbols("elixir", source) == [("interface", "P"), ("class", "P")]


def test_a_body_beside_its_head_belongs_to_it():
    """Dart's grammar puts them side by side: calls in a method had no method around them."""
    rows = transform("dart", "class A {\n  int m() {\n    return f();\n  }\n}\n")
    method = next(row for row in rows["symbols"] if row["name"] == "m")
    assert (method["start_line"], method["end_line"], method["body_start_line"]) == (2, 4, 2)
    [call] = [row for row in rows["refs"] if row["role"] == "call"]
    assert (call["name"], call["enclosing_node_id"]) == ("f", method["node_id"])


def test_parameters_in_a_head_that_looks_like_a_call_are_no_references():
    assert refs("julia", "f(x, y::T = z) = x + w\n") == [
        ("type", "T"),
        ("read", "z"),
        ("read", "x"),
        ("read", "w"),
    ]
    assert refs("julia", "f(x)\n") == [("call", "f"), ("read", "x")]


def test_words_before_a_name_are_whole_words():
    """`undef f(x)` is no definition, though it ends in `def`."""
    assert symbols("elixir", "undef f(x)\n") == []
    assert symbols("elixir", "def f(x)\n") == [("function", "f")]


def test_a_definition_without_a_name_of_its_own_is_named_by_its_word():
    """Not by the same word in an attribute before it."""
    source = 'class A {\n  @available(*, deprecated, renamed: "init(b:)")\n  convenience init(a: Int) {}\n}\n'
    for anonymous in (False, True):
        rows = transform("swift", source, anonymous=anonymous)["symbols"]
        assert [(row["name"], row["name_line"], row["name_col"]) for row in rows[1:]] == [("init", 3, 15)]


def test_the_name_of_several_in_one_statement_is_told_for_each():
    assert symbols("lua", "local f, a = function() end, 1\n") == [("function", "f"), ("variable", "a")]
    assert symbols("ocaml", "let (p, q) = x\n") == [("variable", "p"), ("variable", "q")]


def test_default_is_a_name_that_can_be_imported():
    """The grammar has no node for it, so `export { default } from` brought nothing: 231 times in three.js."""
    source = "export { default } from './a';\nexport { b as default, default as c } from './b';\n"
    rows = transform("javascript", source + "import { default as d } from './d';\n")["imports"]
    assert [(row["module"], row["name"], row["alias"]) for row in rows] == [
        ("./a", "default", None),
        ("./b", "b", "default"),
        ("./b", "default", "c"),
        ("./d", "default", "d"),
    ]


def test_what_is_surely_there_can_be_called():
    """`f!()` was a read of f."""
    assert refs("typescript", "f!(); a.b!();\na!.c = d!;\n") == [
        ("call", "f"),
        ("read", "a"),
        ("call", "b"),
        ("read", "a"),
        ("write", "c"),
        ("read", "d"),
    ]


def test_fields_of_a_nameless_type_in_a_function_are_inside_of_the_function():
    """They rose to the top of the file, as a constructor's parameters rise to its class."""
    source = "package p\nfunc f() {\n\ts := struct{ A string }{}\n}\n"
    assert symbols("go", source) == [("module", "p"), ("function", "f"), ("field", "f.A")]
    source = "class A { constructor(private b: string) {} }\n"
    assert symbols("typescript", source) == [("class", "A"), ("method", "A.constructor"), ("field", "A.b")]


def test_the_blank_identifier_defines_nothing():
    """`var _ I = T{}` asks the compiler whether T is an I."""
    assert symbols("go", "package p\nvar _ I = T{}\nvar _, a = f()\n") == [("module", "p"), ("variable", "a")]


def test_modules_can_be_imported_while_a_program_runs():
    """`import` is no name for the grammar, and so `import("a")` was not seen."""
    source = 'import("a").then(b);\nawait import("./d");\ne.import("f");\n'
    for anonymous in (False, True):
        tables = transform("javascript", source, anonymous=anonymous)
        rows = [(row["module"], row["alias"], row["is_relative"]) for row in tables["imports"]]
        assert rows == [("a", None, False), ("./d", None, True)]
        assert [row["name"] for row in tables["refs"] if row["role"] == "call"] == ["then", "import"]


def test_columns_and_indexes_with_names_in_quotes_are_defined():
    """The grammar takes such a name for a literal; other literals define nothing."""
    source = 'CREATE TABLE "a" ("b" INT DEFAULT 1, c TEXT DEFAULT \'d\');\nCREATE INDEX "e" ON "a" ("b");\n'
    assert symbols("sql", source + "INSERT INTO a VALUES ('f', 2);\n") == [
        ("class", '"a"'),
        ("field", '"a"."b"'),
        ("field", '"a".c'),
        ("variable", '"e"'),
    ]


@pytest.mark.parametrize("language", ["c", "cpp", "objc"])
def test_attributes_of_a_compiler_call_nothing(language):
    """`aligned(4)` was a call, which clang's trees do not have."""
    source = "struct a { int b __attribute__((aligned(4), packed)); };\nint c(void) { return d(1); }\n"
    assert refs(language, source) == [("call", "d")]


def test_variables_taken_out_of_a_list_are_defined_by_it():
    """As by `$a = 1`; trees of nikic/php-parser said so, sources that they were read."""
    source = "<?php\n[$a, [$b]] = f();\nlist($c) = $a;\nfunction g() { [$d] = h(); }\n"
    names = ["a", "b", "c"]
    assert symbols("php", source) == [*(("variable", name) for name in names), ("function", "g")]
    assert ("write", "d") in refs("php", source)


def test_parameters_of_a_case_class_are_its_fields():
    """Without `val` too, other than those of a plain class."""
    source = "final case class A(b: Int)\nclass C(d: Int, val e: Int)\n"
    assert symbols("scala", source) == [
        ("class", "A"),
        ("field", "A.b"),
        ("class", "C"),
        ("field", "C.e"),
    ]


def test_a_constructor_with_a_name_of_its_own_is_known_by_that():
    """It was named as its class, and its name was taken for a call."""
    source = "class A {\n  A();\n  A.b();\n  factory A.c() => A();\n  const A.d();\n}\n"
    assert symbols("dart", source) == [("class", "A"), *(("method", f"A.{name}") for name in "Abcd")]
    assert refs("dart", source) == [("call", "A")]


@pytest.mark.parametrize("anonymous", [False, True])
def test_what_a_message_is_sent_to_is_its_qualifier(anonymous):
    """The bracket before it counted to it, and with a row for each token it was lost."""
    rows = transform("objc", "int f(void) { [[a b] c]; return 0; }", anonymous=anonymous)
    found = [(row["qualifier"], row["name"]) for row in rows["refs"] if row["role"] == "call"]
    assert found == [("a", "b"), ("[a b]", "c")]


def test_comments_of_all_kinds_lose_their_marks():
    assert transform("lua", "--[[ Says f. ]]\nfunction f() end\n")["symbols"][0]["doc"] == "Says f."
    assert transform("haskell", "{-| Says f. -}\nf x = x\n")["symbols"][0]["doc"] == "Says f."
    assert transform("ocaml", "(** Says f. *)\nlet f x = x\n")["symbols"][0]["doc"] == "Says f."
    assert transform("julia", '"""\nSays f.\n"""\nf(x) = x\n')["symbols"][0]["doc"] == "Says f."


def test_a_comment_behind_a_value_is_its_own_only_with_room_before_the_next():
    source = "val f : int\n(** Says f. *)\n\nval g : int\n(** Says h. *)\nval h : int\n"
    docs = [row["doc"] for row in transform("ocaml-interface", source)["symbols"]]
    assert docs == ["Says f.", None, "Says h."]


def test_the_line_that_names_an_interpreter_is_no_documentation():
    assert transform("perl", "#!/usr/bin/perl\nsub f { 1 }\n")["symbols"][0]["doc"] is None


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("source", ["\n", " \n\t\n", "x"])
def test_the_smallest_files_are_read(language, source):
    """Blanks alone are an empty file for every language, also where the grammar wants at least a word."""
    entry = LANGUAGES[language]
    if not entry.installed:
        pytest.skip(f"{language} is not installed: {entry.install_command}")
    transformer = SourceTreeTransformer(language, TransformOptions())
    facts = transformer.add(1, "a", source.encode())
    assert facts.status in ({"ok"} if source.isspace() else {"ok", "partial"})
    assert transformer.drain().tables["nodes"].num_rows >= 1
    assert facts.status != "failed", facts.problems


@pytest.mark.parametrize(
    ("language", "source", "imports"),
    [
        ("rust", "mod a;\nmod b { pub mod c; fn f() { g() } }\n", [("a", None), ("c", None)]),
        ("rust", '#[path = "x.rs"]\n#[cfg(unix)]\npub mod a;\nmod b;\n', [("x.rs", "a"), ("b", None)]),
        ("rust", '// #[path = "x.rs"]\nmod a;\n/// `#[path = "x.rs"]`\nmod b;\n', [("a", None), ("b", None)]),
        ("rust", 'mod a { #[path = "x.rs"] /* why */\nmod b; mod c; }', [("x.rs", "b"), ("c", None)]),
        (
            "rust",
            'include!("x.rs");\ninclude!(concat!("a", "b"));\nfn f() { include("y") }\n',
            [("x.rs", None)],
        ),
        ("c", '#include_next <a.h>\n#import "b.h"\n#undef C\n', [("a.h", None), ("b.h", None)]),
        ("zig", 'const c = @cImport({ @cInclude("a.h"); });', [("a.h", None)]),
        (
            "java",
            "module m { requires a.b; requires transitive c; exports d; }",
            [("a.b", None), ("c", None)],
        ),
        ("scala", "export a.{b, c as d}", [("a", None), ("a", "d")]),
        (
            "powershell",
            '. ./a.ps1\n. "$PSScriptRoot/b.ps1"\n& ./c.ps1\n. $d\n',
            [("./a.ps1", None), ("$PSScriptRoot/b.ps1", None)],
        ),
    ],
)
def test_statements_that_bring_in_other_files_are_imports(language, source, imports):
    """Rust's `mod x;` was none, so nothing led from a crate's root to its modules."""
    rows = transform(language, source)["imports"]
    assert [(row["module"], row["alias"]) for row in rows] == imports


def test_an_attribute_at_the_end_of_a_file_is_not_one_of_the_next_file():
    """The bytes before `mod b;` were searched for it, also those of the file before it in the batch."""
    transformer = SourceTreeTransformer("rust", TransformOptions())
    for file_id, source in enumerate((b'fn f() {}\n#[path = "x.rs"]\n', b"mod b;\n")):
        transformer.add(file_id, "a", source)
    imports = transformer.drain().tables["imports"].to_pylist()
    assert [(row["file_id"], row["module"], row["alias"]) for row in imports] == [(1, "b", None)]


def test_references_in_the_body_of_a_module_stay():
    assert ("call", "g") in refs("rust", "mod b { pub mod c; fn f() { g() } }\n")
