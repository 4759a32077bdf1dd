"""What nodes of nikic's PHP-Parser define and import."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from snake_pipe.transform.dialects.doc_comments import doc_of
from snake_pipe.transform.dialects.php_names import included, last_part, namespace, used

if TYPE_CHECKING:
    from collections.abc import Iterable

_VISIBILITIES = {1: "public", 2: "protected", 4: "private"}
_MODIFIERS = {8: "static", 16: "abstract", 32: "final", 64: "readonly"}


def path_of(node: Node | None) -> str | None:
    r"""A name such as `A\B`: a list of parts in version 4, a string in 5."""
    parts = node.get("parts") if node is not None else None
    if parts.__class__ is list and parts and all(part.__class__ is str for part in parts):
        return "\\".join(parts)
    return text(node, "name")


def name_of(node: Node) -> str | None:
    """A declaration's name; that of an anonymous class is none."""
    return text(child(node, "name"), "name") or text(child(node, "var"), "name")


def last_name(node: Node) -> str | None:
    r"""`B` of the name `A\B`."""
    return last_part(path_of(node))


def _flags(node: Node) -> int:
    flags = node.get("flags")
    return flags if flags.__class__ is int and flags is not None else 0


def _visibility(node: Node) -> str | None:
    return _VISIBILITIES.get(_flags(node) & 7)


def _modifiers(node: Node, *more: str) -> list[str]:
    flags = _flags(node)
    return [*more, *(word for bit, word in _MODIFIERS.items() if flags & bit)]


def _doc(node: Node) -> str | None:
    attributes = child(node, "attributes")
    comments = children(attributes, "comments") if attributes is not None else []
    return doc_of(text(comments[-1], "text")) if comments else None


def _declared(kind: str, *more: str) -> DefinitionRule:
    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        name = name_of(node)
        if name is not None:
            at = child(node, "name") or node
            body = body_of(node, "stmts")
            yield Definition(name, kind, at, body, None, _modifiers(node, *more), doc=_doc(node))

    return rule


def _function(kind: str) -> DefinitionRule:
    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        name = name_of(node)
        if name is None:
            return
        is_method = kind == "method"
        yield Definition(
            name,
            kind,
            child(node, "name") or node,
            body_of(node, "stmts"),
            list(map(_parameter, children(node, "params"))),
            _modifiers(node, *(("constructor",) if is_method and name == "__construct" else ())),
            (_visibility(node) or "public") if is_method else None,
            doc=_doc(node),
        )

    return rule


def _type(node: Node | None) -> str:
    if node is None:
        return ""
    if node.get("nodeType") == "NullableType":
        return "?" + (path_of(child(node, "type")) or "")
    parts = children(node, "types")
    sign = "&" if node.get("nodeType") == "IntersectionType" else "|"
    return sign.join(path_of(part) or "?" for part in parts) if parts else path_of(node) or ""


def _parameter(node: Node) -> str:
    marks = ("&" if node.get("byRef") is True else "") + ("..." if node.get("variadic") is True else "")
    return f"{_type(child(node, 'type'))} {marks}${name_of(node) or ''}".strip()


def _promoted(node: Node, _memo: Memo) -> Iterable[Definition]:
    name, visibility = name_of(node), _visibility(node)
    if name is not None and visibility is not None:
        at = child(node, "var") or node
        yield Definition(name, "field", at, modifiers=_modifiers(node), visibility=visibility)


def _note_members(key: str) -> PrepareRule:
    """Hands visibility, modifiers and doc of a statement to what it declares."""

    def rule(node: Node, memo: Memo) -> None:
        shared = _visibility(node) or "public", _modifiers(node), _doc(node)
        memo.update((id(each), shared) for each in children(node, key))

    return rule


def _member(kind: str, *more: str, visibility: str | None = "public") -> DefinitionRule:
    def rule(node: Node, memo: Memo) -> Iterable[Definition]:
        name = name_of(node)
        if name is not None:
            inherited, modifiers, doc = memo.get(id(node), (visibility, [], None))
            at = child(node, "name") or node
            yield Definition(
                name,
                kind,
                at,
                modifiers=[*modifiers, *more],
                visibility=inherited,
                doc=doc or _doc(node),
            )

    return rule


def _assigned(node: Node, _memo: Memo) -> Iterable[Definition]:
    """Variables of the file: `$a = 1`, and each in `[$a, $b] = f()`."""
    left = child(node, "var")
    if left is None:
        return
    for at in (left, *(child(item, "value") for item in children(left, "items"))):
        name = text(at, "name")
        if at is not None and at.get("nodeType") == "Expr_Variable" and name is not None:
            yield Definition(name, "variable", at, outer_only=True)


def _namespace(node: Node, _memo: Memo) -> Iterable[Definition]:
    return namespace(path_of(child(node, "name")), child(node, "name") or node, body_of(node, "stmts"))


def _note_group(node: Node, memo: Memo) -> None:
    prefix = path_of(child(node, "prefix"))
    memo.update((id(item), prefix) for item in children(node, "uses"))


def _use(node: Node, memo: Memo) -> Iterable[Import]:
    return used(path_of(child(node, "name")), memo.get(id(node)), text(child(node, "alias"), "name"))


def _include(node: Node, _memo: Memo) -> Iterable[Import]:
    return included(text(child(node, "expr"), "value"))


PREPARE: dict[str, PrepareRule] = {
    "Stmt_GroupUse": _note_group,
    "Stmt_Property": _note_members("props"),
    "Stmt_ClassConst": _note_members("consts"),
}
DEFINITIONS: dict[str, DefinitionRule] = {
    "Stmt_Namespace": _namespace,
    "Stmt_Class": _declared("class"),
    "Stmt_Interface": _declared("interface"),
    "Stmt_Trait": _declared("class", "trait"),
    "Stmt_Enum": _declared("enum"),
    "Stmt_Function": _function("function"),
    "Stmt_ClassMethod": _function("method"),
    "Stmt_PropertyProperty": _member("field"),
    "PropertyItem": _member("field"),
    "Stmt_EnumCase": _member("field"),
    "Const": _member("variable", "const", visibility=None),
    "Param": _promoted,
    "Expr_Assign": _assigned,
}
IMPORTS: dict[str, ImportRule] = {"Stmt_UseUse": _use, "UseItem": _use, "Expr_Include": _include}
