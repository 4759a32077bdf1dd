"""php-parser from npm (the one of glayzzle): `kind` in small letters, `loc` with line, column and offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.dialects.dialect import (
    CALL,
    INHERIT,
    LOCAL,
    NONE,
    THROUGH,
    TYPE,
    WRITE,
    Definition,
    DefinitionRule,
    Dialect,
    Import,
    Memo,
    Node,
    PrepareRule,
    Reference,
    RoleRule,
    body_of,
    child,
    children,
    dotted,
    rooted,
    text,
)
from snake_pipe.transform.dialects.doc_comments import doc_of
from snake_pipe.transform.dialects.php_names import (
    before_last,
    called,
    included,
    last_part,
    namespace,
    used,
)
from snake_pipe.transform.dialects.places import points
from snake_pipe.transform.languages.rules import table, words

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = table(
    module="program namespace",
    class_="class trait",
    interface="interface",
    enum="enum",
    function="function",
    method="method propertyhook",
    field="property propertystatement enumcase",
    variable="constant constantstatement classconstant static staticvariable global",
    parameter="parameter",
    identifier="identifier name variable selfreference parentreference staticreference",
    member="propertylookup nullsafepropertylookup staticlookup offsetlookup",
    call="call new isset empty unset exit eval echo print clone namedargument variadicplaceholder",
    type_ref="typereference uniontype intersectiontype traituse traitalias traitprecedence",
    import_="usegroup useitem include",
    conditional="if switch case match matcharm retif",
    loop="for foreach while do",
    jump="break continue goto label halt",
    return_="return",
    try_="try catch",
    throw="throw",
    async_="yield yieldfrom",
    assignment="assign assignref pre post",
    operator="bin unary cast silent variadic byref",
    lambda_="closure arrowfunc",
    collection="array list entry",
    string="string encapsed encapsedpart nowdoc inline",
    number="number",
    atom="boolean nullkeyword magic literal",
    comment="commentblock commentline",
    annotation="attrgroup attribute",
    directive="declare declaredirective",
    block="block",
    statement="expressionstatement noop",
    error="error",
)

_MODIFIERS = {"isAbstract": "abstract", "isFinal": "final", "final": "final", "isStatic": "static"} | {
    "isReadonly": "readonly",
    "readonly": "readonly",
}
_FLAGS = {1: "public", 2: "protected", 4: "private"}
"""The visibility of parameters that are properties as well."""


def _name(node: Node) -> str | None:
    """A declaration's name; that of an anonymous class is none."""
    return text(child(node, "name"), "name") or text(node, "name")


def _path(node: Node) -> str | None:
    r"""The last part of a name such as `A\B`."""
    return last_part(text(node, "name"))


def _doc(node: Node) -> str | None:
    """The comment before it, or before its attributes."""
    for one in (node, *children(node, "attrGroups")[:1]):
        comments = children(one, "leadingComments")
        if comments:
            return doc_of(text(comments[-1], "value"))
    return None


def _modifiers(node: Node, *more: str) -> list[str]:
    return [*more, *(word for key, word in _MODIFIERS.items() if node.get(key) is True)]


def _declared(kind: str, *more: str) -> DefinitionRule:
    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        name = _name(node)
        if name is None:
            return
        at = child(node, "name") or node
        yield Definition(name, kind, at, body_of(node), None, _modifiers(node, *more), doc=_doc(node))

    return rule


def _function(kind: str) -> DefinitionRule:
    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        name = _name(node)
        if name is None:
            return
        parameters = children(node, "arguments")
        more = ("constructor",) if kind == "method" and name == "__construct" else ()
        yield Definition(
            name,
            kind,
            child(node, "name") or node,
            body_of(node),
            list(map(_parameter, parameters)),
            _modifiers(node, *more),
            (text(node, "visibility") or "public") if kind == "method" else None,
            doc=_doc(node),
        )

    return rule


def _type(node: Node | None) -> str | None:
    if node is None:
        return None
    parts = children(node, "types")
    if parts:
        sign = "&" if node.get("kind") == "intersectiontype" else "|"
        return sign.join(text(part, "raw") or text(part, "name") or "?" for part in parts)
    return text(node, "raw") or text(node, "name")


def _parameter(node: Node) -> str:
    written = _type(child(node, "type"))
    shown = ("&" if node.get("byref") is True else "") + ("..." if node.get("variadic") is True else "")
    question = "?" if written and node.get("nullable") is True else ""
    return f"{question}{written or ''} {shown}${_name(node) or ''}".strip()


def _promoted(node: Node, _memo: Memo) -> Iterable[Definition]:
    flags = node.get("flags")
    visibility = _FLAGS.get(flags & 7) if flags.__class__ is int and flags is not None else None
    name = _name(node)
    if name is not None and visibility is not None:
        at = child(node, "name") or node
        yield Definition(name, "field", at, modifiers=_modifiers(node), visibility=visibility)


def _note_members(key: str) -> PrepareRule:
    """Hands visibility, modifiers and doc of a statement to what it declares."""

    def rule(node: Node, memo: Memo) -> None:
        shared = text(node, "visibility") or "public", _modifiers(node), _doc(node)
        memo.update((id(each), shared) for each in children(node, key))

    return rule


def _member(kind: str, *more: str) -> DefinitionRule:
    def rule(node: Node, memo: Memo) -> Iterable[Definition]:
        name = _name(node)
        if name is None:
            return
        visibility, modifiers, doc = memo.get(id(node), ("public", [], None))
        found = [*modifiers, *_modifiers(node), *more]
        at = child(node, "name") or node
        yield Definition(name, kind, at, modifiers=found, visibility=visibility, doc=doc or _doc(node))

    return rule


def _constant(node: Node, memo: Memo) -> Iterable[Definition]:
    """`const` in a class, an interface or at the top."""
    for one in _member("variable", "const")(node, memo):
        if id(node) not in memo:
            one.visibility = None
        yield one


def _assigned(node: Node, _memo: Memo) -> Iterable[Definition]:
    """Variables of the file: `$a = 1`, and each in `[$a, $b] = f()`."""
    left = child(node, "left")
    if left is None:
        return
    for at in (left, *(child(entry, "value") for entry in children(left, "items"))):
        name = text(at, "name")
        if at is not None and at.get("kind") == "variable" and name is not None:
            yield Definition(name, "variable", at, outer_only=True)


def _namespace(node: Node, _memo: Memo) -> Iterable[Definition]:
    return namespace(text(node, "name"), node, body_of(node, "children"))


def _note_group(node: Node, memo: Memo) -> None:
    prefix = text(node, "name")
    memo.update((id(item), prefix) for item in children(node, "items"))


def _use(node: Node, memo: Memo) -> Iterable[Import]:
    return used(text(node, "name"), memo.get(id(node)), text(child(node, "alias"), "name"))


def _include(node: Node, _memo: Memo) -> Iterable[Import]:
    return included(text(child(node, "target"), "value"))


def _attribute(node: Node, _memo: Memo) -> Iterable[Reference]:
    name = text(node, "name")
    if name is not None:
        yield Reference("decorate", last_part(name) or name, before_last(name))


def _step(node: Node) -> tuple[str | None, Node | None]:
    kind = node.get("kind")
    if kind in ("propertylookup", "nullsafepropertylookup"):
        return text(child(node, "offset"), "name"), child(node, "what")
    if kind == "variable":
        name = text(node, "name")
        return name and f"${name}", None
    return (text(node, "name") if kind == "name" else text(node, "raw")), None


def _qualifier(node: Node) -> str | None:
    if node.get("kind") == "name":
        return before_last(text(node, "name"))
    return dotted(child(node, "what"), _step)


def _instanceof(node: Node, _memo: Memo) -> str | None:
    return "bin instanceof" if node.get("type") == "instanceof" else None


def _note_called(node: Node, memo: Memo) -> None:
    what = child(node, "what")
    if what is not None:
        memo[id(what)] = _CALLED


def _constant_of_class(node: Node, memo: Memo) -> str | None:
    """`A::B` reads A, other than `A::$b` and `A::b()`, which take it as a type."""
    is_constant = text(child(node, "offset"), "kind") == "identifier" and memo.get(id(node)) != _CALLED
    return "staticlookup of a constant" if is_constant else None


_CALLED = "called"
_LOOKUP = {"offset": THROUGH}
_TYPED = {"type": TYPE}
_TYPE_PARTS = {"types": RoleRule("type", climb=True)}

PHP_PARSER = Dialect(
    name="php-parser",
    written_by="php-parser from npm",
    language="php",
    type_key="kind",
    positions=points("loc.start", "loc.end"),
    offset_unit="utf16",
    leaf_keys=words(
        "kind loc resolution byref curly raw parenthesizedExpression isDoubleQuote unicode shortForm "
        "nullable variadic readonly flags flagsSet isAbstract isFinal isReadonly isStatic isAnonymous "
        "visibility operator withBrackets errors syntax"
    ),
    kinds=KINDS,
    is_root=rooted("program", children=list),
    name_keys={"": "name", "name": "", "attribute": "", "useitem": ""},
    value_keys={
        "string": "value",
        "number": "value",
        "nowdoc": "value",
        "inline": "value",
        "boolean": "value",
        "magic": "value",
        "commentblock": "value",
        "commentline": "value",
    },
    named={
        "name": _path,
        "attribute": _path,
        "useitem": _path,
        **dict.fromkeys(
            words(
                "class interface trait enum function method property parameter constant enumcase "
                "declaredirective"
            ),
            _name,
        ),
    },
    branches=words("if for foreach while do case matcharm catch retif bin"),
    weights={
        "case": lambda node: node.get("test") is not None,
        "matcharm": lambda node: node.get("conds") is not None,
        "bin": lambda node: node.get("type") in ("&&", "||", "??", "and", "or", "xor"),
    },
    functions=words("function method closure arrowfunc propertyhook"),
    classes=words("class interface trait enum"),
    names={"identifier": "read", "name": "read", "variable": "read"},
    members=words("propertylookup nullsafepropertylookup staticlookup name"),
    qualifier=_qualifier,
    name_separator="\\",
    uses={
        "propertylookup": _LOOKUP,
        "nullsafepropertylookup": _LOOKUP,
        "staticlookup": {"what": TYPE, "offset": THROUGH},
        "staticlookup of a constant": _LOOKUP,
        "call": {"what": CALL},
        "new": {"what": RoleRule("call")},
        "assign": {"left": LOCAL},
        "assignref": {"left": LOCAL},
        "pre": {"what": WRITE},
        "post": {"what": WRITE},
        "foreach": {"key": WRITE, "value": WRITE},
        "list": {"items": THROUGH},
        "entry": {"value": THROUGH},
        "staticvariable": {"variable": WRITE},
        "global": {"items": NONE},
        "catch": {"variable": WRITE, "what": TYPE},
        "bin instanceof": {"right": TYPE},
        "class": {"name": NONE, "extends": INHERIT, "implements": INHERIT},
        "interface": {"name": NONE, "extends": INHERIT},
        "enum": {"name": NONE, "implements": INHERIT, "valueType": NONE},
        "trait": {"name": NONE},
        "traituse": {"traits": INHERIT},
        "traitalias": {"as": NONE, "method": NONE, "trait": TYPE},
        "traitprecedence": {"instead": TYPE, "method": NONE, "trait": TYPE},
        "function": {"name": NONE, **_TYPED},
        "method": {"name": NONE, **_TYPED},
        "closure": _TYPED,
        "arrowfunc": _TYPED,
        "parameter": {"name": NONE, **_TYPED},
        "property": {"name": NONE, **_TYPED},
        "classconstant": _TYPED,
        "uniontype": _TYPE_PARTS,
        "intersectiontype": _TYPE_PARTS,
        "constant": {"name": NONE},
        "enumcase": {"name": NONE},
        "useitem": {"alias": NONE},
        "declaredirective": {"key": NONE},
        "label": {"name": NONE},
        "goto": {"label": NONE},
    },
    variants={"bin": _instanceof, "staticlookup": _constant_of_class},
    prepare={
        "call": _note_called,
        "usegroup": _note_group,
        "propertystatement": _note_members("properties"),
        "classconstant": _note_members("constants"),
    },
    definitions={
        "namespace": _namespace,
        "class": _declared("class"),
        "interface": _declared("interface"),
        "trait": _declared("class", "trait"),
        "enum": _declared("enum"),
        "function": _function("function"),
        "method": _function("method"),
        "property": _member("field"),
        "enumcase": _member("field"),
        "constant": _constant,
        "parameter": _promoted,
        "assign": _assigned,
    },
    references={"attribute": _attribute, "isset": called("isset"), "empty": called("empty")},
    imports={"useitem": _use, "include": _include},
)
