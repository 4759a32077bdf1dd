"""Python's `ast` as JSON: the names of classes under a key such as `_type`, fields as they are.

Names of classes and fields are those of the grammar in the documentation of the module `ast`, older
versions' ones (`Num`, `Str`, `NameConstant`, `Index`, `ExtSlice`) included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects.dialect import (
    CALL,
    DECORATE,
    INHERIT,
    NONE,
    READ,
    THROUGH,
    TYPE,
    Definition,
    Dialect,
    Import,
    Memo,
    Node,
    Use,
    body_of,
    child,
    children,
    dotted,
    text,
)
from snake_pipe.transform.languages.rules import table, words

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = table(
    module="Module Interactive Expression FunctionType",
    class_="ClassDef",
    function="FunctionDef AsyncFunctionDef",
    variable="AnnAssign",
    parameter="arg arguments TypeVar ParamSpec TypeVarTuple",
    type_alias="TypeAlias",
    identifier="Name",
    member="Attribute Subscript Slice Index ExtSlice",
    call="Call keyword",
    import_="Import ImportFrom alias",
    conditional="If IfExp Match match_case",
    loop="For AsyncFor While comprehension",
    jump="Break Continue",
    return_="Return",
    try_="Try TryStar ExceptHandler With AsyncWith withitem",
    throw="Raise Assert",
    async_="Await Yield YieldFrom",
    assignment="Assign AugAssign NamedExpr Delete",
    operator="BinOp UnaryOp BoolOp Compare And Or Add Sub Mult MatMult Div Mod Pow LShift RShift BitOr "
    "BitXor BitAnd FloorDiv Invert Not UAdd USub Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn Starred",
    lambda_="Lambda",
    collection="List Tuple Set Dict ListComp SetComp DictComp GeneratorExp MatchSequence MatchMapping",
    string="JoinedStr FormattedValue TemplateStr Interpolation Str Bytes",
    number="Num",
    atom="Constant NameConstant Ellipsis",
    directive="Global Nonlocal TypeIgnore",
    statement="Expr Pass MatchValue MatchSingleton MatchClass MatchStar MatchAs MatchOr",
    token="Load Store Del Param AugLoad AugStore",  # noqa: S106 (no password)
)

NAME_KEYS = {
    "": "name",
    "Name": "id",
    "Attribute": "attr",
    "arg": "arg",
    "keyword": "arg",
    "ImportFrom": "module",
}
VALUE_KEYS = {
    "Constant": "value",
    "Num": "n",
    "Str": "s",
    "Bytes": "s",
    "NameConstant": "value",
}
_FUNCTION_USES = {"decorator_list": DECORATE, "returns": TYPE}
USES: dict[str, dict[str, Use]] = {
    "Call": {"func": CALL},
    "FunctionDef": _FUNCTION_USES,
    "AsyncFunctionDef": _FUNCTION_USES,
    "ClassDef": {"decorator_list": DECORATE, "bases": INHERIT},
    "arg": {"annotation": TYPE},
    "AnnAssign": {"annotation": TYPE},
    "Subscript": {"value": THROUGH, "slice": THROUGH},
    "Index": {"value": THROUGH},
    "BinOp": {"left": THROUGH, "right": THROUGH},
    "Tuple": {"elts": THROUGH},
    "List": {"elts": THROUGH},
    "Starred": {"value": THROUGH},
    "Attribute": {"value": READ},
    "TypeAlias": {"name": NONE, "value": TYPE},
    "TypeVar": {"bound": TYPE},
}


def _step(node: Node) -> tuple[str | None, Node | None]:
    if "attr" in node:
        return text(node, "attr"), child(node, "value")
    return text(node, "id"), None


def qualifier(node: Node) -> str | None:
    """`a.b` of the attribute `a.b.c`."""
    value = node.get("value")
    if value.__class__ is dict and value.get("id").__class__ is str:  # nearly always
        return value["id"] or None
    return dotted(child(node, "value"), _step)


def _docstring(node: Node) -> str | None:
    """The string that is the first statement; the type key varies, so its class is looked for by value."""
    for statement in children(node, "body")[:1]:
        value = child(statement, "value")
        if value is not None and "Expr" in statement.values():
            doc = value.get("value", value.get("s"))
            return doc.strip() if doc.__class__ is str else None
    return None


def _parameters(node: Node) -> list[str]:
    arguments = child(node, "args")
    if arguments is None:
        return []
    shown = [text(a, "arg") or "_" for a in children(arguments, "posonlyargs")]
    if shown:
        shown.append("/")
    shown += [text(a, "arg") or "_" for a in children(arguments, "args")]
    star = child(arguments, "vararg")
    if star is not None:
        shown.append("*" + (text(star, "arg") or "_"))
    elif children(arguments, "kwonlyargs"):
        shown.append("*")
    shown += [text(a, "arg") or "_" for a in children(arguments, "kwonlyargs")]
    more = child(arguments, "kwarg")
    if more is not None:
        shown.append("**" + (text(more, "arg") or "_"))
    return shown


_DECORATORS = {
    "staticmethod": "static",
    "classmethod": "classmethod",
    "abstractmethod": "abstract",
    "property": "getter",
    "setter": "setter",
    "deleter": "deleter",
}


def _visibility(name: str) -> str:
    """By convention: one underscore is protected, two private, dunder names are public."""
    if name.startswith("__") and not name.endswith("__"):
        return "private"
    return "protected" if name.startswith("_") and not name.startswith("__") else "public"


def _function(node: Node, _memo: Memo) -> Iterable[Definition]:
    name = text(node, "name")
    if name is None:
        return ()
    modifiers = ["async"] if "AsyncFunctionDef" in node.values() else []
    for decorator in children(node, "decorator_list"):
        word = text(decorator, "attr") or text(decorator, "id") or ""
        if word in _DECORATORS:
            modifiers.append(_DECORATORS[word])
    if name == "__init__":
        modifiers.append("constructor")
    return (
        Definition(
            name,
            "function",
            _line_of(node),
            body_of(node),
            _parameters(node),
            modifiers,
            _visibility(name),
            doc=_docstring(node),
        ),
    )


def _class(node: Node, _memo: Memo) -> Iterable[Definition]:
    name = text(node, "name")
    if name is None:
        return ()
    return (
        Definition(
            name, "class", _line_of(node), body_of(node), None, [], _visibility(name), doc=_docstring(node)
        ),
    )


def _line_of(node: Node) -> Node:
    """Where the name of a definition is: on the line of its keyword, in a column that is not told."""
    return {"lineno": node.get("lineno")}


def _targets(node: Node) -> list[Node]:
    """The plain names that an assignment binds, in order."""
    stack = list(reversed(children(node, "targets") or children(node, "target") or children(node, "name")))
    found = []
    while stack:
        target = stack.pop()
        if "elts" in target:
            stack.extend(reversed(children(target, "elts")))
        elif "id" in target:
            found.append(target)
        elif "ctx" in target and "value" in target and "attr" not in target and "slice" not in target:
            stack.extend(children(target, "value"))  # *rest
    return found


def _variable(kind: str) -> Any:
    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        return [
            Definition(name, kind, at, visibility=_visibility(name), outer_only=True)
            for at in _targets(node)
            if (name := text(at, "id"))
        ]

    return rule


def _import(node: Node, _memo: Memo) -> Iterable[Import]:
    return [
        Import(name, None, text(alias, "asname"))
        for alias in children(node, "names")
        if (name := text(alias, "name"))
    ]


def _import_from(node: Node, _memo: Memo) -> Iterable[Import]:
    level = node.get("level")
    dots = level if level.__class__ is int and 0 < level < 100 else 0
    module = "." * dots + (text(node, "module") or "")
    return [
        Import(module, None if name == "*" else name, text(alias, "asname"), dots > 0, name == "*")
        for alias in children(node, "names")
        if (name := text(alias, "name"))
    ]


PYTHON_AST = Dialect(
    name="python-ast",
    language="python",
    type_key="_type",
    positions="line",
    offset_unit="byte",
    leaf_keys=words(
        "lineno col_offset end_lineno end_col_offset id attr type_comment level module asname kind simple"
    ),
    kinds=KINDS,
    name_keys=NAME_KEYS,
    value_keys=VALUE_KEYS,
    atoms={True: "True", False: "False", None: "None"},
    branches=words("If IfExp For AsyncFor While ExceptHandler comprehension BoolOp match_case"),
    functions=words("FunctionDef AsyncFunctionDef Lambda"),
    names={"Name": "read", "Attribute": "read"},
    uses=USES,
    members=words("Attribute"),
    qualifier=qualifier,
    definitions={
        "FunctionDef": _function,
        "AsyncFunctionDef": _function,
        "ClassDef": _class,
        "Assign": _variable("variable"),
        "AnnAssign": _variable("variable"),
        "TypeAlias": _variable("type_alias"),
    },
    imports={"Import": _import, "ImportFrom": _import_from},
)
