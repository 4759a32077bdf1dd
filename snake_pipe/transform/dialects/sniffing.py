"""Which dialect a decoded document is written in, recognised by its content alone.

Each dialect knows its own roots; they are asked in the order of `DIALECTS`. Any other document is a tree
only if much speaks for it: most JSON has objects with a `type`, and few of them are syntax.
"""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects import DIALECTS
from snake_pipe.transform.dialects.evidence import sample
from snake_pipe.transform.dialects.generic import TYPE_KEYS, generic, words_of
from snake_pipe.transform.languages.rules import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snake_pipe.transform.dialects.dialect import Dialect, Node
    from snake_pipe.transform.dialects.evidence import Sample

_FEWEST_COMPOUNDS = 3
_FEWEST_NODES = 5
_KNOWN_TYPES = 0.9
"""The share of nodes whose types a dialect's table must have when no root decides."""
WRAPPERS = words("ast AST program tree root rootNode syntax_tree module source_ast output parsed")
COLLECTIONS = words("sources files asts")
DEEPEST_WRAPPER = 4
_SOME = 10
"""How many entries of a list or map are looked at for a root."""

_SYNTAX_WORDS = words(
    "expression expr statement stmt declaration decl declarator literal identifier ident operator assignment "
    "binary unary operand declarations expressions statements terminal nonterminal token"
)
_NODE_WORDS = _SYNTAX_WORDS | words(
    "call function method class block import export return if while for switch case break continue parameter "
    "params param variable name program module assign argument arguments array member string number integer "
    "boolean pragma contract lambda attribute root rule selector comment body"
)


def recognise(document: Any, own: Sequence[Dialect] = ()) -> Dialect | None:
    """The dialect of a decoded document; None if it is no syntax tree. A user's `own` are asked first."""
    if own:
        for root in roots(document):
            for one in own:
                if is_root(one, root, one.type_key):
                    return one
    for root in roots(document):
        dialect = _by_root(root)
        if dialect is not None:
            return dialect
    return _by_evidence(document)


def roots(document: Any) -> Iterator[Node]:
    """Objects that may be a tree's root: the document itself, then what known wrappers hold.

    Wrappers are lists, maps from paths to trees, and objects with a key that says so.
    """
    level = [document]
    for _depth in range(DEEPEST_WRAPPER + 1):
        inside: list[Any] = []
        for value in level:
            if value.__class__ is dict:
                yield value
                inside += _wrapped(value)
            elif value.__class__ is list:
                inside += islice((item for item in value[:_SOME] if item.__class__ is dict), 1)
        level = inside


def _wrapped(wrapper: Node) -> Iterator[Any]:
    for key in islice(wrapper, 1000):
        inner = wrapper[key]
        if inner.__class__ is not dict and inner.__class__ is not list:
            continue
        if key in WRAPPERS or is_path(key):
            yield inner
        elif key in COLLECTIONS:
            yield from islice(inner.values() if inner.__class__ is dict else inner, _SOME)


def is_path(key: str) -> bool:
    """Whether a key looks like the path of a source."""
    return "/" in key or "." in key


def dialect_of_root(node: Node, own: Sequence[Dialect] = ()) -> Dialect | None:
    """The dialect whose root an object is; None if no dialect knows it. A user's `own` are asked first."""
    for one in own:
        if is_root(one, node, one.type_key):
            return one
    return _by_root(node)


def is_root(dialect: Dialect, node: Node, type_key: str) -> bool:
    """Whether an object is a root of that dialect; other JSON may have a list or an object for a type."""
    type_ = node.get(type_key)
    return (type_ is None or type_.__class__ is str) and dialect.is_root(node, type_key)


def _by_root(root: Node) -> Dialect | None:
    for dialect in DIALECTS.values():
        for key in dialect.type_keys:
            if is_root(dialect, root, key):
                return _with_type_key(dialect.name, key)
    return None


@cache
def _with_type_key(name: str, type_key: str) -> Dialect:
    """One object a dialect and key, as what is learned about a dialect is kept by its identity."""
    return DIALECTS[name].with_type_key(type_key)


def _by_evidence(document: Any) -> Dialect | None:
    """What the types and places of a sample speak for: a known dialect, or the generic one for a key."""
    if document.__class__ is not dict and document.__class__ is not list:
        return None
    samples = sample(document, TYPE_KEYS)
    for key in TYPE_KEYS:
        shown = samples.get(key)
        if shown is None or not _speaks_for_syntax(shown):
            continue
        for dialect in DIALECTS.values():
            if dialect.is_part is None or key not in dialect.type_keys:
                continue
            if shown.share(dialect.kinds) > _KNOWN_TYPES and dialect.is_part(shown):
                return _with_type_key(dialect.name, key)
        if "loc" in shown.flags or "offsets" in shown.flags:
            return generic(key, "loc")
        if "lineno" in shown.flags:
            return generic(key, "line")
        # Descriptions of data say `block`, `string`, `key` too: words like `IfStatement` are more telling.
        if shown.placed or sum(len(words_of(type_)) > 1 for type_ in shown.types) >= _FEWEST_COMPOUNDS:
            return generic(key, "none")
    return None


def _speaks_for_syntax(shown: Sample) -> bool:
    total = shown.types.total()
    if total < _FEWEST_NODES or shown.deepest < 2:
        return False
    syntax = node_words = 0
    for type_, count in shown.types.items():
        found = words_of(type_)
        if not found or len(found) > 8 or not type_.replace(".", "_").replace("-", "_").isidentifier():
            return False
        if not _SYNTAX_WORDS.isdisjoint(found):
            syntax += count
        if not _NODE_WORDS.isdisjoint(found):
            node_words += count
    if shown.placed >= 0.5 * total:
        return node_words >= 0.1 * total or syntax > 0 or shown.placed >= 0.9 * total
    return syntax >= 0.2 * total and node_words >= 0.5 * total
