"""What the trees of CSS parsers share: classes and ids that are defined, and what `@import` names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snake_pipe.transform.dialects.dialect import Definition, Import, Node

if TYPE_CHECKING:
    from collections.abc import Iterable

CONDITIONAL_RULES = frozenset({"media", "supports", "container", "scope"})
_AT_RULE_KINDS = {"import": "import"} | dict.fromkeys(CONDITIONAL_RULES, "conditional")


def kind_of_rule(name: str | None) -> str | None:
    """The kind of an at-rule that is more than a directive."""
    if name is None:
        return None
    return "function" if is_keyframes(name) else _AT_RULE_KINDS.get(name.lower())


def is_keyframes(name: str | None) -> bool:
    """`@keyframes`, with or without a vendor's prefix, defines the name behind it."""
    return name is not None and name.lower().endswith("keyframes")


def class_of(name: str | None, at: Node) -> Iterable[Definition]:
    """`.name` in a selector."""
    return () if name is None else (Definition(name, "class", at),)


def id_of(name: str | None, at: Node) -> Iterable[Definition]:
    """`#name` in a selector."""
    return () if name is None else (Definition(name, "variable", at, modifiers=["id"]),)


def keyframes(name: str | None, at: Node, body: tuple[Node, ...]) -> Iterable[Definition]:
    """`@keyframes name`."""
    return () if name is None else (Definition(name, "function", at, body, modifiers=["keyframes"]),)


def imported(module: str | None) -> Iterable[Import]:
    """`@import "module"`."""
    if module is None:
        return ()
    return (Import(module, is_relative=not re.match(r"[a-z]+://|/", module, re.IGNORECASE)),)
