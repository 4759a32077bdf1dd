"""Swift's mangled types, and where the last token of a node ends."""

from __future__ import annotations

from typing import Any

import pytest

from snake_pipe.transform.dialects.swift_types import nominal
from snake_pipe.transform.trees.positions.last_token import LastTokenPositions


@pytest.mark.parametrize(
    ("mangled", "expected"),
    [
        ("$s4shop4TillCD", ("Till", None)),
        ("$s4shop4TillV5InnerOD", ("Inner", "Till")),
        ("s:4shop4WareP", ("Ware", None)),
        ("$s4shop4Ware_pmD", ("Ware", None)),
        ("s:SH", ("Hashable", None)),
        ("s:s5ErrorP", ("Error", None)),
        ("$sSiD", ("Int", None)),
        ("$sSaySSGD", ("Array", None)),
        ("$s4shop4SideOSgD", ("Side", None)),
        ("$sySbSi_SitcD", (None, None)),  # a function
        ("$sxD", (None, None)),  # a parameter of a generic type
        ("$s4shop999TillCD", (None, None)),
        ("$s", (None, None)),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_a_plain_type_has_a_name(mangled: str | None, expected: tuple[str | None, str | None]) -> None:
    assert nominal(mangled) == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"_kind": "brace_stmt", "range": {"start": 3, "end": 9}}, (3, 10)),
        ({"_kind": "brace_stmt", "implicit": True, "range": {"start": 3, "end": 3}}, (3, -1)),
        ({"_kind": "func_decl", "range": {"start": 3, "end": 9}}, (3, -1)),
        ({"_kind": "func_decl", "range": {"start": 3, "end": 9}, "body": {}}, (3, 10)),
        (
            {"_kind": "declref_expr", "range": {"start": 3, "end": 3}, "decl": {"base_name": "\u00e9a"}},
            (3, 6),
        ),
        ({"_kind": "unresolved_dot_expr", "range": {"start": 3, "end": 5}, "field": "ab"}, (3, 7)),
        ({"_kind": "integer_literal_expr", "range": {"start": 3, "end": 3}, "value": "1"}, (3, -1)),
        ({"_kind": "brace_stmt", "range": {"start": 9, "end": 3}}, (9, -1)),
        ({"_kind": "brace_stmt", "range": {"start": "3", "end": 3}}, (-1, -1)),
        ({"_kind": "brace_stmt", "range": {"start": 3, "end": 2**63}}, (3, -1)),
        ({"_kind": "brace_stmt", "range": {"start": 2**70, "end": 2**70}}, (-1, -1)),
        ({"_kind": "brace_stmt", "range": None}, (-1, -1)),
        ({"_kind": "brace_stmt"}, (-1, -1)),
    ],
)
def test_a_node_ends_behind_its_last_token(node: dict[str, Any], expected: tuple[int, int]) -> None:
    table = LastTokenPositions().spans([{"_kind": "source_file"}, node])
    assert (table[0, 1], table[1, 1]) == expected
    assert (table[2:] == -1).all()
