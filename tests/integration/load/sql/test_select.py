"""Statements that only read, answered; all others refused."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from snake_pipe.errors import QueryError
from snake_pipe.load.sql import statement_thread
from snake_pipe.load.sql.select import is_complete, open_source, read_statements, run, select
from snake_pipe.load.sql.views import connect_tables

if TYPE_CHECKING:
    from snake_pipe.load.dataset import Dataset


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM files",
        "FROM files",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "DESCRIBE files",
        "SHOW TABLES",
        "SUMMARIZE files",
        "EXPLAIN SELECT 1",
        "explain analyze select 1",
        "VALUES (1)",
        "PRAGMA version",
        "PRAGMA table_info('files')",
        "SELECT 1; -- done",
        "SELECT ';' /* ; */ ; ;",
        "EXPLAIN FROM files;",
    ],
)
def test_reading_is_allowed(dataset: Dataset, sql: str) -> None:
    with connect_tables(dataset.storage) as connection:
        answer = select(connection, sql)
        assert all(len(row) == len(answer.columns) == len(answer.types) for row in answer.rows)


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO '{part}'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{part}'",
        "WITH x AS (COPY (SELECT 1) TO '{part}') FROM x",
        "WITH x AS (DELETE FROM snake_pipe.current_files RETURNING *) FROM x",
        "EXPLAIN ANALYZE WITH x AS (COPY (SELECT 1) TO '{part}') FROM x",
        "COPY (PIVOT range(3) ON range) TO '{part}'",
        "PRAGMA threads=1",
        "PRAGMA enable_profiling",
        "SELECT 1; SELECT 2",
        "EXPLAIN /* */ ANALYZE COPY (SELECT 1) TO '{part}'",
        "INSERT INTO nodes FROM nodes",
        "DELETE FROM snake_pipe.current_files",
        "CREATE TABLE x (a INT)",
        "ATTACH '{part}.db'",
        "EXPORT DATABASE '{part}.d'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 1",
        "SELECT 1; COPY (SELECT 1) TO '{part}'",
        "",
        "selec",
        "SELECT * FROM nowhere",
        "SELECT error('no')",
        "SELECT ?",
        "FROM read_csv('https://example.invalid/x.csv')",
    ],
)
def test_everything_else_is_a_query_error_and_changes_nothing(dataset: Dataset, job: Any, sql: str) -> None:
    job.flush(job.file(1, "a.py"))
    part = Path(dataset.parts("nodes")[0].url)
    before = part.read_bytes(), sorted(part.parent.iterdir())
    with connect_tables(dataset.storage) as connection:
        with pytest.raises(QueryError):
            list(select(connection, sql.format(part=part)).rows)
        assert connection.execute("SELECT count(*) FROM nodes").fetchall() == [(2,)]
    assert (part.read_bytes(), sorted(part.parent.iterdir())) == before


def test_parameters(dataset: Dataset, job: Any) -> None:
    job.flush(job.file(1, "a.py") + job.file(2, "b'; --.py"))
    with connect_tables(dataset.storage) as connection:
        found = select(connection, "SELECT file_id FROM files WHERE path = ?", ["b'; --.py"])
        assert list(found.rows) == [(2,)]
        assert found.columns == ("file_id",)
        assert found.types == ("BIGINT",)
        assert list(select(connection, "SELECT $x + 1", {"x": 2}).rows) == [(3,)]


def test_an_error_in_the_middle_of_the_rows_is_a_query_error(dataset: Dataset) -> None:
    sql = "SELECT CASE WHEN range = 4999999 THEN error('late') ELSE 'x' END FROM range(5000000)"
    with connect_tables(dataset.storage) as connection, pytest.raises(QueryError):
        list(select(connection, sql).rows)


def test_statements_are_taken_apart(dataset: Dataset) -> None:
    with connect_tables(dataset.storage) as connection:
        found = read_statements(connection, "SELECT 'ü;' ; -- c;\nEXPLAIN SELECT 2;;\nFROM files")
        sql = [statement.sql.strip() for statement in found]
        assert sql == ["SELECT 'ü;'", "-- c;\nEXPLAIN SELECT 2", "FROM files"]
        assert found[1].explained.strip() == "SELECT 2"
        assert [statement.is_query for statement in found] == [True, False, True]
        with pytest.raises(QueryError, match="there is no statement"):
            read_statements(connection, " -- nothing\n")


def test_an_error_says_the_line_as_it_was_written(dataset: Dataset) -> None:
    """Queries are asked in parentheses, on a line of their own."""
    with (
        connect_tables(dataset.storage) as connection,
        pytest.raises(QueryError, match="LINE 2: FROM nowhere"),
    ):
        select(connection, "SELECT 1\nFROM nowhere")


def test_columns_of_the_same_name_are_told_apart(dataset: Dataset) -> None:
    with connect_tables(dataset.storage) as connection:
        assert select(connection, "SELECT 1 AS a, 2 AS a").columns == ("a", "a_1")
        (statement,) = read_statements(connection, 'SELECT 1 AS "x""y"')
        assert open_source(connection, statement).columns == ('x"y',)


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("SELECT 1;", True),
        ("SELECT 1; -- and", True),
        ("SELECT 'ü';", True),
        ("SELECT 1", False),
        ("SELECT ';", False),
        ("SELECT $$ ;", False),
        ('SELECT ";', False),
        ("SELECT 1 -- ;", False),
        ("SELECT 1 /* ;", False),
        ("", False),
    ],
)
def test_a_statement_is_complete_with_its_semicolon(text: str, complete: bool) -> None:
    assert is_complete(text) is complete


def test_ctrl_c_ends_a_statement_at_once(dataset: Dataset) -> None:
    """DuckDB looks for signals when a statement is done: a long one could not be stopped."""
    main = threading.main_thread().ident
    assert main is not None
    with connect_tables(dataset.storage) as connection:
        begun = threading.Event()

        def count() -> None:
            begun.set()
            connection.execute("SELECT count(*) FROM range(1000000000000) t(n) WHERE hash(n) = 3")

        def press() -> None:
            begun.wait(60)
            signal.pthread_kill(main, signal.SIGINT)

        presser = threading.Thread(target=press)
        presser.start()
        with pytest.raises(KeyboardInterrupt):
            run(connection, count)
        presser.join()
        assert list(select(connection, "SELECT 1").rows) == [(1,)]


@pytest.mark.parametrize("has_begun", [True, False])
def test_ctrl_c_as_a_statement_begins_leaves_the_connection_free(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, has_begun: bool
) -> None:
    """The thread went on unseen, and the connection was refused to whoever came next."""

    class Interrupted(threading.Thread):
        def start(self) -> None:
            if has_begun:
                super().start()
            raise KeyboardInterrupt

    long = "SELECT count(*) FROM range(1000000000000) t(n) WHERE hash(n) = 3"
    with connect_tables(dataset.storage) as connection:
        with monkeypatch.context() as patch:
            patch.setattr(statement_thread, "Thread", Interrupted)
            with pytest.raises(KeyboardInterrupt):
                run(connection, lambda: connection.execute(long))
        assert list(select(connection, "SELECT 1").rows) == [(1,)]
