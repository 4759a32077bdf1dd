"""Small sources of each language beside the rows they give, in every table, as a person would note them.

A source is named by its language and perhaps a word more: `python.py` shows usual code, `python.dense.py` has
many constructs in few lines. After a change that is meant to change rows, `write_golden_rows.py` writes them
again and prints what differs.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from snake_pipe.transform.languages import LANGUAGES
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.sources.transformer import SourceTreeTransformer
from testkit.golden_rows import Tables, lists, meaning, node_start, note
from testkit.places import GOLDEN_LANGUAGES

SOURCES = sorted(path for path in GOLDEN_LANGUAGES.iterdir() if path.suffix != ".rows")


def case_of(source: Path) -> str:
    return source.stem


def language_of(source: Path) -> str:
    """Golden sources are named by their language, as one ending may stand for several."""
    return source.name.split(".")[0]


@cache
def tables_of(source: Path, *, anonymous: bool = False) -> Tables:
    transformer = SourceTreeTransformer(language_of(source), TransformOptions(anonymous=anonymous))
    facts = transformer.add(7, source.name, source.read_bytes())
    assert facts.status == "ok", facts.problems
    return lists(transformer.drain().tables)


def rows_of(source: Path) -> str:
    tables = tables_of(source)
    lines = meaning(tables)
    lines += ["", "nodes: type kind, its field before it, its name or value behind it"]
    lines += [f"{node_start(row)} {row['name'] or row['value'] or ''}".rstrip() for row in tables["nodes"]]
    return "\n".join(lines) + "\n"


def installed(source: Path) -> Path:
    language = LANGUAGES[language_of(source)]
    if not language.installed:
        pytest.skip(f"{language.name} is not installed: {language.install_command}")
    return source


@pytest.mark.parametrize("source", SOURCES, ids=case_of)
def test_rows_are_the_noted_ones(source):
    assert rows_of(installed(source)) == source.with_suffix(".rows").read_text()


@pytest.mark.parametrize("source", SOURCES, ids=case_of)
def test_tokens_change_no_meaning(source):
    """With a row for every token the same symbols, references and imports are found."""
    found = meaning(tables_of(installed(source), anonymous=True))
    noted, _, _ = source.with_suffix(".rows").read_text().partition("\n\nnodes:")
    assert "\n".join(found) == noted


@pytest.mark.parametrize("source", SOURCES, ids=case_of)
def test_symbols_and_references_point_to_their_nodes(source):
    tables = tables_of(installed(source))
    names = {row["node_id"]: row["name"] for row in tables["nodes"]}
    ids = [row["node_id"] for row in tables["symbols"]]
    assert len(ids) == len(set(ids))
    assert [names[row["node_id"]] for row in tables["symbols"]] == [row["name"] for row in tables["symbols"]]
    parents = {row["parent_node_id"] for row in tables["symbols"]} - {None}
    assert parents <= set(ids)
    assert {row["enclosing_node_id"] for row in tables["refs"]} - {None} <= set(ids)


@pytest.mark.parametrize("source", SOURCES, ids=case_of)
def test_no_definition_is_a_reference(source):
    tables = tables_of(installed(source))
    defined = {(row["name_line"], row["name_col"]) for row in tables["symbols"]}
    assert not defined & {(row["start_line"], row["start_col"]) for row in tables["refs"]}


def test_every_language_has_a_golden_case():
    assert {language_of(source) for source in SOURCES} == set(LANGUAGES)


def regenerate() -> None:
    note((source.with_suffix(".rows"), rows_of(source)) for source in SOURCES)
