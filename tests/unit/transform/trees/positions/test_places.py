"""Readers of positions by small nodes: bases, ends on the last character, and what is missing or none."""

from __future__ import annotations

from typing import Any

import pytest

from snake_pipe.transform.dialects.places import Places, points
from snake_pipe.transform.trees.positions.places import PlacesReader, SrcPositions
from snake_pipe.transform.trees.positions.reader import PositionReader, finish
from snake_pipe.transform.trees.positions.tokens import TokenPositions

Row = dict[str, Any]
_SPOT = Places("at.start", "at.end", "at.line", "at.col", "at.endLine", "at.endCol")


def spans(reader: PositionReader, *nodes: Row) -> list[tuple[int, ...]]:
    """start_offset, end_offset, start_line, start_col, end_line, end_col of each node; -1 and 0: unknown."""
    columns = finish([reader.spans(list(nodes))])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def spot(**changes: Any) -> Row:
    numbers: Row = {"start": 5, "end": 8, "line": 2, "col": 3, "endLine": 2, "endCol": 6}
    return {"at": numbers | changes}


class TestPlaces:
    def test_numbers_become_lines_from_1_and_exclusive_ends(self) -> None:
        assert spans(PlacesReader([_SPOT]), spot()) == [(5, 8, 2, 4, 2, 7)]

    def test_the_tools_own_first_numbers_count(self) -> None:
        way = _SPOT._replace(first_line=0, first_column=1)
        assert spans(PlacesReader([way]), spot()) == [(5, 8, 3, 3, 3, 6)]

    def test_ends_on_the_last_character(self) -> None:
        way = _SPOT._replace(ends_on_last=frozenset({"offset", "column"}))
        assert spans(PlacesReader([way]), spot()) == [(5, 9, 2, 4, 2, 8)]

    @pytest.mark.parametrize("wrong", [None, "5", 2.5, True, [], {}, -3, 2**70])
    def test_what_is_no_number_is_unknown_and_costs_no_other_node(self, wrong: Any) -> None:
        nodes = spot(), spot(start=wrong), {}, {"at": wrong}
        expected = [(5, 8, 2, 4, 2, 7), (-1, 8, 2, 4, 2, 7), (-1, -1, 0, 0, 0, 0), (-1, -1, 0, 0, 0, 0)]
        assert spans(PlacesReader([_SPOT]), *nodes) == expected

    def test_a_number_at_the_end_of_the_range_does_not_turn_over(self) -> None:
        way = Places(start_offset="start", end_offset="end", ends_on_last=frozenset({"offset"}))
        assert spans(PlacesReader([way]), {"start": 1, "end": 2**63 - 1}) == [(1, 2**63 - 1, 0, 0, 0, 0)]

    def test_points_may_be_lists_and_each_way_has_its_nodes(self) -> None:
        ways = [Places(start_line="from.0", end_line="to.0", first_line=0), points("pos.start", "pos.end")]
        point = {"line": 4, "column": 1, "offset": 9}
        nodes = {"from": [0, 7], "to": [2, 0]}, {"pos": {"start": point, "end": point}}, {"from": []}
        assert spans(PlacesReader(ways), *nodes) == [
            (-1, -1, 1, 0, 3, 0),
            (9, 9, 4, 2, 4, 2),
            (-1, -1, 0, 0, 0, 0),
        ]

    def test_the_place_of_a_name(self) -> None:
        reader = PlacesReader([_SPOT._replace(first_line=0)])
        assert reader.point(spot()) == (3, 4)
        assert reader.lines(spot(), spot(endLine=7)) == (3, 8)
        assert reader.point({"at": None}) == (None, None)


def test_src_of_solc() -> None:
    written = ("3:4:0", "-1:-1:-1", "0:0:0", "x:y:z", "1:2", None, f"{'9' * 30}:1:0", "9:1:0:4")
    found = [row[:2] for row in spans(SrcPositions(), *({"src": src} for src in written))]
    unknown = (-1, -1)
    assert found == [(3, 7), unknown, (0, 0), unknown, (1, 3), unknown, unknown, unknown]
    assert [row[:2] for row in spans(SrcPositions(), {"src": "3:4:0"}, {"src": "7:1:12"})] == [(3, 7), (7, 8)]


class TestTokens:
    def test_a_node_stands_where_its_tokens_stand(self) -> None:
        call = {
            "NodeType": "CallExpr",
            "Fun": {"NodeType": "Ident", "NamePos": token(10, 2, 1), "Name": "f"},
            "Args": [{"NodeType": "BasicLit", "ValuePos": token(12, 2, 3), "Value": "`é\nb`"}],
            "Rparen": token(18, 3, 3),
            "Doc": {"NodeType": "CommentGroup", "List": []},
        }
        reader = TokenPositions()
        assert spans(reader, call, call["Fun"], call["Args"][0], call["Doc"]) == [
            (10, 19, 2, 1, 3, 4),
            (10, 11, 2, 1, 2, 2),
            (12, 18, 2, 3, 3, 3),
            (-1, -1, 0, 0, 0, 0),
        ]
        assert reader.point(call) == (2, 1)
        assert reader.lines(call["Fun"], call) == (2, 3)

    @pytest.mark.parametrize("wrong", [None, "5", -1, 2**40, [], True])
    def test_a_position_that_is_none(self, wrong: Any) -> None:
        node = {"NodeType": "Ident", "NamePos": token(wrong, 1, 1), "Name": "f"}
        assert spans(TokenPositions(), node) == [(-1, -1, 0, 0, 0, 0)]


def token(offset: Any, line: int, col: int) -> Row:
    return {"NodeType": "Position", "Filename": "a.go", "Offset": offset, "Line": line, "Column": col}
