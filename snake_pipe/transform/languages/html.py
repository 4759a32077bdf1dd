"""HTML: elements with an id are its definitions, what its pages fetch its imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    THROUGH,
    Define,
    ImportRow,
    Rules,
    Subtree,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
_ID = {f"{word}{quote}": "variable" for word in ("id=", "ID=") for quote in "\"'"}


def _fetch(tree: Subtree, tag: int) -> Iterator[ImportRow]:
    """What the browser fetches for a tag; links that a reader follows are no imports."""
    name = next(tree.children(tag), -1)
    wanted = _FETCHED.get(tree.text(name).lower()) if name >= 0 else None
    for attribute in tree.children(tag) if wanted else ():
        if tree.type(attribute) == "attribute":
            key, *value = tree.children(attribute)
            if tree.text(key).lower() == wanted and value:
                module = tree.text(value[0]).strip("'\"")
                yield ImportRow(tag, module, is_relative="//" not in module and not module.startswith("/"))


RULES = Rules(
    names={"attribute_value": "none", "tag_name": "none"},
    uses={
        "quoted_attribute_value": {"": THROUGH},
        "attribute": {"": Define(None, keywords=_ID, body=(), modifiers=("id",))},
    },
    scopes={},
    kinds=table(
        module="document",
        identifier="tag_name attribute_name erroneous_end_tag_name",
        collection="element script_element style_element start_tag end_tag self_closing_tag",
        annotation="attribute",
        string="attribute_value quoted_attribute_value text raw_text entity",
        directive="doctype",
        error="erroneous_end_tag",
    ),
    branches=frozenset(),
    imports={"start_tag": _fetch, "self_closing_tag": _fetch},
)
