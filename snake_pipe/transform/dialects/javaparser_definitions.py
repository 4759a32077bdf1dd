"""What nodes of JavaParser's trees define and import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects.dialect import (
    Definition,
    DefinitionRule,
    Import,
    Memo,
    Node,
    body_of,
    child,
    children,
    dotted,
    text,
)
from snake_pipe.transform.dialects.doc_comments import doc_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PACKAGE = "com.github.javaparser.ast."
"""What the names of all classes of nodes begin with."""
_VISIBILITIES = ("public", "protected", "private")
_OPEN = "members are public"
_DEEPEST_TYPE = 20


def qualified(rows: Mapping[str, Any]) -> dict[str, Any]:
    """A table by classes, with the full names of the classes."""
    return {PACKAGE + class_: row for class_, row in rows.items()}


def classes(names: str) -> frozenset[str]:
    """The full names of the classes that these words are."""
    return frozenset(map(PACKAGE.__add__, names.split()))


def _name_step(node: Node) -> tuple[str | None, Node | None]:
    return text(node, "identifier"), child(node, "qualifier")


def path_of(name: Node | None) -> str | None:
    """`a.b.c` for the `Name` of a package."""
    return dotted(name, _name_step)


def name_of(node: Node) -> str | None:
    """The name that a node has in a node of its own."""
    name = child(node, "name")
    return path_of(name) if name is not None and "qualifier" in name else text(name, "identifier")


def _modifiers(node: Node) -> list[str]:
    return [(text(each, "keyword") or "").lower() for each in children(node, "modifiers")]


def _doc(node: Node) -> str | None:
    comment = child(node, "comment")
    is_doc = comment is not None and (text(comment, "!") or "").endswith("JavadocComment")
    return doc_of(f"/**{text(comment, 'content') or ''}*/") if is_doc else None


def _type_text(type_: Node | None, deep: int = 0) -> str:
    """A type as it is written, without annotations."""
    if type_ is None or deep > _DEEPEST_TYPE:
        return ""
    class_ = (text(type_, "!") or "").rpartition(".")[2]

    def below(key: str) -> str:
        return _type_text(child(type_, key), deep + 1)

    if class_ == "ArrayType":
        return f"{below('componentType')}[]"
    if class_ == "ClassOrInterfaceType":
        arguments = ", ".join(_type_text(each, deep + 1) for each in children(type_, "typeArguments"))
        scope = below("scope")
        return (
            (f"{scope}." if scope else "") + (name_of(type_) or "") + (f"<{arguments}>" if arguments else "")
        )
    if class_ == "WildcardType":
        upper, lower = below("extendedType"), below("superType")
        return f"? extends {upper}" if upper else f"? super {lower}" if lower else "?"
    return {"VarType": "var", "VoidType": "void"}.get(class_) or (text(type_, "type") or "").lower()


def _parameter(node: Node) -> str:
    dots = "..." if node.get("isVarArgs") == "true" else ""
    return f"{_type_text(child(node, 'type'))}{dots} {name_of(node) or ''}".strip()


def _definition(
    node: Node,
    memo: Memo,
    kind: str,
    *more: str,
    named: Node | None = None,
    body: tuple[Node, ...] = (),
    has_parameters: bool = False,
) -> Iterable[Definition]:
    """The definition that a node makes of its own name, or of the one in `named`."""
    named = node if named is None else named
    name = name_of(named)
    if name is None:
        return
    modifiers = _modifiers(node)
    said = next((word for word in _VISIBILITIES if word in modifiers), None)
    visibility = said or ("public" if memo.get(id(node)) == _OPEN else "internal")
    yield Definition(
        name,
        kind,
        child(named, "name") or named,
        body,
        list(map(_parameter, children(node, "parameters"))) if has_parameters else None,
        [*(word for word in modifiers if word not in _VISIBILITIES), *more],
        visibility,
        exported=visibility == "public",
        doc=_doc(node),
    )


def _class(node: Node, memo: Memo) -> Iterable[Definition]:
    kind = "interface" if node.get("isInterface") == "true" else "class"
    return _definition(node, memo, kind, body=body_of(node, "members"))


def _type(kind: str, *more: str, body: str = "members") -> DefinitionRule:
    def rule(node: Node, memo: Memo) -> Iterable[Definition]:
        takes = "record" in more
        return _definition(node, memo, kind, *more, body=body_of(node, body), has_parameters=takes)

    return rule


def _method(*more: str) -> DefinitionRule:
    def rule(node: Node, memo: Memo) -> Iterable[Definition]:
        body = body_of(node)
        return _definition(node, memo, "function", *more, body=body, has_parameters=True)

    return rule


def _fields(node: Node, memo: Memo) -> Iterable[Definition]:
    for variable in children(node, "variables"):
        yield from _definition(node, memo, "field", named=variable)


def _constant(node: Node, memo: Memo) -> Iterable[Definition]:
    return _definition(node, memo, "field", body=body_of(node, "classBody"))


def _plain(node: Node, _memo: Memo) -> Iterable[Definition]:
    """A package or a module: no modifiers, no visibility."""
    name = name_of(node)
    if name is not None:
        yield Definition(name, "module", child(node, "name") or node, doc=_doc(node))


def _note_members(node: Node, memo: Memo) -> None:
    """Members of interfaces and annotations, and an enum's constants, are public without a word."""
    if node.get("isInterface", "true") == "true":
        memo.update((id(member), _OPEN) for member in children(node, "members"))


def _note_constants(node: Node, memo: Memo) -> None:
    memo.update((id(entry), _OPEN) for entry in children(node, "entries"))


def imported(node: Node, _memo: Memo) -> Iterable[Import]:
    """A class, or all of a package; `requires` of a module names a module."""
    name = child(node, "name")
    path = path_of(name)
    if name is None or path is None:
        return
    if node.get("isAsterisk") == "true":
        yield Import(path, is_wildcard=True)
    elif "isAsterisk" in node:
        yield Import(path_of(child(name, "qualifier")), text(name, "identifier"))
    else:
        yield Import(path)


DEFINITIONS: dict[str, DefinitionRule] = qualified(
    {
        "PackageDeclaration": _plain,
        "modules.ModuleDeclaration": _plain,
        "body.ClassOrInterfaceDeclaration": _class,
        "body.RecordDeclaration": _type("class", "record"),
        "body.EnumDeclaration": _type("enum"),
        "body.AnnotationDeclaration": _type("interface", "annotation"),
        "body.MethodDeclaration": _method(),
        "body.ConstructorDeclaration": _method("constructor"),
        "body.CompactConstructorDeclaration": _method("constructor"),
        "body.AnnotationMemberDeclaration": _method(),
        "body.FieldDeclaration": _fields,
        "body.EnumConstantDeclaration": _constant,
    }
)
PREPARE = qualified(
    {
        "body.ClassOrInterfaceDeclaration": _note_members,
        "body.AnnotationDeclaration": _note_members,
        "body.EnumDeclaration": _note_constants,
    }
)
