"""The folders of the matrix: few, with all imports between them."""

from __future__ import annotations

from collections import Counter

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.report import import_matrix as module
from snake_pipe.report.import_matrix import choose_folders, import_matrix

folders = st.lists(st.sampled_from("abc"), max_size=5).map(tuple)


@given(st.dictionaries(folders, st.integers(1, 100)), st.integers(1, 12))
def test_folders_are_few_and_hold_all(weights, most):
    chosen = choose_folders(weights, most)
    assert len(chosen) <= most + 1  # one may be split into itself and a folder in it
    for folder in weights:
        assert any(folder[: len(each)] == each for each in chosen)
    assert all(any(folder[: len(each)] == each for folder in weights) for each in chosen)


def test_the_folders_with_the_most_imports_are_set_apart():
    weights = {("src", "app"): 50, ("src", "lib", "x"): 30, ("src", "lib", "y"): 20, ("docs",): 1, (): 2}
    assert choose_folders(weights, 3) == [(), ("src", "app"), ("src", "lib")]
    assert choose_folders(weights, 9) == sorted(weights)
    assert choose_folders({}, 3) == []


def test_a_long_way_to_where_all_files_are_takes_no_place():
    weights = {("src", "main", "java", "org", name): 10 for name in "abc"}
    assert choose_folders(weights, 3) == sorted(weights)


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE import_graph"
            " (repo VARCHAR, folder VARCHAR, target_folder VARCHAR, import_count BIGINT)"
        )
        connection.execute("CREATE TABLE imports (file_id BIGINT)")
        yield connection


def test_no_import_is_lost_on_the_way_into_the_matrix(connection, monkeypatch):
    monkeypatch.setattr(module, "MOST_FOLDERS", 4)
    connection.execute(
        "INSERT INTO import_graph SELECT 'r', 'd' || i % 7 || '/e' || i % 5, 'd' || i % 3, 1 + i % 4"
        " FROM range(200) t(i)"
    )
    connection.execute("INSERT INTO imports SELECT i FROM range(900) t(i)")
    made = import_matrix(connection, several=False)
    assert len(made["folders"]) <= 5
    resolved = sum(1 + i % 4 for i in range(200))
    assert sum(count for *_, count in made["counts"]) == resolved
    assert (made["resolved"], made["total"]) == (resolved, 900)
    ties = Counter({(source, target): count for source, target, count in made["ties"].rows})
    assert ties["d0/e0", "d0"] == sum(1 + i % 4 for i in range(0, 200, 105))


def test_several_repositories_stand_apart(connection):
    connection.execute("INSERT INTO import_graph VALUES ('one', '', 'a', 3), ('two', '', 'a', 4)")
    made = import_matrix(connection, several=True)
    assert made["folders"] == ["one (others)", "one/a", "two (others)", "two/a"]
    assert made["counts"] == [[0, 1, 3], [2, 3, 4]]
