"""The map's cells: figures of folders, and what is left out of a large repository."""

from __future__ import annotations

import duckdb
import orjson
import pytest

from snake_pipe.report import folder_tree, search_index
from snake_pipe.report.folder_tree import folder_tree as cells_of
from snake_pipe.report.page import to_json

FOLDER, NAME, LANGUAGE, FILES, LINES = range(5)


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE files (file_id BIGINT, container_id BIGINT, repo VARCHAR, path VARCHAR,"
            " language VARCHAR, dialect VARCHAR, status VARCHAR, line_count BIGINT, mtime_ns BIGINT)"
        )
        connection.execute(
            "CREATE TABLE symbols (file_id BIGINT, node_id INTEGER, name VARCHAR, kind VARCHAR,"
            " complexity INTEGER, start_line INTEGER)"
        )
        connection.execute("CREATE TABLE report_uses (name VARCHAR, uses BIGINT)")
        yield connection


def add(connection, file_id, path, lines, *, repo="r", status="ok", complexities=(), container=None):
    connection.execute(
        "INSERT INTO files VALUES (?, ?, ?, ?, 'python', NULL, ?, ?, 864000000000000)",
        [file_id, container, repo, path, status, lines],
    )
    for complexity in complexities:
        connection.execute("INSERT INTO symbols VALUES (?, 0, 'f', 'function', ?, 1)", [file_id, complexity])


def tree(connection, *, several=False):
    connection.execute(folder_tree.CREATE_FILES)
    return cells_of(connection, several=several)


def test_folders_have_the_sums_of_what_is_in_them(connection):
    add(connection, 1, "a/b/x.py", 10, complexities=[1, 5])
    add(connection, 2, "a/y.py", 30, complexities=[2], status="partial")
    add(connection, 3, "z.py", 0, status="failed")
    assert tree(connection) == {
        "languages": ["python"],
        "cells": [
            [-1, "", -1, 3, 40, 3, 8, 2, 10],
            [0, "a", -1, 2, 40, 3, 8, 1, 10],
            [1, "y.py", 0, 1, 30, 1, 2, 1, 10],
            [1, "b", -1, 1, 10, 2, 6, 0, 10],
            [3, "x.py", 0, 1, 10, 2, 6, 0, 10],
            [0, "z.py", 0, 1, 0, 0, 0, 1, 10],
        ],
    }


def test_several_repositories_are_folders_of_one_root(connection):
    add(connection, 1, "x.py", 2, repo="one")
    add(connection, 2, "x.py", 1, repo="two")
    names = [(cell[FOLDER], cell[NAME]) for cell in tree(connection, several=True)["cells"]]
    assert names == [(-1, ""), (0, "one"), (1, "x.py"), (0, "two"), (3, "x.py")]


def test_trees_beside_each_other_count_as_their_document(connection):
    add(connection, 1, "all.json", 3, status="skipped")
    add(connection, 2, "all.json#/a~1b.js", 0, container=1, complexities=[4])
    cells = tree(connection)["cells"]
    assert [(cell[NAME], cell[FILES], cell[LINES], cell[6]) for cell in cells] == [
        ("", 1, 3, 4),
        ("all.json", 1, 3, 4),
    ]


def test_nothing_gives_no_cells(connection):
    assert tree(connection)["cells"] == []


def test_a_large_repository_is_cut_to_a_tree_of_the_largest(connection, monkeypatch):
    monkeypatch.setattr(folder_tree, "MOST_CELLS", 50)
    connection.execute(
        "INSERT INTO files SELECT i, NULL, 'r', 'd' || i % 7 || '/e' || i % 40 || '/f' || i, 'python', NULL,"
        " 'ok', i % 100, 0 FROM range(2000) t(i)"
    )
    cells = tree(connection)["cells"]
    assert len(cells) == 50
    assert cells[0][FILES : LINES + 1] == [2000, sum(i % 100 for i in range(2000))]
    for index, cell in enumerate(cells[1:], 1):
        assert cell[FOLDER] < index
        assert cells[cell[FOLDER]][LANGUAGE] == -1
    for index, cell in enumerate(cells):
        inside = [child for child in cells if child[FOLDER] == index]
        assert sum(child[LINES] for child in inside) <= cell[LINES]
        assert sum(child[FILES] for child in inside) <= cell[FILES]


def test_long_names_do_not_make_the_page_large(connection):
    connection.execute(
        "INSERT INTO files SELECT i, NULL, 'r', repeat('<', 200) || i, 'python', NULL, 'ok', i, 0"
        " FROM range(20000) t(i)"
    )
    cells = tree(connection)["cells"]
    assert len(to_json({"cells": cells})) < 1_100_000
    assert cells[0][FILES] == 20000
    assert cells[1][NAME].endswith("<19999")


def test_what_the_search_holds_is_bounded_by_bytes_whatever_names_are_like(connection):
    connection.execute(
        "INSERT INTO files SELECT i, NULL, 'r', repeat('x', 150) || i || '/' || repeat('n', 150) || i,"
        " 'python', NULL, 'ok', i, 0 FROM range(20000) t(i)"
    )
    connection.execute(
        "INSERT INTO symbols SELECT i, 0, repeat('f', 900) || i, 'function', 1, 1 FROM range(20000) t(i)"
    )
    connection.execute(folder_tree.CREATE_FILES)
    index = search_index.search_index(connection)
    size = len(orjson.dumps(index))
    assert size < search_index._BYTES_FOR_FILES + search_index._BYTES_FOR_DEFINITIONS + 1000
    assert (index["file_total"], index["definition_total"]) == (20000, 20000)
    assert index["words"][index["files"][0][1]].endswith("x19999")
