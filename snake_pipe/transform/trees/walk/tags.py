"""Types that a tool writes around its nodes, or deep inside: `{"SelectStmt": {...}}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snake_pipe.transform.dialects.dialect import Dialect, Tags


def write_types(document: Any, dialect: Dialect) -> None:
    """Write into each node of a document its type, as other tools do; the objects around them stay.

    They have no type key, so whoever walks the document goes through them. Of a document that is read in
    pieces, `document` is a piece in what its types depend on: an object with its only key, or with another
    one, in the list or under the key where it stands. Nothing happens where the tool writes types into its
    nodes itself.
    """
    tags, type_key = dialect.tags, dialect.type_key
    if tags is None or document.__class__ not in (dict, list):
        return
    if document.__class__ is dict and dialect.is_root(document, type_key):
        document.setdefault(type_key, tags.root)
    if tags.inside:
        _lift(document, type_key, *tags.inside.split("."))
        return
    stack: list[Any] = [document]
    while stack:
        value = stack.pop()
        if value.__class__ is list:
            stack += [item for item in value if item.__class__ in (dict, list)]
            continue
        for key, inner in value.items():
            if inner.__class__ is dict:
                if len(value) == 1 and key and tags.has(key):
                    if key not in tags.holders or not _is_tag(inner, tags):
                        inner.setdefault(type_key, key)
                elif key in tags.fields:
                    _write(inner, type_key, key, tags)
                stack.append(inner)
            elif inner.__class__ is list and inner:
                if key in tags.fields:
                    for item in inner:
                        if item.__class__ is dict:
                            _write(item, type_key, key, tags)
                elif key in tags.within:
                    _rename(inner, type_key, tags.within[key])
                stack.append(inner)


def _lift(document: Any, type_key: str, holder: str, key: str) -> None:
    """Write into each node the type that an object inside of it has."""
    stack: list[Any] = [document]
    while stack:
        value = stack.pop()
        if value.__class__ is list:
            stack += [item for item in value if item.__class__ in (dict, list)]
            continue
        held = value.get(holder)
        stack += [inner for inner in value.values() if inner is not held and inner.__class__ in (dict, list)]
        if held.__class__ is dict and key in held:
            value[type_key] = held[key]


def _is_tag(value: dict[str, Any], tags: Tags) -> bool:
    """Whether an object only holds another with its type."""
    if len(value) != 1:
        return False
    key, inner = next(iter(value.items()))
    return inner.__class__ is dict and tags.has(key)


def _rename(items: list[Any], type_key: str, types: Mapping[str, str]) -> None:
    """The types that tags have in this field only."""
    for item in items:
        if item.__class__ is dict and len(item) == 1:
            tag, inner = next(iter(item.items()))
            if inner.__class__ is dict and tag in types:
                inner[type_key] = types[tag]


def _write(node: dict[str, Any], type_key: str, field: str, tags: Tags) -> None:
    """The type that the field gives, unless the object only holds another with its type."""
    if len(node) != 1 or not tags.has(next(iter(node))):
        node.setdefault(type_key, tags.fields[field])
