"""Bytes → document: encodings, gzip, what JSON allows and what it doesn't."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.errors import TransformError
from snake_pipe.transform.rows.contract import FileFacts, Transformed, TransformOptions
from snake_pipe.transform.trees import transformer as tree_transformer
from snake_pipe.transform.trees.document import decoding
from snake_pipe.transform.trees.document.decoding import decode, decode_exactly, json_to_utf8, unpack
from snake_pipe.transform.trees.transformer import JsonTreeTransformer

PROGRAM = b'{"type":"Program","body":[{"type":"Identifier","name":"a","start":0,"end":1}]}'


def add(data: bytes, path: str = "x.ast.json") -> FileFacts:
    return JsonTreeTransformer(TransformOptions()).add(1, path, data)


class TestText:
    @pytest.mark.parametrize(
        "data",
        [
            PROGRAM,
            b"\xef\xbb\xbf" + PROGRAM,
            PROGRAM.decode().encode("utf-16"),
            PROGRAM.decode().encode("utf-16-le"),
            PROGRAM.decode().encode("utf-32"),
            b"\n\t " + PROGRAM + b"\r\n",
        ],
    )
    def test_encodings(self, data: bytes) -> None:
        facts = add(data)
        assert (facts.status, facts.node_count) == ("ok", 2)

    def test_transcoded_is_a_trait(self) -> None:
        assert add(PROGRAM.decode().encode("utf-16")).traits == ["transcoded"]
        assert add(PROGRAM).traits == []

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            (rb'"\ud800"', "�"),
            (rb'"a\udc00\ud800\n"', "a��\n"),
            (rb'"\ud83d\ude00\ud83d"', "😀�"),
            (rb'"\\ud800"', r"\ud800"),
            (rb'"\\\ud800"', "\\�"),
            (b'"a\xe9b"', "a�b"),
            (b'[NaN, -Infinity, "NaN"]', ["NaN", "-Infinity", "NaN"]),
            (b'{"a": Infinity, "b\\"NaN": 1}', {"a": "Infinity", 'b"NaN': 1}),
            (b"18446744073709551615", 18446744073709551615),
            (b'{"a": 1, "a": 2}', {"a": 2}),
            (b"[1.0, 1e2, -0]", [1.0, 100.0, 0]),
            (b"[" + b"9" * 5000 + b"]", [float("inf")]),
            (b"[-" + b"9" * 5000 + b"]", [float("-inf")]),
            (b'"' + b"9" * 5000 + b'"', "9" * 5000),
        ],
    )
    def test_both_decoders_read_the_same(self, data: bytes, expected: Any) -> None:
        assert decode(data) == expected
        assert decode_exactly(data) == expected

    def test_only_the_exact_decoder_keeps_large_integers(self) -> None:
        assert decode_exactly(b"[36893488147419103233]") == [36893488147419103233]

    @pytest.mark.parametrize(
        "data", [b"", b" ", b"[1,", b"[1 2]", b"{]", b'"\x01"', b"[1]x", b"nul", b"[01]", b"1e" + b"9" * 5000]
    )
    def test_what_is_no_json(self, data: bytes) -> None:
        with pytest.raises(TransformError) as told:
            decode(data)
        assert (told.value.phase, told.value.code) == ("decode", "invalid_json")

    def test_the_place_of_a_mistake(self) -> None:
        with pytest.raises(TransformError) as told:
            decode(b'{"a": 1,\n "b": x}')
        assert (told.value.line, told.value.col) == (2, 7)

    def test_depth_beyond_the_fast_decoder(self) -> None:
        levels = 5000
        document = decode(b"[" * levels + b"]" * levels)
        for _ in range(levels - 1):
            (document,) = document
        assert document == []

    def test_a_mistake_below_the_fast_decoders_depth(self) -> None:
        with pytest.raises(TransformError, match="not valid JSON"):
            decode(b"[" * 5000)


class TestGzip:
    def test_members_and_padding(self) -> None:
        assert unpack(gzip.compress(b"ab") + gzip.compress(b"") + gzip.compress(b"c") + bytes(7)) == b"abc"

    def test_trait(self) -> None:
        facts = add(gzip.compress(PROGRAM), "x.ast.json.gz")
        assert (facts.status, facts.node_count, facts.traits) == ("ok", 2, ["gzip"])

    @pytest.mark.parametrize("cut", [2, 5, 12, -8, -1])
    def test_truncated(self, cut: int) -> None:
        facts = add(gzip.compress(PROGRAM)[:cut])
        assert (facts.status, facts.reason) == ("failed", "gzip_truncated")
        assert facts.problems[0].phase == "decode"

    def test_damaged(self) -> None:
        packed = bytearray(gzip.compress(PROGRAM))
        packed[-6] ^= 0xFF
        assert add(bytes(packed)).reason == "gzip_damaged"
        assert add(gzip.compress(PROGRAM) + b"rest").reason == "gzip_damaged"

    def test_bomb_by_ratio(self) -> None:
        facts = add(gzip.compress(bytes(decoding._SMALL + 1)))
        assert (facts.status, facts.reason) == ("failed", "gzip_bomb")

    def test_bomb_by_size(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(decoding, "_SMALL", 10)
        monkeypatch.setattr(decoding, "LARGEST_DOCUMENT", 20)
        assert add(gzip.compress(PROGRAM)).reason == "gzip_bomb"


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "path", ["a.ast.json", "a_ast.json", "b/a-ast.json.gz", "a.syntax.json", "A.AST.JSON"]
    )
    def test_invalid_json_with_a_trees_name_has_failed(self, path: str) -> None:
        facts = add(b"{", path)
        assert (facts.status, facts.reason) == ("failed", "invalid_json")
        (problem,) = facts.problems
        assert (problem.phase, problem.code, problem.start_line, problem.start_col) == (
            "decode",
            "invalid_json",
            1,
            2,
        )

    def test_invalid_json_with_a_trees_head_has_failed(self) -> None:
        assert add(PROGRAM[:-1], "data.json").status == "failed"

    def test_a_tree_without_nodes(self) -> None:
        # pandoc writes this for an empty page. It was an internal error.
        facts = add(b'{"pandoc-api-version":[1,23],"meta":{},"blocks":[]}', "page.json")
        assert (facts.status, facts.reason) == ("skipped", "not_an_ast")

    def test_the_head_of_a_tree_whose_compiler_crashed(self) -> None:
        # swiftc writes its tree as it goes, and dies on some sources.
        assert (
            add(b'{"_kind":"source_file","filename":"a.swift","items":[{"_k', "data.json").status == "failed"
        )

    @pytest.mark.parametrize("data", [b"{", b"", b"// comment\n{}", b"\x00\x01", b'{"type": "object"'])
    def test_other_invalid_json_is_no_tree(self, data: bytes) -> None:
        facts = add(data, "tsconfig.json")
        assert (facts.status, facts.reason, facts.problems) == ("skipped", "not_an_ast", [])

    @given(st.binary(max_size=200))
    def test_no_bytes_raise(self, data: bytes) -> None:
        assert add(data).status in {"failed", "skipped"}

    @given(st.data())
    def test_no_damaged_tree_raises(self, data: st.DataObject) -> None:
        broken = bytearray(PROGRAM)
        for _ in range(data.draw(st.integers(1, 4))):
            broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
        transformer = JsonTreeTransformer(TransformOptions())
        facts = transformer.add(1, "x.json", bytes(broken))
        drained = transformer.drain()
        assert drained.tables["nodes"].num_rows == facts.node_count


names = st.text(max_size=6)
trees = st.recursive(
    st.builds(lambda n: {"type": "Identifier", "name": n, "start": 0, "end": 3}, names)
    | st.builds(
        lambda v: {"type": "Literal", "value": v},
        names | st.integers() | st.floats(allow_nan=False) | st.booleans(),
    ),
    lambda inner: st.builds(
        lambda items: {"type": "ArrayExpression", "elements": items}, st.lists(inner, max_size=4)
    ),
    max_leaves=15,
)


@given(trees)
def test_both_decoders_give_the_same_rows(tree: Any) -> None:
    data = json.dumps({"type": "Program", "body": [tree]}).encode()
    fast = _drained(data)
    slow = _drained(data, exactly=True)
    for table, batch in fast.tables.items():
        assert batch.to_pylist() == slow.tables[table].to_pylist()


def _drained(data: bytes, *, exactly: bool = False) -> Transformed:
    with pytest.MonkeyPatch.context() as patch:
        if exactly:
            patch.setattr(tree_transformer, "read_documents", lambda text, _path: decode_exactly(text))
        transformer = JsonTreeTransformer(TransformOptions(attrs=True))
        transformer.add(1, "x.json", json_to_utf8(data)[0])
        return transformer.drain()
