"""The registry: names, endings, shebangs, headers; and the tables against their grammars."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe import plugins
from snake_pipe.schemas import KINDS, ROLES, TREE_TABLES
from snake_pipe.transform.languages import (
    EXTRACTION_VERSION,
    LANGUAGES,
    language_of_head,
    language_of_name,
)
from snake_pipe.transform.languages.kinds import COMMON_KINDS
from snake_pipe.transform.languages.rules import Define
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.sources.grammar import grammar, other_types
from snake_pipe.transform.transformer import open_transformer
from testkit.places import PROJECT

ALL = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(not language.installed, reason=f"not installed: {language.install_command}"),
    )
    for name, language in LANGUAGES.items()
]
DATA = {"css", "html", "json", "markdown", "sql", "toml", "xml", "yaml"}


def test_the_registry_is_sorted_and_says_things_once():
    assert list(LANGUAGES) == sorted(LANGUAGES)
    endings = [ending for language in LANGUAGES.values() for ending in language.endings]
    assert len(endings) == len(set(endings))
    assert all(ending.startswith(".") and ending == ending.lower() for ending in endings)
    files = [name for language in LANGUAGES.values() for name in language.files]
    interpreters = [word for language in LANGUAGES.values() for word in language.interpreters]
    assert len(files) == len(set(files))
    assert len(interpreters) == len(set(interpreters))
    assert {name for name, language in LANGUAGES.items() if language.data} == DATA


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
        ("a.kts", "kotlin"),
        ("a.ml", "ocaml"),
        ("a.mli", "ocaml-interface"),
        ("Makefile", "make"),
        ("Dockerfile", "dockerfile"),
        ("a.yml", "yaml"),
        ("a.m", None),
        ("a.inc", None),
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
        ("run", b"#!/usr/bin/perl -w\n", "perl"),
        ("run", b"#!/usr/bin/awk -f\n", None),
        ("run", b"# vim: set ft=python :\n", "python"),
        ("run", b"\n\n// vi: filetype=objc ts=2\n", "objc"),
        ("run", b"# -*- mode: ruby; coding: utf-8 -*-\n", "ruby"),
        ("run", b"# -*- coding: utf-8; mode: ruby -*-\n", "ruby"),
        ("run", b";; -*- Makefile -*-\n", "make"),
        ("run", b"# -*- coding: utf-8 -*-\n", None),
        ("run", b"\n" * 5 + b"# vim: ft=python\n", None),
        ("run", b"#!/bin/sh\n# vim: ft=python\n", "bash"),
        ("a.inc", b"<?php // vim: ft=php\n", "php"),
        ("a.in", b"#!/usr/bin/env python3\n", "python"),
        ("a.cgi", b"#!/usr/bin/perl\n", "perl"),
        ("a.m", b"#import <A.h>\n", "objc"),
        ("a.m", b"@implementation A\n@end\n", "objc"),
        ("a.m", b"function y = f(x)\ny = x;\n", None),
        ("a.h", b"@interface A : B\n- (void)m:(int)a;\n@end\n", "objc"),
        ("a.h", b"/* @interface in words */\nint f(void);\n", "c"),
        ("a.h", b"// -*- C++ -*-\nint f(void);\n", "cpp"),
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
    assert other_types(name) == []


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
        rules.unnamed,
    ):
        assert set(used) <= types, set(used) - types
    assert set(rules.names.values()) <= {*ROLES, "none"}
    assert set(rules.scopes.values()) <= {"class", "function", "module"}
    assert set(rules.kinds.values()) <= set(KINDS)
    for place in compiled.places:
        if isinstance(place, Define):
            steps = [
                *place.body,
                *(step for told in (place.by, place.also_by) if told for step in told[0].split("/")),
                *filter(None, (place.receiver, place.head)),
            ]
            for step in steps:
                assert is_step(step, types, set(compiled.fields)), step
            told = [kinds for _, kinds in filter(None, (place.by, place.also_by))]
            assert {place.kind, *place.keywords.values(), *(k for kinds in told for k in kinds.values())} - {
                None
            } <= set(KINDS)
            assert place.via <= types, place.via - types
            assert {place.followed_by} <= {None, *types}


def is_step(step, types, fields):
    if step in {"^", ".."}:
        return True
    return set(step[1:].split("|")) <= types if step.startswith(":") else step in fields


@pytest.mark.parametrize("name", ALL)
def test_regions_are_fields_and_types_of_the_grammar(name):
    compiled = grammar(name, anonymous=False)
    for region in compiled.rules.regions:
        below = region.below
        assert below.removeprefix(":") in (compiled.types if below.startswith(":") else compiled.fields)
        assert set(region.roles) <= set(compiled.rules.names)
        roles = {*region.roles.values(), *region.after.values(), *region.before.values()}
        assert roles <= {*ROLES, "none"}


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
        "[x.installed for x in l.LANGUAGES.values()];"
        "print([m for m in ('tree_sitter', 'tree_sitter_kotlin', 'numpy', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def without_kotlin(monkeypatch):
    """Kotlin as it is where the wheel was not installed."""
    missing = replace(LANGUAGES["kotlin"], distribution="tree-sitter-of-no-package")
    monkeypatch.setitem(LANGUAGES, "kotlin", missing)
    return missing


def test_a_language_that_is_not_installed_is_recorded_and_says_how_to_get_it(without_kotlin):
    assert language_of_name("a.kt") == "kotlin"
    assert not without_kotlin.installed
    transformer = open_transformer("kotlin", TransformOptions())
    facts = transformer.add(1, "a.kt", b"fun f() {}")
    out = transformer.drain()
    assert (facts.status, facts.reason, facts.language) == ("skipped", "language_not_installed", "kotlin")
    assert [problem.message for problem in facts.problems] == [
        "the grammar of kotlin is not installed: pip install 'snake-pipe[languages]'"
    ]
    assert out.facts == {1: facts}
    assert {table: batch.num_rows for table, batch in out.tables.items()} == dict.fromkeys(TREE_TABLES, 0)
    assert transformer.pending_nodes == 0


def test_a_file_that_waited_for_its_grammar_is_read_again_with_it(without_kotlin):
    """The version that is noted for it is none that an installed grammar ever has."""
    noted = (without_kotlin.parser, without_kotlin.parser_version)
    assert noted[1].startswith("none+")
    assert plugins.is_current_parser(*noted)
    assert all(
        not language.parser_version.startswith("none+")
        for language in LANGUAGES.values()
        if language.installed
    )


def test_the_wheel_of_a_core_language_is_named_itself():
    assert LANGUAGES["go"].install_command == "pip install tree-sitter-go"


@pytest.mark.parametrize(
    ("name", "asked", "queue"),
    [
        ("a.py", (), "python"),
        ("a.json", (), "ast"),
        ("a.yaml", (), "yaml"),
        ("a.unknown", (), None),
        ("a.json", ("json",), "json"),
        ("a.json", ("json", "ast"), "json"),
        ("a.ast.json", ("json", "ast"), "ast"),
        ("a.ast.json", ("json",), "json"),
        ("a.JSON", ("json",), "json"),
        ("a.json.gz", ("json",), "ast"),
        ("a.kt", (), "kotlin"),
    ],
)
def test_the_queue_of_a_name(name, asked, queue):
    assert plugins.queue_of_name(name, asked) == queue


def test_the_queue_by_the_first_bytes():
    assert plugins.queue_of_head("run", b"# vim: ft=yaml\n") == "yaml"
    assert plugins.queue_of_head("run", b"#!/bin/sh\n") == "bash"
    assert ".h" in plugins.shared_endings()


def test_default_languages_are_those_for_programs():
    assert plugins.default_languages() == set(LANGUAGES) - DATA


def test_the_list_of_languages_says_what_is_missing(without_kotlin):
    listed = {name: parser for name, _, _, parser in plugins.describe_languages()}
    assert listed["kotlin"] == f"not installed: {without_kotlin.install_command}"
    assert listed["python"] == "tree-sitter-python"


def test_the_documentation_lists_every_language():
    text = (PROJECT / "docs" / "languages.md").read_text()
    listed = re.findall(r"^\| ([\w-]+) \|(.*)$", text, re.MULTILINE)[1:]
    assert sorted(name for name, _ in listed) == sorted(LANGUAGES)
    for name, row in listed:
        language = LANGUAGES[name]
        assert ("extra" in row, "on request" in row) == (language.extra, language.data)
        assert any(f"`{told}`" in row for told in (*language.endings, *language.files))


ENDINGS = sorted({ending for language in LANGUAGES.values() for ending in language.endings})


@given(
    st.text("ab.", max_size=3),
    st.sampled_from(["", ".ast", "_ast", ".json", "CMakeLists", "config"]),
    st.sampled_from(ENDINGS),
)
def test_an_ending_that_decides_does_so_whatever_stands_before_it(start, middle, ending):
    name = f"{start}{middle}{ending}"
    deciding = plugins.deciding_endings()
    if (queue := deciding.get(name[name.rfind(".") :])) is not None:
        for asked in ((), ("json",), ("json", "ast")):
            assert plugins.queue_of_name(name, asked) == queue


def test_most_endings_decide():
    assert {".py", ".rs", ".tsx"} <= plugins.deciding_endings().keys()
    assert not {".h", ".json", ".gz", ".txt"} & plugins.deciding_endings().keys()
