"""The rows of a golden case as a person would note them, and the command that notes them."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa

Row = dict[str, Any]
Tables = dict[str, list[Row]]

_EXPORTED = {None: "-", True: "exported", False: "not exported"}


def lists(batches: dict[str, pa.RecordBatch]) -> Tables:
    return {table: batch.to_pylist() for table, batch in batches.items()}


def meaning(tables: Tables) -> list[str]:
    """Symbols, references and imports, a line a row."""
    lines = [
        "symbols: line kind qualified name | modifiers | visibility, exported | complexity | signature | doc"
    ]
    for row in tables["symbols"]:
        parts = (
            f"{row['name_line'] or '-':>3} {row['kind']} {row['qualified_name']}",
            " ".join(row["modifiers"] or ["-"]),
            f"{row['visibility'] or '-'}, {_EXPORTED[row['exported']]}",
            str(row["complexity"] or "-"),
            row["signature"] or "-",
            repr(row["doc"]) if row["doc"] else "-",
            *(["in error"] if row["in_error"] else []),
        )
        lines.append(" | ".join(parts))
    lines += ["", "refs: line role qualifier name"]
    for row in tables["refs"]:
        where = f"{row['start_line'] or '-':>3} {row['role']}"
        lines.append(" ".join(filter(None, (where, row["qualifier"], row["name"]))))
    lines += ["", "imports: line module, name, alias, flags"]
    for row in tables["imports"]:
        flags = [flag for flag in ("relative", "wildcard") if row[f"is_{flag}"]]
        parts = (row["module"] or "-", row["name"] or "-", row["alias"] or "-", *flags)
        lines.append(f"{row['start_line'] or '-':>3} {', '.join(parts)}")
    return lines


def node_start(row: Row) -> str:
    """A node by its depth, field, type and kind."""
    field = f"{row['field']}: " if row["field"] else ""
    return f"{'  ' * row['depth']}{field}{row['type']} {row['kind']}"


def note(cases: Iterable[tuple[Path, str]]) -> None:
    """Write the rows of each case to its file, and print what differs from those noted before."""
    for noted, new in cases:
        old = noted.read_text() if noted.exists() else ""
        sys.stdout.writelines(
            difflib.unified_diff(old.splitlines(True), new.splitlines(True), f"old {noted.name}", noted.name)
        )
        noted.write_text(new)
