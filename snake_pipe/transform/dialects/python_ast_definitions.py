"""What Python's `ast` defines: functions, classes, variables and types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects.defining import Defining, Listing, Mark, defining
from snake_pipe.transform.dialects.dialect import Definition, Memo, Node, body_of, child, children, text
from snake_pipe.transform.dialects.generic import TYPE_KEYS
from snake_pipe.transform.dialects.guards import (
    NOTHING,
    OUTSIDE,
    Reading,
    Readings,
    all_of,
    any_of,
    begins_with,
    ends_with,
    guarded,
    is_empty,
    is_not,
    is_one_of,
    lacks,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_TYPE_KEYS = ("_type", *TYPE_KEYS)


def _docstring(body: tuple[Node, ...]) -> str | None:
    """The string that is the first statement; the type key varies."""
    for statement in body[:1]:
        value = child(statement, "value")
        if value is not None:
            doc = value.get("value", value.get("s"))
            if doc.__class__ is str and any(statement.get(key) == "Expr" for key in _TYPE_KEYS):
                return str(doc).strip()
    return None


_IS_STRING = any_of(*(is_one_of(f"body.0.{key}", "Expr") for key in _TYPE_KEYS))
_DOC = (
    Reading(when=all_of(_IS_STRING, is_one_of("body.0.value.value", ""))),
    Reading("body.0.value.value", _IS_STRING, stripped=True),
    Reading("body.0.value.s", all_of(_IS_STRING, lacks("body.0.value.value")), stripped=True),
    NOTHING,
)
"""What `_docstring` gives; an empty one is left to it."""


def _parameters(node: Node) -> list[str]:
    arguments = child(node, "args")
    if arguments is None:
        return []
    shown = [text(a, "arg") or "_" for a in children(arguments, "posonlyargs")]
    if shown:
        shown.append("/")
    shown += [text(a, "arg") or "_" for a in children(arguments, "args")]
    only_named = [text(a, "arg") or "_" for a in children(arguments, "kwonlyargs")]
    star = child(arguments, "vararg")
    if star is not None:
        shown.append("*" + (text(star, "arg") or "_"))
    elif only_named:
        shown.append("*")
    shown += only_named
    more = child(arguments, "kwarg")
    if more is not None:
        shown.append("**" + (text(more, "arg") or "_"))
    return shown


_NAMED = (Reading("arg"), Reading(word="_"))
_PARAMETERS = (
    Listing("args.posonlyargs", _NAMED, after="/"),
    Listing("args.args", _NAMED),
    Listing("args.vararg", _NAMED, prefix="*", is_single=True),
    Listing("args.kwonlyargs", _NAMED, before="*", when=is_empty("args.vararg")),
    Listing("args.kwarg", _NAMED, prefix="**", is_single=True),
)
"""What `_parameters` gives."""
_DECORATORS = {
    "staticmethod": "static",
    "classmethod": "class",
    "abstractmethod": "abstract",
    "property": "getter",
    "cached_property": "getter",
    "setter": "setter",
    "overload": "overload",
    "override": "override",
    "final": "final",
}


def _visibility(name: str) -> tuple[str, str]:
    """By convention of underscores, in a class and outside of one; dunder names are public."""
    if not name.startswith("_") or name.endswith("__"):
        return "public", "public"
    return ("private", "private") if name.startswith("__") else ("protected", "internal")


def _visible(path: str, protected: str) -> Readings:
    """What `_visibility` gives for the name at a path."""
    return (
        Reading(word="public", when=ends_with(path, "__")),
        Reading(word="private", when=begins_with(path, "__")),
        Reading(word=protected, when=begins_with(path, "_")),
        Reading(word="public"),
    )


def _decorators(node: Node) -> list[str]:
    names = [text(d, "attr") or text(d, "id") or "" for d in children(node, "decorator_list")]
    return [_DECORATORS[name] for name in names if name in _DECORATORS]


_DECORATED = Mark(path="decorator_list", each=(Reading("attr"), Reading("id"), NOTHING), words=_DECORATORS)
_CONSTRUCTORS = ("__init__", "__new__")
_CLASS = Defining(
    "class",
    (Reading("name"),),
    only_line=True,
    body="body",
    modifiers=(_DECORATED,),
    visibility=_visible("name", "protected"),
    outer_visibility=_visible("name", "internal"),
    doc=_DOC,
)


def _function(*modifiers_of_type: str) -> Any:
    """A rule for functions, with the modifiers that their type gives them."""
    marks = [Mark("constructor", is_one_of("name", *_CONSTRUCTORS)), *map(Mark, modifiers_of_type)]
    plan = _CLASS._replace(kind="function", parameters=_PARAMETERS, modifiers=(_DECORATED, *marks))

    @defining(plan)
    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        name = text(node, "name")
        if name is None:
            return ()
        modifiers = [*_decorators(node), *modifiers_of_type]
        if name in _CONSTRUCTORS:
            modifiers.append("constructor")
        inner, outer = _visibility(name)
        body = body_of(node)
        return (
            Definition(
                name,
                "function",
                _line_of(node),
                body,
                _parameters(node),
                modifiers,
                inner,
                doc=_docstring(body),
                outer_visibility=outer,
            ),
        )

    return rule


@defining(_CLASS)
def _class(node: Node, _memo: Memo) -> Iterable[Definition]:
    name = text(node, "name")
    if name is None:
        return
    inner, outer = _visibility(name)
    body = body_of(node)
    yield Definition(
        name,
        "class",
        _line_of(node),
        body,
        None,
        _decorators(node),
        inner,
        doc=_docstring(body),
        outer_visibility=outer,
    )


def _line_of(node: Node) -> Node:
    """Where the name of a definition is: on the line of its keyword, in a column that is not known."""
    return {"lineno": node.get("lineno")}


def _targets(node: Node) -> list[Node]:
    """The plain names that an assignment binds, in order."""
    stack = list(reversed(children(node, "targets") or children(node, "target") or children(node, "name")))
    found = []
    while stack:
        target = stack.pop()
        if "elts" in target:
            stack.extend(reversed(children(target, "elts")))
        elif "id" in target:
            found.append(target)
        elif "ctx" in target and "value" in target and "attr" not in target and "slice" not in target:
            stack.extend(children(target, "value"))  # *rest
    return found


def _variable(kind: str) -> Any:
    """A rule for what is assigned to names; mostly there is one."""

    def to(path: str, *absent: str) -> Defining:
        is_there = is_not(lacks(f"{path}.id"))
        return Defining(
            kind,
            (Reading(f"{path}.id"),),
            all_of(is_there, *map(lacks, absent), lacks(f"{path}.elts")),
            at=path,
            visibility=_visible(f"{path}.id", "protected"),
            outer_visibility=_visible(f"{path}.id", "internal"),
            outer_only=True,
        )

    @guarded(OUTSIDE)
    @defining(to("targets.0", "targets.1"), to("target", "targets"), to("name", "targets", "target"))
    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        for at in _targets(node):
            name = text(at, "id")
            if name is not None:
                inner, outer = _visibility(name)
                yield Definition(name, kind, at, visibility=inner, outer_only=True, outer_visibility=outer)

    return rule


DEFINITIONS: dict[str, Any] = {
    "FunctionDef": _function(),
    "AsyncFunctionDef": _function("async"),
    "ClassDef": _class,
    "Assign": _variable("variable"),
    "AnnAssign": _variable("variable"),
    "TypeAlias": _variable("type_alias"),
}
