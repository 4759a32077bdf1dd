"""Each dialect's table by small trees."""

from __future__ import annotations

import json
from typing import Any

import pytest

from snake_pipe.plugins import tree_versions
from snake_pipe.schemas import KINDS, ROLES
from snake_pipe.transform.dialects import DIALECTS
from snake_pipe.transform.dialects.dialect import Dialect
from snake_pipe.transform.dialects.generic import GENERIC, kind_of, words_of
from snake_pipe.transform.dialects.places import Places
from snake_pipe.transform.dialects.versions import NAMES
from snake_pipe.transform.rows.contract import Transformed, TransformOptions
from snake_pipe.transform.trees.positions.readers import READERS
from snake_pipe.transform.trees.transformer import JsonTreeTransformer
from testkit.python_trees import python_tree

Row = dict[str, Any]


def transform(document: Any) -> Transformed:
    transformer = JsonTreeTransformer(TransformOptions())
    facts = transformer.add(0, "x.ast.json", json.dumps(document).encode())
    assert facts.status == "ok"
    return transformer.drain()


def rows(result: Transformed, table: str, *columns: str) -> list[Any]:
    values = [result.tables[table][column].to_pylist() for column in columns]
    return values[0] if len(columns) == 1 else list(zip(*values, strict=True))


def test_their_names_are_known_without_them() -> None:
    """A run that found nothing changed imported the rules of all dialects to know their versions."""
    assert tuple(DIALECTS) == NAMES
    assert {(dialect.parser, dialect.parser_version) for dialect in DIALECTS.values()} < tree_versions()


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())
class TestTables:
    def test_words_are_those_of_the_schema(self, dialect: Dialect) -> None:
        assert set(dialect.kinds.values()) <= set(KINDS)
        assert set(dialect.fields_kinds.values()) <= set(KINDS)
        assert set(dialect.names.values()) <= {*ROLES, "none"}
        roles = {use.role for uses in dialect.uses.values() for use in uses.values()}
        assert roles <= {*ROLES, "none", "local", None}
        ways = dialect.positions
        assert ways in READERS or isinstance(ways, Places) or all(isinstance(way, Places) for way in ways)

    def test_rules_are_for_known_types(self, dialect: Dialect) -> None:
        if dialect is GENERIC:
            return
        ruled = {*dialect.definitions, *dialect.imports, *dialect.members, *dialect.prepare}
        assert ruled <= set(dialect.kinds)
        variants = {word.split(" ")[0] for word in dialect.names}  # `ident constant` is one of `ident`
        assert variants <= set(dialect.kinds)

    def test_what_is_searched_for_nodes(self, dialect: Dialect) -> None:
        assert dialect.leaf_keys.isdisjoint(("body", "inner", "expression", "value", "name_of"))


# -- ESTree and its family ---------------------------------------------------------------------------------


def identifier(word: str, line: int = 1, **more: Any) -> Row:
    place = {"start": {"line": line, "column": 0}, "end": {"line": line, "column": len(word)}}
    return {"type": "Identifier", "start": 0, "end": 1, "loc": place, "name": word, **more}


def node(type_: str, line: int = 1, **fields: Any) -> Row:
    place = {"start": {"line": line, "column": 0}, "end": {"line": line, "column": 9}}
    return {"type": type_, "start": 0, "end": 1, "loc": place, **fields}


def program(*body: Row, **more: Any) -> Row:
    return node("Program", body=list(body), sourceType="module", **more)


def literal(value: Any, **more: Any) -> Row:
    return node("Literal", value=value, raw=json.dumps(value), **more)


def function(
    *params: Row, type_: str = "FunctionExpression", body: list[Row] | None = None, **more: Any
) -> Row:
    block = node("BlockStatement", line=2, body=body or [])
    return node(type_, params=list(params), body=block, **{"id": None, **more})


def variable(target: Row, init: Row | None = None, kind: str = "const") -> Row:
    declarator = node("VariableDeclarator", id=target, init=init)
    return node("VariableDeclaration", kind=kind, declarations=[declarator])


def member(before: Row, word: str, **more: Any) -> Row:
    return node("MemberExpression", object=before, property=identifier(word), computed=False, **more)


def call(callee: Row, *arguments: Row, type_: str = "CallExpression") -> Row:
    return node(type_, callee=callee, arguments=list(arguments))


def statement(expression: Row) -> Row:
    return node("ExpressionStatement", expression=expression)


def symbols(*body: Row) -> list[Any]:
    return rows(transform(program(*body)), "symbols", "qualified_name", "kind")


def refs(*body: Row) -> list[Any]:
    return rows(transform(program(*body)), "refs", "name", "qualifier", "role")


def imports(*body: Row) -> list[Any]:
    return rows(transform(program(*body)), "imports", "module", "name", "alias", "is_relative", "is_wildcard")


class TestEcmascriptSymbols:
    def test_a_variable_with_a_function_is_a_function(self) -> None:
        arrow = function(identifier("a"), type_="ArrowFunctionExpression", **{"async": True})
        result = transform(program(variable(identifier("f"), arrow)))
        assert rows(result, "symbols", "name", "kind", "signature", "modifiers", "body_start_line") == [
            ("f", "function", "f(a)", ["async", "const"], 2)
        ]

    def test_local_variables_are_none(self) -> None:
        inner = function(
            body=[variable(identifier("local"), literal(1))], type_="FunctionDeclaration", id=identifier("f")
        )
        assert symbols(variable(identifier("top"), literal(1)), inner) == [
            ("top", "variable"),
            ("f", "function"),
        ]

    def test_patterns_define_each_of_their_names(self) -> None:
        pattern = node(
            "ObjectPattern",
            properties=[
                node("Property", key=identifier("a"), value=identifier("a"), shorthand=True),
                node(
                    "Property",
                    key=identifier("b"),
                    value=node("AssignmentPattern", left=identifier("c"), right=literal(1)),
                ),
                node("RestElement", argument=identifier("rest")),
            ],
        )
        array = node("ArrayPattern", elements=[identifier("x"), None, identifier("y")])
        assert symbols(variable(pattern, identifier("o")), variable(array, identifier("l"))) == [
            (word, "variable") for word in ("a", "c", "rest", "x", "y")
        ]

    def test_members_of_a_class(self) -> None:
        body = node(
            "ClassBody",
            body=[
                node(
                    "MethodDefinition",
                    key=identifier("constructor"),
                    kind="constructor",
                    value=function(identifier("n")),
                ),
                node("MethodDefinition", key=identifier("size"), kind="get", static=True, value=function()),
                node("PropertyDefinition", key=node("PrivateIdentifier", name="n"), value=literal(1)),
                node(
                    "PropertyDefinition",
                    key=identifier("run"),
                    value=function(type_="ArrowFunctionExpression"),
                ),
                node(
                    "MethodDefinition", key=identifier("any"), computed=True, kind="method", value=function()
                ),
            ],
        )
        declared = node("ClassDeclaration", id=identifier("A"), superClass=identifier("B"), body=body)
        result = transform(program(declared))
        assert rows(result, "symbols", "qualified_name", "kind", "modifiers", "visibility", "signature") == [
            ("A", "class", None, None, None),
            ("A.constructor", "method", ["constructor"], "public", "constructor(n)"),
            ("A.size", "method", ["getter", "static"], "public", "size()"),
            ("A.#n", "field", None, "private", None),
            ("A.run", "method", None, "public", "run()"),
        ]
        assert rows(result, "refs", "name", "role") == [("B", "inherit"), ("any", "read")]

    def test_functions_in_objects_and_assignments(self) -> None:
        properties = [
            node("Property", key=identifier("run"), value=function(), kind="init"),
            node("Property", key=identifier("n"), value=literal(1), kind="init"),
        ]
        assigned = node(
            "AssignmentExpression",
            operator="=",
            left=member(member(identifier("A"), "prototype"), "go"),
            right=function(),
        )
        assert symbols(statement(node("ObjectExpression", properties=properties)), statement(assigned)) == [
            ("run", "method"),
            ("A.prototype.go", "method"),
        ]

    def test_exports(self) -> None:
        later = node(
            "ExportNamedDeclaration",
            source=None,
            specifiers=[node("ExportSpecifier", local=identifier("b"), exported=identifier("b"))],
        )
        result = transform(
            program(
                node(
                    "ExportNamedDeclaration",
                    declaration=variable(identifier("a"), literal(1)),
                    specifiers=[],
                    source=None,
                ),
                variable(identifier("b"), literal(2)),
                variable(identifier("c"), literal(3)),
                later,
                node(
                    "ExportDefaultDeclaration",
                    declaration=function(type_="FunctionDeclaration", id=identifier("d")),
                ),
            )
        )
        assert rows(result, "symbols", "name", "exported") == [
            ("a", True),
            ("b", True),
            ("c", None),
            ("d", True),
        ]

    def test_complexity_counts_branches(self) -> None:
        test = node("LogicalExpression", operator="&&", left=identifier("a"), right=identifier("b"))
        cases = [
            node("SwitchCase", test=literal(1), consequent=[]),
            node("SwitchCase", test=None, consequent=[]),
        ]
        body = [
            node("IfStatement", test=test, consequent=node("EmptyStatement"), alternate=None),
            node("SwitchStatement", discriminant=identifier("a"), cases=cases),
        ]
        result = transform(program(function(type_="FunctionDeclaration", id=identifier("f"), body=body)))
        assert rows(result, "symbols", "complexity") == [4]

    def test_typescript_declarations(self) -> None:
        interface = node(
            "TSInterfaceDeclaration",
            id=identifier("I"),
            extends=[node("TSInterfaceHeritage", expression=identifier("J"))],
            body=node(
                "TSInterfaceBody",
                body=[
                    node("TSPropertySignature", key=identifier("p")),
                    node("TSMethodSignature", key=identifier("m"), params=[]),
                ],
            ),
        )
        alias = node(
            "TSTypeAliasDeclaration",
            id=identifier("T"),
            typeAnnotation=node(
                "TSTypeReference",
                typeName=node("TSQualifiedName", left=identifier("N"), right=identifier("X")),
            ),
        )
        enum = node(
            "TSEnumDeclaration", id=identifier("E"), members=[node("TSEnumMember", id=identifier("One"))]
        )
        result = transform(program(interface, alias, enum))
        assert rows(result, "symbols", "qualified_name", "kind") == [
            ("I", "interface"),
            ("I.p", "field"),
            ("I.m", "method"),
            ("T", "type_alias"),
            ("E", "enum"),
            ("E.One", "field"),
        ]
        assert rows(result, "refs", "name", "qualifier", "role") == [
            ("J", None, "inherit"),
            ("N", None, "read"),
            ("X", "N", "type"),
        ]
        assert result.facts[0].language == "typescript"


class TestEcmascriptRefs:
    def test_calls(self) -> None:
        chain = call(member(call(member(member(node("ThisExpression"), "a"), "b")), "c"))
        assert refs(statement(chain), statement(call(identifier("New"), type_="NewExpression"))) == [
            ("a", "this", "read"),
            ("b", "this.a", "call"),
            ("c", None, "call"),
            ("New", None, "call"),
        ]

    def test_computed_members_name_nothing(self) -> None:
        computed = node("MemberExpression", object=identifier("a"), property=identifier("i"), computed=True)
        assert refs(statement(call(computed))) == [("a", None, "read"), ("i", None, "read")]

    def test_writes(self) -> None:
        loop = node(
            "ForOfStatement",
            left=variable(identifier("x")),
            right=identifier("xs"),
            body=node("EmptyStatement"),
        )
        assigned = node(
            "AssignmentExpression",
            operator="=",
            left=member(identifier("o"), "p"),
            right=identifier("undefined"),
        )
        counted = node("UpdateExpression", operator="++", argument=identifier("n"))
        assert refs(loop, statement(assigned), statement(counted)) == [
            ("x", None, "write"),
            ("xs", None, "read"),
            ("o", None, "read"),
            ("p", "o", "write"),
            ("n", None, "write"),
        ]

    def test_local_variables_are_written(self) -> None:
        body = [variable(identifier("x"), identifier("y"))]
        assert refs(
            function(identifier("p"), type_="FunctionDeclaration", id=identifier("f"), body=body)
        ) == [
            ("x", None, "write"),
            ("y", None, "read"),
        ]

    def test_decorators(self) -> None:
        decorated = node(
            "ClassDeclaration",
            id=identifier("A"),
            decorators=[node("Decorator", expression=call(identifier("deco"), identifier("x")))],
            body=node("ClassBody", body=[]),
        )
        assert refs(decorated) == [("deco", None, "decorate"), ("x", None, "read")]


class TestEcmascriptImports:
    def test_statements(self) -> None:
        specifiers = [
            node("ImportDefaultSpecifier", line=2, local=identifier("d")),
            node("ImportSpecifier", line=3, imported=identifier("a"), local=identifier("b")),
            node("ImportSpecifier", line=4, imported=identifier("c"), local=identifier("c")),
            node("ImportNamespaceSpecifier", line=5, local=identifier("ns")),
        ]
        body = [
            node("ImportDeclaration", specifiers=specifiers, source=literal("./m")),
            node("ImportDeclaration", specifiers=[], source=literal("side")),
            node("ExportAllDeclaration", exported=None, source=literal("../all")),
            node(
                "ExportNamedDeclaration",
                source=literal("other"),
                specifiers=[node("ExportSpecifier", local=identifier("x"), exported=identifier("y"))],
            ),
        ]
        assert imports(*body) == [
            ("./m", "default", "d", True, False),
            ("./m", "a", "b", True, False),
            ("./m", "c", None, True, False),
            ("./m", None, "ns", True, True),
            ("side", None, None, False, False),
            ("../all", None, None, True, True),
            ("other", "x", "y", False, False),
        ]
        result = transform(program(*body))
        assert rows(result, "imports", "start_line")[:4] == [2, 3, 4, 5]
        assert result.tables["refs"].num_rows == 0

    def test_require(self) -> None:
        pattern = node(
            "ObjectPattern", properties=[node("Property", key=identifier("a"), value=identifier("b"))]
        )
        assert imports(
            variable(identifier("fs"), call(identifier("require"), literal("fs"))),
            variable(pattern, call(identifier("require"), literal("./x"))),
            statement(call(identifier("require"), identifier("dynamic"))),
            statement(node("ImportExpression", source=literal("lazy"))),
        ) == [
            ("fs", None, "fs", False, False),
            ("./x", "a", "b", True, False),
            ("lazy", None, None, False, False),
        ]

    def test_what_is_required_may_be_exported(self) -> None:
        exported = node("ExportDefaultDeclaration", declaration=call(identifier("require"), literal("m")))
        assert imports(exported) == [("m", None, None, False, False)]

    def test_notes_of_other_rules_are_no_module(self) -> None:
        specifier = node("ExportSpecifier", local=identifier("a"), exported=identifier("b"))
        assert imports(node("ExportNamedDeclaration", declaration=specifier)) == []

    def test_a_module_is_no_note(self) -> None:
        declared = [
            node(f"{each}Declaration", id=identifier("f"), body=None) for each in ("Class", "Function")
        ]
        document = program(node("ImportDeclaration", source=literal("exported"), specifiers=declared))
        assert rows(transform(document), "symbols", "modifiers", "exported") == [(None, None)] * 2


class TestFamily:
    def test_babel(self) -> None:
        tree = node(
            "File",
            errors=[],
            program=program(
                node(
                    "ClassDeclaration",
                    id=identifier("A"),
                    body=node(
                        "ClassBody",
                        body=[
                            node(
                                "ClassMethod",
                                kind="method",
                                key=identifier("m"),
                                params=[],
                                body=node("BlockStatement", body=[], directives=[]),
                            )
                        ],
                    ),
                ),
                statement(node("StringLiteral", value="s", extra={"raw": "'s'", "rawValue": "s"})),
                directives=[node("Directive", value=node("DirectiveLiteral", value="use strict"))],
                interpreter=None,
            ),
            comments=[node("CommentLine", value=" c")],
            tokens=[{"type": {"label": "name"}, "value": "x"}],
        )
        tree["loc"]["filename"] = "src/a.min.js"
        result = transform(tree)
        facts = result.facts[0]
        assert (facts.dialect, facts.language, facts.source_path, facts.traits) == (
            "babel",
            "javascript",
            "src/a.min.js",
            ["minified"],
        )
        assert rows(result, "symbols", "qualified_name", "kind") == [("A", "class"), ("A.m", "method")]
        assert [v for v in rows(result, "nodes", "value") if v] == ["s", "use strict", " c"]

    def test_typescript_estree_has_ranges(self) -> None:
        loc = {"end": {"line": 1, "column": 3}, "start": {"line": 1, "column": 0}}
        tree = {
            "type": "Program",
            "range": [0, 3],
            "body": [
                {
                    "type": "ExpressionStatement",
                    "expression": {
                        "type": "Identifier",
                        "decorators": [],
                        "name": "abc",
                        "optional": False,
                        "range": [0, 3],
                        "loc": loc,
                    },
                    "range": [0, 3],
                    "loc": loc,
                }
            ],
            "sourceType": "script",
            "loc": loc,
        }
        result = transform(tree)
        assert result.facts[0].dialect == "typescript-estree"
        assert (
            rows(result, "nodes", "start_offset", "end_offset", "start_line", "end_col") == [(0, 3, 1, 4)] * 3
        )

    def test_regular_expressions_and_large_integers(self) -> None:
        tree = program(
            statement(node("Literal", value={}, raw="/a/g", regex={"pattern": "a", "flags": "g"})),
            statement(node("Literal", value=None, raw="12n", bigint="12")),
            statement(node("Literal", value=True, raw="true")),
            statement(node("Literal", value="text", raw="'text'")),
        )
        literals = [row for row in rows(transform(tree), "nodes", "value", "kind") if row[0]]
        assert literals == [("/a/g", "atom"), ("12n", "atom"), ("true", "atom"), ("text", "string")]


# -- Python ------------------------------------------------------------------------------------------------


def python(source: str) -> Transformed:
    return transform(python_tree(source))


class TestPython:
    @pytest.mark.parametrize("key", ["_type", "node_type", "type", "nodeType", "ast_type"])
    def test_type_keys(self, key: str) -> None:
        result = transform(python_tree("x = 1", key))
        assert result.facts[0].dialect == "python-ast"
        assert rows(result, "symbols", "name", "kind") == [("x", "variable")]

    def test_positions(self) -> None:
        result = python("é = 1\nbb = 2")
        places = rows(
            result, "nodes", "type", "start_offset", "start_line", "start_col", "end_line", "end_col"
        )
        assert places[0] == ("Module", None, None, None, None, None)
        assert places[1] == ("Assign", None, 1, 1, 1, 7)
        assert ("Store", None, None, None, None, None) in places
        assert ("Constant", None, 2, 6, 2, 7) in places
        assert result.facts[0].line_count == 2

    def test_symbols(self) -> None:
        result = python(
            'class A(B, metaclass=M):\n    "doc"\n    x: int = 1\n'
            "    @property\n    def _p(self, a, /, *r, k=1, **kw):\n        y = 1\n"
            "async def f():\n    pass\nfor i in []: pass\n(a, *b), c = 1\nlambda: 0\n"
        )
        assert rows(
            result,
            "symbols",
            "qualified_name",
            "kind",
            "visibility",
            "modifiers",
            "signature",
            "doc",
            "name_line",
        ) == [
            ("A", "class", "public", None, None, "doc", 1),
            ("A.x", "field", "public", None, None, None, 3),
            ("A._p", "method", "protected", ["getter"], "_p(self, a, /, *r, k, **kw)", None, 5),
            ("f", "function", "public", ["async"], "f()", None, 7),
            ("a", "variable", "public", None, None, None, 10),
            ("b", "variable", "public", None, None, None, 10),
            ("c", "variable", "public", None, None, None, 10),
        ]

    def test_refs(self) -> None:
        result = python(
            "@d.e(1)\ndef f(a: list[int]) -> str:\n    v = a.b.c(x)[0]\n    self.w = v\n"
            "    try: pass\n    except E as err: pass\n"
        )
        assert rows(result, "refs", "name", "qualifier", "role", "start_line") == [
            ("list", None, "type", 2),
            ("int", None, "type", 2),
            ("v", None, "write", 3),
            ("c", "a.b", "call", 3),
            ("b", "a", "read", 3),
            ("a", None, "read", 3),
            ("x", None, "read", 3),
            ("w", "self", "write", 4),
            ("self", None, "read", 4),
            ("v", None, "read", 4),
            ("err", None, "write", 6),
            ("E", None, "read", 6),
            ("e", "d", "decorate", 1),
            ("d", None, "read", 1),
            ("str", None, "type", 2),
        ]

    def test_attributes_stand_where_their_name_does(self) -> None:
        result = python("x = (a\n     .bcd)")
        assert rows(result, "refs", "name", "start_line", "start_col") == [("bcd", 2, 7), ("a", 1, 6)]

    def test_imports(self) -> None:
        result = python("import a.b as c, d\nfrom . import (e,\n  f as g)\nfrom ..h import *\n")
        columns = ("module", "name", "alias", "is_relative", "is_wildcard", "start_line")
        assert rows(result, "imports", *columns) == [
            ("a.b", None, "c", False, False, 1),
            ("d", None, None, False, False, 1),
            (".", "e", None, True, False, 2),
            (".", "f", "g", True, False, 3),
            ("..h", None, None, True, True, 4),
        ]

    def test_aliases_of_old_pythons_stand_on_their_statements_line(self) -> None:
        tree = {
            "_type": "Module",
            "body": [
                {"_type": "Import", "lineno": 7, "names": [{"_type": "alias", "name": "a", "asname": None}]}
            ],
        }
        assert rows(transform(tree), "imports", "module", "start_line") == [("a", 7)]

    def test_complexity(self) -> None:
        result = python(
            "def f(a):\n    if a and a or a:\n        return [x for x in a if x if x]\n    assert a\n"
        )
        assert rows(result, "symbols", "complexity") == [1 + 1 + 2 + 3 + 1]

    def test_atoms_read_as_python(self) -> None:
        result = python("[True, None, 1.5, 'é', 10]")
        assert [row for row in rows(result, "nodes", "value", "kind") if row[0] is not None] == [
            ("True", "atom"),
            ("None", "atom"),
            ("1.5", "number"),
            ("é", "string"),
            ("10", "number"),
        ]


# -- clang -------------------------------------------------------------------------------------------------


def place(offset: int, col: int, length: int, **more: Any) -> Row:
    return {"offset": offset, **more, "col": col, "tokLen": length}


def decl(kind: str, loc: Row, begin: Row, end: Row, **fields: Any) -> Row:
    return {"id": "0x1", "kind": kind, "loc": loc, "range": {"begin": begin, "end": end}, **fields}


class TestClang:
    def test_a_column_of_true(self) -> None:
        # It went through as a number, and the whole batch could not be written.
        named = {"offset": 4, "col": True, "tokLen": 3}
        function = decl("FunctionDecl", named, place(0, 1, 3, line=1), place(9, 10, 1), name="add")
        unit = {"id": "0x0", "kind": "TranslationUnitDecl", "loc": {}, "range": {}, "inner": [function]}
        assert rows(transform(unit), "symbols", "name", "name_col") == [("add", 1)]

    def tree(self) -> Row:
        """A header's typedef; `int add(int a) { return a = add(M); }` from line 3 of m.c, M a macro."""
        included = {"includedFrom": {"file": "m.c"}}
        reference = {"id": "0x2", "kind": "FunctionDecl", "name": "add", "type": {"qualType": "int (int)"}}
        callee = decl("DeclRefExpr", {}, place(60, 14, 3), place(60, 14, 3), referencedDecl=reference)
        del callee["loc"]
        cast = {**decl("ImplicitCastExpr", {}, place(60, 14, 3), place(60, 14, 3)), "inner": [callee]}
        macro = {
            "spellingLoc": place(10, 11, 1, line=1),
            "expansionLoc": place(64, 18, 1, line=4),
        }
        literal_ = {
            "id": "0x3",
            "kind": "IntegerLiteral",
            "range": {"begin": macro, "end": macro},
            "value": "7",
        }
        called = decl("CallExpr", {}, place(60, 14, 3), place(65, 19, 1), inner=[cast, literal_])
        parameter = {"id": "0x4", "kind": "ParmVarDecl", "name": "a"}
        left = decl("DeclRefExpr", {}, place(56, 10, 1), place(56, 10, 1), referencedDecl=parameter)
        assigned = decl(
            "BinaryOperator", {}, place(56, 10, 1), place(65, 19, 1), opcode="=", inner=[left, called]
        )
        body = decl(
            "CompoundStmt",
            {},
            place(45, 16, 1, line=3),
            place(70, 1, 1, line=5),
            inner=[decl("ReturnStmt", {}, place(49, 3, 6, line=4), place(65, 19, 1), inner=[assigned])],
        )
        return {
            "id": "0x0",
            "kind": "TranslationUnitDecl",
            "loc": {},
            "range": {"begin": {}, "end": {}},
            "inner": [
                {
                    "id": "0x5",
                    "kind": "TypedefDecl",
                    "loc": {},
                    "range": {"begin": {}, "end": {}},
                    "isImplicit": True,
                    "name": "__int128_t",
                },
                decl(
                    "TypedefDecl",
                    place(9, 9, 6, file="h.h", line=2, **included),
                    place(1, 1, 7, **included),
                    place(9, 9, 6, **included),
                    name="size_t",
                ),
                decl(
                    "FunctionDecl",
                    place(34, 5, 3, file="m.c", line=3),
                    place(30, 1, 3),
                    place(70, 1, 1, line=5),
                    name="add",
                    type={"qualType": "int (int)"},
                    storageClass="static",
                    inner=[
                        decl(
                            "ParmVarDecl",
                            place(42, 13, 1, line=3),
                            place(38, 9, 3),
                            place(42, 13, 1),
                            name="a",
                            type={"qualType": "int"},
                        ),
                        body,
                    ],
                ),
            ],
        }

    def test_a_struct_that_is_only_mentioned_defines_nothing(self) -> None:
        """`struct a *b;` and `struct a;`: as in sources, where the body makes the definition."""
        at = place(0, 1, 6, file="m.c", line=1)
        heads = [
            decl("RecordDecl", at, at, at, name="a", tagUsed="struct"),
            decl("RecordDecl", at, at, at, name="c", tagUsed="struct", completeDefinition=True),
        ]
        tree = {"id": "0x0", "kind": "TranslationUnitDecl", "loc": {}, "range": {}, "inner": heads}
        assert rows(transform(tree), "symbols", "name") == ["c"]

    def test_lines_left_out_are_those_printed_before(self) -> None:
        result = transform(self.tree())
        places = rows(
            result,
            "nodes",
            "type",
            "start_offset",
            "end_offset",
            "start_line",
            "start_col",
            "end_line",
            "end_col",
        )
        assert places == [
            ("TranslationUnitDecl", None, None, None, None, None, None),
            ("TypedefDecl", None, None, None, None, None, None),
            ("TypedefDecl", 1, 15, 2, 1, 2, 15),
            ("FunctionDecl", 30, 71, 3, 1, 5, 2),
            ("ParmVarDecl", 38, 43, 3, 9, 3, 14),
            ("CompoundStmt", 45, 71, 3, 16, 5, 2),
            ("ReturnStmt", 49, 66, 4, 3, 4, 20),
            ("BinaryOperator", 56, 66, 4, 10, 4, 20),
            ("DeclRefExpr", 56, 57, 4, 10, 4, 11),
            ("ParmVarDecl", None, None, None, None, None, None),
            ("CallExpr", 60, 66, 4, 14, 4, 20),
            ("ImplicitCastExpr", 60, 63, 4, 14, 4, 17),
            ("DeclRefExpr", 60, 63, 4, 14, 4, 17),
            ("FunctionDecl", None, None, None, None, None, None),
            ("IntegerLiteral", 64, 65, 4, 18, 4, 19),
        ]

    def test_symbols_are_those_of_the_main_file(self) -> None:
        result = transform(self.tree())
        assert rows(
            result,
            "symbols",
            "name",
            "kind",
            "signature",
            "exported",
            "modifiers",
            "name_line",
            "name_col",
            "body_end_line",
        ) == [("add", "function", "add(int a)", False, ["static"], 3, 5, 5)]

    def test_refs(self) -> None:
        assert rows(transform(self.tree()), "refs", "name", "role", "start_line", "start_col") == [
            ("a", "write", 4, 10),
            ("add", "call", 4, 14),
        ]

    def test_mentions_have_the_kind_of_their_field(self) -> None:
        result = transform(self.tree())
        assert [
            kind for kind, field in rows(result, "nodes", "kind", "field") if field == "referencedDecl"
        ] == ["identifier"] * 2

    def test_facts(self) -> None:
        facts = transform(self.tree()).facts[0]
        assert (facts.language, facts.source_path, facts.line_count, facts.offset_unit) == (
            "c",
            "m.c",
            5,
            "byte",
        )


# -- any other ---------------------------------------------------------------------------------------------


class TestGeneric:
    def test_words(self) -> None:
        assert (
            words_of("IfStatement")
            == words_of("if_statement")
            == words_of("If.Statement")
            == ["if", "statement"]
        )
        assert words_of("HTMLElement") == ["html", "element"]

    @pytest.mark.parametrize(
        ("type_", "kind"),
        [
            ("FunctionDefinition", "function"),
            ("Stmt_Return", "return"),
            ("Expr_MethodCall", "call"),
            ("ParameterList", "parameter"),
            ("ElementaryTypeName", "type_ref"),
            ("whatever", "other"),
        ],
    )
    def test_kinds(self, type_: str, kind: str) -> None:
        assert kind_of(type_) == kind

    def test_a_tree_of_an_unknown_tool(self) -> None:
        number = {"nodeType": "IntegerLiteral", "src": "9:1:0", "value": "1"}
        body = {
            "nodeType": "Block",
            "src": "5:9:0",
            "statements": [{"nodeType": "ReturnStatement", "src": "7:4:0", "expression": number}],
        }
        declared = {"nodeType": "FunctionDefinition", "src": "0:9:0", "name": "f", "body": body}
        result = transform({"nodeType": "SourceText", "src": "0:9:0", "nodes": [declared]})
        assert result.facts[0].dialect == "generic"
        assert rows(result, "nodes", "type") == [
            "SourceText",
            "FunctionDefinition",
            "Block",
            "ReturnStatement",
            "IntegerLiteral",
        ]
        assert rows(result, "symbols", "name", "kind") == [("f", "function")]


# -- Types in signatures -----------------------------------------------------------------------------------


def _java_method() -> Row:
    package = "com.github.javaparser.ast."
    name = {"!": f"{package}expr.SimpleName", "identifier": "f"}
    parameter = {"!": f"{package}body.Parameter", "name": name, "type": "TYPE"}
    return {"!": f"{package}body.MethodDeclaration", "name": name, "parameters": [parameter]}


def _rust_function() -> Row:
    typed = {"typed": {"pat": {"ident": {"ident": "a"}}, "ty": "TYPE"}}
    return {"items": [{"fn": {"ident": "f", "inputs": [typed], "output": None, "stmts": []}}]}


_ARRAY = '{"!": "com.github.javaparser.ast.type.ArrayType", "componentType": '


@pytest.mark.parametrize(
    ("document", "type_"),
    [
        (_java_method(), _ARRAY * 5_000 + "{}" + "}" * 5_000),
        (_rust_function(), '{"slice": {"elem": ' * 5_000 + '"_"' + "}}" * 5_000),
        (_rust_function(), '{"tuple": {"elems": 5}}'),
        (_rust_function(), '{"path": {"segments": "a"}}'),
        (_rust_function(), "7"),
    ],
    ids=["deep array", "deep slice", "number of elements", "text for segments", "number"],
)
def test_a_type_of_any_depth_or_shape_is_shown_in_a_signature(document: Row, type_: str) -> None:
    transformer = JsonTreeTransformer(TransformOptions())
    facts = transformer.add(7, "a.json", json.dumps(document).replace('"TYPE"', type_).encode())
    assert (facts.status, facts.problems) == ("ok", [])
    (symbol,) = transformer.drain().tables["symbols"].to_pylist()
    assert symbol["signature"].startswith("f(")
