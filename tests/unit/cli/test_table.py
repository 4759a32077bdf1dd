"""Tables as text: aligned, fitted, escaped."""

from __future__ import annotations

import io

import pytest

from snake_pipe.cli.output.table import write_markdown, write_table


def table(columns, rows, **options):
    stream = io.StringIO()
    write_table(columns, rows, stream, **options)
    return stream.getvalue()


def test_numbers_are_on_the_right_and_nothing_is_empty():
    rows = [("a", 1, None, True), ("bcd", 12.3456, ["x", "y"], False)]
    assert table(("name", "n", "list", "ok"), rows) == (
        "name      n  list  ok\n────  ─────  ────  ─────\na         1        true\nbcd   12.35  x, y  false\n"
    )


def test_wide_characters_take_two_columns():
    assert table(("a", "b"), [("日本", "x"), ("n", "y")]) == "a     b\n────  ─\n日本  x\nn     y\n"
    assert table(("a", "b"), [("日本語日本語日本語", "x")], width=16).splitlines()[2] == "日本語日本語…  x"


def test_the_widest_cells_are_cut_and_numbers_are_not():
    rows = [(1234567890123456789, "short", "long " * 20)]
    line = table(("n", "s", "text"), rows, width=50).splitlines()[2]
    assert line == "1234567890123456789  short  long long long long l…"
    assert len(line) == 50


@pytest.mark.parametrize("width", range(1, 120, 7))
def test_no_line_is_wider_than_the_terminal_or_two_columns(width):
    columns = [f"column {number}" for number in range(9)]
    lines = table(columns, [["some longer text"] * 9, None, [5] * 9], width=width).splitlines()
    assert max(map(len, lines)) <= max(width, 12 + 2 + 1 + 2 + 12)


def test_rows_that_are_left_out_are_marked():
    assert table(("a",), [("x",), None, ("y",)]).splitlines()[2:] == ["x", "…", "y"]


def test_no_rows_and_no_columns():
    assert table(("a", "b"), []) == "a  b\n─  ─\n"
    assert table((), []) == "\n\n"


def test_markdown_is_one_line_a_row():
    stream = io.StringIO()
    write_markdown(("a|b", "n"), [("x\ny", 1), ("|", -2.5)], stream)
    assert stream.getvalue() == "| a\\|b | n |\n|---|---:|\n| x\\ny | 1 |\n| \\| | -2.5 |\n"
