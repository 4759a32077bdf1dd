"""unist: Markdown (mdast), HTML (hast) and prose (nlcst) as remark, rehype and retext write them.

Columns count from 1. A heading is a module by its text: the tree is flat, so headings are side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.dialects.dialect import (
    Definition,
    Dialect,
    Memo,
    Node,
    Reference,
    children,
    text,
)
from snake_pipe.transform.dialects.places import points
from snake_pipe.transform.languages.rules import table, words

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = table(
    module="root RootNode",
    identifier="linkReference imageReference footnoteReference mdxTextExpression",
    string="text inlineCode code html yaml toml math inlineMath raw TextNode SourceNode image",
    collection="list listItem table tableRow tableCell",
    directive="definition footnoteDefinition doctype mdxjsEsm leafDirective textDirective containerDirective",
    block="paragraph blockquote ParagraphNode SentenceNode footnote",
    statement="heading thematicBreak break element mdxJsxFlowElement mdxJsxTextElement link "
    "mdxFlowExpression",
    annotation="emphasis strong delete",
    comment="comment",
    token="WordNode WhiteSpaceNode PunctuationNode SymbolNode",  # noqa: S106 (no password)
)
_MOST_TEXT = 200
"""Characters of a heading that make its name."""


def _text_of(node: Node) -> str | None:
    """The text below a node, without marks."""
    stack, found, size = [node], [], 0
    while stack and size < _MOST_TEXT:
        one = stack.pop()
        piece = text(one, "value") if one.get("type") in ("text", "inlineCode") else text(one, "alt")
        if piece is not None:
            found.append(piece)
            size += len(piece)
        stack += reversed(children(one, "children"))
    return " ".join("".join(found).split())[:_MOST_TEXT] or None


def _heading(node: Node, _memo: Memo) -> Iterable[Definition]:
    name = _text_of(node)
    return () if name is None else (Definition(name, "module", node),)


def _label(node: Node, _memo: Memo) -> Iterable[Definition]:
    """`[label]: url` and `[^label]: text`."""
    name = text(node, "label") or text(node, "identifier")
    return () if name is None else (Definition(name, "variable", node),)


def _reference(node: Node, _memo: Memo) -> Iterable[Reference]:
    name = text(node, "label") or text(node, "identifier")
    return () if name is None else (Reference("read", name),)


def _is_root(node: Node, type_key: str) -> bool:
    """A root of known nodes; one without any tells where it stands."""
    if node.get(type_key) not in ("root", "RootNode") or node.get("children").__class__ is not list:
        return False
    first = children(node, "children")[:5]
    known = bool(first) or node.get("position").__class__ is dict
    return known and all(text(each, type_key) in KINDS for each in first)


UNIST = Dialect(
    name="unist",
    written_by="remark, rehype, retext and mdast-util-from-markdown",
    language="markdown",
    other_languages={"element": "html", "doctype": "html", "SentenceNode": "text"},
    type_key="type",
    positions=points("position.start", "position.end")._replace(first_column=1),
    offset_unit="utf16",
    leaf_keys=words(
        "type position depth url title alt lang meta align spread checked ordered start identifier label "
        "referenceType tagName properties name"
    ),
    kinds=KINDS,
    is_root=_is_root,
    name_keys={
        "": "name",
        "element": "tagName",
        "definition": "label",
        "footnoteDefinition": "label",
        "linkReference": "label",
        "imageReference": "label",
        "footnoteReference": "label",
    },
    value_keys={
        **dict.fromkeys(words("text inlineCode code html yaml toml math inlineMath raw comment"), "value"),
        **dict.fromkeys(words("TextNode WhiteSpaceNode PunctuationNode SymbolNode SourceNode"), "value"),
        "link": "url",
        "image": "url",
    },
    named={"heading": _text_of},
    definitions={"heading": _heading, "definition": _label, "footnoteDefinition": _label},
    references=dict.fromkeys(words("linkReference imageReference footnoteReference"), _reference),
)
