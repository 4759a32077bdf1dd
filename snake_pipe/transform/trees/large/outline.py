"""What is known of each large container of a document before its content is read: the first of two passes.

An outline is the container itself, decoded, without what makes it large: of an object all small members, of
a list the first items and the last one, each cut to a few levels where it is not small. So a rule that looks
at a node finds its name, its place, its parameters and the ends of its body, wherever in the text they stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.errors import TransformError
from snake_pipe.transform.trees.document.decoding import decode
from snake_pipe.transform.trees.document.scanner import Closed, Opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snake_pipe.transform.trees.document.scanner import Event

Outline = dict[str, Any] | list[Any]

_SMALL = 16 << 10
"""Bytes of text up to which an object's members, and a list's last item, are kept as they are."""
_SMALL_ITEMS = 4 << 10
"""The same for a list's first items: a document may have thousands of large lists."""
_MEMBERS = 256
"""Members of an object that are kept."""
_ITEMS = 20
"""Items of a list that are kept, and one for its last."""
_LEVELS = 4
_CUT_ITEMS = 3
"""Items that are kept of lists within what is cut, and the last one."""
_KEYS = 100_000
"""Members of one large object that are looked at for keys that repeat."""


def outline(events: Iterable[Event]) -> list[Outline]:
    """The outlines of all large containers in the order in which they begin; the first is the document's.

    TransformError as the scanner, and `duplicate_key` where a key repeats in a large object: which of two
    members counts would be known only after the first was written.
    """
    found: list[Outline] = []
    stack: list[_Sketch] = []
    for event in events:
        if isinstance(event, Opened):
            sketch = _Sketch(event.is_object)
            found.append(sketch.content)
            if stack:
                stack[-1].add_large(event.key, sketch.content)
            stack.append(sketch)
        elif isinstance(event, Closed):
            stack.pop().finish()
        else:
            stack[-1].add(event.text, event.last)
    return found


class _Sketch:
    """An outline that is being made."""

    def __init__(self, is_object: bool) -> None:
        self.content: Outline = {} if is_object else []
        self._keys: set[str] = set()
        self._last: bytes | Outline | None = None

    def add(self, text: bytes, last: int) -> None:
        content = self.content
        if isinstance(content, dict):
            if len(self._keys) < _KEYS:
                members = decode(b"{" + text + b"}")
                self._meet(members)
                small = len(text) <= _SMALL
                for key, value in members.items():
                    if len(content) < _MEMBERS:
                        content[key] = value if small else _cut(value)
            return
        if len(content) < _ITEMS:
            items = decode(b"[" + text + b"]")
            kept = items[: _ITEMS - len(content)]
            content += kept if len(text) <= _SMALL_ITEMS else [_cut(item) for item in kept]
            self._last = text[last:] if len(kept) < len(items) else None
        else:
            self._last = text[last:]

    def add_large(self, key: str | None, large: Outline) -> None:
        content = self.content
        if isinstance(content, dict):
            assert key is not None
            self._meet((key,))
            content[key] = large
        elif len(content) < _ITEMS:
            content.append(large)
            self._last = None
        else:
            self._last = large

    def finish(self) -> None:
        """Add the last item of a list."""
        last = self._last
        if isinstance(self.content, list) and last is not None:
            if isinstance(last, bytes):
                last = decode(last) if len(last) <= _SMALL else _cut(decode(last))
            self.content.append(last)
        self._last = None
        self._keys.clear()

    def _meet(self, keys: Iterable[str]) -> None:
        if len(self._keys) >= _KEYS:
            return
        for key in keys:
            if key in self._keys:
                raise TransformError(
                    "decode", "duplicate_key", f"a key of a large object repeats: {key[:100]!r}"
                )
            self._keys.add(key)


def _cut(value: Any, levels: int = _LEVELS) -> Any:
    """A value to that many levels, of longer lists only some items; what is below is empty."""
    if value.__class__ is dict:
        return {key: _cut(inner, levels - 1) for key, inner in value.items()} if levels else {}
    if value.__class__ is list:
        if not levels:
            return []
        items = value if len(value) <= _CUT_ITEMS + 1 else [*value[:_CUT_ITEMS], value[-1]]
        return [_cut(item, levels - 1) for item in items]
    return value
