"""What the objects of a document show about it: a sample that speaks for a dialect or against one."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    Node = dict[str, Any]

_SAMPLE = 600
"""Objects looked at, in the order of their distance from the root."""


@dataclass(slots=True)
class Sample:
    """What a part of the document shows for one type key.

    `placed` counts the nodes with a position, `flags` are the ways in which they do: `loc`,
    `offsets`, `lineno`.
    """

    types: Counter[str] = field(default_factory=Counter)
    placed: int = 0
    deepest: int = 0
    flags: set[str] = field(default_factory=set)

    def share(self, known: Container[str]) -> float:
        """The share of nodes whose types are known."""
        total = self.types.total()
        return sum(n for type_, n in self.types.items() if type_ in known) / total if total else 0.0


def sample(document: Any, keys: Sequence[str]) -> dict[str, Sample]:
    """What the objects nearest to the root show, for those keys that most of them carry."""
    samples = {key: Sample() for key in keys}
    objects = 0
    queue: deque[tuple[Any, dict[str, int]]] = deque([(document, dict.fromkeys(keys, -1))])
    while queue and objects < _SAMPLE:
        value, depths = queue.popleft()
        if value.__class__ is list:
            queue.extend((item, depths) for item in value[:_SAMPLE] if item.__class__ in (dict, list))
            continue
        if not _is_position(value):
            objects += 1
            depths = dict(depths)
            for key, shown in samples.items():
                type_ = value.get(key)
                if type_.__class__ is str and type_:
                    depths[key] += 1
                    _look(value, type_, shown, depths[key])
        queue.extend((item, depths) for item in value.values() if item.__class__ in (dict, list))
    return {key: shown for key, shown in samples.items() if 2 * shown.types.total() >= objects > 0}


def _look(node: Node, type_: str, sample: Sample, depth: int) -> None:
    sample.types[type_] += 1
    sample.deepest = max(sample.deepest, depth)
    flags = set()
    loc, span = node.get("loc"), node.get("range")
    if loc.__class__ is dict and loc.get("start").__class__ is dict:
        flags.add("loc")
    if node.get("start").__class__ is int and node.get("end").__class__ is int:
        flags.add("offsets")
    if span.__class__ is list and len(span) == 2 and span[0].__class__ is int and span[1].__class__ is int:
        flags.add("offsets")
    if node.get("lineno").__class__ is int:
        flags.add("lineno")
    if not flags.isdisjoint(("loc", "offsets", "lineno")) or _has_other_place(node):
        sample.placed += 1
    sample.flags |= flags


_PLACES = (
    "position",
    "span",
    "src",
    "location",
    "pos",
    "startPosition",
    "source",
    "attributes",
    "sourceRange",
)


def _has_other_place(node: Node) -> bool:
    """A place written in a way that is not read, but is one."""
    for key in _PLACES:
        place = node.get(key)
        if place.__class__ is dict and not {"start", "begin", "line", "startLine"}.isdisjoint(place):
            return True
        if key == "src" and place.__class__ is str and place.count(":") == 2:
            return True
    return node.get("line").__class__ is int or node.get("startLine").__class__ is int


def _is_position(value: Node) -> bool:
    """An object of positions only, such as `loc`, `start`, `range`; it says nothing about the document."""
    return not value.keys() - _POSITION_KEYS


_POSITION_KEYS = frozenset(
    "start end begin line column col offset index character startLine endLine startColumn endColumn "
    "filename source file identifierName tokLen includedFrom spellingLoc expansionLoc lo hi ctxt byte row "
    "startOffset endOffset startPos endPos startTokenPos endTokenPos startFilePos endFilePos".split()
)
