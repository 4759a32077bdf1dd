"""csstree: CSS down to the parts of selectors and values; columns count from 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.dialects.css_names import (
    class_of,
    id_of,
    imported,
    is_keyframes,
    keyframes,
    kind_of_rule,
)
from snake_pipe.transform.dialects.dialect import (
    NONE,
    Definition,
    Dialect,
    Import,
    Memo,
    Node,
    Reference,
    body_of,
    child,
    children,
    rooted,
    text,
)
from snake_pipe.transform.dialects.places import points
from snake_pipe.transform.languages.rules import table, words

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = table(
    module="StyleSheet",
    class_="ClassSelector",
    field="Declaration",
    identifier="IdSelector TypeSelector Identifier Layer",
    call="Function",
    operator="Operator Combinator Parentheses Brackets FeatureFunction FeatureRange Feature",
    collection="Value SelectorList Selector MediaQueryList LayerList",
    conditional="MediaQuery Condition GeneralEnclosed SupportsDeclaration Scope",
    string="String Url Raw Hash UnicodeRange",
    number="Number Dimension Percentage Nth AnPlusB Ratio",
    comment="Comment CDC CDO",
    directive="Atrule AtrulePrelude",
    block="Block DeclarationList",
    statement="Rule",
    token="AttributeSelector PseudoClassSelector PseudoElementSelector NestingSelector WhiteSpace Percent",  # noqa: S106 (no password)
)


def _prelude(node: Node) -> list[Node]:
    prelude = child(node, "prelude")
    return [] if prelude is None else children(prelude, "children")


def _keyframes(node: Node, _memo: Memo) -> Iterable[Definition]:
    if not is_keyframes(text(node, "name")):
        return ()
    at = next(iter(_prelude(node)), None)
    return keyframes(text(at, "name") or text(at, "value"), at or node, body_of(node, "block"))


def _import(node: Node, _memo: Memo) -> Iterable[Import]:
    if text(node, "name") != "import":
        return ()
    target = next(iter(_prelude(node)), None)
    return imported(text(target, "value") or text(child(target or {}, "value"), "value"))


def _note_import(node: Node, memo: Memo) -> None:
    """`@import url(a)` imports, and calls nothing."""
    if text(node, "name") == "import":
        memo.update((id(item), True) for item in _prelude(node))


def _url(node: Node, memo: Memo) -> Iterable[Reference]:
    return () if id(node) in memo else (Reference("call", "url"),)


CSSTREE = Dialect(
    name="csstree",
    written_by="css-tree, toPlainObject",
    language="css",
    type_key="type",
    positions=points("loc.start", "loc.end")._replace(first_column=1),
    offset_unit="utf16",
    leaf_keys=words("type loc important property kind unit matcher flags"),
    kinds=KINDS,
    is_root=rooted("StyleSheet", children=list),
    is_part=lambda _sample: True,
    kinds_of={"Atrule": lambda node: kind_of_rule(text(node, "name"))},
    name_keys={"": "name", "Declaration": "property", "SupportsDeclaration": ""},
    value_keys=dict.fromkeys(
        words("String Url Raw Hash UnicodeRange Number Dimension Percentage Operator Comment Ratio"), "value"
    ),
    names={"Function": "call"},
    uses={"Atrule": {"prelude": NONE}},
    definitions={
        "ClassSelector": lambda node, _memo: class_of(text(node, "name"), node),
        "IdSelector": lambda node, _memo: id_of(text(node, "name"), node),
        "Atrule": _keyframes,
    },
    prepare={"Atrule": _note_import},
    references={"Url": _url},
    imports={"Atrule": _import},
)
