"""The trees in a document that is too large to be held: what `trees.find` finds in one that is not.

The document's text comes as events of `document.scanner`. Trees that are large are handed on as events, all
others decoded; lists, maps and wrappers around them are opened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from snake_pipe.transform.dialects.sniffing import DEEPEST_WRAPPER
from snake_pipe.transform.trees.container import DocumentText
from snake_pipe.transform.trees.document.decoding import decode
from snake_pipe.transform.trees.document.scanner import Closed, Opened
from snake_pipe.transform.trees.find import (
    ENTRIES_TRIED,
    Entry,
    Tree,
    entries,
    is_node,
    path_of,
    pointed,
    root_of,
    source_of,
    trees_of_entry,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snake_pipe.transform.dialects.dialect import Dialect
    from snake_pipe.transform.trees.document.scanner import Event, Members
    from snake_pipe.transform.trees.large.outline import Outline


class SmallTree(NamedTuple):
    """A decoded tree: its own `pointer` is one into the `text`, `fragment` that into the document."""

    fragment: str
    tree: Tree
    text: DocumentText


class LargeTree(NamedTuple):
    """A tree as events; `outlines` begin with its own. To be read before the next one is asked for."""

    fragment: str
    dialect: Dialect
    source: str | None
    outlines: list[Outline]
    events: Iterator[Event]


@dataclass(slots=True)
class _Frame:
    """A large list, map or wrapper that is being read; `count` its entries so far."""

    entry: Entry
    pointer: str
    depth: int
    source: str | None
    count: int = 0
    found: bool = False
    missing: list[str] = field(default_factory=list)

    @property
    def is_given_up(self) -> bool:
        """Whether its first entries are no trees."""
        return self.count >= ENTRIES_TRIED and not self.found


class TreeWalk:
    """One pass over a document that is no tree itself; `others` are afterwards as in `Trees`."""

    def __init__(self, outlines: list[Outline], own: Sequence[Dialect]) -> None:
        self.others: list[str] = []
        self._outlines = outlines
        self._own = own
        self._opened = 0
        self._frames: list[_Frame] = []

    def trees(self, events: Iterator[Event]) -> Iterator[SmallTree | LargeTree]:
        """The trees in their order."""
        for event in events:
            if isinstance(event, Opened):
                yield from self._open(event, events)
            elif isinstance(event, Closed):
                self._close()
            elif not self._frames[-1].is_given_up:
                yield from self._members(event)

    def _open(self, event: Opened, events: Iterator[Event]) -> Iterator[LargeTree]:
        first = self._opened
        content = self._outlines[first]
        inside = self._inside(event, events)
        above = self._frames[-1] if self._frames else None
        entry = Entry("", content) if above is None else _entry(above, event, content, self._own)
        if entry is not None and not (above is not None and above.is_given_up):
            pointer, depth = (
                ("", 0) if above is None else (pointed(above.pointer, entry.key), above.depth + 1)
            )
            if above is not None:
                above.count += 1
            dialect = self._dialect(entry, depth)
            if dialect is None and depth <= DEEPEST_WRAPPER:
                next(inside)
                source = entry.source or (source_of(content) if isinstance(content, dict) else None)
                self._frames.append(_Frame(entry, pointer, depth, source))
                return
            if dialect is not None:
                source = entry.source or path_of(entry)
                yield LargeTree(pointer, dialect, source, self._outlines[first:], inside)
            if above is not None:
                _note(above, entry, pointer, found=dialect is not None)
        for _ in inside:
            pass

    def _dialect(self, entry: Entry, depth: int) -> Dialect | None:
        """That of a tree; what only looks like one has to have a path and no trees in it."""
        if not entry.is_map:
            dialect = root_of(entry.value, self._own)
            if dialect is not None:
                return dialect
        if path_of(entry) is None:
            return None
        found = trees_of_entry(entry, "", depth, self._own).found
        return found[0].dialect if len(found) == 1 and not found[0].pointer else None

    def _inside(self, first: Opened, events: Iterator[Event]) -> Iterator[Event]:
        """The events of a large container, from its first to its last."""
        self._opened += 1
        yield first
        depth = 1
        for event in events:
            if isinstance(event, Opened):
                self._opened += 1
                depth += 1
            elif isinstance(event, Closed):
                depth -= 1
            yield event
            if not depth:
                return

    def _close(self) -> None:
        frame = self._frames.pop()
        if frame.found:
            self.others += frame.missing
        if self._frames:
            _note(self._frames[-1], frame.entry, frame.pointer, found=frame.found)

    def _members(self, event: Members) -> Iterator[SmallTree]:
        frame = self._frames[-1]
        is_list = isinstance(frame.entry.value, list)
        raw = b"[%b]" % event.text if is_list else b"{%b}" % event.text
        content = decode(raw)
        text = DocumentText(raw)
        first = frame.count
        members = entries(
            content, frame.source, self._own, is_map=frame.entry.is_map, is_node=is_node(frame.entry.value)
        )
        for entry in members:
            if frame.is_given_up:
                return
            frame.count += 1
            pointer = pointed("", entry.key)
            place = pointed(frame.pointer, first + entry.key if isinstance(entry.key, int) else entry.key)
            trees = trees_of_entry(entry, pointer, frame.depth + 1, self._own)
            _note(frame, entry, place, found=bool(trees.found))
            if trees.found:
                self.others += [place + other[len(pointer) :] for other in trees.others]
            for tree in trees.found:
                yield SmallTree(place + tree.pointer[len(pointer) :], tree, text)


def _entry(above: _Frame, event: Opened, outline: Outline, own: Sequence[Dialect]) -> Entry | None:
    """What a large member is to the container around it; None if that says nothing of trees."""
    if event.key is None:
        return Entry(above.count, outline, above.source)
    members = entries(
        {event.key: outline},
        above.source,
        own,
        is_map=above.entry.is_map,
        is_node=is_node(above.entry.value),
    )
    return next(members, None)


def _note(frame: _Frame, entry: Entry, place: str, *, found: bool) -> None:
    if found:
        frame.found = True
    elif entry.is_item:
        frame.missing.append(place)
