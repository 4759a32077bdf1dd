"""The compiled module that builds columns refuses what is no column, and keeps nothing alive."""

from __future__ import annotations

import os
import sysconfig
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.transform.languages import LANGUAGES
from snake_pipe.transform.native import compiled
from snake_pipe.transform.rows import shape, texts
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.sources import lines, names
from snake_pipe.transform.transformer import open_transformer
from snake_pipe.transform.trees.columns import nested, scopes
from testkit.native import blocks_kept, digest
from testkit.places import GOLDEN_LANGUAGES, PROJECT

ROWS: Any = compiled.ROWS
USERS = (shape, texts, lines, names, scopes, nested)

needs_rows = pytest.mark.skipif(ROWS is None, reason="Python alone, as SNAKE_PIPE_PURE_PYTHON asks for")


@pytest.mark.skipif(bool(os.environ.get(compiled.PURE_PYTHON)), reason="asked for Python alone")
@pytest.mark.skipif(
    sysconfig.get_platform() not in ("linux-x86_64", "linux-aarch64"), reason="not built for this platform"
)
def test_the_module_was_built_from_these_sources() -> None:
    module = import_module(compiled.ROWS_MODULE)
    assert module.__doc__ == digest("rows"), "install the project again"
    assert compiled.ROWS is module


def test_no_user_of_the_module_is_forgotten_here() -> None:
    users = [
        ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        for path in (PROJECT / "snake_pipe" / "transform").rglob("*.py")
        if "import ROWS" in path.read_text()
    ]
    assert sorted(users) == sorted(module.__name__ for module in USERS)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def names_to_climb(**others: Any) -> tuple[Any, ...]:
    """The arguments of `climb` for a name in a root, at a place that defines."""
    flags = np.zeros(2, np.uint8)
    columns: dict[str, Any] = {
        "code": np.array([0, 1], np.uint8),
        "field": np.array([0, 1], np.uint8),
        "parent": ints(-1, 0),
        "start": ints(0, 1),
        "end": ints(3, 2),
        "source": b"a b",
        "row": ints(1),
        "index": ints(0),
        "edge": np.array([0, 1, 0, 0], np.uint8),
        "first_edge": flags,
        "is_token": flags,
        "place_role": np.array([-1, 7], np.int8),
        "climbs": flags,
        "qualifier": np.array([-1, 0], np.int16),
        "place_hint": flags,
        "first": flags,
        "direct": flags,
        **{name: np.zeros(1, np.int8) for name in ("role", "used_as", "place")},
        "holder": ints(-1),
        "way": ints(-1),
        "hint": np.zeros(1, np.int8),
        "qualifier_start": ints(-1),
        "qualifier_end": ints(-1),
        "fields": 2,
        "defines": 7,
        "steps": 9,
    }
    return (*{**columns, **others}.values(),)


def names_of_trees(**others: Any) -> tuple[Any, ...]:
    """The arguments of `find_roles` for a name in a root, at a place with a role."""
    columns: dict[str, Any] = {
        "types": ints(0, 1),
        "fields": ints(0, 1),
        "parent": ints(-1, 0),
        "child_index": ints(0, 0),
        "wanted": np.ones(2, np.bool_),
        "initial": np.array([-1, 1], np.int8),
        "member": np.zeros(2, np.bool_),
        "parent_index": ints(1, 0),
        "field_index": ints(0, 1),
        "role": np.array([-1, -1, -1, 3], np.int8),
        "flags": np.ones(4, np.uint8),
        "holders": 2,
        "type_role": 3,
        "steps": 9,
    }
    return (*{**columns, **others}.values(),)


def definitions(**others: Any) -> tuple[Any, ...]:
    """The arguments of `nest_symbols` for a definition in another one."""
    columns: dict[str, Any] = {
        "rows": ints(0, 1),
        "ends": ints(2, 2),
        "left_out": np.zeros(2, np.bool_),
        "in_class": np.zeros(2, np.bool_),
        "kinds": ints(0, 0),
        "name_ends": ints(0, 1, 2),
        "names": b"ab",
        "qualifier_ends": ints(0, 0, 1),
        "qualifiers": b"q",
        "separators": ints(0, 0),
        "separator_ends": ints(0, 1),
        "separator_words": b".",
        "function": 0,
        "method": 1,
        "variable": 2,
        "field": 3,
    }
    return (*{**columns, **others}.values(),)


NO_DEFINITIONS: dict[str, Any] = {
    **dict.fromkeys(("rows", "ends", "kinds", "separators", "separator_ends"), ints()),
    **dict.fromkeys(("left_out", "in_class"), np.zeros(0, np.bool_)),
    **dict.fromkeys(("name_ends", "qualifier_ends"), ints(0)),
}
WRONG: dict[str, tuple[str, tuple[Any, ...]]] = {
    "no columns": ("shape", (1, 2, 3, 4)),
    "shorter": ("shape", (ints(0, 1), ints(0), ints(0, 0), ints(0, 0))),
    "deeper than a child": ("shape", (ints(0, 2), ints(0, 0), ints(0, 0), ints(0, 0))),
    "no root": ("shape", (ints(1), ints(0), ints(0), ints(0))),
    "above the root": ("shape", (ints(0, -1), ints(0, 0), ints(0, 0), ints(0, 0))),
    "no text": ("line_starts", ("text",)),
    "no first line": ("locate", (ints(), ints(0), ints(0), None, ints(0), ints(0))),
    "a late first line": ("locate", (ints(3), ints(0), ints(0), None, ints(0), ints(0))),
    "before the text": ("locate", (ints(0), ints(-1), ints(0), None, ints(0), ints(0))),
    "before all files": ("locate", (ints(0), ints(1), ints(-1), None, ints(0), ints(0))),
    "near line 0": ("locate", (ints(0), ints(1), ints(0), ints(0), ints(0), ints(0))),
    "near a line too far": ("locate", (ints(0, 4), ints(1), ints(0), ints(3), ints(0), ints(0))),
    "fewer hints": ("locate", (ints(0), ints(1), ints(0), ints(), ints(0), ints(0))),
    "no room for columns": ("locate", (ints(0), ints(1), ints(0), None, ints(0), ints())),
    "behind the text": ("cut", (b"abc", ints(0), ints(4), None)),
    "negative": ("cut", (b"abc", ints(-1), ints(2), None)),
    "backwards": ("cut", (b"abc", ints(2), ints(1), None)),
    "the largest": ("cut", (b"abc", ints(2**31 - 1), ints(-(2**31)), None)),
    "fewer ends": ("cut", (b"abc", ints(0, 1), ints(1), None)),
    "fewer flags": ("cut", (b"abc", ints(0, 1), ints(1, 2), np.array([True]))),
    "shortened beyond": ("shorten", (b"abc", ints(0), ints(4), 1)),
    "shortened from far": ("shorten", (b"abc", ints(-(2**31)), ints(2**31 - 1), 1)),
    "fewer than no characters": ("shorten", (b"abc", ints(0), ints(2), -1)),
    "a name that is no row": ("climb", names_to_climb(row=ints(2))),
    "a name that there is not": ("climb", names_to_climb(index=ints(1))),
    "a parent behind": ("climb", names_to_climb(parent=ints(-1, 1))),
    "a type of no table": ("climb", names_to_climb(code=np.array([9, 1], np.uint8))),
    "a field of no table": ("climb", names_to_climb(field=np.array([0, 9], np.uint8))),
    "a place of no table": ("climb", names_to_climb(edge=np.array([0, 9, 0, 0], np.uint8))),
    "fewer edges": ("climb", names_to_climb(edge=np.array([0, 1, 0], np.uint8))),
    "no fields": ("climb", names_to_climb(fields=0)),
    "fewer qualifiers": ("climb", names_to_climb(qualifier=np.array([-1], np.int16))),
    "fewer parents": ("climb", names_to_climb(parent=ints(-1))),
    "no room for roles": ("climb", names_to_climb(role=np.zeros(0, np.int8))),
    "a qualifier outside": (
        "climb",
        names_to_climb(
            code=np.zeros(3, np.uint8),
            field=np.array([0, 0, 1], np.uint8),
            parent=ints(-1, 0, 0),
            start=ints(7, 0, 0),
            end=ints(3, 1, 3),
            row=ints(2),
        ),
    ),
    "a parent that is no row before": ("find_roles", names_of_trees(parent=ints(-1, 1))),
    "a name of no table": ("find_roles", names_of_trees(types=ints(0, 9))),
    "a parent of no table": ("find_roles", names_of_trees(types=ints(9, 1), wanted=np.array([False, True]))),
    "a name in a field of no table": ("find_roles", names_of_trees(fields=ints(0, 9))),
    "a name in a field below all": ("find_roles", names_of_trees(fields=ints(0, -1))),
    "a parent outside of the table": ("find_roles", names_of_trees(parent_index=ints(2, 0))),
    "a field outside of the table": ("find_roles", names_of_trees(field_index=ints(0, 2))),
    "fewer flags of places": ("find_roles", names_of_trees(flags=np.ones(3, np.uint8))),
    "a table of no width": ("find_roles", names_of_trees(holders=0)),
    "a table of another width": ("find_roles", names_of_trees(holders=3)),
    "fewer types that are members": ("find_roles", names_of_trees(member=np.zeros(1, np.bool_))),
    "fewer wanted rows": ("find_roles", names_of_trees(wanted=np.ones(1, np.bool_))),
    "fewer indexes of children": ("find_roles", names_of_trees(child_index=ints(0))),
    "definitions without ends": ("nest_symbols", definitions(ends=ints(2))),
    "definitions out of order": ("nest_symbols", definitions(rows=ints(1, 0))),
    "fewer flags of definitions": ("nest_symbols", definitions(left_out=np.zeros(1, np.bool_))),
    "fewer flags of classes": ("nest_symbols", definitions(in_class=np.zeros(1, np.bool_))),
    "fewer kinds": ("nest_symbols", definitions(kinds=ints(0))),
    "fewer names": ("nest_symbols", definitions(name_ends=ints(0, 1))),
    "a name before the text": ("nest_symbols", definitions(name_ends=ints(-1, 1, 2))),
    "a name behind the text": ("nest_symbols", definitions(name_ends=ints(0, 1, 3))),
    "a qualifier that ends before it begins": ("nest_symbols", definitions(qualifier_ends=ints(0, 1, 0))),
    "no separator": ("nest_symbols", definitions(separators=ints(0, 1))),
    "a separator before all": ("nest_symbols", definitions(separators=ints(0, -1))),
    "no separators": ("nest_symbols", definitions(separator_ends=ints())),
    "no separators, and no definitions": ("nest_symbols", definitions(**NO_DEFINITIONS)),
    "more than all characters": ("shorten", (b"abc", ints(0), ints(2), 2**40)),
}


@needs_rows
@pytest.mark.parametrize("name", list(WRONG))
def test_what_is_no_column_is_refused(name: str) -> None:
    function, arguments = WRONG[name]
    with pytest.raises((ValueError, TypeError)):
        getattr(ROWS, function)(*arguments)


@needs_rows
def test_a_name_notes_its_place() -> None:
    arguments = names_to_climb()
    ROWS.climb(*arguments)
    role, used_as, place, holder, way = (column.tolist() for column in arguments[17:22])
    assert (role, used_as, place, holder, way) == ([7], [0], [1], [0], [1])


@needs_rows
def test_a_name_of_a_tree_takes_the_role_of_its_place() -> None:
    found = [
        np.frombuffer(column, np.int32 if len(column) > 1 else np.int8)
        for column in ROWS.find_roles(*names_of_trees())
    ]
    assert [column.tolist() for column in found] == [[1], [3], [-1], [0]]


@needs_rows
def test_definitions_are_nested() -> None:
    found = [np.frombuffer(column, np.int32).tolist() for column in ROWS.nest_symbols(*definitions())[:4]]
    assert found == [[0, 1], [0, 0], [-1, 0], [0, 1, 6]]


def sources() -> list[Path]:
    """Those of golden rows whose grammars are installed."""
    paths = [path for path in sorted(GOLDEN_LANGUAGES.iterdir()) if path.suffix != ".rows"]
    return [path for path in paths if LANGUAGES[path.name.split(".")[0]].installed]


def tables(path: Path) -> dict[str, Any]:
    transformer = open_transformer(path.name.split(".")[0], TransformOptions())
    for file_id in (1, 2):  # behind one another, as in a batch
        transformer.add(file_id, path.name, path.read_bytes())
    return {name: rows.to_pylist() for name, rows in transformer.drain().tables.items()}


@needs_rows
@pytest.mark.parametrize("path", sources(), ids=lambda path: path.name)
def test_sources_give_the_same_rows_without_the_module(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tables(path)
    for module in USERS:
        monkeypatch.setattr(module, "ROWS", None)
    assert tables(path) == found


@needs_rows
def test_more_text_than_a_column_holds_is_refused() -> None:
    """Its length would not fit into the offsets of a column of strings."""
    many, source = 2**12, np.zeros(2**20, np.uint8)
    start, end = np.zeros(many, np.int32), np.full(many, len(source), np.int32)
    with pytest.raises(ValueError, match="more text than one column"):
        ROWS.cut(source, start, end, None)


numbers = st.lists(st.integers(-3, 12), max_size=8).map(lambda values: np.array(values, np.int32))


@needs_rows
@given(st.binary(max_size=12), numbers, numbers, numbers, numbers, st.booleans())
def test_invented_columns_end_in_an_answer_or_a_value_error(
    text: bytes, one: Any, two: Any, three: Any, four: Any, flag: bool
) -> None:
    for function, arguments in (
        ("shape", (one, two, three, four)),
        ("line_starts", (text,)),
        ("locate", (one, two, three, three.copy() if flag else None, four, four.copy())),
        ("cut", (text, one, two, (three > 3) if flag else None)),
        ("shorten", (text, one, two, 3)),
        (
            "find_roles",
            names_of_trees(types=one[:2], fields=two[:2], parent=three[:2], parent_index=four[:2]),
        ),
        (
            "nest_symbols",
            definitions(rows=one[:2], ends=two[:2], name_ends=three[:3], qualifier_ends=four[:3]),
        ),
        ("climb", names_to_climb(source=text, start=one[:2], end=two[:2], row=three[:1], index=four[:1])),
    ):
        try:
            getattr(ROWS, function)(*arguments)
        except ValueError:
            continue


@needs_rows
@pytest.mark.parametrize("name", [*WRONG, "good"])
def test_nothing_is_kept(name: str) -> None:
    def trial() -> None:
        if name != "good":
            function, arguments = WRONG[name]
            getattr(ROWS, function)(*arguments)
        ROWS.shape(ints(0, 1, 1), ints(0, 0, 0), ints(0, 0, 0), ints(0, 0, 0))
        ROWS.locate(
            np.frombuffer(ROWS.line_starts(b"a\nb"), np.int32), ints(3), ints(0), None, ints(0), ints(0)
        )
        ROWS.cut(b"abc", ints(0, 1), ints(1, 3), None)
        ROWS.shorten(b"abc", ints(0), ints(3), 1)

    assert blocks_kept(trial) < 50
