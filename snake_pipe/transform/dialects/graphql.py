"""graphql-js: schemas and operations; `loc` is a pair of offsets, there are no lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.dialects.dialect import (
    CALL,
    DECORATE,
    INHERIT,
    NONE,
    TYPE,
    Definition,
    DefinitionRule,
    Dialect,
    Memo,
    Node,
    RoleRule,
    body_of,
    child,
    children,
    rooted,
    text,
)
from snake_pipe.transform.dialects.places import Places
from snake_pipe.transform.languages.rules import table, words

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = table(
    module="Document",
    class_="ObjectTypeDefinition InputObjectTypeDefinition ObjectTypeExtension InputObjectTypeExtension "
    "SchemaDefinition SchemaExtension",
    interface="InterfaceTypeDefinition InterfaceTypeExtension",
    enum="EnumTypeDefinition EnumTypeExtension",
    function="OperationDefinition FragmentDefinition DirectiveDefinition",
    field="FieldDefinition EnumValueDefinition OperationTypeDefinition",
    parameter="InputValueDefinition VariableDefinition",
    type_alias="ScalarTypeDefinition UnionTypeDefinition ScalarTypeExtension UnionTypeExtension",
    identifier="Name Variable",
    member="Field",
    call="FragmentSpread",
    type_ref="NamedType ListType NonNullType",
    assignment="Argument FragmentArgument ObjectField",
    collection="ListValue ObjectValue",
    conditional="InlineFragment",
    string="StringValue",
    number="IntValue FloatValue",
    atom="BooleanValue NullValue EnumValue",
    annotation="Directive",
    block="SelectionSet",
    operator="TypeCoordinate MemberCoordinate ArgumentCoordinate DirectiveCoordinate "
    "DirectiveArgumentCoordinate",
)


def _named(node: Node | None) -> str | None:
    return text(child(node, "name"), "value") if node is not None else None


def _type(node: Node | None) -> str:
    """`[A!]!` as it is written."""
    marks = ""
    while node is not None and node.get("kind") in ("ListType", "NonNullType"):
        marks += "]" if node.get("kind") == "ListType" else "!"
        node = child(node, "type")
    closing = marks[::-1]
    return "[" * marks.count("]") + (_named(node) or "?") + closing


def _parameters(node: Node, key: str) -> list[str] | None:
    given = children(node, key)
    if not given:
        return None
    return [f"{_named(one) or _named(child(one, 'variable'))}: {_type(child(one, 'type'))}" for one in given]


def _defines(kind: str, *modifiers: str, body: str = "", parameters: str = "arguments") -> DefinitionRule:
    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        name = _named(node)
        if name is not None:
            yield Definition(
                name,
                kind,
                child(node, "name") or node,
                body_of(node, body) if body else (),
                _parameters(node, parameters),
                list(modifiers),
                doc=text(child(node, "description"), "value"),
            )

    return rule


def _operation(node: Node, memo: Memo) -> Iterable[Definition]:
    """A query, mutation or subscription; one without a name defines nothing."""
    operation = text(node, "operation") or "query"
    return _defines("function", operation, body="selectionSet", parameters="variableDefinitions")(node, memo)


def _note_fields(node: Node, memo: Memo) -> None:
    memo.update((id(field), True) for field in children(node, "fields"))


def _input_field(node: Node, memo: Memo) -> Iterable[Definition]:
    """A field of an input type; an argument of a field is none."""
    return _defines("field")(node, memo) if id(node) in memo else ()


_NAMED = {"name": NONE}
_TYPE = {"name": NONE, "interfaces": INHERIT, "types": TYPE}
_EXTENSION = {"name": TYPE, "interfaces": INHERIT, "types": TYPE}

GRAPHQL = Dialect(
    name="graphql",
    written_by="graphql (npm), its parser's documents",
    language="graphql",
    type_key="kind",
    positions=Places(start_offset="loc.start", end_offset="loc.end"),
    offset_unit="utf16",
    leaf_keys=words("kind loc operation block repeatable"),
    kinds=KINDS,
    is_root=rooted("Document", definitions=list),
    is_part=lambda sample: "loc" not in sample.flags,
    name_keys={"": "", "Name": "value"},
    value_keys=dict.fromkeys(words("StringValue IntValue FloatValue BooleanValue EnumValue"), "value"),
    named=dict.fromkeys(set(KINDS) - {"Name"}, _named),
    functions=words("OperationDefinition FragmentDefinition DirectiveDefinition"),
    names={"Name": "read"},
    builtin_types=words("Int Float String Boolean ID"),
    uses={
        "NamedType": {"name": RoleRule("type", climb=True)},
        "ListType": {"type": RoleRule(None, climb=True)},
        "NonNullType": {"type": RoleRule(None, climb=True)},
        "Field": {"alias": NONE},
        "FragmentSpread": {"name": CALL},
        "Directive": {"name": DECORATE},
        "VariableDefinition": {"variable": NONE},
        "Variable": {"name": RoleRule("read", climb=True)},
        **dict.fromkeys(
            words(
                "OperationDefinition FragmentDefinition DirectiveDefinition FieldDefinition "
                "InputValueDefinition EnumValueDefinition Argument FragmentArgument ObjectField "
                "ScalarTypeDefinition EnumTypeDefinition InputObjectTypeDefinition"
            ),
            _NAMED,
        ),
        **dict.fromkeys(words("ObjectTypeDefinition InterfaceTypeDefinition UnionTypeDefinition"), _TYPE),
        **dict.fromkeys(
            words(
                "ObjectTypeExtension InterfaceTypeExtension UnionTypeExtension ScalarTypeExtension "
                "EnumTypeExtension InputObjectTypeExtension"
            ),
            _EXTENSION,
        ),
    },
    prepare={"InputObjectTypeDefinition": _note_fields, "InputObjectTypeExtension": _note_fields},
    definitions={
        "OperationDefinition": _operation,
        "FragmentDefinition": _defines("function", "fragment", body="selectionSet"),
        "DirectiveDefinition": _defines("function", "directive"),
        "ObjectTypeDefinition": _defines("class", body="fields"),
        "InterfaceTypeDefinition": _defines("interface", body="fields"),
        "InputObjectTypeDefinition": _defines("class", "input", body="fields"),
        "EnumTypeDefinition": _defines("enum", body="values"),
        "UnionTypeDefinition": _defines("type_alias", "union"),
        "ScalarTypeDefinition": _defines("type_alias", "scalar"),
        "FieldDefinition": _defines("field"),
        "InputValueDefinition": _input_field,
        "EnumValueDefinition": _defines("field"),
    },
)
