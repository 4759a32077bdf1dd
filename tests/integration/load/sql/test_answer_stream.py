"""Answers as CSV, JSON and Parquet, of every type and of any length."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.parquet as pq
import pytest

from snake_pipe.errors import QueryError
from snake_pipe.load.sql.answer_stream import write_answer
from snake_pipe.load.sql.select import open_source, read_statements
from snake_pipe.load.sql.views import connect_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.load.dataset import Dataset

    Written = Callable[..., bytes]


@pytest.fixture
def written(dataset: Dataset) -> Written:
    def write(sql: str, form: str, parameters: list[object] | None = None, **options: Any) -> bytes:
        stream = io.BytesIO()
        with connect_tables(dataset.storage) as connection:
            (statement,) = read_statements(connection, sql)
            write_answer(connection, open_source(connection, statement, parameters), form, stream, **options)
        return stream.getvalue()

    return write


def test_csv_is_the_data_and_nothing_else(written: Written) -> None:
    values = ["=1+1", "-x", "a,b", 'say "x"', "", None, "a\r\nb", "ü\x1b"]
    sql = f"SELECT {', '.join('?' * len(values))}"
    (_, row) = csv.reader(io.StringIO(written(sql, "csv", values).decode(), newline=""))
    assert row == ["" if value is None else value for value in values]
    assert written("SELECT '' AS a, NULL AS b, 1 AS c", "csv") == b'a,b,c\n"",,1\n'  # told apart


def test_a_spreadsheet_runs_nothing_if_asked(written: Written) -> None:
    sql = "SELECT '=cmd' AS a, '-x' AS b, -5 AS c, -0.5 AS d, '=y'::BLOB AS e, 'fine' AS \"+f\", '@z' AS g"
    assert written(sql, "csv", spreadsheet_safe=True) == b"a,b,c,d,e,'+f,g\n'=cmd,'-x,-5,-0.5,'=y,fine,'@z\n"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'\\xFF\\x00'::BLOB", "/wA="),
        ("'nan'::DOUBLE", None),
        ("'-inf'::FLOAT", None),
        ("1.5", 1.5),
        ("170141183460469231731687303715884105727::HUGEINT", 2**127 - 1),
        ("DATE '2026-01-02'", "2026-01-02"),
        ("TIMESTAMP '2026-01-02 03:04:05.5'", "2026-01-02 03:04:05.5"),
        ("INTERVAL 3 DAY", "3 days"),
        ("['nan'::DOUBLE, 1]", [None, 1.0]),
        ("[['\\xFF'::BLOB]]", [["/w=="]]),
        ("[1.5::FLOAT, 2]::FLOAT[2]", [1.5, 2.0]),
        ("{'a b': 'inf'::DOUBLE, 'c': [{'d': '\\xFF'::BLOB}]}", {"a b": None, "c": [{"d": "/w=="}]}),
        ("NULL::STRUCT(a DOUBLE)", None),
        ("{'a': 1}", {"a": 1}),
        ("MAP {'k': 'nan'::DOUBLE}", {"k": None}),
        ("MAP {1: 'x'}", {"1": "x"}),
        ("'{\"j\": [1]}'::JSON", {"j": [1]}),
        ("true", True),
        ("NULL", None),
        ("'\x01\u2028\"'", '\x01\u2028"'),
    ],
)
def test_json_is_what_every_reader_takes(written: Written, expression: str, value: Any) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    line = written(f"SELECT {expression} AS v", "json")
    assert json.loads(line, parse_constant=refuse) == {"v": value}


def test_parquet_keeps_wide_integers(written: Written) -> None:
    """DuckDB writes them as floats: a sum of sizes lost its last digits."""
    sql = "SELECT (2::HUGEINT ** 60)::HUGEINT + 1 AS wide, ['a'] AS names, 1 AS a, 2 AS a"
    table = pq.read_table(io.BytesIO(written(sql, "parquet")))
    assert table.column_names == ["wide", "names", "a", "a_1"]
    assert int(table["wide"][0].as_py()) == 2**60 + 1
    with pytest.raises(QueryError, match="DECIMAL"):
        written("SELECT 170141183460469231731687303715884105727::HUGEINT", "parquet")


def test_explain_and_pragma_are_written_too(written: Written) -> None:
    assert "explain_value" in json.loads(written("EXPLAIN SELECT ?", "json", [1]))
    assert written("PRAGMA version", "csv").split(b"\n")[1].startswith(f"v{duckdb.__version__}".encode())


def test_order_is_kept_and_no_row_is_lost(written: Written) -> None:
    lines = written("SELECT range AS n FROM range(300000) ORDER BY hash(range)", "csv").split()
    assert len(set(lines)) == 300_001
    with duckdb.connect() as connection:
        expected = connection.execute("SELECT range FROM range(300000) ORDER BY hash(range)").fetchall()
    assert [int(line) for line in lines[1:]] == [n for (n,) in expected]


def test_a_failure_in_the_middle_is_a_query_error(written: Written) -> None:
    with pytest.raises(QueryError, match="late"):
        written("SELECT CASE WHEN range = 999999 THEN error('late') ELSE 'x' END FROM range(1000000)", "csv")


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_stream_that_refuses_ends_the_query(dataset: Dataset, form: str) -> None:
    class Full(io.RawIOBase):
        def write(self, data: Any) -> int:
            raise OSError(28, "No space left on device")

    with connect_tables(dataset.storage) as connection:
        (statement,) = read_statements(connection, "FROM range(100000000000)")
        with pytest.raises(OSError, match="No space"):
            write_answer(connection, open_source(connection, statement), form, Full())  # type: ignore[arg-type]
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
