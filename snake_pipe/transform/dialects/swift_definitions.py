"""What nodes of swiftc's trees define, import and inherit."""

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
    Reference,
    ReferenceRule,
    body_of,
    child,
    children,
    text,
)
from snake_pipe.transform.dialects.swift_types import nominal

if TYPE_CHECKING:
    from collections.abc import Iterable

_VISIBILITIES = {"open": "public", "fileprivate": "private", "package": "internal"}
_FLAGS = ("static", "final", "lazy", "let", "failable", "mutating", "async", "throws")
_ATTRIBUTES = {
    "override_attr": "override",
    "required_attr": "required",
    "convenience_attr": "convenience",
    "weak_attr": "weak",
    "indirect_attr": "indirect",
    "mutating_attr": "mutating",
    "dynamic_attr": "dynamic",
    "final_attr": "final",
    "lazy_attr": "lazy",
}
_MENTION = "only mentioned"


def declared_name(node: Node) -> str | None:
    """The name that a declaration gives; `init` and its like are words of the language."""
    name = child(child(node, "name") or {}, "base_name")
    return text(name, "name") or text(name, "special")


def _visibility(node: Node) -> str:
    said = text(node, "access")
    for attribute in children(node, "attrs") if said is None else ():
        if attribute.get("_kind") == "access_control_attr":
            said = text(attribute, "access_level")
    return _VISIBILITIES.get(said or "", said or "internal")


def _parameters(node: Node) -> list[str]:
    """`label name: Type`, the type where it is a plain one; a label as Swift has it."""
    shown = []
    for each in children(child(node, "params") or {}, "params"):
        name = declared_name(each) or "_"
        label = text(each, "apiName") or "_"
        type_ = nominal(text(each, "interface_type"))[0]
        shown.append((name if label == name else f"{label} {name}") + (f": {type_}" if type_ else ""))
    return shown


def _rule(
    kind: str, *more: str, takes: bool = False, name: str | None = None, body: str = "body"
) -> DefinitionRule:
    def rule(node: Node, memo: Memo) -> Iterable[Definition]:
        named = name or declared_name(node)
        note = memo.get(id(node))
        if named is None or node.get("implicit") is True or note == _MENTION:
            return
        modifiers = [flag for flag in _FLAGS if node.get(flag) is True]
        attributes = (text(attribute, "_kind") or "" for attribute in children(node, "attrs"))
        modifiers += [_ATTRIBUTES[word] for word in attributes if word in _ATTRIBUTES]
        visibility = _visibility(node)
        yield Definition(
            named,
            kind,
            node,
            body_of(node, body),
            _parameters(node) if takes else None,
            [*modifiers, *more],
            visibility,
            exported=visibility == "public",
            outer_only=kind == "variable",
            qualifier=note,
        )

    return rule


def _note_members(node: Node, memo: Memo) -> None:
    """What an extension adds belongs to the type that it extends."""
    name, outer = nominal(text(node, "extended_type"))
    if name is not None:
        path = f"{outer}.{name}" if outer else name
        memo.update((id(member), path) for member in children(node, "members"))


def _note_mention(node: Node, memo: Memo) -> None:
    memo[id(child(node, "decl"))] = _MENTION


def _inherited(node: Node, _memo: Memo) -> Iterable[Reference]:
    """The types that the source names; the compiler adds those that follow from them."""
    inherits = child(node, "inherits") or {}
    written = [text(inherits, "superclass_type"), text(inherits, "raw_type")]
    written += [
        text(each, "protocol")
        for each in children(inherits, "conformances")
        if each.get("source_kind") == "explicit"
    ]
    for mangled in written:
        name, qualifier = nominal(mangled)
        if name is not None:
            yield Reference("inherit", name, qualifier)


def _note_elements(node: Node, memo: Memo) -> None:
    """The elements of a `case` stand beside it once more."""
    memo.update((id(element), _MENTION) for element in children(node, "elements"))


def _typed(key: str) -> ReferenceRule:
    """The plain types of the parameters and of what stands in a field, by their mangled names."""

    def rule(node: Node, _memo: Memo) -> Iterable[Reference]:
        if node.get("implicit") is not True:
            for mangled in (
                *(text(each, "interface_type") for each in children(child(node, "params") or {}, "params")),
                text(node, key),
            ):
                name, qualifier = nominal(mangled)
                if name is not None:
                    yield Reference("type", name, qualifier)

    return rule


def _import(node: Node, _memo: Memo) -> Iterable[Import]:
    path = node.get("module_path")
    parts = [part for part in path if part.__class__ is str] if path.__class__ is list else []
    if parts:
        yield Import(".".join(parts))


DEFINITIONS: dict[str, DefinitionRule] = {
    "class_decl": _rule("class", body="members"),
    "struct_decl": _rule("class", "struct", body="members"),
    "enum_decl": _rule("enum", body="members"),
    "protocol": _rule("interface", body="members"),
    "func_decl": _rule("function", takes=True),
    "constructor_decl": _rule("function", "constructor", takes=True, name="init"),
    "destructor_decl": _rule("function", "destructor", name="deinit"),
    "subscript_decl": _rule("function", takes=True, name="subscript", body="accessors"),
    "var_decl": _rule("variable"),
    "enum_element_decl": _rule("field"),
    "typealias": _rule("type_alias"),
    "associated_type_decl": _rule("type_alias"),
    "macro_decl": _rule("macro", takes=True),
}
PREPARE: dict[str, PrepareRule] = {
    "extension_decl": _note_members,
    "captured_value": _note_mention,
    "enum_case_decl": _note_elements,
}
REFERENCES: dict[str, ReferenceRule] = {
    "class_decl": _inherited,
    "struct_decl": _inherited,
    "enum_decl": _inherited,
    "protocol": _inherited,
    "extension_decl": _inherited,
    "pattern_typed": _typed("type"),
    "pattern_is": _typed("cast_to"),
    "coerce_expr": _typed("written_type"),
    "is_subtype_expr": _typed("written_type"),
    "forced_checked_cast_expr": _typed("written_type"),
    "conditional_checked_cast_expr": _typed("written_type"),
    "func_decl": _typed("result"),
    "constructor_decl": _typed(""),
    "subscript_decl": _typed("element"),
    "closure_expr": _typed(""),
}
IMPORTS: dict[str, ImportRule] = {"import_decl": _import}
