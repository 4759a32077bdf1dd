"""postcss: rules, at-rules, declarations and comments; selectors and values are texts.

Classes, ids and functions are found in those texts, so they stand where their rule or declaration stands.
"""

from __future__ import annotations

import re
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
    Definition,
    Dialect,
    Import,
    Memo,
    Node,
    Reference,
    body_of,
    rooted,
    text,
)
from snake_pipe.transform.dialects.places import points
from snake_pipe.transform.languages.rules import table, words

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = table(
    module="root document",
    field="decl",
    comment="comment",
    directive="atrule",
    statement="rule",
)

_NAME = r"-?(?:[A-Za-z_\u0080-\U0010ffff]|\\.|-)(?:[\w\u0080-\U0010ffff-]|\\.)*"
_NOT_NAMES = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\[[^\]]*\]|/\*.*?\*/", re.DOTALL)
_SELECTED = re.compile(rf"([.#])({_NAME})")
_STRINGS = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|/\*.*?\*/|(?<=url\()[^)]*", re.DOTALL)
_CALLED = re.compile(rf"(?<![\w-])({_NAME})\(")
_TARGET = re.compile(r"\s*(?:url\(\s*)?(?:\"([^\"]*)\"|'([^']*)'|([^\s\"')]+))")


def _selectors(node: Node, _memo: Memo) -> Iterable[Definition]:
    for mark, name in _SELECTED.findall(_NOT_NAMES.sub(" ", text(node, "selector") or "")):
        yield from class_of(name, node) if mark == "." else id_of(name, node)


def _keyframes(node: Node, _memo: Memo) -> Iterable[Definition]:
    if not is_keyframes(text(node, "name")):
        return ()
    return keyframes((text(node, "params") or "").strip("\"' ") or None, node, body_of(node, "nodes"))


def _import(node: Node, _memo: Memo) -> Iterable[Import]:
    if text(node, "name") != "import":
        return ()
    found = _TARGET.match(text(node, "params") or "")
    return imported(next(filter(None, found.groups()), None) if found else None)


def _functions(node: Node, _memo: Memo) -> Iterable[Reference]:
    value = text(node, "value") or ""
    if "(" in value:
        for name in _CALLED.findall(_STRINGS.sub("", value)):
            yield Reference("call", name)


POSTCSS = Dialect(
    name="postcss",
    written_by="postcss, toJSON of the root",
    language="css",
    type_key="type",
    positions=points("source.start", "source.end")._replace(
        first_column=1, ends_on_last=frozenset({"column"})
    ),
    offset_unit="utf16",
    leaf_keys=words("type source raws name params selector prop text important inputs"),
    kinds=KINDS,
    is_root=rooted("root document", nodes=list, raws=dict),
    source_keys=("inputs.0.file", "source.input.file"),
    kinds_of={"atrule": lambda node: kind_of_rule(text(node, "name"))},
    name_keys={"": "name", "decl": "prop"},
    value_keys={"decl": "value", "comment": "text", "rule": "selector", "atrule": "params"},
    definitions={"rule": _selectors, "atrule": _keyframes},
    references={"decl": _functions},
    imports={"atrule": _import},
)
