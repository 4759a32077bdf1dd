from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.sinks.postgresql.text import without_nul

SCHEMA = pa.schema([("text", pa.string()), ("list", pa.list_(pa.string())), ("number", pa.int64())])
TEXT = st.text(st.sampled_from("a\0é\N{PILE OF POO}"), max_size=4)
TEXTS = st.lists(st.none() | TEXT, max_size=3)
ROW = st.fixed_dictionaries({"text": st.none() | TEXT, "list": st.none() | TEXTS, "number": st.none()})


def replaced(text: str | None) -> str | None:
    return None if text is None else text.replace("\0", "\N{REPLACEMENT CHARACTER}")


@given(st.lists(ROW, max_size=6), st.integers(0, 3))
def test_the_character_that_postgresql_lacks_is_replaced_and_nothing_else(rows: list, start: int) -> None:  # type: ignore[type-arg]
    batch = pa.RecordBatch.from_pylist(rows, SCHEMA).slice(start)
    (given_back,) = without_nul([batch])
    assert given_back.schema == SCHEMA
    assert given_back.to_pylist() == [
        {
            "text": replaced(row["text"]),
            "list": None if row["list"] is None else [replaced(text) for text in row["list"]],
            "number": None,
        }
        for row in rows[start:]
    ]
