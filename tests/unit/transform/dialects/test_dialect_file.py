"""Dialect files: each key by a small tree, and each mistake by the line that it is answered with."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.errors import ConfigError
from snake_pipe.plugins import own_dialects, tree_versions
from snake_pipe.transform.dialect_check import check_tree
from snake_pipe.transform.dialects import DIALECTS
from snake_pipe.transform.dialects.dialect_file import compile_dialect, read_dialect_file
from snake_pipe.transform.rows.contract import FileFacts, TransformOptions
from snake_pipe.transform.trees.transformer import JsonTreeTransformer

HEAD = 'name = "toy"\nlanguage = "toy"\ntype_key = "t"\n'
ROOT = '[root]\ntypes = ["Top"]\nkeys = ["body"]\n'

Row = dict[str, Any]


def read(sections: str, *body: Row, top: str = "", **more: Any) -> tuple[FileFacts, dict[str, list[Row]]]:
    """The rows of a tree of these nodes by a dialect file with these sections."""
    dialect = compile_dialect(f"{HEAD}{top}{ROOT}{sections}", "toy.toml")
    transformer = JsonTreeTransformer(TransformOptions(dialects=(dialect,)))
    document = {"t": "Top", "body": list(body), **more}
    facts = transformer.add(0, "a.json", json.dumps(document).encode())
    assert facts.status == "ok", facts
    return facts, {name: batch.to_pylist() for name, batch in transformer.drain().tables.items()}


def column(rows: list[Row], *keys: str) -> list[Any]:
    return [row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys) for row in rows]


class TestKinds:
    def test_a_named_type_comes_before_patterns_and_they_in_their_order(self) -> None:
        sections = '[kinds]\noperator = ["*Op"]\nstatement = ["Set*", "?"]\nassignment = "SetOp"\n'
        _, tables = read(sections, {"t": "AddOp"}, {"t": "SetOp"}, {"t": "SetX"}, {"t": "Y"}, {"t": "Zz"})
        assert column(tables["nodes"], "kind")[1:] == [
            "operator",
            "assignment",
            "statement",
            "statement",
            "other",
        ]

    def test_literals_are_what_their_value_is(self) -> None:
        nodes = [{"t": "Lit", "v": value} for value in ("a", 1, 2.5, True, None)]
        _, tables = read('[values]\nLit = "v"\n', *nodes, top='literals = ["Lit"]\n')
        assert column(tables["nodes"], "kind", "value")[1:] == [
            ("string", "a"),
            ("number", "1"),
            ("number", "2.5"),
            ("atom", "true"),
            ("atom", "null"),
        ]


class TestWrapped:
    def test_types_around_their_nodes(self) -> None:
        text = (
            HEAD.replace('"t"', '"@"')
            + '[root]\nkeys = ["toy", "body"]\n[kinds]\ncall = "call"\nmodule = "Top"\n'
            '[names]\n"*" = "n"\n[references.call]\nrole = "call"\nname = "of.n"\n'
            '[wrapped]\ntypes = ["call", "*Stmt"]\nroot = "Top"\nfields = { of = "Name" }\n'
        )
        dialect = compile_dialect(text, "toy.toml")
        transformer = JsonTreeTransformer(TransformOptions(dialects=(dialect,)))
        body = [{"call": {"of": {"n": "f"}}}, {"NextStmt": {"value": {"call": {}}}}, {"other": {}}]
        transformer.add(0, "a.json", json.dumps({"toy": 1, "body": body}).encode())
        tables = {name: batch.to_pylist() for name, batch in transformer.drain().tables.items()}
        assert column(tables["nodes"], "depth", "field", "type", "name") == [
            (0, None, "Top", None),
            (1, "body", "call", None),
            (2, "of", "Name", "f"),
            (1, "body", "NextStmt", None),
            (2, "value", "call", None),
        ]
        assert column(tables["refs"], "role", "name") == [("call", "f")]


class TestPositions:
    def test_bases_and_inclusive_ends_become_ours(self) -> None:
        sections = (
            '[positions]\nunit = "byte"\nstart_offset = "p.0"\nend_offset = "p.1"\nstart_line = "l"\n'
            'start_col = "c"\nend_line = "l"\nend_col = "e"\nfirst_line = 0\nfirst_column = 1\n'
            'ends_on_last = ["offset", "column"]\n'
        )
        facts, tables = read(sections, {"t": "A", "p": [4, 6], "l": 0, "c": 1, "e": 3})
        place = ("start_offset", "end_offset", "start_line", "start_col", "end_line", "end_col")
        assert column(tables["nodes"], *place)[1] == (4, 7, 1, 1, 1, 4)
        assert facts.offset_unit == "byte"

    def test_a_length_counts_from_the_start(self) -> None:
        sections = '[positions]\nunit = "byte"\nstart_offset = "p.at"\nlength = "p.n"\n'
        places = [{"at": 3, "n": 4}, {"at": 3}, {"n": 4}, {"at": -1, "n": 2}, {"at": 2**63 - 1, "n": 2}, "?"]
        _, tables = read(sections, *({"t": "A", "p": place} for place in places))
        assert column(tables["nodes"], "start_offset", "end_offset")[1:] == [
            (3, 7),
            (3, None),
            (None, None),
            (None, None),
            (2**63 - 1, None),
            (None, None),
        ]

    def test_without_positions_nothing_is_told(self) -> None:
        facts, tables = read("", {"t": "A", "start": 4})
        assert column(tables["nodes"], "start_offset") == [None, None]
        assert facts.offset_unit == "none"


class TestDefinitions:
    def test_when_tells_apart_what_one_type_defines(self) -> None:
        sections = (
            '[names]\n"*" = "n"\n'
            '[[definitions.Decl]]\nkind = "class"\nwhen = { sort = "cls" }\nbody = "b"\n'
            '[[definitions.Decl]]\nkind = "function"\nwhen = { "how.sort" = "fun" }\nparameters = "p"\n'
        )
        _, tables = read(
            sections,
            {"t": "Decl", "sort": "cls", "n": "A", "b": []},
            {"t": "Decl", "how": {"sort": "fun"}, "n": "f", "p": [{"t": "P", "n": "x"}, "y"]},
            {"t": "Decl", "sort": "other", "n": "no"},
        )
        assert column(tables["symbols"], "name", "kind", "signature") == [
            ("A", "class", None),
            ("f", "function", "f(x, y)"),
        ]

    def test_modifiers_visibility_export_and_doc(self) -> None:
        sections = (
            '[definitions.F]\nkind = "function"\nname = "id.text"\nvisibility = "access"\n'
            'exported = "public"\ndoc = "lines"\nmodifiers = ["flags", "meta.static"]\n'
        )
        node = {
            "t": "F",
            "id": {"text": "f"},
            "access": "private",
            "public": 0,
            "lines": ["One.", "Two."],
            "flags": ["pure", 7],
            "meta": {"static": True},
        }
        _, tables = read(sections, node)
        keys = ("name", "visibility", "exported", "doc", "modifiers")
        assert column(tables["symbols"], *keys) == [("f", "private", False, "One.\nTwo.", ["pure", "static"])]

    def test_entries_of_a_list_are_definitions_at_their_places(self) -> None:
        sections = (
            '[positions]\nunit = "char"\nstart_line = "l"\n[names]\nId = "n"\n'
            '[definitions.Let]\nkind = "variable"\neach = "targets"\nname = "id"\n'
            'only_outside_functions = true\nmodifiers = { fixed = "const" }\n'
            '[definitions.F]\nkind = "function"\nname = "n"\n'
        )
        let = {
            "t": "Let",
            "l": 1,
            "fixed": True,
            "targets": [{"id": {"t": "Id", "n": "a", "l": 2}}, {"id": {"t": "Id", "n": "b", "l": 3}}],
        }
        _, tables = read(sections, let, {"t": "F", "n": "f", "l": 5, "inner": [dict(let)]})
        assert column(tables["symbols"], "name", "name_line", "modifiers") == [
            ("a", 2, ["const"]),
            ("b", 3, ["const"]),
            ("f", 5, None),
        ]

    def test_a_function_in_a_class_is_its_method(self) -> None:
        sections = '[names]\n"*" = "n"\n[definitions.C]\nkind = "class"\n[definitions.F]\nkind = "function"\n'
        _, tables = read(sections, {"t": "C", "n": "C", "m": {"t": "F", "n": "f"}})
        assert column(tables["symbols"], "qualified_name", "kind") == [("C", "class"), ("C.f", "method")]


class TestReferences:
    def test_names_take_their_role_from_their_place(self) -> None:
        sections = (
            '[names]\nId = "n"\nDot = "m.text"\n[references.Id]\nrole = "read"\n'
            '[references.Dot]\nrole = "read"\n[places.Call]\nparts = { role = "call", first = true }\n'
            '[places.Label]\nid = "none"\n[places.Wrap]\nof = "through"\n[qualifiers]\nDot = "of"\n'
        )
        dot = {"t": "Dot", "m": {"text": "f"}, "of": {"t": "Id", "n": "a"}}
        _, tables = read(
            sections,
            {"t": "Call", "parts": [{"t": "Wrap", "of": dot}, {"t": "Id", "n": "x"}]},
            {"t": "Label", "id": {"t": "Id", "n": "no"}},
        )
        assert column(tables["refs"], "role", "qualifier", "name") == [
            ("call", "a", "f"),
            ("read", None, "a"),
            ("read", None, "x"),
        ]

    def test_names_without_a_node(self) -> None:
        sections = '[references.C]\nrole = "inherit"\nname = "bases.name"\n'
        _, tables = read(sections, {"t": "C", "bases": [{"name": "A"}, {"name": "B"}, {}]})
        assert column(tables["refs"], "role", "name") == [("inherit", "A"), ("inherit", "B")]


class TestImports:
    SECTIONS = '[imports.Use]\nmodule = "from"\neach = "picks"\nname = "n"\nalias = "as"\nwildcard = "all"\n'

    def test_one_row_an_entry(self) -> None:
        picks = [{"n": "a", "as": "b"}, {"n": "*"}, {"all": True}]
        _, tables = read(self.SECTIONS, {"t": "Use", "from": [".", "x"], "picks": picks})
        keys = ("module", "name", "alias", "is_relative", "is_wildcard")
        assert column(tables["imports"], *keys) == [
            ("..x", "a", "b", True, False),
            ("..x", None, None, True, True),
            ("..x", None, None, True, True),
        ]

    @pytest.mark.parametrize("more", [{}, {"picks": []}, {"picks": None}])
    def test_a_module_as_a_whole(self, more: Row) -> None:
        _, tables = read(self.SECTIONS, {"t": "Use", "from": "x", **more})
        assert column(tables["imports"], "module", "name") == [("x", None)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = \n", "toy.toml: Invalid value (at line 1, column 8)"),
        ('type_key = "t"\nname = "toy"', "toy.toml: language is missing: a text is needed"),
        ("type_key = 3", "toy.toml: type_key is 3; a text is allowed"),
        (
            HEAD.replace('"toy"', '"To y"', 1) + ROOT,
            "toy.toml: name is 'To y'; small letters, digits and - are",
        ),
        (HEAD, "toy.toml: root.types is missing"),
        (
            HEAD + ROOT + "[definition.F]\n",
            "toy.toml: definition is unknown; did you mean definitions? allowed: ",
        ),
        (
            HEAD + ROOT + "[kinds]\nfunktion = []\n",
            "toy.toml: kinds.funktion is unknown; did you mean function?",
        ),
        (
            HEAD + ROOT + '[kinds]\nclass = "A"\nenum = "A"\n',
            "toy.toml: kinds.enum has 'A', which is a class already",
        ),
        (
            HEAD + ROOT + "[kinds]\nclass = [1]\n",
            "toy.toml: kinds.class is [1]; a text or a list of texts is",
        ),
        (
            HEAD + ROOT + '[definitions.F]\nkind = "klass"\n',
            "toy.toml: definitions.F.kind 'klass' is not allowed; did you mean class? allowed: module, ",
        ),
        (
            HEAD + ROOT + '[definitions.F]\nkind = "class"\n',
            "toy.toml: definitions.F.name is missing, and [names] does not tell the name of F either",
        ),
        (
            HEAD + ROOT + '[[definitions.F]]\nkind = "class"\nname = "n"\n[[definitions.F]]\nkind = 1\n',
            "toy.toml: definitions.F[1].kind is 1; a text is allowed",
        ),
        (
            HEAD + ROOT + '[references.F]\nrole = "reads"\n',
            "toy.toml: references.F.role 'reads' is not allowed; did you mean read? allowed: call, ",
        ),
        (
            HEAD + ROOT + '[positions]\nstart_line = "l"\n',
            "toy.toml: positions.unit is missing: a text is needed, one of byte, utf16, char, none",
        ),
        (
            HEAD + ROOT + '[positions]\nunit = "byte"\nlength = "n"\n',
            "toy.toml: positions.length is for a start_offset without an end_offset",
        ),
        (
            HEAD + ROOT + '[positions]\nunit = "byte"\nstart_offset = "0"\n',
            "toy.toml: positions.start_offset begins with a number, and nodes are no lists",
        ),
        (
            HEAD + ROOT + '[positions]\nunit = "byte"\nstart_offset = "a.9999999999"\n',
            "toy.toml: positions.start_offset has a number that is no place in a list",
        ),
        (
            HEAD + ROOT + '[positions]\nunit = "byte"\nstart_line = "p.q"\nstart_col = "p"\n',
            "toy.toml: positions.start_line goes on behind the number of another path",
        ),
        (
            HEAD + ROOT + f'[positions]\nunit = "byte"\nstart_line = "a{".a" * 32}"\n',
            "toy.toml: positions.start_line makes the keys of all paths more than 32",
        ),
        (
            HEAD + ROOT + "[positions]\nfirst_line = 2\n",
            "toy.toml: positions.first_line is 2; 0 or 1 is allowed",
        ),
        (
            HEAD + ROOT + '[places.Call]\nto = { role = "call", frist = true }\n',
            "toy.toml: places.Call.to.frist is unknown; did you mean first? allowed: first, role",
        ),
        (
            HEAD + ROOT + '[names]\n"*" = "a.b"\n',
            "toy.toml: names.* is a path; for all other types it can only",
        ),
        (
            HEAD + ROOT + '[wrapped]\ntypes = "A*"\n',
            "toy.toml: wrapped.types has 'A*'; of patterns only * at the begin is allowed",
        ),
        (HEAD + ROOT + '[imports.Use]\nname = "n"\n', "toy.toml: imports.Use.module is missing"),
    ],
)
def test_mistakes_are_one_line_with_file_key_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compile_dialect(text, "toy.toml")
    assert caught.value.message.startswith(message)
    assert "\n" not in caught.value.message


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_dialect_file(tmp_path / "no.toml")
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(ConfigError, match=r"latin.toml: no UTF-8 at byte 8"):
        read_dialect_file(tmp_path / "latin.toml")


def test_a_name_belongs_to_one_dialect(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text(HEAD.replace("toy", "estree", 1) + ROOT)
    with pytest.raises(ConfigError, match="the name 'estree' is that of a built-in dialect"):
        own_dialects([str(file)])
    file.write_text(HEAD + ROOT)
    (tmp_path / "b.toml").write_text(HEAD + ROOT)
    with pytest.raises(ConfigError, match=r"b.toml: the name 'toy' is that of .*a.toml"):
        own_dialects([str(file), str(tmp_path / "b.toml")])


def test_any_change_of_a_dialect_is_another_version_of_all_that_reads_trees_and_of_nothing_else(tmp_path):
    # Only a file of the dialect itself was read again once: JSON that had been no tree before stayed so.
    file = tmp_path / "a.toml"
    file.write_text(HEAD + ROOT)
    first = tree_versions(own_dialects([str(file)]))
    file.write_text(HEAD + ROOT + "# changed\n")
    second = tree_versions(own_dialects([str(file)]))
    trees = {"toy", "ast", *DIALECTS}
    assert {parser for parser, _ in first - second} == trees
    assert {parser for parser, _ in first - tree_versions()} == trees


def test_own_dialects_are_asked_before_the_built_in_ones():
    program = {"type": "Program", "body": [], "sourceType": "module", "made": "by us"}
    ours = (
        'name = "ours"\nlanguage = "x"\ntype_key = "type"\n'
        '[root]\ntypes = "Program"\nvalues = { made = "by us" }\n'
    )
    dialect = compile_dialect(ours, "ours.toml")
    assert check_tree("a", json.dumps(program).encode(), (dialect,), 1).dialect == "ours"
    program["made"] = "elsewhere"
    assert check_tree("a", json.dumps(program).encode(), (dialect,), 1).dialect == "estree"


class TestCheck:
    OWN = (compile_dialect(HEAD + ROOT + '[names]\nA = "n"\n[values]\nV = "text"\n', "toy.toml"),)

    def check(self, document: Any, own: tuple[Any, ...] = OWN, most: int = 9) -> Any:
        return check_tree("a.json", json.dumps(document).encode(), own, most)

    def test_what_a_root_lacks(self) -> None:
        assert self.check({"t": "Top"}).why.startswith(
            "toy: there is no 'body'; no built-in dialect knows it"
        )
        assert self.check({"t": ["Top"]}).why.startswith("toy: 't' is ['Top'], not Top; ")
        assert self.check({"x": 1}).why.endswith("the keys of its first object: x")
        assert self.check([1]).why == "it holds no object"

    def test_what_is_no_json(self) -> None:
        checked = check_tree("a.json", b"{", self.OWN, 9)
        assert checked.dialect is None
        assert checked.why

    def test_types_without_kind_and_names_that_are_not_read(self) -> None:
        body = [
            {"t": "A", "n": "read"},
            {"t": "B", "label": "exit", "op": "add"},
            {"t": "B", "label": "more words than one"},
            {"t": "C", "id": {"name": "c"}},
            {"t": "V", "text": "value"},
        ]
        checked = self.check({"t": "Top", "body": body})
        assert (checked.nodes, checked.other) == (6, 6)
        found = [(one.what, one.name, one.nodes, one.detail) for one in checked.findings]
        assert ("other", "B", 2, None) in found
        unread = [one[1:] for one in found if one[0] == "unread name"]
        assert unread == [("B.label", 1, "exit"), ("C.id.name", 1, "c")]

    def test_only_so_many_of_each_sort(self) -> None:
        checked = self.check({"t": "Top", "body": [{"t": f"T{n}"} for n in range(5)]}, most=2)
        assert checked.totals["other"] == 6
        assert len(checked.findings) == 2


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(["Top", "F", "Use"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["t", "body", "n", "p", "from", "of", "type", "kind"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(_VALUES)
def test_no_document_is_too_strange(body: Any) -> None:
    """`type` may be a list in JSON; a test that looked for it in a set once raised."""
    sections = (
        '[positions]\nunit = "char"\nstart_line = "p.0"\n[names]\n"*" = "n"\nUse = "n.of"\n'
        '[qualifiers]\nF = "of"\n[definitions.F]\nkind = "function"\nparameters = "p"\nbody = "body"\n'
        'modifiers = ["of"]\ndoc = "p"\n[references.F]\nrole = "read"\n'
        '[references.Top]\nrole = "call"\nname = "n"\nqualifier = "of"\n'
        '[imports.Use]\nmodule = "from"\neach = "p"\nname = "n"\n'
    )
    read(sections, {"t": "F", "body": body}, of=body)
    dialect = compile_dialect(HEAD + ROOT, "toy.toml")
    check_tree("a.json", json.dumps(body).encode(), (dialect,), 3)
