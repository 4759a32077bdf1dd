"""What nodes of DotNetAstGen's trees define and import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects.dialect import (
    Definition,
    DefinitionRule,
    Import,
    ImportRule,
    Memo,
    Node,
    PrepareRule,
    body_of,
    child,
    children,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_VISIBILITIES = ("public", "protected", "private", "internal")
_NOT_MODIFIERS = frozenset(_VISIBILITIES)


def kinds(rows: Mapping[str, Any]) -> dict[str, Any]:
    """A table by Roslyn's kinds, as the tool writes them."""
    return {f"ast.{kind}": row for kind, row in rows.items()}


def _token(node: Node | None, key: str) -> str | None:
    return text(child(node or {}, key), "Value")


def identifier(node: Node | None) -> str | None:
    """The name that a node has in its token."""
    return _token(node, "Identifier")


def literal(node: Node) -> str | None:
    """A literal's value; that of a text between the holes of a string is in a token too."""
    token = child(node, "Token") or child(node, "TextToken")
    if token is None or "Value" not in token:
        return None
    value = token["Value"]
    if value is None or value.__class__ is bool:
        return {None: "null", True: "true", False: "false"}[value]
    return str(value) if value.__class__ in (str, int, float) else None


def _code(node: Node | None) -> str:
    """A node as it is written, on one line."""
    return " ".join((text(child(node or {}, "MetaData"), "Code") or "").split())


def _words(node: Node) -> list[str]:
    return [text(modifier, "Value") or "" for modifier in children(node, "Modifiers")]


def _parameters(node: Node) -> list[str]:
    listed = children(child(node, "ParameterList") or {}, "Parameters")
    return [f"{_code(child(each, 'Type'))} {identifier(each) or ''}".strip() for each in listed]


def _rule(kind: str, *more: str, takes: bool = False, body: str = "Body") -> DefinitionRule:
    def rule(node: Node, memo: Memo) -> Iterable[Definition]:
        return _define(node, memo, kind, more, node, takes=takes, body=body)

    return rule


def _define(
    node: Node,
    memo: Memo,
    kind: str,
    more: tuple[str, ...],
    named: Node,
    *,
    takes: bool = False,
    body: str = "",
) -> Iterable[Definition]:
    """The definition of the name in `named`, with the modifiers of `node`."""
    name = identifier(named)
    if name is None:
        return
    said = _words(node)
    visibility = next((word for word in _VISIBILITIES if word in said), memo.get(id(node), "internal"))
    yield Definition(
        name,
        kind,
        named,
        body_of(node, body),
        _parameters(node) if takes else None,
        [*(word for word in said if word not in _NOT_MODIFIERS), *more],
        visibility,
        exported=visibility == "public",
    )


def _variables(*more: str) -> DefinitionRule:
    def rule(node: Node, memo: Memo) -> Iterable[Definition]:
        for variable in children(child(node, "Declaration") or {}, "Variables"):
            yield from _define(node, memo, "field", more, variable)

    return rule


def _local_function(node: Node, memo: Memo) -> Iterable[Definition]:
    for found in _define(node, memo, "function", (), node, takes=True, body="Body"):
        found.visibility = found.exported = None
        yield found


def _namespace(node: Node, _memo: Memo) -> Iterable[Definition]:
    name = _code(child(node, "Name"))
    return (Definition(name, "module", node, body_of(node, "Members")),) if name else ()


def _members_are(visibility: str) -> PrepareRule:
    def rule(node: Node, memo: Memo) -> None:
        memo.update((id(member), visibility) for member in children(node, "Members"))

    return rule


def _using(node: Node, _memo: Memo) -> Iterable[Import]:
    """`using N;` and `using static T;` bring in everything that is in it."""
    path = _code(child(node, "NamespaceOrType") or child(node, "Name"))
    if not path:
        return
    alias = child(node, "Alias")
    if alias is None:
        yield Import(path, is_wildcard=True)
    else:
        yield Import(path, None, identifier(child(alias, "Name")))


def _extern_alias(node: Node, _memo: Memo) -> Iterable[Import]:
    name = identifier(node)
    return () if name is None else (Import(name, None, name),)


DEFINITIONS: dict[str, DefinitionRule] = kinds(
    {
        "NamespaceDeclaration": _namespace,
        "FileScopedNamespaceDeclaration": _namespace,
        "ClassDeclaration": _rule("class", body="Members"),
        "StructDeclaration": _rule("class", "struct", body="Members"),
        "RecordDeclaration": _rule("class", "record", takes=True, body="Members"),
        "RecordStructDeclaration": _rule("class", "record", "struct", takes=True, body="Members"),
        "InterfaceDeclaration": _rule("interface", body="Members"),
        "EnumDeclaration": _rule("enum", body="Members"),
        "EnumMemberDeclaration": _rule("field"),
        "DelegateDeclaration": _rule("type_alias", "delegate", takes=True),
        "MethodDeclaration": _rule("function", takes=True),
        "LocalFunctionStatement": _local_function,
        "ConstructorDeclaration": _rule("function", "constructor", takes=True),
        "DestructorDeclaration": _rule("function", "destructor", takes=True),
        "PropertyDeclaration": _rule("field", "property", body="AccessorList"),
        "EventDeclaration": _rule("field", "event", body="AccessorList"),
        "FieldDeclaration": _variables(),
        "EventFieldDeclaration": _variables("event"),
    }
)
PREPARE: dict[str, PrepareRule] = kinds(
    {
        **dict.fromkeys(
            ("ClassDeclaration", "StructDeclaration", "RecordDeclaration", "RecordStructDeclaration"),
            _members_are("private"),
        ),
        "InterfaceDeclaration": _members_are("public"),
        "EnumDeclaration": _members_are("public"),
    }
)
IMPORTS: dict[str, ImportRule] = kinds({"UsingDirective": _using, "ExternAliasDirective": _extern_alias})
