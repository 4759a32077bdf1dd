"""Which documents are syntax trees, and of which dialect: a table of examples."""

from __future__ import annotations

from typing import Any

import pytest

from snake_pipe.transform.dialects.sniffing import recognise

_FEATURE = {
    "type": "Feature",
    "properties": {"name": "x"},
    "geometry": {"type": "Point", "coordinates": [1, 2]},
}
_SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "kind": {"type": "string"},
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "boolean"}}},
        },
    },
}
_NO_TREES: dict[str, Any] = {
    "empty object": {},
    "empty list": [],
    "scalar": 3,
    "text": "Program",
    "package.json": {
        "name": "x",
        "type": "module",
        "scripts": {"test": "tap"},
        "dependencies": {"type-fest": "^1"},
    },
    "package-lock": {
        "name": "x",
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "x"},
            "node_modules/a": {"version": "1", "funding": {"type": "opencollective", "url": "u"}},
        },
    },
    "tsconfig": {"compilerOptions": {"module": "esnext", "plugins": [{"name": "a"}]}, "include": ["src"]},
    "GeoJSON": {"type": "FeatureCollection", "features": [_FEATURE] * 20},
    "JSON schema": _SCHEMA,
    "many schemas": {"definitions": {f"d{i}": _SCHEMA for i in range(20)}},
    "notebook": {
        "nbformat": 4,
        "metadata": {},
        "cells": [
            {"cell_type": "code", "source": ["x"], "outputs": [{"output_type": "stream", "text": ["a"]}]}
        ]
        * 5,
    },
    "source map": {"version": 3, "sources": ["a.js"], "names": ["x"], "mappings": "AAAA"},
    # Redis describes its commands so; 18 of 384 such files once passed for trees.
    "arguments of a command": {
        "BITCOUNT": {
            "summary": "Counts the number of set bits",
            "arguments": [
                {"name": "key", "type": "key"},
                {
                    "name": "range",
                    "type": "block",
                    "optional": True,
                    "arguments": [
                        {"name": "start", "type": "integer"},
                        {"name": "end", "type": "integer"},
                        {
                            "name": "unit",
                            "type": "oneof",
                            "arguments": [{"name": "byte", "type": "pure-token", "token": "BYTE"}] * 9,
                        },
                    ],
                },
            ],
        }
    },
    "lint report": [
        {
            "filePath": "a.js",
            "messages": [{"ruleId": "r", "line": 1, "column": 2, "nodeType": "Identifier"}] * 9,
        }
    ],
    "rich text": {
        "type": "doc",
        "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "a", "marks": [{"type": "strong"}]}]}
        ]
        * 4,
    },
    "chart": {
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "a", "type": "quantitative", "scale": {"type": "linear", "range": [0, 1]}},
            "y": {"type": "nominal"},
        },
    },
    "deployment": {
        "kind": "Deployment",
        "spec": {"template": {"kind": "Pod", "spec": {"containers": [{"name": "a"}]}}},
    },
    "resources": {"resources": [{"type": "Microsoft.Web/sites", "properties": {"type": "a/b"}}] * 9},
    "tools": [{"type": "function", "function": {"name": "f", "parameters": _SCHEMA}}] * 3,
    "API listing": {
        "kind": "Package",
        "members": [{"kind": "Class", "name": "A", "members": [{"kind": "Method", "name": "m"}]}] * 4,
    },
    "events": [{"type": "PushEvent", "actor": {"id": 1}, "payload": {"commits": [{"sha": "a"}]}}] * 9,
    "coverage": {
        "a.js": {
            "statementMap": {"0": {"start": {"line": 1, "column": 0}, "end": {"line": 1, "column": 5}}},
            "fnMap": {},
        }
    },
    # A type that is an object was looked up in a set of words: the file had an internal error.
    "types that are no words": {key: {} for key in ("type", "kind", "_type", "nodeType", "NodeType", "t")},
    "a tree of folders": {"type": "root", "children": [{"type": "folder", "children": []}]},
    "a menu": {"type": "root", "nodes": [{"type": "item", "nodes": []}]},
    "a document of law": {"kind": "Document", "definitions": {"a": "b"}},
    "a list of places": [{"type": "shop", "startPosition": {"x": 1}, "children": []}],
    "settings of a page": {"pandoc-api-version": [1, 22], "title": "x"},
    "a table of files": {"NodeType": "File", "Name": "a.txt", "src": "a"},
    "types of which there are several": {"type": ["object", "null"], "kind": {}, "children": []},
    "statements of a bank": {"version": 2, "stmts": [{"stmt": {"Account": {}, "Sum": 1}}]},
    "items of a list": {"items": [{"type": {"ident": "a"}}, {"fn": {"ident": "a"}}]},
    "items of a shop": {"items": [{"struct": {"ident": "a", "fields": []}}], "total": 3},
    "no items": {"items": []},
    "a photograph": {"FileName": "a.jpg", "MetaData": {"Kind": "Exif"}, "AstRoot": None},
    "a file of sources": {"_kind": "source_file", "filename": "a.txt"},
    "words of Java": {"!": "com.github.javaparser"},
    "a program's data": {"type": "Program", "body": "not a list"},
}


@pytest.mark.parametrize("name", _NO_TREES)
def test_other_json_is_no_tree(name: str) -> None:
    assert recognise(_NO_TREES[name]) is None


_PROGRAM = {"type": "Program", "body": [], "sourceType": "module"}
_BINARY = {
    "type": "BinaryExpression",
    "left": {"type": "Identifier", "name": "a"},
    "right": {
        "type": "CallExpression",
        "callee": {"type": "Identifier", "name": "f"},
        "arguments": [{"type": "Literal", "value": 1}],
    },
}
_TREES: dict[str, tuple[Any, str]] = {
    "empty program": ({"type": "Program", "body": []}, "estree"),
    "program in a wrapper": ({"source": "a", "ast": _PROGRAM}, "estree"),
    "esprima": (
        {"type": "Program", "body": [], "sourceType": "script", "range": [0, 1], "comments": []},
        "estree",
    ),
    "babel program": ({**_PROGRAM, "directives": [], "interpreter": None}, "babel"),
    "babel file": ({"type": "File", "program": _PROGRAM}, "babel"),
    "typescript-estree": (
        {"type": "Program", "range": [0, 1], "body": [], "comments": []},
        "typescript-estree",
    ),
    "part of a program": (_BINARY, "estree"),
    "module": ({"_type": "Module", "body": [], "type_ignores": []}, "python-ast"),
    "module of old Python": (
        {"_type": "Module", "body": [{"_type": "Pass", "lineno": 1, "col_offset": 0}]},
        "python-ast",
    ),
    "solc": ({"nodeType": "SourceUnit", "src": "0:0:0", "nodes": []}, "solc"),
    "output of solc": (
        {
            "errors": [],
            "sources": {"a.sol": {"id": 0, "ast": {"nodeType": "SourceUnit", "src": "", "nodes": []}}},
        },
        "solc",
    ),
    "statements of PHP": ([{"nodeType": "Stmt_Nop", "attributes": []}], "nikic"),
    "program of PHP": ({"kind": "program", "children": [], "errors": []}, "php-parser"),
    "style sheet": ({"type": "StyleSheet", "loc": None, "children": []}, "csstree"),
    "rules": ({"raws": {}, "type": "root", "nodes": []}, "postcss"),
    "GraphQL": ({"kind": "Document", "definitions": []}, "graphql"),
    "words of pandoc": ({"pandoc-api-version": [1, 23], "meta": {}, "blocks": []}, "pandoc"),
    "package of Go": ({"NodeType": "File", "Name": {"NodeType": "Ident", "Name": "a"}}, "asty"),
    "node of tree-sitter": ({"type": "module", "startPosition": {"row": 0, "column": 0}}, "tree-sitter"),
    "node of py-tree-sitter": ({"type": "module", "start_point": [0, 0], "children": []}, "py-tree-sitter"),
    "statements of PostgreSQL": ({"version": 180006, "stmts": [{"stmt": {"SelectStmt": {}}}]}, "libpg_query"),
    "program of Ruby": (
        {"type": "ProgramNode", "location": {"startOffset": 0}, "statements": {"type": "StatementsNode"}},
        "prism",
    ),
    "class of Java": ({"!": "com.github.javaparser.ast.CompilationUnit", "types": []}, "javaparser"),
    "expression of Java": ({"!": "com.github.javaparser.ast.expr.NullLiteralExpr"}, "javaparser"),
    "items of Rust": ({"items": [{"use": {"tree": "*"}}, {"mod": {"ident": "a"}}]}, "syn-serde"),
    "file of Swift": ({"_kind": "source_file", "filename": "a.swift", "items": []}, "swift"),
    "file of Swift without items": (
        {"_kind": "source_file", "filename": "a.swift", "compiler_version": {"_kind": "compiler_version"}},
        "swift",
    ),
    "unit of C#": (
        {"AstRoot": {"Members": [], "MetaData": {"Kind": "ast.CompilationUnit"}}, "FileName": "a.cs"},
        "dotnet-astgen",
    ),
    "unit of C# alone": ({"Members": [], "MetaData": {"Kind": "ast.CompilationUnit"}}, "dotnet-astgen"),
    "trees by path": ({"src/a.js": _PROGRAM, "src/b.js": _PROGRAM}, "estree"),
    "list of programs": ([_PROGRAM, _PROGRAM], "estree"),
    "clang": ({"id": "0x1", "kind": "TranslationUnitDecl", "inner": []}, "clang"),
    "Markdown": (
        {
            "type": "root",
            "position": {
                "start": {"line": 1, "column": 1, "offset": 0},
                "end": {"line": 1, "column": 2, "offset": 1},
            },
            "children": [
                {
                    "type": "paragraph",
                    "position": {"start": {"line": 1}, "end": {"line": 1}},
                    "children": [
                        {"type": "text", "value": "a", "position": {"start": {"line": 1}, "end": {"line": 1}}}
                    ]
                    * 4,
                }
            ],
        },
        "unist",
    ),
}


@pytest.mark.parametrize("name", _TREES)
def test_trees(name: str) -> None:
    document, expected = _TREES[name]
    dialect = recognise(document)
    assert dialect is not None
    assert dialect.name == expected
