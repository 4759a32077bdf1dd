"""What ESTree-like trees import: import and export statements, `require`, `import()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects.dialect import Import, Memo, Node, child, children, text
from snake_pipe.transform.dialects.ecmascript import STANDS_IN_A_SOURCE
from snake_pipe.transform.dialects.ecmascript_names import property_name
from snake_pipe.transform.dialects.guards import (
    NOTHING,
    Reading,
    Readings,
    any_of,
    begins_with,
    guarded,
    is_empty,
    is_not,
    is_one_of,
    lacks,
    late,
)
from snake_pipe.transform.dialects.importing import Importing, importing

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
    return module is not None and (module.startswith(("./", "../")) or module in (".", ".."))


@late
def note_source(node: Node, memo: Memo) -> None:
    """Hands the module of an import or export statement to its specifiers."""
    module = _module(node.get("source"))
    if module is not None:
        for specifier in children(node, "specifiers"):
            memo[id(specifier)] = module


@guarded(any_of(is_one_of("init.callee.name", "require"), is_one_of("init.callee.type", "Import")))
def note_required(node: Node, memo: Memo) -> None:
    """Hands what `const pattern = require("m")` binds to the call: an alias, or names with theirs."""
    value, target = child(node, "init"), child(node, "id")
    if value is None or target is None or not _requires(value):
        return
    if target.get("type") == "ObjectPattern":
        memo[id(value)] = [
            (property_name(child(item, "key")), text(child(item, "value"), "name"))
            for item in children(target, "properties")
        ]
    else:
        memo[id(value)] = text(target, "name")


def _requires(call: Node) -> bool:
    callee = child(call, "callee")
    return callee is not None and (callee.get("name") == "require" or callee.get("type") == "Import")


def _spelled(*paths: str) -> Readings:
    """What `property_name` gives for most names, of the first there."""
    return (
        *(
            Reading(f"{path}.name", is_not(is_one_of(f"{path}.type", "PrivateIdentifier", "PrivateName")))
            for path in paths
        ),
        Reading(when=any_of(*(is_not(is_empty(path)) for path in paths))),
        NOTHING,
    )


def _of_module(path: str) -> Importing:
    """An import of the module that the literal at a path names."""
    written = f"{path}.value"
    return Importing(
        (Reading(written, is_not(is_one_of(f"{path}.type", "TSLiteralType"))),),
        relative=any_of(
            begins_with(written, "./"), begins_with(written, "../"), is_one_of(written, ".", "..")
        ),
    )


_FROM = _of_module("^.source")


@importing(
    Importing(when=is_not(is_empty("specifiers.0"))),
    _of_module("source")._replace(when=lacks("specifiers.0")),
)
def _import_declaration(node: Node, _memo: Memo) -> Iterable[Import]:
    if children(node, "specifiers"):
        return ()
    module = _module(node.get("source"))
    return (Import(module, is_relative=_is_relative(module)),)


def _export_all(node: Node, _memo: Memo) -> Iterable[Import]:
    module = _module(node.get("source"))
    alias = property_name(child(node, "exported"))
    return (Import(module, None, alias, _is_relative(module), is_wildcard=True),)


@guarded(STANDS_IN_A_SOURCE)
@importing(
    _FROM._replace(
        when=is_one_of("type", "ImportDefaultSpecifier"),
        name=(Reading(word="default"),),
        alias=(Reading("local.name"), NOTHING),
    ),
    _FROM._replace(
        when=is_one_of("type", "ImportNamespaceSpecifier", "ExportNamespaceSpecifier"),
        alias=_spelled("local", "exported"),
        is_wildcard=True,
    ),
    _FROM._replace(
        when=is_one_of("type", "ExportSpecifier"),
        name=_spelled("local"),
        alias=_spelled("exported"),
        alias_differs=True,
    ),
    _FROM._replace(name=_spelled("imported"), alias=(Reading("local.name"), NOTHING), alias_differs=True),
)
def _specifier(node: Node, memo: Memo) -> Iterable[Import]:
    """One name of an import, or of an export from another module."""
    module = memo.get(id(node))
    if module.__class__ is not str:
        return ()
    relative = _is_relative(module)
    match node.get("type"):
        case "ImportDefaultSpecifier":
            return (Import(module, "default", text(child(node, "local"), "name"), relative),)
        case "ImportNamespaceSpecifier" | "ExportNamespaceSpecifier":
            alias = property_name(child(node, "local") or child(node, "exported"))
            return (Import(module, None, alias, relative, is_wildcard=True),)
        case "ExportSpecifier":
            name, alias = property_name(child(node, "local")), property_name(child(node, "exported"))
        case _:
            name, alias = property_name(child(node, "imported")), text(child(node, "local"), "name")
    return (Import(module, name, alias if alias != name else None, relative),)


@guarded(any_of(is_one_of("callee.name", "require"), is_one_of("callee.type", "Import")))
def _required(node: Node, memo: Memo) -> Iterable[Import]:
    """`require("x")` and Babel's `import("x")`, with the names a declaration takes from it."""
    if not _requires(node):
        return ()
    module = next((_module(argument) for argument in children(node, "arguments")[:1]), None)
    if module is None:
        return ()
    relative = _is_relative(module)
    bound = memo.get(id(node))
    if bound.__class__ is not list:
        return (Import(module, None, bound if bound.__class__ is str else None, relative),)
    return [Import(module, name, alias if alias != name else None, relative) for name, alias in bound]


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
    "ImportSpecifier": _specifier,
    "ImportDefaultSpecifier": _specifier,
    "ImportNamespaceSpecifier": _specifier,
    "ExportSpecifier": _specifier,
    "ExportNamespaceSpecifier": _specifier,
    "ExportAllDeclaration": _export_all,
    "CallExpression": _required,
    "ImportExpression": _import_expression,
    "TSImportType": _import_expression,
    "TSImportEqualsDeclaration": _import_equals,
}
