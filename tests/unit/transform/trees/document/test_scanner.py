"""Where large JSON is cut: the pieces put together again are the document, whatever its blocks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.errors import TransformError
from snake_pipe.transform.native.compiled import DOCUMENTS
from snake_pipe.transform.trees.document import scanner
from snake_pipe.transform.trees.document.scanner import DEEPEST, Closed, Event, Opened, Scanner
from snake_pipe.transform.trees.large.outline import outline

texts = st.text(st.sampled_from('ab"\\{}[],: \n\u00e9\u2028'), max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=40,
)
documents = st.lists(values, max_size=5) | st.dictionaries(texts, values, max_size=5)


def scan(data: bytes, piece: int, block: int) -> Scanner:
    return Scanner((data[at : at + block] for at in range(0, len(data), block)), piece)


def put_together(data: bytes, piece: int, block: int) -> Any:
    """The document that the events describe; ValueError or TransformError if they describe none."""
    root: list[Any] = []
    stack: list[Any] = [root]
    for event in scan(data, piece, block):
        top = stack[-1]
        if isinstance(event, Opened):
            inner: Any = {} if event.is_object else []
            if isinstance(top, dict):
                top[event.key] = inner
            else:
                top.append(inner)
            stack.append(inner)
        elif isinstance(event, Closed):
            stack.pop()
        elif isinstance(top, dict):
            top.update(json.loads(b"{%b}" % event.text))
        else:
            top += json.loads(b"[%b]" % event.text)
            assert json.loads(event.text[event.last :]) == top[-1]
    return root[0]


@given(documents, st.integers(1, 60), st.integers(1, 40), st.booleans(), st.sampled_from([None, 1]))
def test_nothing_is_lost(document: Any, piece: int, block: int, ascii_only: bool, indent: int | None) -> None:
    data = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()
    assert put_together(data, piece, block) == document


@pytest.mark.skipif(DOCUMENTS is None, reason="there is no compiled module")
@given(st.text(st.sampled_from('"\\\\{}[],a'), max_size=40))
def test_marks_are_the_same(text: str) -> None:
    compiled, own = scanner._Marks.find(text.encode()), scanner._Marks._find(text.encode())
    assert compiled.unpaired == own.unpaired
    for column in ("at", "what", "depth"):
        assert getattr(compiled, column).tolist() == getattr(own, column).tolist(), column


@given(documents, st.integers(1, 60), st.integers(1, 40), st.data())
def test_damage_is_seen(document: Any, piece: int, block: int, draw: st.DataObject) -> None:
    """A character more or less makes it either other JSON or none, as the standard library says."""
    text = json.dumps(document)
    at = draw.draw(st.integers(0, len(text) - 1))
    put = draw.draw(st.sampled_from(["", *'{}[],:"1 ']))
    damaged = text[:at] + put + text[at + (not put) :]
    try:
        expected = json.loads(damaged)
    except ValueError:
        expected = None
    if not isinstance(expected, (dict, list)):
        with pytest.raises((ValueError, TransformError)):
            put_together(damaged.encode(), piece, block)
    else:
        assert put_together(damaged.encode(), piece, block) == expected


def test_memory_is_that_of_some_pieces() -> None:
    item = b'{"type":"Identifier","name":"abc"}'
    events = list(scan(b'{"body":[' + b",".join([item] * 20_000) + b"]}", 5_000, 1_000))
    sizes = [len(event.text) for event in events if not isinstance(event, (Opened, Closed))]
    assert max(sizes) <= 10_000
    assert sum(sizes) >= 20_000 * len(item)


def test_depth_has_a_limit() -> None:
    text = b"[" * (DEEPEST + 1) + b"1" + b"]" * (DEEPEST + 1)
    with pytest.raises(TransformError) as raised:
        list(scan(text, 1, 100))
    assert raised.value.code == "too_deep"
    assert put_together(text[1:-1], 1, 100) is not None


def outlines(text: str, piece: int) -> list[Any]:
    events: list[Event] = list(scan(text.encode(), piece, 50))
    return outline(events)


def test_an_outline_has_what_is_small_wherever_it_stands() -> None:
    text = json.dumps({"a": 1, "body": [{"n": n} for n in range(100)], "type": "Program", "z": {"y": 2}})
    whole, body = outlines(text, 50)[:2]
    assert body == [*({"n": n} for n in range(20)), {"n": 99}]
    assert whole == {"a": 1, "body": body, "type": "Program", "z": {"y": 2}}


@pytest.mark.parametrize(
    "text", ['{"a":[1,2,3,4,5,6,7,8],"b":1,"a":2}', '{"a":1,"b":[1,2,3,4,5,6,7,8],"a":[]}']
)
def test_a_key_that_repeats_in_a_large_object_is_refused(text: str) -> None:
    with pytest.raises(TransformError) as raised:
        outlines(text, 5)
    assert raised.value.code == "duplicate_key"
