"""How the names in ESTree-like trees read: chains of members, keys, patterns, parameters, modifiers."""

from __future__ import annotations

from typing import Any

from snake_pipe.transform.dialects.dialect import Node, child, children, dotted, text
from snake_pipe.transform.dialects.ecmascript import FLAGS, MEMBERS
from snake_pipe.transform.dialects.guards import NOTHING, Reading, Readings, chained, is_one_of, is_true


def _step(node: Node) -> tuple[str | None, Node | None]:
    """One link of a chain of members: its name, and the node before it."""
    type_ = text(node, "type")
    if type_ == "ThisExpression":
        return "this", None
    if type_ == "Super":
        return "super", None
    if type_ == "TSQualifiedName":
        return text(child(node, "right"), "name"), child(node, "left")
    if type_ in MEMBERS:
        if node.get("computed") is True:
            return None, None
        return property_name(child(node, "property")), child(node, "object")
    if type_ in ("ChainExpression", "ParenthesizedExpression", "TSNonNullExpression"):
        inner = child(node, "expression")
        return (None, None) if inner is None else _step_limited(inner)
    return (text(node, "name"), None) if type_ in ("Identifier", "JSXIdentifier") else (None, None)


def _step_limited(node: Node) -> tuple[str | None, Node | None]:
    """The link in a wrapper; wrappers in wrappers are no plain name."""
    return _step(node) if text(node, "type") in MEMBERS or node.get("type") == "Identifier" else (None, None)


_NAME = (Reading("name"), NOTHING)
_MEMBER = (
    Reading(when=is_true("computed"), is_nothing=True),
    Reading("property.name", is_one_of("property.type", "Identifier", "JSXIdentifier"), before="object"),
    Reading(before="object"),
)
_CHAIN: dict[str, Readings] = {
    "ThisExpression": (Reading(word="this"),),
    "Super": (Reading(word="super"),),
    "Identifier": _NAME,
    "JSXIdentifier": _NAME,
    **dict.fromkeys(MEMBERS, _MEMBER),
    "TSQualifiedName": (Reading("right.name", before="left"), NOTHING),
    **dict.fromkeys(("ChainExpression", "ParenthesizedExpression", "TSNonNullExpression"), ()),
    "": (NOTHING,),
}


@chained(_CHAIN)
def qualifier(node: Node) -> str | None:
    """What stands before the last name of a member: `a.b` of `a.b.c`."""
    if node.get("type") == "TSQualifiedName":
        return dotted(child(node, "left"), _step)
    if node.get("computed") is True:
        return None
    value = node.get("object")
    if value.__class__ is dict and value.get("type") == "Identifier":  # nearly always
        return text(value, "name")
    return dotted(child(node, "object"), _step)


def property_name(key: Node | None) -> str | None:
    """The name a key spells: identifier, private name, or string and number literals."""
    if key is None:
        return None
    type_, name = key.get("type"), key.get("name")
    if type_ == "PrivateName":
        inner = text(child(key, "id"), "name")
        return inner and "#" + inner
    if name.__class__ is str and name:
        return f"#{name}" if type_ == "PrivateIdentifier" else str(name)
    value = key.get("value")
    if value.__class__ is str and value:
        return str(value)
    return str(value) if value.__class__ is int else None


def bound_names(pattern: Any) -> list[Node]:
    """The identifiers that a pattern binds, in order."""
    found: list[Node] = []
    stack = [pattern]
    while stack:
        node = stack.pop()
        if node.__class__ is not dict:
            continue
        match node.get("type"):
            case "Identifier":
                found.append(node)
            case "AssignmentPattern":
                stack.append(node.get("left"))
            case "RestElement" | "SpreadElement" | "ExperimentalRestProperty":
                stack.append(node.get("argument"))
            case "ArrayPattern":
                stack.extend(reversed(children(node, "elements")))
            case "ObjectPattern":
                stack.extend(reversed(children(node, "properties")))
            case "Property" | "ObjectProperty":
                stack.append(node.get("value"))
            case "TSParameterProperty":
                stack.append(node.get("parameter"))
            case _:
                pass
    return found


def parameters_of(function: Node) -> list[str]:
    """Parameters as they read in a signature; a pattern is shown by its braces."""
    shown = []
    for parameter in children(function, "params") or children(function, "parameters"):
        type_: Any = parameter.get("type")
        name = text(parameter, "name")
        if type_ == "Identifier" and name is not None:  # nearly always
            shown.append(name)
            continue
        prefix = ""
        node: Node | None = parameter
        while node is not None and (key := _PARAMETER_WRAPPERS.get(str(node.get("type")))):
            prefix = "..." if key == "argument" else prefix
            node = child(node, key)
        name = text(node, "name")
        if name is None:
            name = "[...]" if node is not None and node.get("type") == "ArrayPattern" else "{...}"
        shown.append(prefix + name)
    return shown


_PARAMETER_WRAPPERS = {
    "AssignmentPattern": "left",
    "RestElement": "argument",
    "TSParameterProperty": "parameter",
}


def modifiers_of(node: Node, function: Node | None = None) -> list[str]:
    """The words before a declaration, and those of the function it holds."""
    get = node.get
    found = [flag for flag in FLAGS if get(flag) is True]
    if function is not None and function is not node and function.get("async") is True:
        found.append("async")
    if (function or node).get("generator") is True:
        found.append("generator")
    kind = get("kind")
    if kind in ("get", "set"):
        found.append("getter" if kind == "get" else "setter")
    elif kind == "constructor":
        found.append("constructor")
    if str(node.get("type")).startswith("TSAbstract") and "abstract" not in found:
        found.append("abstract")
    return found
