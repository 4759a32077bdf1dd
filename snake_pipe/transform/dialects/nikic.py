"""nikic's PHP-Parser as JSON: a list of statements, `nodeType`, and places in `attributes`.

`json_encode` of versions 4 and 5; their types' names differ for numbers, interpolated strings and items.
Lines are written by default, offsets only if the lexer was asked for `startFilePos` and `endFilePos`.
"""

from __future__ import annotations

from snake_pipe.transform.dialects.dialect import (
    CALL,
    DECORATE,
    INHERIT,
    LOCAL,
    NONE,
    THROUGH,
    TYPE,
    WRITE,
    Dialect,
    Memo,
    Node,
    RoleRule,
    child,
    dotted,
    text,
)
from snake_pipe.transform.dialects.nikic_definitions import (
    DEFINITIONS,
    IMPORTS,
    PREPARE,
    last_name,
    name_of,
    path_of,
)
from snake_pipe.transform.dialects.php_names import (
    before_last,
    called,
)
from snake_pipe.transform.dialects.places import Places
from snake_pipe.transform.languages.rules import table, words

KINDS = table(
    module="Stmt_Namespace",
    class_="Stmt_Class Stmt_Trait",
    interface="Stmt_Interface",
    enum="Stmt_Enum",
    function="Stmt_Function",
    method="Stmt_ClassMethod PropertyHook",
    field="Stmt_Property Stmt_PropertyProperty PropertyItem Stmt_EnumCase",
    variable="Const Stmt_Const Stmt_ClassConst Stmt_Static Stmt_StaticVar StaticVar Stmt_Global",
    parameter="Param",
    identifier="Identifier VarLikeIdentifier Name Name_FullyQualified Name_Relative Expr_Variable "
    "Expr_ConstFetch",
    member="Expr_PropertyFetch Expr_NullsafePropertyFetch Expr_StaticPropertyFetch Expr_ClassConstFetch "
    "Expr_ArrayDimFetch",
    call="Expr_FuncCall Expr_MethodCall Expr_NullsafeMethodCall Expr_StaticCall Expr_New Expr_Isset "
    "Expr_Empty Expr_Exit Expr_Eval Expr_Print Expr_Clone Expr_ShellExec Stmt_Echo Stmt_Unset "
    "VariadicPlaceholder",
    type_ref="NullableType UnionType IntersectionType Stmt_TraitUse Stmt_TraitUseAdaptation_Alias "
    "Stmt_TraitUseAdaptation_Precedence",
    import_="Stmt_Use Stmt_UseUse UseItem Stmt_GroupUse Expr_Include",
    conditional="Stmt_If Stmt_ElseIf Stmt_Else Stmt_Switch Stmt_Case Expr_Match MatchArm Expr_Ternary",
    loop="Stmt_For Stmt_Foreach Stmt_While Stmt_Do",
    jump="Stmt_Break Stmt_Continue Stmt_Goto Stmt_Label Stmt_HaltCompiler",
    return_="Stmt_Return",
    try_="Stmt_TryCatch Stmt_Catch Stmt_Finally",
    throw="Stmt_Throw Expr_Throw",
    async_="Expr_Yield Expr_YieldFrom",
    assignment="Expr_Assign Expr_AssignRef Expr_PreInc Expr_PreDec Expr_PostInc Expr_PostDec",
    operator="Expr_BooleanNot Expr_BitwiseNot Expr_UnaryMinus Expr_UnaryPlus Expr_Instanceof "
    "Expr_ErrorSuppress Arg",
    lambda_="Expr_Closure Expr_ArrowFunction",
    collection="Expr_Array Expr_ArrayItem ArrayItem Expr_List Expr_ClosureUse ClosureUse",
    string="Scalar_String Scalar_Encapsed Scalar_EncapsedStringPart Scalar_InterpolatedString "
    "InterpolatedStringPart Stmt_InlineHTML",
    number="Scalar_LNumber Scalar_DNumber Scalar_Int Scalar_Float",
    comment="Comment Comment_Doc",
    annotation="AttributeGroup Attribute",
    directive="Stmt_Declare Stmt_DeclareDeclare DeclareItem",
    block="Stmt_Block",
    statement="Stmt_Expression Stmt_Nop",
    error="Expr_Error",
)
_PREFIXES = {
    "Expr_BinaryOp_": "operator",
    "Expr_AssignOp_": "assignment",
    "Expr_Cast_": "operator",
    "Scalar_MagicConst_": "atom",
}


def _family(type_: str) -> str:
    """Each operator has a type of its own."""
    return next((kind for prefix, kind in _PREFIXES.items() if type_.startswith(prefix)), "other")


_SHORT_CIRCUITS = ("BooleanAnd", "BooleanOr", "LogicalAnd", "LogicalOr", "LogicalXor", "Coalesce")
_BRANCHES = [f"Expr_BinaryOp_{word}" for word in _SHORT_CIRCUITS]
_CHANGES = words("Expr_PreInc Expr_PreDec Expr_PostInc Expr_PostDec").union(
    f"Expr_AssignOp_{word}"
    for word in words(
        "Plus Minus Mul Div Mod Pow Concat Coalesce BitwiseAnd BitwiseOr BitwiseXor ShiftLeft ShiftRight"
    )
)
_NAMES = words("Name Name_FullyQualified Name_Relative")
_FETCHES = words("Expr_PropertyFetch Expr_NullsafePropertyFetch")
_IN_CLASS = words("Expr_StaticPropertyFetch Expr_ClassConstFetch")
_METHOD_CALLS = words("Expr_MethodCall Expr_NullsafeMethodCall")


def _own_constant(node: Node, _memo: Memo) -> str | None:
    """`self::A` refers to A alone."""
    is_own = path_of(child(node, "class")) in ("self", "static", "parent")
    return "Expr_ClassConstFetch of its own" if is_own else None


def _step(node: Node) -> tuple[str | None, Node | None]:
    kind = text(node, "nodeType")
    if kind in _FETCHES:
        return text(child(node, "name"), "name"), child(node, "var")
    if kind == "Expr_Variable":
        name = text(node, "name")
        return name and f"${name}", None
    return (path_of(node), None) if kind in _NAMES else (None, None)


def _qualifier(node: Node) -> str | None:
    if text(node, "nodeType") in _NAMES:
        return before_last(path_of(node))
    return dotted(child(node, "var") or child(node, "class"), _step)


def _is_root(node: Node, type_key: str) -> bool:
    """The first statement of a list; older and other tools write no `attributes` beside a `nodeType`."""
    return str(node.get(type_key)).startswith("Stmt_") and node.get("attributes").__class__ in (dict, list)


_TYPED = {"returnType": TYPE}
_TYPE_PARTS = {"types": RoleRule("type", climb=True)}
_MEMBER = {"name": THROUGH}
_CALLED = {"name": CALL}
_WRITTEN = {"var": WRITE}

NIKIC = Dialect(
    name="nikic",
    written_by="nikic/php-parser, json_encode of its statements",
    language="php",
    type_key="nodeType",
    positions=(
        Places(
            start_line="attributes.startLine",
            end_line="attributes.endLine",
            start_offset="attributes.startFilePos",
            end_offset="attributes.endFilePos",
            ends_on_last=frozenset({"offset"}),
        ),
        Places(
            start_line="line",
            end_line="endLine",
            start_offset="filePos",
            end_offset="endFilePos",
            ends_on_last=frozenset({"offset"}),
        ),
    ),
    offset_unit="byte",
    leaf_keys=words(
        "nodeType startLine endLine startFilePos endFilePos startTokenPos endTokenPos rawValue kind byRef "
        "unpack variadic flags docLabel docIndentation line filePos tokenPos"
    ),
    kinds=KINDS,
    fallback_kind=_family,
    is_root=_is_root,
    root_is_list=True,
    is_part=lambda _sample: True,
    name_keys={"": "name", **dict.fromkeys(_NAMES, "")},
    value_keys={
        **dict.fromkeys(words("Scalar_String Scalar_EncapsedStringPart InterpolatedStringPart"), "value"),
        **dict.fromkeys(words("Scalar_LNumber Scalar_DNumber Scalar_Int Scalar_Float"), "value"),
        "Stmt_InlineHTML": "value",
        "Comment": "text",
        "Comment_Doc": "text",
    },
    kinds_of={
        "Expr_ConstFetch": lambda node: (
            "atom" if str(path_of(child(node, "name"))).lower() in ("true", "false", "null") else None
        )
    },
    named={
        **dict.fromkeys(_NAMES, last_name),
        **dict.fromkeys(
            words(
                "Stmt_Class Stmt_Interface Stmt_Trait Stmt_Enum Stmt_Function Stmt_ClassMethod Const "
                "Stmt_PropertyProperty PropertyItem Stmt_EnumCase Param"
            ),
            name_of,
        ),
    },
    branches=words(
        "Stmt_If Stmt_ElseIf Stmt_For Stmt_Foreach Stmt_While Stmt_Do Stmt_Case MatchArm Stmt_Catch "
        "Expr_Ternary"
    ).union(_BRANCHES),
    weights={
        "Stmt_Case": lambda node: node.get("cond") is not None,
        "MatchArm": lambda node: node.get("conds") is not None,
    },
    functions=words("Stmt_Function Stmt_ClassMethod Expr_Closure Expr_ArrowFunction PropertyHook"),
    classes=words("Stmt_Class Stmt_Interface Stmt_Trait Stmt_Enum"),
    names={
        "Identifier": "read",
        "VarLikeIdentifier": "read",
        "Expr_Variable": "read",
        **dict.fromkeys(_NAMES, "read"),
    },
    not_names=words("true false null TRUE FALSE NULL"),
    builtin_types=words(
        "array bool callable float int iterable mixed never null object parent self static string void false "
        "true"
    ),
    members=_FETCHES | _IN_CLASS | _METHOD_CALLS | _NAMES | {"Expr_StaticCall"},
    qualifier=_qualifier,
    name_separator="\\",
    uses={
        "Expr_ConstFetch": _MEMBER,
        **dict.fromkeys(_FETCHES, _MEMBER),
        "Expr_ClassConstFetch": _MEMBER,
        "Expr_ClassConstFetch of its own": {"name": THROUGH, "class": NONE},
        "Expr_StaticPropertyFetch": {"name": THROUGH, "class": TYPE},
        **dict.fromkeys(_METHOD_CALLS, _CALLED),
        "Expr_StaticCall": {"name": CALL, "class": TYPE},
        "Expr_FuncCall": _CALLED,
        "Expr_New": {"class": RoleRule("call")},
        "Expr_Assign": {"var": LOCAL},
        "Expr_AssignRef": {"var": LOCAL},
        **dict.fromkeys(_CHANGES, _WRITTEN),
        "Stmt_Foreach": {"keyVar": WRITE, "valueVar": WRITE},
        "Expr_List": {"items": THROUGH},
        "Expr_Array": {"items": THROUGH},
        "Expr_ArrayItem": {"value": THROUGH},
        "ArrayItem": {"value": THROUGH},
        "Stmt_StaticVar": {"var": WRITE},
        "StaticVar": {"var": WRITE},
        "Stmt_Global": {"vars": NONE},
        "Stmt_Catch": {"var": WRITE, "types": TYPE},
        "Expr_Instanceof": {"class": TYPE},
        "Stmt_Namespace": {"name": NONE},
        "Stmt_Class": {"name": NONE, "extends": INHERIT, "implements": INHERIT},
        "Stmt_Interface": {"name": NONE, "extends": INHERIT},
        "Stmt_Trait": {"name": NONE},
        "Stmt_Enum": {"name": NONE, "implements": INHERIT, "scalarType": NONE},
        "Stmt_EnumCase": {"name": NONE},
        "Stmt_TraitUse": {"traits": INHERIT},
        "Stmt_TraitUseAdaptation_Alias": {"trait": TYPE, "method": NONE, "newName": NONE},
        "Stmt_TraitUseAdaptation_Precedence": {"trait": TYPE, "method": NONE, "insteadof": TYPE},
        "Stmt_Function": {"name": NONE, **_TYPED},
        "Stmt_ClassMethod": {"name": NONE, **_TYPED},
        "PropertyHook": {"name": NONE},
        "Expr_Closure": _TYPED,
        "Expr_ArrowFunction": _TYPED,
        "Param": {"var": NONE, "type": TYPE},
        "Stmt_Property": {"type": TYPE},
        "Stmt_ClassConst": {"type": TYPE},
        "NullableType": {"type": RoleRule("type", climb=True)},
        "UnionType": _TYPE_PARTS,
        "IntersectionType": _TYPE_PARTS,
        "Stmt_PropertyProperty": {"name": NONE},
        "PropertyItem": {"name": NONE},
        "Const": {"name": NONE},
        "Attribute": {"name": DECORATE},
        "Arg": {"name": NONE},
        "Stmt_GroupUse": {"prefix": NONE},
        "Stmt_UseUse": {"name": NONE, "alias": NONE},
        "UseItem": {"name": NONE, "alias": NONE},
        "Stmt_DeclareDeclare": {"key": NONE},
        "DeclareItem": {"key": NONE},
        "Stmt_Label": {"name": NONE},
        "Stmt_Goto": {"name": NONE},
    },
    variants={"Expr_ClassConstFetch": _own_constant},
    prepare=PREPARE,
    definitions=DEFINITIONS,
    references={"Expr_Isset": called("isset"), "Expr_Empty": called("empty")},
    imports=IMPORTS,
)
