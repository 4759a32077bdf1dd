"""What ESTree-like trees import: import and export statements, `require`, `import()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects.dialect import Import, Memo, Node, child, children, text
from snake_pipe.transform.dialects.ecmascript_names import property_name

if TYPE_CHECKING:
    from collections.abc import Iterable


def _module(value: Any) -> str | None:
    """The string in a literal that names a module."""
    if value.__class__ is dict:
        if value.get("type") == "TSLiteralType":
            return _module(value.get("literal"))
        return text(value, "value")
    return None


def _is_relative(module: str | None) -> bool:
    return module is not None and module.startswith((".", "/"))


def _import_declaration(node: Node, _memo: Memo) -> Iterable[Import]:
    module = _module(node.get("source"))
    relative = _is_relative(module)
    specifiers = children(node, "specifiers")
    if not specifiers:
        return (Import(module, is_relative=relative),)
    rows = []
    for specifier in specifiers:
        local = text(child(specifier, "local"), "name")
        match specifier.get("type"):
            case "ImportDefaultSpecifier":
                rows.append(Import(module, "default", local, relative))
            case "ImportNamespaceSpecifier":
                rows.append(Import(module, None, local, relative, is_wildcard=True))
            case _:
                name = property_name(child(specifier, "imported")) or local
                rows.append(Import(module, name, local if local != name else None, relative))
    return rows


def _reexport(node: Node, _memo: Memo) -> Iterable[Import]:
    module = _module(node.get("source"))
    if module is None:
        return ()
    relative = _is_relative(module)
    if node.get("type") == "ExportAllDeclaration":
        alias = property_name(child(node, "exported"))
        return (Import(module, None, alias, relative, is_wildcard=True),)
    rows = []
    for specifier in children(node, "specifiers"):
        exported = property_name(child(specifier, "exported"))
        name = property_name(child(specifier, "local"))
        if name is None:
            rows.append(Import(module, None, exported, relative, is_wildcard=True))
        else:
            rows.append(Import(module, name, exported if exported != name else None, relative))
    return rows


def _required(node: Node, _memo: Memo) -> Iterable[Import]:
    """`require("x")` and Babel's `import("x")`."""
    callee = child(node, "callee")
    arguments = children(node, "arguments")
    if callee is None or len(arguments) != 1:
        return ()
    if callee.get("type") == "Import" or (
        callee.get("type") == "Identifier" and callee.get("name") == "require"
    ):
        module = _module(arguments[0])
        if module is not None:
            return (Import(module, is_relative=_is_relative(module)),)
    return ()


def _import_expression(node: Node, _memo: Memo) -> Iterable[Import]:
    module = _module(node.get("source")) or _module(node.get("argument"))
    return () if module is None else (Import(module, is_relative=_is_relative(module)),)


def _import_equals(node: Node, _memo: Memo) -> Iterable[Import]:
    reference = child(node, "moduleReference")
    if reference is None or reference.get("type") != "TSExternalModuleReference":
        return ()
    module = _module(reference.get("expression"))
    return (Import(module, None, text(child(node, "id"), "name"), _is_relative(module)),)


IMPORTS: dict[str, Any] = {
    "ImportDeclaration": _import_declaration,
    "ExportNamedDeclaration": _reexport,
    "ExportAllDeclaration": _reexport,
    "CallExpression": _required,
    "ImportExpression": _import_expression,
    "TSImportType": _import_expression,
    "TSImportEqualsDeclaration": _import_equals,
}
