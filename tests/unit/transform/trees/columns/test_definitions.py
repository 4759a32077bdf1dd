"""Definitions come out of their bytes as they went in, in the order of their rows."""

from __future__ import annotations

import numpy as np
import pytest

from snake_pipe.transform.dialects.dialect import Definition
from snake_pipe.transform.rows.builder import Words
from snake_pipe.transform.rows.contract import RowError
from snake_pipe.transform.trees.columns import records as module
from snake_pipe.transform.trees.columns.definitions import DefinitionColumns
from snake_pipe.transform.trees.walk.definitions import RECORD, TEXTS, DefinedAt, add_definitions
from snake_pipe.transform.trees.walk.records import Records

FULL = Definition(
    "f",
    "function",
    {},
    parameters=["a", "*b"],
    modifiers=["static", "async", "static"],
    visibility="private",
    exported=False,
    doc='\0"ü',
    outer_only=True,
    outer_visibility="",
    qualifier="q",
)


def encoded(*found: DefinedAt) -> Records:
    one = Records(RECORD.itemsize)
    add_definitions(one, found)
    return one


def test_what_is_known_of_a_definition_is_kept() -> None:
    plain = DefinedAt(3, Definition("g", "no such kind", {}), 7, None)
    columns = DefinitionColumns([encoded(DefinedAt(1, FULL, 0, 5, 6, 8), plain)], np.zeros(1, np.int64))
    texts = {name: columns.text(name).to_pylist() for name in TEXTS}
    assert texts == {
        "kind": ["function", "no such kind"],
        "name": ["f", "g"],
        "qualifier": ["q", None],
        "signature": ["f(a, *b)", None],
        "doc": ['\0"ü', None],
        "modifiers": ['["async","static"]', None],
        "visibility": ["private", None],
        "outer_visibility": ["", None],
    }
    all_of = np.arange(2)
    assert columns.modifiers(all_of).to_pylist() == [["async", "static"], None]
    assert columns.exported(all_of).to_pylist() == [False, None]
    assert columns.outer_only.tolist() == [True, False]
    assert columns.numbers("name_line", all_of).to_pylist() == [0, 7]
    assert columns.numbers("body_end_line", all_of).to_pylist() == [8, None]
    words = Words(["function"])
    assert columns.kinds(words).tolist() == [0, 1]


def test_pieces_are_put_in_the_order_of_rows() -> None:
    def named(row: int, name: str) -> DefinedAt:
        return DefinedAt(row, Definition(name, "class", {}), None, None)

    one, other = encoded(named(1, "b"), named(5, "d")), encoded(named(0, "e"))
    add_definitions(one, [named(0, "a"), named(1, "c")])
    columns = DefinitionColumns([one, other, encoded()], np.array([0, 6, 9]))
    assert columns.text("name").to_pylist() == ["a", "b", "c", "d", "e"]
    assert columns.rows.tolist() == [0, 1, 1, 5, 6]
    assert columns.files.tolist() == [0, 0, 0, 0, 1]
    assert columns.text("name", np.array([4, 0])).to_pylist() == ["e", "a"]


def test_more_text_than_a_column_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_TEXT", 5)
    with pytest.raises(RowError, match="more than one column"):
        DefinitionColumns([encoded(DefinedAt(1, FULL, None, None))], np.zeros(1, np.int64))
