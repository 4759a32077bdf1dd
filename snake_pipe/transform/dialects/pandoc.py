"""pandoc's JSON: `t` and `c`, any markup language, and no positions.

The document itself has no `t`: its blocks stand at the top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects.dialect import Definition, Dialect, Memo, Node, text
from snake_pipe.transform.languages.rules import table

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = table(
    string="Str Code CodeBlock Math RawInline RawBlock Image MetaString",
    collection="BulletList OrderedList DefinitionList Table MetaList MetaMap",
    block="Para Plain BlockQuote LineBlock Div Figure MetaBlocks MetaInlines Null",
    statement="Header HorizontalRule Link",
    annotation="Emph Strong Underline Strikeout Superscript Subscript SmallCaps Span Quoted",
    identifier="Cite",
    comment="Note",
    atom="MetaBool",
    token="Space SoftBreak LineBreak AlignDefault AlignLeft AlignRight AlignCenter ColWidth "  # noqa: S106
    "ColWidthDefault Decimal Example LowerAlpha UpperAlpha LowerRoman UpperRoman DefaultStyle Period "
    "OneParen TwoParens DefaultDelim InlineMath DisplayMath SingleQuote DoubleQuote AuthorInText "
    "SuppressAuthor NormalCitation",
)
_MOST_TEXT = 200
_BLANKS = ("Space", "SoftBreak", "LineBreak")


def _text_of(content: Any) -> str | None:
    """The text of the words below, with blanks between them."""
    stack, found, size = [content], [], 0
    while stack and size < _MOST_TEXT:
        one = stack.pop()
        if one.__class__ is list:
            stack += reversed(one)
        elif one.__class__ is dict:
            type_, inside = one.get("t"), one.get("c")
            piece = " " if type_ in _BLANKS else _literal(one) or ""
            found.append(piece)
            size += len(piece)
            if inside.__class__ is list and not piece:
                stack += reversed(inside)
    return " ".join("".join(found).split())[:_MOST_TEXT] or None


def _literal(node: Node) -> str | None:
    """The text of a `Str`, or of a `Code` and its like, whose text comes last."""
    content = node.get("c")
    if content.__class__ is list and content and text(node, "t") in _LAST:
        content = content[-1]
    return content if content.__class__ is str and content else None


_LAST = frozenset({"Code", "CodeBlock", "Math", "RawInline", "RawBlock"})


def _heading(node: Node) -> str | None:
    content = node.get("c")
    return _text_of(content[2:]) if content.__class__ is list else None


def _header(node: Node, _memo: Memo) -> Iterable[Definition]:
    name = _heading(node)
    return () if name is None else (Definition(name, "module", node),)


def _is_root(node: Node, _type_key: str) -> bool:
    return "pandoc-api-version" in node and node.get("blocks").__class__ is list


PANDOC = Dialect(
    name="pandoc",
    written_by="pandoc -t json",
    language="unknown",
    type_key="t",
    positions="none",
    offset_unit="none",
    leaf_keys=frozenset({"t", "pandoc-api-version"}),
    kinds=KINDS,
    is_root=_is_root,
    name_keys={"": ""},
    value_keys={"Str": "c", "MetaString": "c", "MetaBool": "c"},
    valued=dict.fromkeys(_LAST, _literal),
    named={"Header": _heading},
    definitions={"Header": _header},
)
