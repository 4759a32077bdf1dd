"""The registry: names, endings, shebangs, headers; and the tables against their grammars."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest

from snake_pipe.schemas import KINDS, ROLES
from snake_pipe.transform.languages import (
    EXTRACTION_VERSION,
    LANGUAGES,
    language_of_head,
    language_of_name,
    other_types,
)
from snake_pipe.transform.languages.kinds import COMMON_KINDS
from snake_pipe.transform.languages.rules import Define
from snake_pipe.transform.source_grammar import grammar

ALL = sorted(LANGUAGES)


def test_the_registry_is_sorted_and_says_things_once():
    assert list(LANGUAGES) == sorted(LANGUAGES)
    endings = [ending for language in LANGUAGES.values() for ending in language.endings]
    assert len(endings) == len(set(endings))
    assert all(ending.startswith(".") and ending == ending.lower() for ending in endings)
    files = [name for language in LANGUAGES.values() for name in language.files]
    interpreters = [word for language in LANGUAGES.values() for word in language.interpreters]
    assert len(files) == len(set(files))
    assert len(interpreters) == len(set(interpreters))
    assert not any(language.data for language in LANGUAGES.values())


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("a.py", "python"),
        ("a.pyi", "python"),
        ("a.PYW", "python"),
        ("a.b.tsx", "tsx"),
        ("a.d.ts", "typescript"),
        ("a.jsx", "javascript"),
        ("a.mjs", "javascript"),
        ("a.h", "c"),
        ("a.hpp", "cpp"),
        ("a.cs", "c-sharp"),
        ("Rakefile", "ruby"),
        (".bashrc", "bash"),
        ("a.pl", None),
        ("a.inc", None),
        ("Makefile", None),
        ("py", None),
    ],
)
def test_language_of_name(name, language):
    assert language_of_name(name) == language


@pytest.mark.parametrize(
    ("name", "head", "language"),
    [
        ("run", b"#!/usr/bin/env python3\n", "python"),
        ("run", b"#!/usr/bin/env -S FOO=1 node --x\n", "javascript"),
        ("run", b"#! /bin/sh -e\n", "bash"),
        ("run", b"#!/usr/local/bin/python3.11\n", "python"),
        ("run", b"#!/usr/bin/perl\n", None),
        ("run", b"plain text", None),
        ("run.txt", b"#!/bin/sh\n", None),
        ("a.py", b"#!/bin/sh\n", "python"),
        ("a.h", b"struct a { int class; };\n", "c"),
        ("a.h", b"class A;\n", "cpp"),
        ("a.h", b"/* namespace of\n template <x> */ int f(void);\n", "c"),
        ("a.h", b'#ifdef __cplusplus\nextern "C" {\nclass A;\n#endif\nint f(void);\n', "c"),
        ("a.h", b"#include <stdio.h>\n#include <vector>\n", "cpp"),
        ("a.H", b"inline std::string f();\n", "cpp"),
    ],
)
def test_language_of_head(name, head, language):
    assert language_of_head(name, head) == language


@pytest.mark.parametrize("name", ALL)
def test_every_type_of_the_grammar_has_a_kind(name):
    assert other_types(name) == ()


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("anonymous", [False, True])
def test_the_tables_use_words_that_exist(name, anonymous):
    compiled = grammar(name, anonymous=anonymous)  # edges with unknown types or fields raise KeyError
    rules = LANGUAGES[name].rules()
    types = set(compiled.types)
    for used in (
        rules.names,
        rules.scopes,
        rules.kinds,
        rules.branches,
        rules.imports,
        rules.operators,
        rules.comments,
        rules.wrappers,
        rules.declarations,
        rules.skipped_before,
        rules.sections,
        rules.qualifiers,
        rules.import_wrappers,
    ):
        assert set(used) <= types, set(used) - types
    assert set(rules.names.values()) <= {*ROLES, "none"}
    assert set(rules.scopes.values()) <= {"class", "function", "module"}
    assert set(rules.kinds.values()) <= set(KINDS)
    for place in compiled.places:
        if isinstance(place, Define):
            steps = [
                *place.body,
                *([place.by[0]] if place.by else []),
                *([place.receiver] if place.receiver else []),
            ]
            for step in steps:
                known = types if step.startswith(":") else set(compiled.fields)
                assert step.removeprefix(":") in known, step
            assert {place.kind, *(place.by[1].values() if place.by else ())} - {None} <= set(KINDS)


@pytest.mark.parametrize("name", ALL)
def test_hollow_tokens_are_those_of_the_grammar(name):
    language = grammar(name, anonymous=False).language
    tokens = {
        language.node_kind_for_id(i)
        for i in range(language.node_kind_count)
        if not language.node_kind_is_named(i)
    }
    assert LANGUAGES[name].rules().hollow <= tokens


def test_codes_of_named_types_do_not_depend_on_the_mode():
    named, every = grammar("go", anonymous=False), grammar("go", anonymous=True)
    assert every.types[: len(named.types)] == named.types
    assert len(every.types) > len(named.types)
    assert all(first < second for first, second in pairwise(named.types[2:]))


def test_common_kinds_are_kinds():
    assert set(COMMON_KINDS.values()) <= set(KINDS)


def test_parser_versions_name_wheel_and_rules():
    python = LANGUAGES["python"]
    assert python.parser == "tree-sitter-python"
    assert python.parser_version.endswith(f"+r{EXTRACTION_VERSION}")
    assert python.parser_version[0].isdigit()


def test_the_registry_imports_nothing_heavy():
    code = (
        "import sys; import snake_pipe.transform.languages as l; l.language_of_name('a.py');"
        "print([m for m in ('tree_sitter', 'numpy', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
