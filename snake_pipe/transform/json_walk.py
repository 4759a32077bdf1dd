"""A decoded document → its nodes in preorder, with depth and field: one loop for every dialect.

A node is an object that carries the type key with a string. Objects and lists between nodes are
transparent: what they hold belongs to the nearest node above, under that node's field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from snake_pipe.transform.json_tags import write_types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Dialect, Node
    from snake_pipe.transform.row_builder import Words

CHUNK = 1000
"""Nodes that are handed over at a time: with their positions they fit a core's own cache (a megabyte)."""
_FIELD_BITS = 20
_FIELD_MASK = (1 << _FIELD_BITS) - 1
_MOST_SHAPES = 20_000
"""Shapes remembered; real dialects have a few hundred, and a data file must not fill the memory."""

_Plan = tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Chunk:
    """Nodes that follow each other in preorder, their types, and depth and field in one number each."""

    nodes: list[Node]
    types: list[str]
    places: list[int]

    def depths_and_fields(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The depth of each node, root 0, and the code of its field in the walker's `fields`."""
        places = np.fromiter(self.places, np.int64, len(self.places))
        return (places >> _FIELD_BITS).astype(np.int32), (places & _FIELD_MASK).astype(np.int32)


@dataclass(slots=True)
class Walker:
    """Walks documents of one dialect; learns the shapes (key sequences) of objects as it goes.

    For each shape it knows which fields can hold nodes, so that positions and the like are never looked
    at. What a field holds is looked at in each object anew: the result never depends on earlier files.
    `fields` gives field names their codes and may be shared by walkers; code 0 is no field.
    """

    dialect: Dialect
    fields: Words
    _plans: dict[tuple[str, ...], _Plan] = field(default_factory=dict)

    def place(self, depth: int, field_: str | None) -> int:
        """Depth and field as `Chunk.places` holds them."""
        return depth << _FIELD_BITS | (self._code(field_) if field_ else 0)

    def walk(self, document: Any, place: int = 0) -> Iterator[Chunk]:
        """All nodes of a document, or of a part of one that stands at that place; any depth, no recursion.

        A chunk's lists are used again for the next one, and its nodes are emptied: what is done with is let
        go while it is in the cache. So a node may be looked at, and into, only while its chunk is the last.
        """
        nodes: list[Node] = []
        types: list[str] = []
        places: list[int] = []
        add_node, add_type, add_place = nodes.append, types.append, places.append
        stack: list[Any] = [document]
        place_stack: list[int] = [place]
        pop, pop_place, push, push_place = stack.pop, place_stack.pop, stack.append, place_stack.append
        plans = self._plans
        type_key = self.dialect.type_key
        if self.dialect.tags is not None:
            write_types(document, self.dialect, self.fields.words[place & _FIELD_MASK])
        while stack:
            value = pop()
            place = pop_place()
            if value.__class__ is dict:
                shape = tuple(value)
                try:
                    plan = plans[shape]
                except KeyError:
                    plan = self._plan(shape)
                type_ = value.get(type_key)
                if type_.__class__ is str and type_:
                    add_node(value)
                    add_type(type_)
                    add_place(place)
                    if not plan:
                        continue
                    level = (place | _FIELD_MASK) + 1
                    for key, code in plan:
                        inner = value[key]
                        if inner.__class__ is dict:
                            push(inner)
                            push_place(level + code)
                        elif inner.__class__ is list and inner:
                            if len(inner) == 1:
                                push(inner[0])
                                push_place(level + code)
                            else:
                                stack += inner[::-1]
                                place_stack += [level + code] * len(inner)
                    if len(nodes) >= CHUNK:
                        yield Chunk(nodes, types, places)
                        for node in nodes:
                            node.clear()
                        nodes.clear()
                        types.clear()
                        places.clear()
                else:
                    inside = [value[key] for key, _ in plan]
                    stack += inside
                    place_stack += [place] * len(inside)
            elif value.__class__ is list:
                stack += value[::-1]
                place_stack += [place] * len(value)
        if nodes:
            yield Chunk(nodes, types, places)

    def _plan(self, shape: tuple[str, ...]) -> _Plan:
        """The fields of such objects that can hold nodes, last first, with their codes."""
        leaf_keys = self.dialect.leaf_keys
        plan = tuple((key, self._code(key)) for key in reversed(shape) if key not in leaf_keys)
        if len(self._plans) >= _MOST_SHAPES:
            self._plans.clear()
        self._plans[shape] = plan
        return plan

    def _code(self, key: str) -> int:
        known = self.fields.code_of.get(key)
        if known is None:
            known = 0 if len(self.fields) > _FIELD_MASK else self.fields.code(key)
        return known
