"""Ready views: what they answer on a small repository, and where a table was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import snake_pipe
from snake_pipe.schemas import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from duckdb import DuckDBPyConnection

FILES = {
    "app/a.py": "from app.b import g\nfrom app import b\n\n\nclass A(object):\n    x = 1\n\n"
    "    def m(self):\n        if self.x and g(1):\n            return b.g(2)\n        return 3\n\n\n"
    "A().m()\n",
    "app/b.py": "def g(x):\n    # TODO(anna): faster\n    return x  # XXXX is none, nor is TODOS\n",
    "app/__init__.py": "",
    "c.c": "/* All of it\n * FIXME not portable\n * HACK: and slow */\n"
    "int f(int a);\nint f(int a) { return a; }\n",
    "bad.c": "int g(void) { return 1; }\nint h(int a) { f(a);\n",
}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("ready")
    write(folder / "repo")
    snake_pipe.ingest(folder / "repo", dataset=folder / "data", executor="serial")
    with snake_pipe.connect(folder / "data") as connection:
        yield connection


def write(root: Path) -> None:
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_functions_have_their_size_and_place(connection: DuckDBPyConnection) -> None:
    rows = connection.execute(
        "SELECT path, qualified_name, start_line, line_count, complexity, has_body FROM functions "
        "WHERE path <> 'bad.c' ORDER BY ALL"
    ).fetchall()
    assert rows == [
        ("app/a.py", "A.m", 8, 4, 3, True),
        ("app/b.py", "g", 1, 3, 1, True),
        ("c.c", "f", 4, 1, 1, False),
        ("c.c", "f", 5, 1, 1, True),
    ]


def test_classes_count_what_stands_in_them(connection: DuckDBPyConnection) -> None:
    rows = connection.execute(
        "SELECT repo, path, name, line_count, method_count, field_count FROM classes"
    ).fetchall()
    assert rows == [("repo", "app/a.py", "A", 7, 1, 1)]


def test_call_sites_name_their_caller(connection: DuckDBPyConnection) -> None:
    rows = connection.execute(
        "SELECT name, qualifier, start_line, caller, caller_kind FROM call_sites "
        "WHERE path = 'app/a.py' ORDER BY start_line, name"
    ).fetchall()
    assert rows == [
        ("g", None, 9, "A.m", "method"),
        ("g", "b", 10, "A.m", "method"),
        ("A", None, 14, None, None),
        ("m", "A()", 14, None, None),
    ]


def test_the_import_graph_has_an_edge_for_two_files(connection: DuckDBPyConnection) -> None:
    rows = connection.execute(
        "SELECT path, folder, target_path, target_folder, import_count FROM import_graph"
    ).fetchall()
    assert rows == [("app/a.py", "app", "app/b.py", "app", 2)]


def test_hot_spots_are_scored_by_complexity_size_and_calls(connection: DuckDBPyConnection) -> None:
    """A function that swallowed what follows it was the hottest spot of a repository."""
    formula = "round(complexity * ln(1 + line_count) * ln(2 + call_count), 1)"
    rows = connection.execute(f"SELECT path, name, call_count, score = {formula} FROM hot_spots").fetchall()
    assert rows[0] == ("app/a.py", "m", 1.0, True)
    assert {(path, name) for path, name, *_ in rows} >= {("app/b.py", "g"), ("c.c", "f")}
    in_error = connection.execute("SELECT name FROM functions WHERE in_error").fetchall()
    assert in_error == [("h",)]
    assert "h" not in {name for _, name, *_ in rows}


def test_calls_by_a_name_are_shared_by_all_that_have_it(connection: DuckDBPyConnection) -> None:
    rows = connection.execute(
        "SELECT path, call_count FROM hot_spots WHERE name = 'g' ORDER BY path"
    ).fetchall()
    assert rows == [("app/b.py", 1.0), ("bad.c", 1.0)]  # two calls, two functions


def test_todo_comments_have_author_and_line(connection: DuckDBPyConnection) -> None:
    rows = connection.execute(
        "SELECT path, start_line, tag, author, text FROM todo_comments ORDER BY ALL"
    ).fetchall()
    assert rows == [
        ("app/b.py", 2, "TODO", "anna", "faster"),
        ("c.c", 2, "FIXME", None, "not portable"),
        ("c.c", 3, "HACK", None, "and slow"),
    ]


@pytest.mark.parametrize(
    ("table", "filled"),
    [
        ("symbols", {"functions", "classes", "hot_spots"}),
        ("refs", {"call_sites"}),
        ("imports", {"import_targets", "import_graph"}),
        ("nodes", {"todo_comments"}),
    ],
)
def test_views_are_empty_where_their_table_was_left_out(table: str, filled: set[str], tmp_path: Path) -> None:
    write(tmp_path / "repo")
    snake_pipe.ingest(tmp_path / "repo", dataset=tmp_path / "data", tables=[table], executor="serial")
    with snake_pipe.connect(tmp_path / "data") as connection:
        assert {view for view in VIEWS if connection.execute(f"FROM {view}").fetchall()} == filled
