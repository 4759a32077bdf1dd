"""swiftc's `-dump-ast -dump-ast-format json` (Swift 6.1 and later): `_kind`, and places in bytes.

The compiler writes what it made of the source too: implicit code, conformances, types by their mangled names.
What is implicit defines and refers to nothing here. Not searched are `original_init`, which says again what
`processed_init` says, and what a loop is made into (`iterator_var`, `next_call`). Trees of `-dump-parse` have
the same nodes before any name was looked up.
"""

from __future__ import annotations

from snake_pipe.transform.dialects.dialect import (
    LOCAL,
    NONE,
    THROUGH,
    WRITE,
    Dialect,
    Node,
    RoleRule,
    child,
    children,
    dotted,
    text,
)
from snake_pipe.transform.dialects.swift_definitions import (
    DEFINITIONS,
    IMPORTS,
    PREPARE,
    REFERENCES,
    declared_name,
)
from snake_pipe.transform.dialects.swift_types import nominal
from snake_pipe.transform.languages.rules import table, tokens, words

KINDS = table(
    module="source_file",
    import_="import_decl",
    class_="class_decl struct_decl extension_decl",
    interface="protocol",
    enum="enum_decl",
    function="func_decl macro_decl",
    method="constructor_decl destructor_decl subscript_decl accessor_decl",
    field="enum_element_decl enum_case_decl",
    variable="var_decl pattern_binding_decl param_decl",
    parameter="parameter parameter_list generic_type_param generic_param",
    type_alias="typealias associated_type_decl opaque_type",
    identifier="declref_expr unresolved_decl_ref_expr overloaded_decl_ref_expr super_ref_expr "
    "pattern_named other_constructor_ref_expr unresolved_member_expr",
    member="member_ref_expr unresolved_dot_expr subscript_expr tuple_element_expr keypath_expr "
    "dynamic_member_ref_expr dynamic_subscript_expr dot_self_expr overloaded_member_ref_expr",
    call="call_expr dot_syntax_call_expr constructor_ref_call_expr macro_expansion_expr "
    "macro_expansion_decl type_of_expr dynamic_type_expr",
    type_ref="type_expr type_unqualified_ident type_qualified_ident type_optional type_array "
    "type_dictionary type_function type_tuple type_composite type_attributed type_metatype "
    "type_protocol type_existential type_opaque_return type_named_opaque_return type_placeholder "
    "type_implicitly_unwrapped_optional type_fixed type_self type_ownership type_inline_array "
    "type_integer type_error type_lifetime_dependent_return type_silbox inherited_entry inheritance "
    "unresolved_specialize_expr",
    conditional="if_stmt guard_stmt switch_stmt case_stmt ternary_expr case_label_item "
    "single_value_stmt_expr",
    loop="for_each_stmt while_stmt repeat_while_stmt",
    jump="break_stmt continue_stmt fallthrough_stmt then_stmt fail_stmt",
    return_="return_stmt yield_stmt",
    try_="do_catch_stmt do_stmt try_expr force_try_expr optional_try_expr",
    throw="throw_stmt",
    async_="await_expr defer_stmt",
    assignment="assign_expr discard_assignment_expr",
    operator="binary_expr prefix_unary_expr postfix_unary_expr is_subtype_expr coerce_expr "
    "forced_checked_cast_expr conditional_checked_cast_expr force_value_expr bind_optional_expr "
    "inout_expr unresolved_pattern_expr enum_is_case_expr arrow_expr inject_into_optional "
    "lvalue_to_pointer inout_to_pointer array_to_pointer string_to_pointer pointer_to_pointer "
    "class_metatype_to_object existential_metatype_to_object protocol_metatype_to_object "
    "foreign_object_conversion differentiable_function linear_function unevaluated_instance",
    lambda_="closure_expr autoclosure_expr capture_list",
    collection="array_expr dictionary_expr tuple_expr sequence_expr argument_list pattern_tuple",
    string="string_literal_expr interpolated_string_literal_expr regex_literal_expr",
    number="integer_literal_expr float_literal_expr",
    atom="boolean_literal_expr nil_literal_expr magic_identifier_literal_expr object_literal_expr "
    "pattern_bool pattern_any",
    block="brace_stmt tap_expr",
    statement="top_level_code_decl opaque_value_expr",
    directive="poundassert_stmt precedence_group_decl infix_operator_decl prefix_operator_decl "
    "postfix_operator_decl missing_decl missing_member_decl module_decl using_decl",
    error="error_expr code_completion_expr editor_placeholder_expr pattern_error",
) | tokens(
    "argument decl_name base_name decl_ref function_ref_info compiler_version generic_signature "
    "requirement requirement_signature requirement_repr substitution_map substitution captured_value "
    "pattern pattern_entry pattern_typed pattern_paren pattern_is pattern_binding pattern_expr "
    "pattern_optional_some pattern_enum_element bool version availability case_body_variables "
    "generic_param_list default_argument_expr availability_spec thrown_error_destination candidate_decl "
    "unresolved_member member identity component"
)
_FAMILIES = {
    "_attr": "annotation",
    "_conformance": "token",
    "conformance": "token",
    "_expr": "operator",
    "_stmt": "statement",
    "_type": "type_ref",
}


def _family(type_: str) -> str:
    """The compiler has a type for each attribute and each of its own conversions."""
    if type_.startswith(("<null", "#")):
        return "token"
    return next((kind for ending, kind in _FAMILIES.items() if type_.endswith(ending)), "other")


def _is_root(node: Node, type_key: str) -> bool:
    """A file; one of comments alone has no items."""
    if node.get(type_key) != "source_file" or text(node, "filename") is None:
        return False
    return node.get("items").__class__ is list or child(node, "compiler_version") is not None


def _is_word(name: str | None) -> bool:
    return name is not None and name.isidentifier()


def _referenced(node: Node) -> str | None:
    """The name that a node uses; none for operators and for what the compiler added itself."""
    if node.get("implicit") is True:
        return None
    name = text(child(node, "decl"), "base_name") or text(node, "name") or text(node, "field")
    return name if _is_word(name) else None


def _type_named(node: Node) -> str | None:
    return None if node.get("implicit") is True else nominal(text(node, "type"))[0]


def _made(node: Node) -> str | None:
    """The type whose initializer is called."""
    return _type_named(_first_argument(node) or {})


def _first_argument(node: Node) -> Node | None:
    """What a method is called on: the compiler makes it the first argument of the method's name."""
    arguments = children(child(node, "args") or {}, "args")
    return child(arguments[0], "expr") if arguments else None


_HOLDERS = words("load_expr inout_expr try_expr paren_expr derived_to_base_expr erasure_expr dot_self_expr")


def _step(node: Node) -> tuple[str | None, Node | None]:
    while text(node, "_kind") in _HOLDERS:
        node = child(node, "sub_expr") or {}
    kind = node.get("_kind")
    if kind in ("member_ref_expr", "unresolved_dot_expr"):
        base = child(node, "base")
        return _referenced(node), None if base is None or base.get("implicit") is True else base
    if kind == "type_expr":
        return nominal(text(node, "type"))[0], None
    if kind == "super_ref_expr":
        return "super", None
    return _referenced(node), None


def _qualifier(node: Node) -> str | None:
    base = _first_argument(node) if node.get("_kind") == "dot_syntax_call_expr" else child(node, "base")
    return None if base is None or base.get("implicit") is True else dotted(base, _step)


def _operator(node: Node) -> str | None:
    """The operator of a binary expression, which is a call of a function of that name."""
    called = child(node, "fn") or {}
    return _operator_name(child(called, "fn") or called)


def _operator_name(called: Node) -> str | None:
    return text(child(called, "decl"), "base_name") or text(called, "name")


def _is_branch(node: Node) -> int:
    return not any(item.get("default") is True for item in children(node, "case_label_items"))


_THROUGH = {"sub_expr": THROUGH}
_UNWRAPPING = words(
    "force_try_expr optional_try_expr await_expr force_value_expr bind_optional_expr inject_into_optional"
)
_CALL = RoleRule("call")

SWIFT = Dialect(
    name="swift",
    written_by="swiftc -dump-ast -dump-ast-format json",
    language="swift",
    type_key="_kind",
    positions="swift",
    offset_unit="byte",
    leaf_keys=words(
        "_kind range decl_context init_context usr interface_type access type original_init iterator_var "
        "next_call module_path isolation_crossing readImpl writeImpl readWriteImpl filename"
    ),
    kinds=KINDS,
    fallback_kind=_family,
    is_root=_is_root,
    source_keys=("filename",),
    name_keys={"": "", "type_unqualified_ident": "id", "type_qualified_ident": "id", "base_name": "name"},
    named={
        **dict.fromkeys(
            words(
                "class_decl struct_decl enum_decl protocol func_decl constructor_decl destructor_decl "
                "subscript_decl enum_element_decl var_decl parameter typealias associated_type_decl "
                "pattern_named generic_type_param macro_decl infix_operator_decl prefix_operator_decl "
                "postfix_operator_decl precedence_group_decl"
            ),
            declared_name,
        ),
        **dict.fromkeys(
            words(
                "declref_expr unresolved_decl_ref_expr overloaded_decl_ref_expr member_ref_expr "
                "unresolved_dot_expr unresolved_member_expr dynamic_member_ref_expr"
            ),
            _referenced,
        ),
        "type_expr": _type_named,
        "constructor_ref_call_expr": _made,
    },
    value_keys=dict.fromkeys(
        words("integer_literal_expr float_literal_expr string_literal_expr boolean_literal_expr"), "value"
    ),
    branches=words(
        "if_stmt guard_stmt for_each_stmt while_stmt repeat_while_stmt case_stmt ternary_expr binary_expr"
    ),
    weights={
        "case_stmt": _is_branch,
        "binary_expr": lambda node: _operator(node) in ("&&", "||", "??"),
    },
    functions=words("func_decl constructor_decl destructor_decl accessor_decl closure_expr autoclosure_expr"),
    classes=words("class_decl struct_decl enum_decl protocol extension_decl"),
    names={
        "declref_expr": "read",
        "unresolved_decl_ref_expr": "read",
        "overloaded_decl_ref_expr": "read",
        "member_ref_expr": "read",
        "unresolved_dot_expr": "read",
        "unresolved_member_expr": "read",
        "dynamic_member_ref_expr": "read",
        "constructor_ref_call_expr": "call",
        "type_expr": "type",
        "type_unqualified_ident": "type",
        "type_qualified_ident": "type",
        "pattern_named": "write",
    },
    not_names=words("self super Self"),
    members=words("member_ref_expr unresolved_dot_expr dot_syntax_call_expr dynamic_member_ref_expr"),
    qualifier=_qualifier,
    uses={
        "call_expr": {"fn": _CALL},
        "dot_syntax_call_expr": {"fn": THROUGH},
        "constructor_ref_call_expr": {"fn": NONE, "args": NONE},
        "argument_list": {"args": THROUGH},
        "argument": {"expr": THROUGH},
        "assign_expr": {"dest": WRITE},
        "inout_expr": {"sub_expr": RoleRule("write", climb=True)},
        "subscript_expr": {"base": RoleRule("read", climb=True)},
        "pattern_entry": {"pattern": LOCAL},
        "pattern_typed": {"sub_pattern": THROUGH},
        "pattern_tuple": {"elements": THROUGH},
        "pattern_binding": {"sub_pattern": THROUGH},
        "pattern_paren": {"sub_pattern": THROUGH},
        **dict.fromkeys(_HOLDERS - {"inout_expr"}, _THROUGH),
        **dict.fromkeys(_UNWRAPPING, _THROUGH),
    },
    prepare=PREPARE,
    definitions=DEFINITIONS,
    references=REFERENCES,
    imports=IMPORTS,
)
