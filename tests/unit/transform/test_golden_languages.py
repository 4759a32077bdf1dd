"""A small source of each language beside the rows it gives, in every table, as a person would note them.

After a change that is meant to change rows, `write_golden_rows.py` writes them anew and prints what differs.
"""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import pytest

from helpers.places import GOLDEN_LANGUAGES
from snake_pipe.transform.languages import LANGUAGES
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.sources.transformer import SourceTreeTransformer

FOLDER = GOLDEN_LANGUAGES
SOURCES = sorted(path for path in FOLDER.iterdir() if path.suffix != ".rows")
_EXPORTED = {None: "-", True: "exported", False: "not exported"}


def language_of(source: Path) -> str:
    """Golden sources are named by their language, as one name may stand for several."""
    return source.stem


def rows_of(source: Path, *, anonymous: bool = False) -> str:
    transformer = SourceTreeTransformer(language_of(source), TransformOptions(anonymous=anonymous))
    facts = transformer.add(7, source.name, source.read_bytes())
    tables = {table: batch.to_pylist() for table, batch in transformer.drain().tables.items()}
    assert facts.status == "ok", facts.problems
    lines = [
        "symbols: line kind qualified name | modifiers | visibility, exported | complexity | signature | doc"
    ]
    for row in tables["symbols"]:
        parts = (
            f"{row['name_line']:3} {row['kind']} {row['qualified_name']}",
            " ".join(row["modifiers"] or ["-"]),
            f"{row['visibility'] or '-'}, {_EXPORTED[row['exported']]}",
            str(row["complexity"] or "-"),
            row["signature"],
            repr(row["doc"]) if row["doc"] else "-",
        )
        lines.append(" | ".join(parts))
    lines += ["", "refs: line role qualifier name"]
    for row in tables["refs"]:
        where = f"{row['start_line']:3} {row['role']}"
        lines.append(" ".join(filter(None, (where, row["qualifier"], row["name"]))))
    lines += ["", "imports: line module, name, alias, flags"]
    for row in tables["imports"]:
        flags = [flag for flag in ("relative", "wildcard") if row[f"is_{flag}"]]
        parts = (row["module"] or "-", row["name"] or "-", row["alias"] or "-", *flags)
        lines.append(f"{row['start_line']:3} {', '.join(parts)}")
    if not anonymous:
        lines += ["", "nodes: type kind, its field before it, its name or value behind it"]
        for row in tables["nodes"]:
            field = f"{row['field']}: " if row["field"] else ""
            text = row["name"] or row["value"]
            lines.append(f"{'  ' * row['depth']}{field}{row['type']} {row['kind']} {text or ''}".rstrip())
    return "\n".join(lines) + "\n"


def installed(source: Path) -> Path:
    language = LANGUAGES[language_of(source)]
    if not language.installed:
        pytest.skip(f"{language.name} is not installed: {language.install_command}")
    return source


@pytest.mark.parametrize("source", SOURCES, ids=language_of)
def test_rows_are_the_noted_ones(source):
    assert rows_of(installed(source)) == source.with_suffix(".rows").read_text()


@pytest.mark.parametrize("source", SOURCES, ids=language_of)
def test_tokens_change_no_meaning(source):
    """With a row for every token the same symbols, references and imports are found."""
    noted = source.with_suffix(".rows").read_text()
    assert noted.startswith(rows_of(installed(source), anonymous=True))


def test_every_language_has_a_golden_case():
    assert {language_of(source) for source in SOURCES} == set(LANGUAGES)


def regenerate() -> None:
    for source in SOURCES:
        noted = source.with_suffix(".rows")
        old = noted.read_text() if noted.exists() else ""
        new = rows_of(source)
        sys.stdout.writelines(
            difflib.unified_diff(old.splitlines(True), new.splitlines(True), f"old {noted.name}", noted.name)
        )
        noted.write_text(new)
