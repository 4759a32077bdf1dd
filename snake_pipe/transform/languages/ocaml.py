"""OCaml, implementations and interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    INHERIT,
    NONE,
    THROUGH,
    WRITE,
    Define,
    Head,
    ImportRow,
    Rules,
    Subtree,
    Use,
    member,
    table,
    tokens,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATH = Use("read", climb=True, qualifier="", direct=True)
_TYPE_PATH = Use("type", climb=True, qualifier="", direct=True)
_FUNCTIONS = {"fun_expression": "function", "function_expression": "function"}
_TYPES = {"record_declaration": "class", "variant_declaration": "enum", "polymorphic_variant_type": "enum"}
_SPECIFIED = Define(
    "variable",
    by=("type", {"function_type": "function", "polymorphic_type": "function"}),
    direct=True,
    body=(),
    modifiers=("declaration",),
)


def _open(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """`open M` and `include M`; one of a structure written out on the spot brings in no module."""
    path = tree.child(statement, "module")
    if path >= 0 and tree.type(path) in {"module_path", "extended_module_path", "module_name"}:
        yield ImportRow(statement, tree.text(path), is_wildcard=True)


def _visibility(head: Head) -> str | None:
    if head.kind != "method":
        return None
    return "private" if "private" in head.words else "public"


RULES = Rules(
    names={
        "value_name": "read",
        "value_pattern": "write",
        "parenthesized_operator": "read",
        "constructor_name": "read",
        "module_name": "read",
        "module_type_name": "type",
        "type_constructor": "type",
        "field_name": "read",
        "method_name": "read",
        "class_name": "read",
        "class_type_name": "type",
        "instance_variable_name": "read",
    },
    uses={
        "module_binding": {"": Define("module", direct=True)},
        "module_parameter": {"": Use("none", direct=True)},
        "module_type_definition": {"": Define("interface", direct=True)},
        "type_binding": {
            "name": Define("type_alias", by=("body", _TYPES), direct=True),
        },
        "constructor_declaration": {
            "": Define("field", by=("..", {"exception_definition": "class"}), direct=True, body=())
        },
        "field_declaration": {"": Define("field", direct=True, body=())},
        "let_binding": {
            "pattern": Define(
                "variable",
                by=("body", _FUNCTIONS),
                also_by=(":parameter", {"parameter": "function"}),
                local="write",
            )
        },
        "value_specification": {"": _SPECIFIED},
        "external": {"": Define("function", direct=True, body=(), modifiers=("external",))},
        "class_binding": {"": Define("class", direct=True)},
        "class_type_binding": {"": Define("interface", direct=True)},
        "method_definition": {"": Define("method", direct=True)},
        "method_specification": {"": Define("method", direct=True, body=(), modifiers=("declaration",))},
        "instance_variable_definition": {"": Define("field", direct=True, body=())},
        "instance_variable_specification": {"": Define("field", direct=True, body=())},
        "parameter": {"pattern": NONE},
        "parenthesized_pattern": {"": THROUGH},
        "tuple_pattern": {"": THROUGH},
        "typed_pattern": {"pattern": THROUGH},
        "alias_pattern": {"pattern": THROUGH, "alias": THROUGH},
        "field_pattern": {"": WRITE},
        "field_expression": {"": NONE},
        "value_path": {"": _PATH},
        "constructor_path": {"": _PATH},
        "field_path": {"": _PATH},
        "module_path": {"": _PATH},
        "class_path": {"": _PATH},
        "extended_module_path": {"": _PATH},
        "type_constructor_path": {"": _TYPE_PATH},
        "module_type_path": {"": _TYPE_PATH},
        "application_expression": {"function": CALL},
        "field_get_expression": {"field": member("record")},
        "method_invocation": {"method": Use("call", qualifier="object")},
        "new_expression": {"": Use("call")},
        "set_expression": {"^": WRITE},
        "inheritance_definition": {"class": INHERIT},
        "inheritance_specification": {"": INHERIT},
    },
    scopes={
        "module_binding": "module",
        "class_binding": "class",
        "class_type_binding": "class",
        "let_binding": "function",
        "let_expression": "function",
        "method_definition": "function",
    },
    kinds=table(
        module="""
            module_definition module_binding module_application functor packed_module structure
            parenthesized_module_expression typed_module_expression
        """,
        class_="""
            class_definition class_binding object_expression class_application class_function
            instantiated_class exception_definition typed_class_expression parenthesized_class_expression
            let_class_expression let_open_class_expression class_initializer
        """,
        interface="""
            module_type_definition signature class_type_definition class_type_binding class_body_type
            instantiated_class_type class_function_type functor_type module_type_of
            parenthesized_module_type let_open_class_type
        """,
        method="method_definition method_specification",
        field="""
            field_declaration constructor_declaration instance_variable_definition
            instance_variable_specification
        """,
        function="external external_declaration",
        variable="value_definition let_binding value_specification ocamlyacc_value",
        parameter="parameter module_parameter labeled_argument",
        type_alias="type_definition type_binding kind_definition",
        identifier="""
            value_name value_path value_pattern constructor_name constructor_path module_name module_path
            extended_module_path field_name field_path class_name class_path class_type_name class_type_path
            method_name instance_variable_name label_name parenthesized_operator module_type_name tag
            instance_variable_expression
        """,
        import_="open_module open_module_signature include_module include_module_type local_open_expression",
        member="""
            field_get_expression array_get_expression string_get_expression bigarray_get_expression
            block_access block_index_expression indexing_operator indexing_operator_path
        """,
        call="application_expression method_invocation new_expression",
        type_ref="""
            aliased_type any_type constructed_type hash_type labeled_argument_type method_type package_type
            polymorphic_type polymorphic_variant_type record_declaration variant_declaration tag_specification
            type_constructor type_constructor_path type_variable abstract_type module_type_path
            module_type_constraint constrain_type constrain_module constrain_module_type constrain_kind
            local_open_type local_type inheritance_definition inheritance_specification any_kind
            kind_annotated_type_variable kind_name kind_of_kind kind_path mod_bounded_kind product_kind
            scannable_axes_kind scannable_axis with_bounded_kind parenthesized_kind block_access_type
            labeled_tuple_element_type
        """,
        conditional="match_case then_clause refutation_case",
        loop="do_clause comprehension comprehension_binding comprehension_guard comprehension_iterator",
        async_="lazy_expression",
        throw="assert_expression",
        assignment="set_expression",
        operator="""
            infix_expression prefix_expression sign_expression add_operator and_operator assign_operator
            concat_operator hash_operator let_operator let_and_operator match_operator mult_operator
            or_operator pow_operator prefix_operator rel_operator sign_operator hash_expression
            typed_expression borrow_expression stack_expression exclave_expression local_expression
        """,
        lambda_="fun_expression function_expression",
        collection="""
            list_expression cons_expression record_expression field_expression empty_list iarray_expression
            object_copy_expression labeled_tuple_element package_expression
        """,
        string="quoted_string",
        number="signed_number",
        atom="unit hole_expression",
        annotation="""
            attribute_id attribute_payload item_attribute floating_attribute modality mode
        """,
        macro="extension item_extension quoted_extension quoted_item_extension",
        directive="directive toplevel_directive line_number_directive",
        block="let_expression sequence_expression",
        statement="expression_item",
    )
    | tokens("""
            string_content quoted_string_content conversion_specification pretty_printing_indication
            character_content alias_pattern any_pattern cons_pattern constructor_pattern exception_pattern
            effect_pattern iarray_pattern labeled_tuple_element_binding_pattern labeled_tuple_element_pattern
            lazy_pattern local_open_pattern package_pattern polymorphic_variant_pattern tag_pattern
            typed_pattern
        """),
    branches=words("if_expression match_case while_expression for_expression"),
    operators=frozenset({"infix_expression"}),
    imports={
        "open_module": _open,
        "open_module_signature": _open,
        "include_module": _open,
    },
    declarations=frozenset(
        words(
            """
            value_definition type_definition module_definition class_definition class_type_definition
            exception_definition
            """
        )
    ),
    doc_after="(**",
    modifiers={
        word: word for word in words("rec mutable private virtual external exception nonrec inline val")
    },
    visibility=_visibility,
)
