"""Strings of many documents as one column, whoever has read them."""

from __future__ import annotations

from array import array

import pyarrow as pa
import pytest

from snake_pipe.transform.trees.walk import findings
from snake_pipe.transform.trees.walk.findings import Strings, Texts, joined_texts


def strings(*texts: str | None) -> Strings:
    encoded = [None if text is None else text.encode() for text in texts]
    lengths = array("i", [-1 if text is None else len(text) for text in encoded])
    return Strings(lengths.tobytes(), b"".join(filter(None, encoded)))


def test_strings_of_both_walks_are_joined_in_their_order() -> None:
    columns = [
        Texts([strings("a", None, "")]),
        Texts([strings(), strings("é")]),
        Texts([pa.array(["b", None], pa.string())]),
        Texts(),
        Texts([strings(None, "c")]),
    ]
    joined = joined_texts(columns)
    joined.validate(full=True)
    assert joined.to_pylist() == ["a", None, "", "é", "b", None, None, "c"]
    assert joined.type == pa.string()


def test_no_strings_are_an_empty_column() -> None:
    assert joined_texts([]).equals(pa.array([], pa.string()))
    assert joined_texts([Texts([strings()])]).equals(pa.array([], pa.string()))


def test_more_text_than_a_column_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offsets are of 32 bits: they would begin again below 0."""
    monkeypatch.setattr(findings, "_MOST_TEXT", 3)
    assert joined_texts([Texts([strings("abc")])]).to_pylist() == ["abc"]
    with pytest.raises(OverflowError, match="4 bytes"):
        joined_texts([Texts([strings("abc")]), Texts([strings("d")])])
