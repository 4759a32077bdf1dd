"""Which dialect a decoded document is written in, told from its content alone.

Known dialects are told by their root and by the words of a sample of nodes. Any other document is a tree
only if much speaks for it: most JSON has objects with a `type`, and few of them are syntax.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects import ecmascript, python_ast
from snake_pipe.transform.dialects.babel import BABEL
from snake_pipe.transform.dialects.clang import CLANG
from snake_pipe.transform.dialects.estree import ESTREE
from snake_pipe.transform.dialects.generic import TYPE_KEYS, generic, words_of
from snake_pipe.transform.dialects.python_ast import PYTHON_AST
from snake_pipe.transform.dialects.typescript_estree import TYPESCRIPT_ESTREE
from snake_pipe.transform.languages.rules import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.transform.dialects.dialect import Dialect, Node

_SAMPLE = 600
"""Objects looked at, in the order of their distance from the root."""
_FEWEST_COMPOUNDS = 3
_FEWEST_NODES = 5
_WRAPPERS = ("ast", "program", "tree", "root", "rootNode", "syntax_tree", "module", "source_ast")

_BABEL_ONLY = words(
    "File StringLiteral NumericLiteral BooleanLiteral NullLiteral ObjectProperty ObjectMethod ClassMethod "
    "ClassProperty Directive DirectiveLiteral RegExpLiteral OptionalMemberExpression ClassPrivateMethod"
)
_SYNTAX_WORDS = words(
    "expression expr statement stmt declaration decl declarator literal identifier ident operator assignment "
    "binary unary operand declarations expressions statements terminal nonterminal token"
)
_NODE_WORDS = _SYNTAX_WORDS | words(
    "call function method class block import export return if while for switch case break continue parameter "
    "params param variable name program module assign argument arguments array member string number integer "
    "boolean pragma contract lambda attribute root rule selector comment body"
)
_PYTHON_ROOTS = ("Module", "Interactive", "Expression", "FunctionType")


@dataclass(slots=True)
class _Sample:
    """What a part of the document shows for one type key."""

    types: Counter[str] = field(default_factory=Counter)
    placed: int = 0
    deepest: int = 0
    flags: set[str] = field(default_factory=set)


def recognise(document: Any) -> Dialect | None:
    """The dialect of a decoded document; None if it is no syntax tree."""
    return _by_root(document) or _by_evidence(document)


def _roots(document: Any) -> Iterator[Node]:
    """Objects that may be the tree's root: the document, the first in a list, one in a known wrapper."""
    if document.__class__ is list:
        document = next((item for item in document[:10] if item.__class__ is dict), None)
    if document.__class__ is not dict:
        return
    yield document
    for key in _WRAPPERS:
        inner = document.get(key)
        if inner.__class__ is dict:
            yield inner


def _by_root(document: Any) -> Dialect | None:
    for root in _roots(document):
        type_ = root.get("type")
        if type_ == "File" and root.get("program").__class__ is dict:
            return BABEL
        if type_ == "Program" and root.get("body").__class__ is list:
            inside = root["body"]
            if all(item.get("type").__class__ is str for item in inside[:5] if item.__class__ is dict):
                return _ecmascript(root)
        if root.get("kind") == "TranslationUnitDecl":
            return CLANG
        key = _python_key(root)
        if key is not None and _is_python(document, key, root):
            return _python(key)
    return None


def _python_key(root: Node) -> str | None:
    return next((key for key in TYPE_KEYS if root.get(key) in _PYTHON_ROOTS), None)


def _is_python(document: Any, key: str, root: Node) -> bool:
    if "type_ignores" in root:
        return True
    types = _sample(document, (key,)).get(key, _Sample()).types
    known = sum(count for type_, count in types.items() if type_ in python_ast.KINDS)
    return "body" in root and known > 0 and known >= 0.9 * types.total()


@cache
def _python(type_key: str) -> Dialect:
    leaf_keys = PYTHON_AST.leaf_keys | {type_key}
    return replace(PYTHON_AST, type_key=type_key, leaf_keys=leaf_keys)


def _ecmascript(program: Node) -> Dialect:
    """Which of the ESTree family a `Program` is of.

    Babel's has directives. typescript-estree writes `range` without `start`, as esprima does, but other
    than esprima right behind the type, and the end of a `loc` before its start.
    """
    if "directives" in program or "interpreter" in program:
        return BABEL
    if "range" in program and "start" not in program:
        loc = program.get("loc")
        first = next(iter(loc), None) if loc.__class__ is dict else "end" * (list(program)[1] == "range")
        if first == "end":
            return TYPESCRIPT_ESTREE
    return ESTREE


def _by_evidence(document: Any) -> Dialect | None:
    """The generic dialect for a key that most objects have, with words and places of syntax."""
    if document.__class__ is not dict and document.__class__ is not list:
        return None
    samples = _sample(document, TYPE_KEYS)
    for key in TYPE_KEYS:
        sample = samples.get(key)
        if sample is None or not _speaks_for_syntax(sample):
            continue
        if key == "type" and _share(sample, ecmascript.KINDS) > 0.9:
            return _ecmascript_part(sample)
        if key == "kind" and _share(sample, CLANG.kinds) > 0.9:
            return CLANG
        if _share(sample, python_ast.KINDS) > 0.9 and "lineno" in sample.flags:
            return _python(key)
        if "loc" in sample.flags or "offsets" in sample.flags:
            return generic(key, "loc")
        if "lineno" in sample.flags:
            return generic(key, "line")
        # Descriptions of data say `block`, `string`, `key` too: words like `IfStatement` are more telling.
        if sample.placed or sum(len(words_of(type_)) > 1 for type_ in sample.types) >= _FEWEST_COMPOUNDS:
            return generic(key, "none")
    return None


def _ecmascript_part(sample: _Sample) -> Dialect:
    """Which of the family a part of a tree is of, told by its types."""
    if not _BABEL_ONLY.isdisjoint(sample.types):
        return BABEL
    return TYPESCRIPT_ESTREE if any(type_.startswith("TS") for type_ in sample.types) else ESTREE


def _share(sample: _Sample, known: Any) -> float:
    total = sample.types.total()
    return sum(n for type_, n in sample.types.items() if type_ in known) / total if total else 0.0


def _speaks_for_syntax(sample: _Sample) -> bool:
    total = sample.types.total()
    if total < _FEWEST_NODES or sample.deepest < 2:
        return False
    syntax = node_words = 0
    for type_, count in sample.types.items():
        found = words_of(type_)
        if not found or len(found) > 8 or not type_.replace(".", "_").replace("-", "_").isidentifier():
            return False
        if not _SYNTAX_WORDS.isdisjoint(found):
            syntax += count
        if not _NODE_WORDS.isdisjoint(found):
            node_words += count
    if sample.placed >= 0.5 * total:
        return node_words >= 0.1 * total or syntax > 0 or sample.placed >= 0.9 * total
    return syntax >= 0.2 * total and node_words >= 0.5 * total


def _sample(document: Any, keys: tuple[str, ...]) -> dict[str, _Sample]:
    """What the objects nearest to the root show, for those keys that most of them carry."""
    samples = {key: _Sample() for key in keys}
    objects = 0
    queue: deque[tuple[Any, dict[str, int]]] = deque([(document, dict.fromkeys(keys, -1))])
    while queue and objects < _SAMPLE:
        value, depths = queue.popleft()
        if value.__class__ is list:
            queue.extend((item, depths) for item in value[:_SAMPLE] if item.__class__ in (dict, list))
            continue
        if not _is_position(value):
            objects += 1
            depths = dict(depths)
            for key, sample in samples.items():
                type_ = value.get(key)
                if type_.__class__ is str and type_:
                    depths[key] += 1
                    _look(value, type_, sample, depths[key])
        queue.extend((item, depths) for item in value.values() if item.__class__ in (dict, list))
    return {key: sample for key, sample in samples.items() if 2 * sample.types.total() >= objects > 0}


def _look(node: Node, type_: str, sample: _Sample, depth: int) -> None:
    sample.types[type_] += 1
    sample.deepest = max(sample.deepest, depth)
    flags = set()
    loc, span = node.get("loc"), node.get("range")
    if loc.__class__ is dict and loc.get("start").__class__ is dict:
        flags.add("loc")
    if node.get("start").__class__ is int and node.get("end").__class__ is int:
        flags.add("offsets")
    if span.__class__ is list and len(span) == 2 and span[0].__class__ is int and span[1].__class__ is int:
        flags.add("offsets")
    if node.get("lineno").__class__ is int:
        flags.add("lineno")
    if not flags.isdisjoint(("loc", "offsets", "lineno")) or _has_other_place(node):
        sample.placed += 1
    sample.flags |= flags


_PLACES = (
    "position",
    "span",
    "src",
    "location",
    "pos",
    "startPosition",
    "source",
    "attributes",
    "sourceRange",
)


def _has_other_place(node: Node) -> bool:
    """A place written in a way that is not read, but is one."""
    for key in _PLACES:
        place = node.get(key)
        if place.__class__ is dict and not {"start", "begin", "line", "startLine"}.isdisjoint(place):
            return True
        if key == "src" and place.__class__ is str and place.count(":") == 2:
            return True
    return node.get("line").__class__ is int or node.get("startLine").__class__ is int


def _is_position(value: Node) -> bool:
    """An object of positions only, such as `loc`, `start`, `range`; it says nothing about the document."""
    return not value.keys() - _POSITION_KEYS


_POSITION_KEYS = frozenset(
    "start end begin line column col offset index character startLine endLine startColumn endColumn "
    "filename source file identifierName tokLen includedFrom spellingLoc expansionLoc lo hi ctxt byte row "
    "startOffset endOffset startPos endPos startTokenPos endTokenPos startFilePos endFilePos".split()
)
