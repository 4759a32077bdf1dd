"""Elixir: a definition is a call (`def f(x) do`), recognised by the word before the name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    THROUGH,
    Define,
    Head,
    ImportRow,
    Region,
    Rules,
    Subtree,
    Use,
    member,
    table,
    tokens,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEFINED = {
    "defmodule": "module",
    "defprotocol": "interface",
    "defimpl": "class",
    "def": "function",
    "defp": "function",
    "defdelegate": "function",
    "defmacro": "macro",
    "defmacrop": "macro",
    "defguard": "macro",
    "defguardp": "macro",
    "@callback": "function",
    "@macrocallback": "macro",
    "@type": "type_alias",
    "@typep": "type_alias",
    "@opaque": "type_alias",
}


def _directive(tree: Subtree, call: int) -> Iterator[ImportRow]:
    """`alias A.{B, C}`, `alias A.B, as: C`, `import A, only: [f: 1]`, `require A`, `use A`."""
    target = tree.child(call, "target")
    arguments = next((child for child in tree.children(call) if tree.type(child) == "arguments"), -1)
    if target < 0 or arguments < 0:
        return
    first, *options = tree.children(arguments)
    alias = None
    for option in options:
        alias = _option(tree, option, "as:") or alias
    if tree.type(first) == "dot":
        prefix = tree.text(tree.child(first, "left"))
        for part in tree.children(tree.child(first, "right")):
            yield ImportRow(call, f"{prefix}.{tree.text(part)}")
    elif tree.type(first) == "alias":
        yield ImportRow(call, tree.text(first), None, alias, is_wildcard=tree.text(target) == "import")


def _option(tree: Subtree, keywords: int, key: str) -> str | None:
    for pair in tree.children(keywords) if tree.type(keywords) == "keywords" else ():
        if tree.type(pair) == "pair" and tree.text(tree.child(pair, "key")).strip() == key:
            return tree.text(tree.child(pair, "value"))
    return None


def _visibility(head: Head) -> str | None:
    if head.kind in {"module", "interface", "class"}:
        return None
    return "private" if head.words & {"defp", "defmacrop", "defguardp", "typep"} else "public"


RULES = Rules(
    names={"identifier": "read", "alias": "read"},
    uses={
        "call": {
            "target": CALL,
            "": Define(None, keywords=_DEFINED, repeats=True, body=(":do_block",)),
        },
        "arguments": {"": THROUGH},
        "binary_operator": {"left": THROUGH},
        "dot": {"right": member("left")},
        "struct": {"": Use("type")},
    },
    scopes={},
    kinds=table(
        module="source",
        identifier="operator_identifier alias",
        member="dot access_call",
        lambda_="anonymous_function stab_clause",
        collection="map keywords bitstring struct",
        string="charlist sigil quoted_atom char",
        atom="atom keyword quoted_keyword",
        try_="rescue_block catch_block after_block",
        conditional="else_block",
        block="body do_block",
    )
    | tokens("map_content quoted_content sigil_modifiers sigil_name"),
    branches=words("stab_clause"),
    operators=frozenset({"binary_operator"}),
    word_operators=True,
    import_calls=dict.fromkeys(("alias", "import", "require", "use"), _directive),
    literals=frozenset(
        {*(word.strip("@") for word in _DEFINED if word != "@type"), "moduledoc", "doc", "typedoc", "spec"}
    ),
    comments=frozenset({"comment", "unary_operator"}),
    regions=(Region(":binary_operator", before={"=": "write", "<-": "write"}),),
    modifiers={
        "callback": "declaration",
        "macrocallback": "declaration",
        "opaque": "opaque",
        "defdelegate": "delegate",
        "defguard": "guard",
        "defguardp": "guard",
        "defimpl": "implementation",
    },
    visibility=_visibility,
    exported=lambda head: None if _visibility(head) is None else _visibility(head) == "public",
)
