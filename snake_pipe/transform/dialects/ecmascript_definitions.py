"""What ESTree-like trees define: functions, classes, members, variables, and TypeScript's declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects import ecmascript_plans
from snake_pipe.transform.dialects.defining import defining
from snake_pipe.transform.dialects.dialect import Definition, Memo, Node, body_of, child, children, text
from snake_pipe.transform.dialects.ecmascript import FUNCTIONS, LOOP, words_left
from snake_pipe.transform.dialects.ecmascript_names import (
    bound_names,
    modifiers_of,
    parameters_of,
    property_name,
    qualifier,
)
from snake_pipe.transform.dialects.ecmascript_plans import EXPORTED as _EXPORTED
from snake_pipe.transform.dialects.guards import (
    NEVER,
    NOTHING,
    OUTSIDE,
    Note,
    Reading,
    any_of,
    guarded,
    is_one_of,
    is_true,
    noting,
    read_as,
)
from snake_pipe.transform.languages.rules import words

if TYPE_CHECKING:
    from collections.abc import Iterable

_VALUES = FUNCTIONS | {"ClassExpression"}
"""The types of values that make a function or a class of a variable."""


def _named(kind: str, body: str = "body", *, function: bool = False) -> Any:
    """A rule for declarations that carry their name in `id`."""
    parameters_of_it = ecmascript_plans.PARAMETERS if function else None

    @defining(*ecmascript_plans.named(kind, body, parameters=parameters_of_it))
    def rule(node: Node, memo: Memo) -> Iterable[Definition]:
        at = child(node, "id")
        name = text(at, "name") or text(at, "value")
        if at is None or name is None:
            return ()
        parameters = parameters_of(node) if function else None
        note = words_left(node, memo)
        modifiers = modifiers_of(node) + [word for word in note if word != _EXPORTED]
        if node["type"] == "TSDeclareFunction" and "declare" not in modifiers:
            modifiers.append("declaration")
        exported = True if _EXPORTED in note or name in memo.get(0, ()) else None
        found = Definition(name, kind, at, body_of(node, body), parameters, modifiers, exported=exported)
        return (found,)

    return rule


@guarded(any_of(OUTSIDE, is_one_of("init.type", *_VALUES)))
@defining(*ecmascript_plans.DECLARATORS)
def _declarators(node: Node, memo: Memo) -> Iterable[Definition]:
    """Variables; one that is given a function is a function."""
    target = child(node, "id")
    note = words_left(node, memo)
    if LOOP in note:
        return ()
    modifiers = [word for word in note if word != _EXPORTED]
    exports = memo.get(0, ())
    value = child(node, "init")
    if value is not None and target is not None and target.get("type") == "Identifier":
        variable = text(target, "name") or ""
        exported = True if _EXPORTED in note or variable in exports else None
        if text(value, "type") in FUNCTIONS:
            modifiers += modifiers_of(value)
            body = body_of(value, "body")
            return (
                Definition(
                    variable, "function", target, body, parameters_of(value), modifiers, exported=exported
                ),
            )
        if value.get("type") == "ClassExpression":
            return (
                Definition(
                    variable, "class", target, body_of(value, "body"), None, modifiers, exported=exported
                ),
            )
    return [
        Definition(
            name,
            "variable",
            at,
            modifiers=list(modifiers),
            exported=True if _EXPORTED in note or name in exports else None,
            outer_only=True,
        )
        for at in bound_names(target)
        if (name := text(at, "name"))
    ]


def _members(kind: str, public: str | None = "public") -> Any:
    """A rule for members of classes and interfaces, which carry their name in `key`."""

    @defining(*ecmascript_plans.members(kind, is_public=public is not None))
    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        key = child(node, "key") or child(node, "id")
        name = property_name(key)
        if key is None or name is None or node.get("computed") is True:
            return ()
        value = child(node, "value")
        function = value if value is not None and text(value, "type") in FUNCTIONS else None
        if function is None and kind == "method":
            function = node
        private = name.startswith("#")
        visibility = "private" if private else text(node, "accessibility") or public
        modifiers = modifiers_of(node, function)
        if function is None:
            return (Definition(name, kind, key, modifiers=modifiers, visibility=visibility),)
        body = body_of(function)
        if not body and "abstract" not in modifiers:
            modifiers.append("declaration")
        return (Definition(name, "method", key, body, parameters_of(function), modifiers, visibility),)

    return rule


def _parameter_property(node: Node, _memo: Memo) -> Iterable[Definition]:
    """`constructor(private x: T)` declares the field x."""
    for at in bound_names(node):
        name = text(at, "name")
        if name is not None:
            yield Definition(
                name,
                "field",
                at,
                modifiers=modifiers_of(node),
                visibility=text(node, "accessibility") or "public",
            )


@guarded(any_of(is_one_of("type", "ObjectMethod"), is_one_of("value.type", *FUNCTIONS)))
@defining(*ecmascript_plans.OBJECT_FUNCTIONS)
def _object_functions(node: Node, _memo: Memo) -> Iterable[Definition]:
    """`name: function () {}` and `name() {}` in an object literal."""
    value = child(node, "value")
    if node.get("type") == "ObjectMethod":
        value = node
    key = child(node, "key")
    name = property_name(key)
    if value is None or key is None or name is None or node.get("computed") is True:
        return ()
    if value is not node and text(value, "type") not in FUNCTIONS:
        return ()
    body = body_of(value, "body")
    return (Definition(name, "method", key, body, parameters_of(value), modifiers_of(node, value)),)


@guarded(is_one_of("right.type", *FUNCTIONS))
@defining(*ecmascript_plans.ASSIGNED_FUNCTIONS)
def _assigned_functions(node: Node, _memo: Memo) -> Iterable[Definition]:
    """`a.b = function () {}`."""
    value, target = child(node, "right"), child(node, "left")
    if value is None or target is None or text(value, "type") not in FUNCTIONS:
        return ()
    kind, before = "function", None
    at: Node | None = None
    if target.get("type") == "MemberExpression" and target.get("computed") is not True:
        at, kind, before = child(target, "property"), "method", qualifier(target)
    elif target.get("type") == "Identifier":
        at = target
    name = property_name(at)
    if at is None or name is None:
        return ()
    body, modifiers = body_of(value), modifiers_of(value)
    return (Definition(name, kind, at, body, parameters_of(value), modifiers, qualifier=before),)


DEFINITIONS: dict[str, Any] = {
    "FunctionDeclaration": _named("function", function=True),
    "TSDeclareFunction": _named("function", function=True),
    "ClassDeclaration": _named("class"),
    "TSInterfaceDeclaration": _named("interface"),
    "TSEnumDeclaration": _named("enum"),
    "TSTypeAliasDeclaration": _named("type_alias"),
    "TSModuleDeclaration": _named("module"),
    "VariableDeclarator": _declarators,
    "MethodDefinition": _members("method"),
    "ClassMethod": _members("method"),
    "ClassPrivateMethod": _members("method"),
    "TSDeclareMethod": _members("method"),
    "TSAbstractMethodDefinition": _members("method"),
    "TSMethodSignature": _members("method", None),
    "PropertyDefinition": _members("field"),
    "ClassProperty": _members("field"),
    "ClassPrivateProperty": _members("field"),
    "ClassAccessorProperty": _members("field"),
    "AccessorProperty": _members("field"),
    "TSAbstractPropertyDefinition": _members("field"),
    "TSPropertySignature": _members("field", None),
    "TSEnumMember": _members("field", None),
    "TSParameterProperty": _parameter_property,
    "Property": _object_functions,
    "ObjectProperty": _object_functions,
    "ObjectMethod": _object_functions,
    "AssignmentExpression": _assigned_functions,
}


@read_as(Reading("id.name"), NOTHING)
def _declared_name(node: Node) -> str | None:
    return text(child(node, "id"), "name")


@read_as(
    Reading(when=is_true("computed"), is_nothing=True),
    Reading("key.name", is_one_of("key.type", "Identifier")),
)
def _key_name(node: Node) -> str | None:
    return None if node.get("computed") is True else property_name(child(node, "key"))


NAMED: dict[str, Any] = {
    **dict.fromkeys(
        words(
            "FunctionDeclaration FunctionExpression ClassDeclaration ClassExpression VariableDeclarator "
            "TSDeclareFunction TSInterfaceDeclaration TSEnumDeclaration TSTypeAliasDeclaration "
            "TSModuleDeclaration"
        ),
        _declared_name,
    ),
    **dict.fromkeys(
        words(
            "Property ObjectProperty MethodDefinition PropertyDefinition ClassMethod ClassPrivateMethod "
            "ClassProperty ClassPrivateProperty ObjectMethod AccessorProperty ClassAccessorProperty "
            "TSMethodSignature TSPropertySignature TSDeclareMethod TSAbstractMethodDefinition "
            "TSAbstractPropertyDefinition"
        ),
        _key_name,
    ),
}


@guarded(NEVER)
@noting(
    Note(_EXPORTED, "declaration"),
    Note("default", "declaration", is_one_of("type", "ExportDefaultDeclaration")),
)
def _note_exports(node: Node, memo: Memo) -> None:
    """Remembers which declaration, or which names, an export statement makes visible."""
    declaration = child(node, "declaration")
    if declaration is not None:
        default = node.get("type") == "ExportDefaultDeclaration"
        memo[id(declaration)] = (_EXPORTED, "default") if default else (_EXPORTED,)


@guarded(NEVER)
@noting(
    Note("", "declarations", is_listed=True),
    Note("const", "declarations", is_one_of("kind", "const"), is_listed=True),
    Note("declare", "declarations", is_true("declare"), is_listed=True),
)
def _note_variables(node: Node, memo: Memo) -> None:
    """Hands `const`, and whether it is exported, to the declarators below."""
    note = words_left(node, memo)
    if node.get("kind") == "const":
        note += ("const",)
    if node.get("declare") is True:
        note += ("declare",)
    if note:
        for declarator in children(node, "declarations"):
            memo[id(declarator)] = note


@guarded(NEVER)
@noting(Note(LOOP, "left"))
def _note_loop(node: Node, memo: Memo) -> None:
    """The variable of a loop over something is a write like any other."""
    left = child(node, "left")
    if left is not None:
        memo[id(left)] = (LOOP,)


def _note_named_exports(node: Node, memo: Memo) -> None:
    """Names in `export { a, b }` of a program are known before its other statements are seen."""
    names = dict.fromkeys(
        text(child(specifier, "local"), "name")
        for statement in children(node, "body")
        if statement.get("type") == "ExportNamedDeclaration" and not statement.get("source")
        for specifier in children(statement, "specifiers")
    )
    if names:
        memo.setdefault(0, {}).update(names)


PREPARE: dict[str, Any] = {
    "Program": _note_named_exports,
    "ExportNamedDeclaration": _note_exports,
    "ExportDefaultDeclaration": _note_exports,
    "VariableDeclaration": _note_variables,
    "ForInStatement": _note_loop,
    "ForOfStatement": _note_loop,
}
