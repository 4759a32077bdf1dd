"""`import_targets` takes rows in proportion to the imports: DuckDB counts what flows through its plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import snake_pipe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = 200
"""Files of each language."""

IMPORTS = 10
"""Imports of each file."""

LANGUAGES = {
    "p{0}/m.py": ("", "from p{0} import m\n"),
    "g{0}/a.go": ("package a\n", 'import "example.com/repo/g{0}"\n'),
    "r/src/m{0}.rs": ('#[path = "n{0}.rs"]\nmod o{0};\n', "use crate::m{0}::Item;\n"),
    "j/p{0}/C.java": ("package p{0};\nclass C {{}}\n", "import p{0}.C;\n"),
    "c/h{0}.h": ("", '#include "h{0}.h"\n'),
    "t/m{0}.ts": ("", 'import x from "./m{0}";\n'),
}
"""By what the files are called: how one begins, and how it imports another one."""


def write(root: Path) -> None:
    for path, (head, line) in LANGUAGES.items():
        for number in range(FILES):
            file = root / path.format(number)
            file.parent.mkdir(parents=True, exist_ok=True)
            others = (line.format((number + step) % FILES) for step in range(1, IMPORTS + 1))
            file.write_text(head.format(number) + "".join(others))
    (root / "r/src/lib.rs").write_text("".join(f"mod m{number};\n" for number in range(FILES)))


def operators(plan: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Name and rows of each operator, by the words of DuckDB 1.5 or of DuckDB 2."""
    yield (
        plan.get("operator_name", plan.get("name", "")),
        plan.get("operator_cardinality", plan.get("intermediate_rows", 0)),
    )
    for below in plan.get("children", plan.get("operator", [])):
        yield from operators(below)


def test_no_join_of_import_targets_explodes(tmp_path: Path) -> None:
    """DuckDB 1.5 joined all imports of a repository with all its files first: minutes for 35,000 imports."""
    write(tmp_path / "repo")
    snake_pipe.ingest(
        tmp_path / "repo", dataset=tmp_path / "data", executor="serial", tables=["symbols", "imports"]
    )
    with snake_pipe.connect(tmp_path / "data") as connection:
        found, imports = connection.execute(
            "SELECT count(target_folder), count(*) FROM import_targets"
        ).fetchall()[0]
        ((_, plan),) = connection.execute("EXPLAIN (ANALYZE, FORMAT json) FROM import_targets").fetchall()
    assert found == (len(LANGUAGES) * IMPORTS + 1) * FILES
    assert imports == found + FILES  # `mod o1`, whose file is missing
    rows = sorted(operators(json.loads(plan)), key=lambda operator: -operator[1])
    assert imports < rows[0][1] < 16 * imports, rows[:5]
    assert not [name for name, _ in rows if "NL_JOIN" in name], "it compares each row with each"


NAMESAKES = {
    "d{0}/s/u.py": "import s.u\n",
    "d{0}/s/u.h": '#include "s/u.h"\n',
    "d{0}/s/A.java": "package s;\nimport s.A;\nimport s.*;\nclass A {}\n",
}


def test_namesakes_are_not_joined_each_with_each(tmp_path: Path) -> None:
    """1,500 files of one name, imported as often, took 7 GB."""
    for path, text in NAMESAKES.items():
        for number in range(FILES):
            file = tmp_path / "repo" / path.format(number)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    snake_pipe.ingest(
        tmp_path / "repo", dataset=tmp_path / "data", executor="serial", tables=["symbols", "imports"]
    )
    with snake_pipe.connect(tmp_path / "data") as connection:
        ways = connection.execute("SELECT way, count(*) FROM import_targets GROUP BY way").fetchall()
        ((_, plan),) = connection.execute("EXPLAIN (ANALYZE, FORMAT json) FROM import_targets").fetchall()
    assert ways == [("ambiguous", 4 * FILES)]
    rows = sorted(operators(json.loads(plan)), key=lambda operator: -operator[1])
    assert 4 * FILES < rows[0][1] < 16 * 4 * FILES, rows[:5]
