"""Scala 2 and 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    DECORATE,
    INHERIT,
    NONE,
    STOP,
    THROUGH,
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
    tokens,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_BINDING = Use("write", climb=True)
_RENAMED = {"arrow_renamed_identifier", "as_renamed_identifier"}


def _import(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """`import a.b, c.{d => e, _}`: the names of a path stand side by side, and so do several paths."""
    path: list[str] = []
    children = list(tree.children(statement))
    for place, child in enumerate(children):
        kind = tree.type(child)
        if kind == "namespace_selectors":
            for selector in tree.children(child):
                yield _selected(tree, selector, ".".join(path))
        elif kind == "namespace_wildcard" or kind in _RENAMED:
            yield _selected(tree, child, ".".join(path))
        else:
            path.append(tree.text(child))
            follower = children[place + 1] if place + 1 < len(children) else -1
            if follower >= 0 and _joined(tree, follower):
                continue
            yield ImportRow(child, ".".join(path[:-1]) or None, path[-1])
        path = []


def _joined(tree: Subtree, follower: int) -> bool:
    """Whether a dot, not a comma, stands before the following part of the statement."""
    if tree.field(follower) != "path":
        return True
    return not tree.words(follower)[-1].endswith(",")


def _selected(tree: Subtree, selector: int, module: str) -> ImportRow:
    kind = tree.type(selector)
    if kind in _RENAMED:
        alias = tree.child(selector, "alias")
        name = tree.text(tree.child(selector, "name"))
        return ImportRow(selector, module, name, tree.text(alias) if alias >= 0 else None)
    if kind in {"namespace_wildcard", "wildcard"}:
        return ImportRow(selector, module, is_wildcard=True)
    return ImportRow(selector, module, tree.text(selector))


def _visibility(head: Head) -> str | None:
    if head.kind == "module" and head.type == "package_clause":
        return None
    return next((word for word in ("private", "protected") if word in head.words), "public")


RULES = Rules(
    names={"identifier": "read", "type_identifier": "type", "operator_identifier": "none"},
    uses={
        "package_clause": {"name": Define("module", whole=True, qualified=True)},
        "package_identifier": {"": THROUGH},
        "package_object": {"name": Define("module", modifiers=("object",))},
        "class_definition": {"name": Define("class")},
        "object_definition": {"name": Define("class", modifiers=("object",))},
        "trait_definition": {"name": Define("interface")},
        "enum_definition": {"name": Define("enum")},
        "simple_enum_case": {"name": Define("field", body=())},
        "full_enum_case": {"name": Define("field", body=())},
        "given_definition": {"name": Define("variable", modifiers=("given",))},
        "type_definition": {"name": Define("type_alias", body=())},
        "function_definition": {"name": Define("function")},
        "function_declaration": {"name": Define("function", body=(), modifiers=("declaration",))},
        "val_definition": {"pattern": Define("variable", local="write", body=())},
        "var_definition": {"pattern": Define("variable", local="write", body=())},
        "val_declaration": {"name": Define("variable", local="write", body=())},
        "var_declaration": {"name": Define("variable", local="write", body=())},
        "identifiers": {"": THROUGH},
        "class_parameter": {
            "name": Define(
                None,
                keywords={"val": "field", "var": "field"},
                keywords_at=("../../name", {"case class": "field"}),
                local="none",
                body=(),
            )
        },
        "parameter": {"name": NONE},
        "binding": {"name": NONE},
        "lambda_expression": {"parameters": NONE},
        "type_parameters": {"name": NONE},
        "covariant_type_parameter": {"name": NONE},
        "contravariant_type_parameter": {"name": NONE},
        "self_type": {"^": NONE},
        "tuple_pattern": {"": _BINDING},
        "case_class_pattern": {"pattern": _BINDING, "type": Use("type")},
        "infix_pattern": {"left": _BINDING, "right": _BINDING, "operator": NONE},
        "typed_pattern": {"pattern": _BINDING},
        "capture_pattern": {"name": _BINDING, "pattern": THROUGH},
        "case_clause": {"pattern": WRITE},
        "enumerator": {"^": WRITE},
        "assignment_expression": {"left": WRITE},
        "call_expression": {"function": CALL},
        "generic_function": {"function": THROUGH},
        "field_expression": {"field": member("value")},
        "instance_expression": {"": Use("call", climb=True)},
        "interpolated_string_expression": {"interpolator": NONE},
        "stable_identifier": {"^": STOP, "": member("")},
        "stable_type_identifier": {"^": STOP, "": Use("type", climb=True, qualifier="")},
        "generic_type": {"type": TYPE_PART},
        "annotated_type": {"^": THROUGH},
        "compound_type": {"base": THROUGH, "extra": THROUGH},
        "extends_clause": {"type": INHERIT},
        "derives_clause": {"type": INHERIT},
        "annotation": {"name": DECORATE},
        "access_qualifier": {"": NONE},
    },
    scopes={
        "class_definition": "class",
        "object_definition": "class",
        "trait_definition": "class",
        "enum_definition": "class",
        "given_definition": "class",
        "package_object": "module",
        "function_definition": "function",
        "lambda_expression": "function",
    },
    kinds=table(
        module="package_object",
        class_="object_definition extension_definition given_definition",
        interface="trait_definition",
        enum="enum_definition",
        field="full_enum_case simple_enum_case enum_case_definitions class_parameter",
        variable="val_definition var_definition val_declaration",
        parameter="""
            bindings binding class_parameters contravariant_type_parameter covariant_type_parameter
            parameter_types lazy_parameter_type repeated_parameter_type
        """,
        identifier="operator_identifier stable_identifier identifiers xml_name",
        import_="""
            namespace_selectors namespace_wildcard arrow_renamed_identifier as_renamed_identifier
        """,
        export="export_declaration",
        call="instance_expression",
        type_ref="""
            applied_constructor_type capture_ref capture_set capture_variable capturing_type compound_type
            context_bound infix_type lower_bound upper_bound view_bound match_type named_tuple_type
            name_and_type named_type_argument projected_type refinement self_type singleton_type
            stable_type_identifier structural_type type_lambda derives_clause
        """,
        conditional="case_block type_case_clause indented_cases given_conditional",
        loop="enumerators enumerator do_while_expression",
        operator="infix_expression prefix_expression ascription_expression vararg",
        lambda_="method_value",
        string="interpolated_string xml_element xml_text xml_string xml_cdata xml_comment",
        number="floating_point_literal",
        atom="unit wildcard",
        annotation="""
            access_modifier access_qualifier infix_modifier inline_modifier opaque_modifier open_modifier
            tracked_modifier transparent_modifier erased_modifier into_modifier update_modifier
            consume_modifier
        """,
        directive="using_directive using_directive_key using_directive_value uses_clause",
        block="template_body with_template_body indented_block early_defs macro_body colon_argument",
        error="error_sentinel",
    )
    | tokens("""
            case_class_pattern capture_pattern infix_pattern typed_pattern named_pattern given_pattern
            named_tuple_pattern repeat_pattern xml_pattern xml_attribute xml_expression
            xml_processing_instruction end_marker quote_expression splice_expression
        """),
    branches=words("if_expression case_clause for_expression while_expression do_while_expression"),
    operators=frozenset({"infix_expression"}),
    imports={"import_declaration": _import, "export_declaration": _import},
    comments=frozenset({"comment", "block_comment"}),
    modifiers={
        word: word
        for word in words(
            """
            abstract final sealed implicit lazy override case inline open opaque transparent infix val given
            """
        )
    },
    constructors=frozenset({"this"}),
    visibility=_visibility,
    exported=lambda head: None if _visibility(head) is None else _visibility(head) == "public",
)
