"""A decoded document → its nodes in preorder, with depth and field: one loop for every dialect.

A node is an object that carries the type key with a string. Objects and lists between nodes are
transparent: what they hold belongs to the nearest node above, under that node's field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from snake_pipe.transform.native.compiled import LOOPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Dialect, Node
    from snake_pipe.transform.native.compiled import Loops
    from snake_pipe.transform.rows.builder import Words

CHUNK = 1000
"""Nodes that are handed over at a time: with their positions they fit a core's own cache (a megabyte)."""
_FIELD_BITS = 20
_FIELD_MASK = (1 << _FIELD_BITS) - 1
_MOST_SHAPES = 20_000
"""Shapes remembered; real dialects have a few hundred, and a data file must not fill the memory."""

_LEAF = -1
_Plan = tuple[tuple[str, int], ...]


def split_place(place: int) -> tuple[int, int]:
    """Depth and code of the field of a place."""
    return place >> _FIELD_BITS, place & _FIELD_MASK


@dataclass(slots=True)
class NodeChunk:
    """Nodes that follow each other in preorder, their types, and depth and field in one number each."""

    nodes: list[Node]
    types: list[str]
    places: NDArray[np.int64]

    def depths_and_fields(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The depth of each node, root 0, and the code of its field in the walker's `fields`."""
        return (self.places >> _FIELD_BITS).astype(np.int32), (self.places & _FIELD_MASK).astype(np.int32)


class Fields(dict[str, int]):
    """The codes of fields in the words that they share with others, -1 for those that never hold nodes."""

    def __init__(self, words: Words, leaf_keys: Iterable[str]) -> None:
        super().__init__(dict.fromkeys(leaf_keys, _LEAF))
        self._words = words

    def __missing__(self, key: str) -> int:
        known = self._words.code_of.get(key)
        if known is None:
            known = 0 if len(self._words) > _FIELD_MASK else self._words.code(key)
        self[key] = known
        return known


class Walker:
    """Walks documents of one dialect; learns the fields, and the shapes (key sequences) of objects.

    It knows which fields can hold nodes, so that positions and the like are never looked at. What a field
    holds is looked at again in each object: the result never depends on earlier files. `fields` gives field
    names their codes and may be shared by walkers; code 0 is no field.
    """

    def __init__(self, dialect: Dialect, fields: Words) -> None:
        self.dialect = dialect
        self.fields = fields
        self._codes = Fields(fields, dialect.leaf_keys)
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def place(self, depth: int, field_: str | None) -> int:
        """Depth and field as `NodeChunk.places` holds them."""
        return depth << _FIELD_BITS | (max(self._codes[field_], 0) if field_ else 0)

    def walk(self, document: Any, place: int = 0) -> Iterator[NodeChunk]:
        """All nodes of a document, or of a piece of one that stands at that place; any depth, no recursion.

        Types are in the nodes already (`tags.write_types`).

        A chunk's nodes are emptied when the next chunk is asked for, to free their memory while it is in the
        cache. So a node, and what is in it, may be read only while its chunk is the last.
        """
        return self._walk(document, place) if LOOPS is None else self._walk_compiled(LOOPS, document, place)

    def _walk_compiled(self, loops: Loops, document: Any, place: int) -> Iterator[NodeChunk]:
        walk = loops.open_walk(document, place, self.dialect.type_key, self._codes, CHUNK)
        while (found := loops.next_nodes(walk)) is not None:
            nodes, types, places = found
            yield NodeChunk(nodes, types, np.frombuffer(places, np.int64))

    def _walk(self, document: Any, place: int) -> Iterator[NodeChunk]:
        nodes: list[Node] = []
        types: list[str] = []
        places: list[int] = []
        add_node, add_type, add_place = nodes.append, types.append, places.append
        stack: list[Any] = [document]
        place_stack: list[int] = [place]
        pop, pop_place, push, push_place = stack.pop, place_stack.pop, stack.append, place_stack.append
        plans = self._plans
        type_key = self.dialect.type_key
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
                        yield NodeChunk(nodes, types, np.array(places, np.int64))
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
            yield NodeChunk(nodes, types, np.array(places, np.int64))

    def _plan(self, shape: tuple[str, ...]) -> _Plan:
        """The fields of such objects that can hold nodes, last first, with their codes."""
        codes = self._codes
        plan = tuple((key, codes[key]) for key in reversed(shape) if codes[key] != _LEAF)
        if len(self._plans) >= _MOST_SHAPES:
            self._plans.clear()
        self._plans[shape] = plan
        return plan
