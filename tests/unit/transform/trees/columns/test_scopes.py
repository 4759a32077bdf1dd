"""Names climb to the same roles one by one, as the compiled module follows them, and all at once."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.schemas import ROLES
from snake_pipe.transform.dialects.dialect import RoleRule
from snake_pipe.transform.dialects.generic import generic
from snake_pipe.transform.native.compiled import ROWS
from snake_pipe.transform.rows.builder import Words
from snake_pipe.transform.rows.shape import tree_shape
from snake_pipe.transform.trees.columns import scopes
from snake_pipe.transform.trees.columns.scopes import Climbed, Climber
from snake_pipe.transform.trees.walk.vocabulary import Vocabulary

if TYPE_CHECKING:
    from snake_pipe.transform.dialects.dialect import Dialect

TYPES, FIELDS = "abcd", "xyz"
words = st.sampled_from(TYPES)
rules = st.builds(
    RoleRule, st.sampled_from([None, "none", "local", *ROLES]), st.booleans(), st.booleans(), st.booleans()
)
dialects = st.builds(
    lambda names, members, uses: replace(generic("type", "none"), names=names, members=members, uses=uses),
    st.dictionaries(words, st.sampled_from(["none", *ROLES])),
    st.frozensets(words),
    st.dictionaries(words, st.dictionaries(st.sampled_from(FIELDS), rules)),
)
nodes = st.lists(
    st.tuples(st.integers(0, 80), st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=90
)


def climbed(dialect: Dialect, drawn: list[tuple[int, int, int, bool]]) -> Climbed:
    vocabulary = Vocabulary(dialect, Words())
    codes = np.array([vocabulary.code(TYPES[type_]) for _, type_, _, _ in drawn], np.int32)
    climber = Climber(dialect, vocabulary, Words(["", *FIELDS]).code_of)
    depth: list[int] = []
    for deepest, *_ in drawn:
        depth.append(min(deepest, depth[-1] + 1) if depth else 0)
    places = np.array([field for _, _, field, _ in drawn], np.int32)
    wanted = np.array([is_wanted for *_, is_wanted in drawn], np.bool_)
    return climber.climb(wanted, codes, places, tree_shape(np.array(depth, np.int32)))


@pytest.mark.skipif(ROWS is None, reason="Python alone, as SNAKE_PIPE_PURE_PYTHON asks for")
@given(dialects, nodes)
def test_names_take_the_same_roles_with_the_module_and_without(dialect: Dialect, drawn: Any) -> None:
    found = climbed(dialect, drawn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scopes, "ROWS", None)
        expected = climbed(dialect, drawn)
    for column in fields(Climbed):
        one, other = getattr(found, column.name), getattr(expected, column.name)
        assert one.dtype == other.dtype
        assert one.tolist() == other.tolist()


def test_a_name_climbs_no_further_than_a_chain_of_names_is_long() -> None:
    through = {"a": {"x": RoleRule(None, climb=True)}, "b": {"x": RoleRule("write")}}
    dialect = replace(generic("type", "none"), names={"a": "read"}, uses=through)

    def chain(links: int) -> str:
        drawn = [(0, 1, 0, False), *((at, 0, 1, at == links) for at in range(1, links + 1))]
        return ROLES[climbed(dialect, drawn).roles[0]]

    assert (chain(64), chain(65)) == ("write", "read")
