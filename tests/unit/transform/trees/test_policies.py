"""One policy for odd JSON, whichever road a document takes.

Each case is read by orjson, by ijson's events (a part that is nested too deep for orjson makes sure of that)
and in pieces, and the rows have to be the same.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from snake_pipe.transform.rows.contract import FileFacts, TransformOptions
from snake_pipe.transform.trees.large.blocks import JsonBlocks
from snake_pipe.transform.trees.large.transformer import PieceSizes, stream
from snake_pipe.transform.trees.transformer import JsonTreeTransformer
from testkit.samples import WITH_ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyarrow as pa

PIECES = PieceSizes(120, 1200, 2)
PATH = "a.ast.json"
DEEP = "[" * 1500 + "]" * 1500

Rows = dict[str, list[dict[str, Any]]]


def whole(data: bytes) -> tuple[FileFacts, Rows]:
    transformer = JsonTreeTransformer(TransformOptions())
    transformer.add(1, PATH, data)
    result = transformer.drain()
    return result.facts[1], rows_of([result.tables])


def in_pieces(data: bytes) -> tuple[FileFacts, Rows]:
    def blocks() -> JsonBlocks:
        return JsonBlocks(io.BytesIO(data).read, len(data))

    parts = list(stream(1, PATH, blocks, TransformOptions(), PIECES))
    facts = parts[-1].facts[1]
    return facts, rows_of(part.tables for part in parts) if facts.status == "ok" else rows_of([])


def rows_of(parts: Iterable[dict[str, pa.RecordBatch]]) -> Rows:
    found: Rows = {}
    for tables in parts:
        for table, batch in tables.items():
            found.setdefault(table, []).extend(batch.to_pylist())
    return {table: sorted(rows, key=lambda row: row["node_id"]) for table, rows in found.items()}


def document(literal: str, *, deep: bool) -> str:
    """A program with one literal written as given, among statements that make it longer than a piece."""
    filler = ",".join(
        f'{{"type":"ExpressionStatement","start":{n},"end":{n + 1},"expression":'
        f'{{"type":"Identifier","start":{n},"end":{n + 1},"name":"x{n}"}}}}'
        for n in range(5)
    )
    extra = f',"extra":{DEEP}' if deep else ""
    return (
        '{"type":"Program","start":0,"end":99,"sourceType":"module","body":['
        f'{filler},{{"type":"ExpressionStatement","start":7,"end":8,"expression":'
        f'{{"type":"Literal","start":7,"end":8,{literal}}}}},{filler}]{extra}}}'
    )


ROADS: dict[str, tuple[Callable[[bytes], tuple[FileFacts, Rows]], bool]] = {
    "orjson": (whole, False),
    "ijson": (whole, True),
    "pieces": (in_pieces, False),
    "pieces by ijson": (in_pieces, True),
}

LITERALS = {
    "an integer": ('"value":12', "12"),
    "the largest of 64 bits": ('"value":18446744073709551615', "18446744073709551615"),
    "an integer beyond 64 bits": ('"value":123456789012345678901234567890', "123456789012345678901234567890"),
    "a negative one": ('"value":-99999999999999999999', "-99999999999999999999"),
    "an integer with thousands of digits": (f'"value":{"7" * 5000}', "inf"),
    "a float": ('"value":0.1', "0.1"),
    "a float beyond all": ('"value":1e999', "inf"),
    "NaN": ('"value":NaN', "NaN"),
    "Infinity": ('"value":-Infinity', "-Infinity"),
    "the words in a string": ('"value":"NaN, Infinity"', "NaN, Infinity"),
    "a lone surrogate": ('"value":"a\\ud800b"', "a\ufffdb"),
    "the other half": ('"value":"a\\udc00b"', "a\ufffdb"),
    "a pair": ('"value":"\\ud83d\\ude00"', "\U0001f600"),
    "an escaped backslash before u": ('"value":"\\\\ud800"', "\\ud800"),
    "a repeated key": ('"value":1,"value":2', "2"),
    "a NUL": ('"value":"a\\u0000b"', "a\0b"),
    "brackets and quotes in a string": ('"value":"]}\\",{[\\\\"', ']}",{[\\'),
}


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("case", LITERALS)
def test_literals(case: str, road: str) -> None:
    written, value = LITERALS[case]
    read, deep = ROADS[road]
    facts, rows = read(document(written, deep=deep).encode())
    assert (facts.status, facts.reason, facts.node_count) == ("ok", None, 23)
    assert [row["value"] for row in rows["nodes"] if row["type"] == "Literal"] == [value]


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize(
    ("encode", "traits", "value"),
    [
        (lambda text: text.encode("utf-8-sig"), [], "é"),
        (lambda text: text.encode("utf-16"), ["transcoded"], "é"),
        (lambda text: text.encode("utf-16-be"), ["transcoded"], "é"),
        (lambda text: text.encode("utf-32"), ["transcoded"], "é"),
        (lambda text: text.encode("latin-1"), [], "\ufffd"),
        (lambda text: gzip.compress(text.encode()), ["gzip"], "é"),
        (lambda text: gzip.compress(text.encode("utf-16")), ["gzip", "transcoded"], "é"),
    ],
)
def test_encodings(encode: Callable[[str], bytes], traits: list[str], value: str, road: str) -> None:
    read, deep = ROADS[road]
    facts, rows = read(encode(document('"value":"é"', deep=deep)))
    assert (facts.status, facts.traits) == ("ok", traits)
    assert [row["value"] for row in rows["nodes"] if row["type"] == "Literal"] == [value]


TEXT = document('"value":"x"', deep=False).encode()
PACKED = gzip.compress(TEXT)
BOMB = zlib.compressobj(wbits=31)

REFUSED = {
    "empty": (b"", "invalid_json"),
    "a byte order mark only": (b"\xef\xbb\xbf", "invalid_json"),
    "blank": (b" \n\t ", "invalid_json"),
    "cut off": (TEXT[:-40], "invalid_json"),
    "cut off in a string": (TEXT[: TEXT.index(b"module") + 3], "invalid_json"),
    "a comma too many": (TEXT.replace(b"},{", b"},,{", 1), "invalid_json"),
    "a comma at the end": (TEXT[:-2] + b",]}", "invalid_json"),
    "a comma missing": (TEXT.replace(b"},{", b"} {", 1), "invalid_json"),
    "text behind it": (TEXT + b" x", "invalid_json"),
    "a bracket of the other kind": (TEXT[:-2] + b"}}", "invalid_json"),
    "a member without a value": (TEXT.replace(b'"sourceType":"module"', b'"sourceType":'), "invalid_json"),
    "a single quote": (TEXT.replace(b'"module"', b"'module'"), "invalid_json"),
    "gzip, cut off": (PACKED[:-9], "gzip_truncated"),
    "gzip without its trailer": (PACKED[:-4], "gzip_truncated"),
    "gzip, damaged": (PACKED[:30] + b"\0\0\0\0" + PACKED[34:], "gzip_damaged"),
    "gzip with something else behind it": (PACKED + b"more", "gzip_damaged"),
    "a bomb": (gzip.compress(b" " * (17 << 20)), "gzip_bomb"),
}


@pytest.mark.parametrize("read", [whole, in_pieces])
@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str, read: Callable[[bytes], tuple[FileFacts, Rows]]) -> None:
    data, code = REFUSED[case]
    facts, rows = read(data)
    assert (facts.status, facts.reason, facts.node_count) == ("failed", code, 0)
    assert [problem.code for problem in facts.problems] == [code]
    assert not any(rows.values())


@pytest.mark.parametrize("read", [whole, in_pieces])
@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:]),
        gzip.compress(TEXT) + b"\0" * 700,
        b"\xef\xbb\xbf \n" + TEXT + b"\n\n",
    ],
    ids=["two members", "padding", "blanks around"],
)
def test_what_is_read_as_if_it_were_plain(
    data: bytes, read: Callable[[bytes], tuple[FileFacts, Rows]]
) -> None:
    assert read(data)[1] == whole(TEXT)[1]


@pytest.mark.parametrize("read", [whole, in_pieces])
def test_json_that_is_no_tree(read: Callable[[bytes], tuple[FileFacts, Rows]]) -> None:
    data = json.dumps({"name": "x", "items": [{"type": "feature", "id": n} for n in range(50)]}).encode()
    facts, rows = read(data)
    assert (facts.status, facts.reason) == ("skipped", "not_an_ast")
    assert not any(rows.values())


@pytest.mark.parametrize("levels", [1_000, 100_000] if WITH_ALL else [100, 20_000])
@pytest.mark.parametrize(
    ("begin", "around", "inside"),
    [
        (
            '{"type":"Program","start":0,"end":1,"body":[',
            '{"type":"UnaryExpression","argument":',
            '{"type":"Super"}',
        ),
        (
            '{"_type":"Module","type_ignores":[],"body":[',
            '{"_type":"UnaryOp","lineno":1,"col_offset":0,"op":{"_type":"Not"},"operand":',
            '{"_type":"Name","id":"x"}',
        ),
        (
            '{"type":"root_statement","line":1,"body":[',
            '{"type":"unary_expression","line":1,"of":',
            '{"type":"name"}',
        ),
    ],
    ids=["estree", "python", "generic"],
)  # fmt: skip
def test_nesting(begin: str, around: str, inside: str, levels: int) -> None:
    """Read as a whole at any depth; in pieces up to a limit of our own, and never a crash."""
    text = f"{begin}{around * levels}{inside}{'}' * levels}]}}"
    facts, rows = whole(text.encode())
    assert (facts.status, facts.max_depth) == ("ok", levels + 1)
    assert len(rows["nodes"]) == facts.node_count
    facts, cut = in_pieces(text.encode())
    assert facts.reason in (None, "too_deep")
    if levels < 2_000:
        assert cut == rows


def test_a_long_list_of_numbers_is_one_node() -> None:
    numbers = ",".join(["1"] * (1_000_000 if WITH_ALL else 100_000))
    text = TEXT.replace(b'"value":"x"', b'"value":"x","numbers":[%b]' % numbers.encode())
    facts, rows = whole(text)
    assert (facts.status, facts.node_count) == ("ok", 23)
    assert in_pieces(text) == (facts, rows)
