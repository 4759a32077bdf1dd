"""syn's trees of Rust as the crate syn-serde writes them: `{"fn": {...}}`, the variant around each node.

Nodes have no places. What a macro is called with are tokens, no nodes. One name may stand for variants
of several enums (`type` is an item, a pattern and an argument): what a node has tells which it is.
"""

from __future__ import annotations

from snake_pipe.transform.dialects.dialect import (
    DECORATE,
    INHERIT,
    NONE,
    THROUGH,
    TYPE,
    WRITE,
    Dialect,
    KindRule,
    Memo,
    Node,
    RoleRule,
    Tags,
    child,
    dotted,
    text,
)
from snake_pipe.transform.dialects.syn_serde_definitions import (
    DEFINITIONS,
    IMPORTS,
    PREPARE,
    REFERENCES,
    last_segment,
    literal,
    path_before,
)
from snake_pipe.transform.languages.rules import table, words

KINDS = table(
    module="file mod foreign_mod",
    class_="struct union impl",
    interface="trait",
    enum="enum",
    function="fn",
    field="variant field_definition",
    variable="let const static",
    parameter="receiver typed type_param const_param lifetime_param bare_fn_arg",
    type_alias="type trait_alias",
    macro="macro",
    identifier="path ident",
    member="field index",
    call="call method_call",
    type_ref="ptr bare_fn impl_trait trait_object assoc_type assoc_const constraint",
    import_="use extern_crate rename",
    conditional="if match arm",
    loop="for_loop while loop",
    jump="break continue",
    return_="return",
    try_="try try_block",
    async_="async await yield",
    assignment="assign",
    operator="binary unary cast range reference paren group",
    lambda_="closure",
    collection="array repeat tuple tuple_struct slice or field_value",
    atom="lit infer rest lifetime _",
    annotation="attribute list name_value",
    block="block unsafe",
)
_FIELDS = {
    "path": "path",
    "trait": "path",
    "attrs": "attribute",
    "variants": "variant",
    "named": "field_definition",
    "unnamed": "field_definition",
    "fields": "field_value",
    "arms": "arm",
    "inputs": "bare_fn_arg",
}
"""Fields whose nodes are structs, which have no variant's name around them."""
_UNTAGGED = words("file field_definition field_value variant arm attribute bare_fn_arg") | words(
    "type_param const_param lifetime_param"
)
_ITEMS = {
    "const": "ident ty",
    "enum": "ident variants",
    "extern_crate": "ident",
    "fn": "ident inputs",
    "foreign_mod": "abi items",
    "impl": "self_ty items",
    "macro": "path delimiter",
    "mod": "ident",
    "static": "ident ty",
    "struct": "ident fields",
    "trait": "ident items",
    "trait_alias": "ident bounds",
    "type": "ident ty",
    "union": "ident fields",
    "use": "tree",
}
"""The items of a file, and fields that each of them has."""
_SOME = 20


def _is_root(node: Node, _type_key: str) -> bool:
    """A file: items, each the only member of its object, with the fields that it must have."""
    items = node.get("items")
    if (
        items.__class__ is not list
        or not items
        or not node.keys() <= {"shebang", "attrs", "items", "NodeTag"}
    ):
        return False
    return all(_is_item(item) for item in items[:_SOME])


def _is_item(item: object) -> bool:
    if not isinstance(item, dict) or len(item) != 1:
        return False
    tag, inner = next(iter(item.items()))
    return (
        tag in _ITEMS and inner.__class__ is dict and all(key in inner for key in _ITEMS[tag].split())
    ) or (tag == "verbatim" and inner.__class__ is list)


def _where(key: str, kind: str) -> KindRule:
    """That kind for nodes that have the field."""
    return lambda node: kind if key in node else None


def _kind_of_literal(node: Node) -> str | None:
    if not {"str", "byte_str", "byte", "char"}.isdisjoint(node):
        return "string"
    return "number" if "int" in node or "float" in node else None


def _kind_of_type(node: Node) -> str | None:
    """An alias, the pattern `a: u8`, a predicate of `where`, or an argument such as `_`."""
    return None if "ident" in node else "variable" if "pat" in node else "type_ref"


def _assigns(node: Node, _memo: Memo) -> str | None:
    operator = text(node, "op") or ""
    is_assignment = operator.endswith("=") and operator not in ("==", "<=", ">=", "!=")
    return "binary=" if is_assignment else None


def _macro(node: Node, _memo: Memo) -> str | None:
    return "macro_rules" if "ident" in node else None


def _constant(node: Node, _memo: Memo) -> str | None:
    """A pattern of one word that begins with a capital letter, as `None`: no variable is written so."""
    name = text(node, "ident")
    return "ident constant" if name and name[0].isupper() and len(node) == 2 else None


def _step(node: Node) -> tuple[str | None, Node | None]:
    type_ = node.get("NodeTag")
    if type_ == "field":
        return text(node, "ident"), _held(child(node, "base"))
    if type_ == "path":
        before, last = path_before(node), last_segment(node)
        return (f"{before}::{last}" if before else last), None
    return None, None


def _held(wrapper: Node | None) -> Node | None:
    """The node in an object that only holds its type."""
    return next((child(wrapper, key) for key in wrapper), None) if wrapper else None


def _qualifier(node: Node) -> str | None:
    if node.get("NodeTag") == "path":
        return path_before(node)
    return dotted(_held(child(node, "base") or child(node, "receiver")), _step)


_PATTERNS = {"elems": THROUGH}
_TYPED = {"pat": NONE, "ty": TYPE}
_HAS_TYPE = {"ty": TYPE}
_TYPE_PART = RoleRule("type", climb=True)
_INSIDE = {"elem": _TYPE_PART, "expr": THROUGH, "pat": THROUGH, "elems": THROUGH}
_BOUNDS = {"bounds": TYPE}

SYN_SERDE = Dialect(
    name="syn-serde",
    written_by="syn-serde, its JSON of a syn::File",
    language="rust",
    type_key="NodeTag",
    tags=Tags(
        types=frozenset(KINDS) - _UNTAGGED | {"named", "unnamed"},
        fields=_FIELDS,
        root="file",
        within={"params": {"type": "type_param", "const": "const_param", "lifetime": "lifetime_param"}},
        holders=words("type const"),
    ),
    positions="none",
    offset_unit="none",
    leaf_keys=words("NodeTag tokens delimiter op mut ref label style method abi"),
    kinds=KINDS,
    is_root=_is_root,
    name_keys={
        "": "ident",
        "path": "",
        "method_call": "method",
        "lifetime_param": "lifetime",
        "bare_fn_arg": "name",
    },
    named={"path": last_segment},
    valued={"lit": literal},
    kinds_of={
        "struct": _where("path", "collection"),
        "trait": _where("path", "type_ref"),
        "let": _where("expr", "conditional"),
        "const": _where("stmts", "block"),
        "macro": lambda node: None if "ident" in node else "call",
        "array": _where("elem", "type_ref"),
        "slice": _where("elem", "type_ref"),
        "reference": _where("elem", "type_ref"),
        "paren": _where("elem", "type_ref"),
        "group": _where("elem", "type_ref"),
        "lifetime": _where("bounds", "type_ref"),
        "lit": _kind_of_literal,
        "type": _kind_of_type,
    },
    branches=words("if arm while for_loop loop let binary"),
    weights={
        "let": lambda node: "expr" in node,
        "binary": lambda node: node.get("op") in ("&&", "||"),
    },
    functions=words("fn closure"),
    classes=words("struct union enum trait impl"),
    names={
        "path": "read",
        "ident": "write",
        "ident constant": "read",
        "field": "read",
        "method_call": "call",
    },
    not_names=words("self super crate"),
    builtin_types=words("i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 bool char str Self"),
    members=words("path field method_call"),
    qualifier=_qualifier,
    uses={
        "attribute": {"meta": DECORATE},
        "list": {"path": THROUGH},
        "name_value": {"path": NONE},
        "use": {"tree": NONE},
        "path": {"tree": NONE, "segments": TYPE},
        "fn": {"output": TYPE},
        "typed": _TYPED,
        "closure": {"inputs": NONE, "output": TYPE},
        "type": {"pat": THROUGH, "ty": TYPE, "bounds": TYPE, "bounded_ty": TYPE},
        "type_param": {"bounds": TYPE, "default": TYPE},
        "const_param": _HAS_TYPE,
        "field_definition": _HAS_TYPE,
        "const": _HAS_TYPE,
        "static": _HAS_TYPE,
        "cast": _HAS_TYPE,
        "bare_fn_arg": _HAS_TYPE,
        "assoc_type": _HAS_TYPE,
        "receiver": _HAS_TYPE,
        "bare_fn": {"output": TYPE},
        "constraint": _BOUNDS,
        "impl_trait": _BOUNDS,
        "trait_object": _BOUNDS,
        "trait_alias": _BOUNDS,
        "trait": {"path": _TYPE_PART, "supertraits": INHERIT},
        "impl": {"trait": INHERIT, "self_ty": TYPE},
        "call": {"func": RoleRule("call")},
        "macro": {"path": RoleRule("call")},
        "macro_rules": {"path": NONE},
        "struct": {"path": TYPE, "fields": THROUGH},
        "tuple_struct": {"path": TYPE, "elems": THROUGH},
        "field_value": {"pat": THROUGH},
        "tuple": _PATTERNS,
        "slice": _INSIDE,
        "array": _INSIDE,
        "ptr": _INSIDE,
        "reference": _INSIDE,
        "paren": _INSIDE,
        "group": _INSIDE,
        "or": {"cases": THROUGH},
        "ident": {"subpat": THROUGH},
        "assign": {"left": WRITE},
        "binary=": {"left": WRITE},
        "let": {"pat": THROUGH},
    },
    variants={"binary": _assigns, "macro": _macro, "ident": _constant},
    prepare=PREPARE,
    definitions=DEFINITIONS,
    references=REFERENCES,
    imports=IMPORTS,
)
