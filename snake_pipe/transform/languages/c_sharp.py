"""C#."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    DECORATE,
    INHERIT,
    NONE,
    THROUGH,
    TYPE,
    TYPE_PART,
    WRITE,
    Define,
    Head,
    ImportRow,
    Rules,
    Subtree,
    Use,
    member,
    table,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMED_TYPE = {"name": NONE, "type": TYPE}


def _using(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    alias = tree.child(statement, "name")
    target = next((child for child in tree.children(statement) if child != alias), -1)
    if target < 0:
        return
    module = "".join(tree.text(target).split())
    if alias >= 0:
        yield ImportRow(statement, module, None, tree.text(alias))
    else:
        # `using N;` and `using static T;` bring in everything that is in it.
        yield ImportRow(statement, module, is_wildcard=True)


def _extern_alias(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    name = next(tree.children(statement), -1)
    if name >= 0:
        yield ImportRow(statement, tree.text(name), None, tree.text(name))


def _visibility(head: Head) -> str | None:
    if head.kind == "module":
        return None
    for word in ("public", "protected", "private", "internal"):
        if word in head.words:
            return word
    if head.scope in {"interface_declaration", "enum_declaration"}:
        return "public"
    return (
        "private"
        if head.scope in {"class_declaration", "struct_declaration", "record_declaration"}
        else "internal"
    )


RULES = Rules(
    names={"identifier": "read"},
    uses={
        "namespace_declaration": {"name": Define("module", whole=True, qualified=True)},
        "file_scoped_namespace_declaration": {"name": Define("module", whole=True, qualified=True, body=())},
        "class_declaration": {"name": Define("class")},
        "struct_declaration": {"name": Define("class", modifiers=("struct",))},
        "record_declaration": {"name": Define("class", modifiers=("record",))},
        "interface_declaration": {"name": Define("interface")},
        "enum_declaration": {"name": Define("enum")},
        "enum_member_declaration": {"name": Define("field", body=())},
        "delegate_declaration": {
            "name": Define("type_alias", body=(), modifiers=("delegate",)),
            "type": TYPE,
        },
        "method_declaration": {"name": Define("method"), "returns": TYPE},
        "local_function_statement": {"name": Define("function"), "type": TYPE},
        "constructor_declaration": {"name": Define("method", modifiers=("constructor",))},
        "destructor_declaration": {"name": Define("method", modifiers=("destructor",))},
        "property_declaration": {
            "name": Define("field", body=("accessors",), modifiers=("property",)),
            "type": TYPE,
        },
        "event_declaration": {
            "name": Define("field", body=("accessors",), modifiers=("event",)),
            "type": TYPE,
        },
        "field_declaration": {"": Define("field", body=())},
        "event_field_declaration": {"": Define("field", body=(), modifiers=("event",))},
        "variable_declarator": {"name": Use("write", climb=True)},
        "variable_declaration": {"": THROUGH, "type": TYPE},
        "local_declaration_statement": {"": WRITE},
        "indexer_declaration": {"type": TYPE},
        "operator_declaration": {"type": TYPE},
        "conversion_operator_declaration": {"type": TYPE},
        "parameter": _NAMED_TYPE,
        "type_parameter": {"name": NONE},
        "lambda_expression": {"parameters": NONE, "type": TYPE},
        "catch_declaration": {"name": WRITE, "type": TYPE},
        "foreach_statement": {"left": WRITE, "type": TYPE},
        "declaration_expression": {"name": WRITE, "type": TYPE},
        "declaration_pattern": {"name": WRITE, "type": TYPE},
        "recursive_pattern": {"name": WRITE, "type": TYPE},
        "from_clause": {"name": WRITE, "type": TYPE},
        "let_clause": {"": THROUGH},
        "cast_expression": {"type": TYPE},
        "typeof_expression": {"type": TYPE},
        "default_expression": {"type": TYPE},
        "sizeof_expression": {"type": TYPE},
        "as_expression": {"right": TYPE},
        "is_expression": {"right": TYPE},
        "array_type": {"type": TYPE_PART},
        "nullable_type": {"type": TYPE_PART},
        "pointer_type": {"type": TYPE_PART},
        "ref_type": {"type": TYPE_PART},
        "type_argument_list": {"": TYPE},
        "type_parameter_constraints_clause": {"": TYPE},
        "type_parameter_constraint": {"type": TYPE},
        "tuple_element": {"type": TYPE, "name": NONE},
        "generic_name": {"": THROUGH},
        "qualified_name": {"name": member("qualifier")},
        "alias_qualified_name": {"name": member("alias")},
        "base_list": {"": INHERIT},
        "primary_constructor_base_type": {"type": INHERIT},
        "explicit_interface_specifier": {"": TYPE},
        "attribute": {"name": DECORATE},
        "object_creation_expression": {"type": Use("call")},
        "invocation_expression": {"function": CALL},
        "member_access_expression": {"name": member("expression")},
        "member_binding_expression": {"name": Use("read", climb=True)},
        "conditional_access_expression": {"": THROUGH},
        "assignment_expression": {"left": WRITE},
        "argument": {"name": NONE},
        "labeled_statement": {"": NONE},
        "goto_statement": {"": NONE},
    },
    scopes={
        "class_declaration": "class",
        "struct_declaration": "class",
        "record_declaration": "class",
        "interface_declaration": "class",
        "enum_declaration": "class",
        "namespace_declaration": "module",
        "method_declaration": "function",
        "constructor_declaration": "function",
        "destructor_declaration": "function",
        "operator_declaration": "function",
        "accessor_declaration": "function",
        "local_function_statement": "function",
        "lambda_expression": "function",
        "anonymous_method_expression": "function",
    },
    kinds=table(annotation="attribute"),
    branches=words(
        """
        if_statement for_statement foreach_statement while_statement do_statement switch_section
        switch_expression_arm catch_clause conditional_expression
        """
    ),
    operators=frozenset({"binary_expression"}),
    imports={"using_directive": _using, "extern_alias_directive": _extern_alias},
    modifiers={
        word: word
        for word in words(
            """
            static readonly const abstract sealed virtual override async partial unsafe extern volatile
            new required
            """
        )
    },
    visibility=_visibility,
    exported=lambda head: None if head.kind == "module" else _visibility(head) == "public",
)
