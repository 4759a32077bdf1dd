"""Python's `ast` as JSON: the names of classes under a key such as `_type`, fields as they are.

Names of classes and fields are those of the grammar in the documentation of the module `ast`, older
versions' ones (`Num`, `Str`, `NameConstant`, `Index`, `ExtSlice`) included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.dialects.dialect import (
    CALL,
    DECORATE,
    INHERIT,
    LOCAL,
    NONE,
    THROUGH,
    TYPE,
    TYPE_PART,
    WRITE,
    Dialect,
    Import,
    Memo,
    Node,
    Reference,
    RoleRule,
    child,
    children,
    dotted,
    text,
)
from snake_pipe.transform.dialects.evidence import sample
from snake_pipe.transform.dialects.generic import TYPE_KEYS
from snake_pipe.transform.dialects.guards import (
    NOTHING,
    Reading,
    all_of,
    chained,
    is_not,
    is_one_of,
    lacks,
    late,
    stands_in,
)
from snake_pipe.transform.dialects.importing import Importing, importing
from snake_pipe.transform.dialects.python_ast_definitions import DEFINITIONS
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
USES: dict[str, dict[str, RoleRule]] = {
    "Call": {"func": CALL},
    "FunctionDef": _FUNCTION_USES,
    "AsyncFunctionDef": _FUNCTION_USES,
    "ClassDef": {"decorator_list": DECORATE, "bases": INHERIT},
    "Assign": {"targets": LOCAL},
    "AnnAssign": {"target": LOCAL, "annotation": TYPE},
    "AugAssign": {"target": WRITE},
    "NamedExpr": {"target": WRITE},
    "Delete": {"targets": WRITE},
    "For": {"target": WRITE},
    "AsyncFor": {"target": WRITE},
    "comprehension": {"target": WRITE},
    "withitem": {"optional_vars": WRITE},
    "arg": {"annotation": TYPE},
    "Subscript": {"value": TYPE_PART, "slice": TYPE_PART},
    "Index": {"value": TYPE_PART},
    "BinOp": {"left": TYPE_PART, "right": TYPE_PART},
    "Tuple": {"elts": THROUGH},
    "List": {"elts": THROUGH},
    "Starred": {"value": THROUGH},
    "MatchClass": {"cls": TYPE},
    "TypeAlias": {"name": NONE, "value": TYPE},
    "TypeVar": {"bound": TYPE},
}


def _step(node: Node) -> tuple[str | None, Node | None]:
    if "attr" in node:
        return text(node, "attr"), child(node, "value")
    return text(node, "id"), None


@chained(
    {
        "Attribute": (Reading("attr", before="value"),),
        "Name": (Reading("id", lacks("attr")),),
        "": (Reading(when=all_of(lacks("attr"), lacks("id")), is_nothing=True),),
    }
)
def qualifier(node: Node) -> str | None:
    """`a.b` of the attribute `a.b.c`."""
    value = node.get("value")
    if value.__class__ is dict and value.get("id").__class__ is str:  # nearly always
        return value["id"] or None
    return dotted(child(node, "value"), _step)


def _caught(node: Node, _memo: Memo) -> Iterable[Reference]:
    name = text(node, "name")
    return () if name is None else (Reference("write", name),)


@late
def _note_module(node: Node, memo: Memo) -> None:
    """Hands module, number of dots and line to the aliases; before 3.10 an alias stood nowhere."""
    level = node.get("level")
    dots = level if level.__class__ is int and 0 < level < 100 else 0
    line = node.get("lineno")
    from_ = "names" in node and "level" in node
    for alias in children(node, "names"):
        memo[id(alias)] = (
            "." * dots + (text(node, "module") or "") if from_ else None,
            dots > 0,
            line if line.__class__ is int and 0 < line < 2**31 else None,
        )


_FROM = stands_in("names", "ImportFrom")
_ALIAS = (Reading("asname"), NOTHING)
_MODULE = (Reading("^.module"), NOTHING)


@importing(
    Importing(
        (Reading("name"),),
        all_of(stands_in("names", "Import"), lacks("^.level")),
        alias=_ALIAS,
        line="^.lineno",
    ),
    Importing(
        _MODULE,
        all_of(_FROM, is_not(lacks("^.level")), is_one_of("name", "*")),
        is_wildcard=True,
        dots="^.level",
        line="^.lineno",
    ),
    Importing(
        _MODULE,
        all_of(_FROM, is_not(lacks("^.level"))),
        (Reading("name"),),
        _ALIAS,
        dots="^.level",
        line="^.lineno",
    ),
)
def _import(alias: Node, memo: Memo) -> Iterable[Import]:
    name, local = text(alias, "name"), text(alias, "asname")
    module, is_relative, line = memo.get(id(alias), (None, False, None))
    if name is None:
        return ()
    if module is None:
        return (Import(name, None, local, line=line),)
    if name == "*":
        return (Import(module, None, None, is_relative, is_wildcard=True, line=line),)
    return (Import(module, name, local, is_relative, line=line),)


_ROOTS = words("Module Interactive Expression FunctionType")


def _is_root(node: Node, type_key: str) -> bool:
    """A module; one without `type_ignores`, as before Python 3.8, is recognised by the types below it."""
    if text(node, type_key) not in _ROOTS:
        return False
    if "type_ignores" in node:
        return True
    below = sample(node, (type_key,)).get(type_key)
    return "body" in node and below is not None and below.share(KINDS) >= 0.9


PYTHON_AST = Dialect(
    name="python-ast",
    written_by="Python's ast, its nodes as objects with the class name under _type",
    language="python",
    type_key="_type",
    positions="line",
    offset_unit="byte",
    leaf_keys=words(
        "lineno col_offset end_lineno end_col_offset id attr type_comment level module asname kind simple"
    ),
    kinds=KINDS,
    is_root=_is_root,
    is_part=lambda shown: "lineno" in shown.flags,
    other_type_keys=TYPE_KEYS,
    name_keys=NAME_KEYS,
    value_keys=VALUE_KEYS,
    literals=frozenset({"Constant"}),
    atoms={True: "True", False: "False", None: "None"},
    branches=words("If IfExp For AsyncFor While ExceptHandler comprehension BoolOp match_case Assert"),
    weights={
        "BoolOp": lambda node: len(children(node, "values")) - 1,
        "comprehension": lambda node: 1 + len(children(node, "ifs")),
        "match_case": lambda node: 1 + (child(node, "guard") is not None),
    },
    prepare={"Import": _note_module, "ImportFrom": _note_module},
    classes=words("ClassDef"),
    functions=words("FunctionDef AsyncFunctionDef Lambda"),
    names={"Name": "read", "Attribute": "read"},
    uses=USES,
    names_at_end=words("Attribute"),
    members=words("Attribute"),
    qualifier=qualifier,
    definitions=DEFINITIONS,
    references={"ExceptHandler": _caught},
    imports={"alias": _import},
)
