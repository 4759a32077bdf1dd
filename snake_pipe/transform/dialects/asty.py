"""asty: Go's own `go/ast` as JSON, `NodeType` and the names of the package's fields.

Positions are objects of the same kind as nodes, each under a key of its own, and only where a token stands:
`trees.positions.tokens` puts them together. asty writes them with `-positions`, and comments with
`-comments`; its list `Imports` repeats what stands among the declarations, and is not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.dialects.dialect import (
    CALL,
    LOCAL,
    NONE,
    THROUGH,
    TYPE,
    WRITE,
    Definition,
    Dialect,
    Import,
    Memo,
    Node,
    PrepareRule,
    RoleRule,
    body_of,
    child,
    children,
    dotted,
    rooted,
    text,
)
from snake_pipe.transform.languages.rules import table, words

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = table(
    module="File Package",
    class_="StructType",
    interface="InterfaceType",
    function="FuncDecl",
    field="Field",
    variable="ValueSpec",
    parameter="FieldList",
    type_alias="TypeSpec",
    identifier="Ident",
    member="SelectorExpr IndexExpr IndexListExpr SliceExpr",
    call="CallExpr",
    type_ref="ArrayType FuncType MapType ChanType",
    import_="ImportSpec",
    conditional="IfStmt SwitchStmt TypeSwitchStmt CaseClause SelectStmt CommClause",
    loop="ForStmt RangeStmt",
    jump="BranchStmt LabeledStmt",
    return_="ReturnStmt",
    async_="GoStmt DeferStmt SendStmt",
    assignment="AssignStmt IncDecStmt",
    operator="BinaryExpr UnaryExpr StarExpr ParenExpr TypeAssertExpr Ellipsis KeyValueExpr",
    lambda_="FuncLit",
    collection="CompositeLit",
    atom="BasicLit",
    comment="Comment CommentGroup",
    block="BlockStmt",
    statement="GenDecl DeclStmt ExprStmt EmptyStmt",
    token="Position",  # noqa: S106 (no password)
    error="BadExpr BadStmt BadDecl",
)
POSITION_KEYS = words(
    "NamePos Slash Opening Closing ValuePos Lbrace Rbrace Lparen Rparen Lbrack Rbrack OpPos TokPos Star Func "
    "Struct Map Interface Begin Arrow For If Switch Case Colon Ellipsis Return Package From To Semicolon "
    "Defer Go Select EndPos"
)
"""Keys of positions; `Assign` of a type's alias is one too, but that of a type switch is a statement."""

_LITERALS = {"STRING": "string", "CHAR": "string", "INT": "number", "FLOAT": "number", "IMAG": "number"}
_TYPES = {"StructType": ("class", "Fields"), "InterfaceType": ("interface", "Methods")}
_DEEPEST_TYPE = 20
_PACKAGE, _FIELD, _METHOD = "package", "field", "method"


def _literal(node: Node) -> str | None:
    return _LITERALS.get(text(node, "Kind") or "")


def _doc(node: Node | None) -> str | None:
    if node is None:
        return None
    lines: list[str] = []
    for comment in children(child(node, "Doc") or {}, "List"):
        written = text(comment, "Text") or ""
        if written.startswith("//"):
            lines.append(written[2:].removeprefix(" "))
        else:
            lines += (line.strip() for line in written[2:-2].strip().splitlines())
    return "\n".join(lines).strip() or None


def _define(
    name: str | None,
    kind: str,
    at: Node,
    doc: str | None,
    *,
    body: tuple[Node, ...] = (),
    parameters: list[str] | None = None,
    modifiers: tuple[str, ...] = (),
    qualifier: str | None = None,
    outer_only: bool = False,
) -> Iterable[Definition]:
    """What begins with a capital is for other packages."""
    if name is None or name == "_":
        return
    public = name[:1].isupper()
    yield Definition(
        name,
        kind,
        at,
        body,
        parameters,
        list(modifiers),
        "public" if public else "internal",
        public,
        doc,
        outer_only=outer_only,
        qualifier=qualifier,
    )


def _function(node: Node, _memo: Memo) -> Iterable[Definition]:
    name, type_ = child(node, "Name"), child(node, "Type") or {}
    receivers = children(child(node, "Recv") or {}, "List")
    return _define(
        text(name, "Name"),
        "method" if receivers else "function",
        name or node,
        _doc(node),
        body=body_of(node, "Body"),
        parameters=_parameters(type_),
        qualifier=_receiver(child(receivers[0], "Type")) if receivers else None,
    )


def _receiver(node: Node | None) -> str | None:
    """`T` of the receivers `T`, `*T` and `*T[K]`."""
    for _ in range(_DEEPEST_TYPE):
        if node is None or node.get("NodeType") == "Ident":
            break
        node = child(node, "X")
    return text(node, "Name")


def _parameters(type_: Node) -> list[str]:
    shown = []
    for field in children(child(type_, "Params") or {}, "List"):
        written = _type(child(field, "Type"))
        names = [text(name, "Name") or "_" for name in children(field, "Names")]
        shown += [f"{name} {written}" for name in names] or [written]
    return shown


def _type(node: Node | None, depth: int = 0) -> str:
    """A type as it is written, as far as a signature needs it."""
    if node is None or depth == _DEEPEST_TYPE:
        return "?"
    kind = node.get("NodeType")
    depth += 1
    if kind == "Ident":
        return text(node, "Name") or "?"
    if kind == "StarExpr":
        return "*" + _type(child(node, "X"), depth)
    if kind == "SelectorExpr":
        return f"{_type(child(node, 'X'), depth)}.{_type(child(node, 'Sel'), depth)}"
    if kind == "ArrayType":
        return f"[{'' if child(node, 'Len') is None else '...'}]{_type(child(node, 'Elt'), depth)}"
    if kind == "Ellipsis":
        return "..." + _type(child(node, "Elt"), depth)
    if kind == "MapType":
        return f"map[{_type(child(node, 'Key'), depth)}]{_type(child(node, 'Value'), depth)}"
    if kind == "ChanType":
        return "chan " + _type(child(node, "Value"), depth)
    if kind in ("IndexExpr", "IndexListExpr"):
        return _type(child(node, "X"), depth) + "[...]"
    return {"FuncType": "func(...)", "InterfaceType": "interface{...}", "StructType": "struct{...}"}.get(
        str(kind), "?"
    )


def _note_package(node: Node, memo: Memo) -> None:
    name = child(node, "Name")
    if name is not None:
        memo[id(name)] = _PACKAGE, _doc(node)


def _package(node: Node, memo: Memo) -> Iterable[Definition]:
    """The name in a file's package clause, beside the file's definitions."""
    shared = memo.get(id(node))
    if shared is None or shared[0] != _PACKAGE:
        return ()
    return (Definition(str(text(node, "Name")), "module", node, doc=shared[1]),) if text(node, "Name") else ()


def _note_specs(node: Node, memo: Memo) -> None:
    shared = text(node, "Tok"), _doc(node)
    memo.update((id(spec), shared) for spec in children(node, "Specs"))


def _value(node: Node, memo: Memo) -> Iterable[Definition]:
    word, doc = memo.get(id(node), (None, None))
    for name in children(node, "Names"):
        yield from _define(
            text(name, "Name"),
            "variable",
            name,
            _doc(node) or doc,
            modifiers=("const",) if word == "const" else (),
            outer_only=True,
        )


def _type_spec(node: Node, memo: Memo) -> Iterable[Definition]:
    type_ = child(node, "Type") or {}
    kind, body = _TYPES.get(str(type_.get("NodeType")), ("type_alias", ""))
    name = child(node, "Name")
    doc = _doc(node) or memo.get(id(node), (None, None))[1]
    return _define(text(name, "Name"), kind, name or node, doc, body=body_of(type_, body) if body else ())


def _note_fields(key: str) -> PrepareRule:
    def rule(node: Node, memo: Memo) -> None:
        memo.update((id(field), (_FIELD, None)) for field in children(child(node, key) or {}, "List"))

    return rule


def _field(node: Node, memo: Memo) -> Iterable[Definition]:
    """A field of a struct or a method of an interface; a parameter is none."""
    if memo.get(id(node)) != (_FIELD, None):
        return
    type_ = child(node, "Type") or {}
    is_method = type_.get("NodeType") == "FuncType" and "Tag" not in node
    for name in children(node, "Names"):
        kind = "method" if is_method and memo.get(id(type_)) == _METHOD else "field"
        parameters = _parameters(type_) if kind == "method" else None
        yield from _define(text(name, "Name"), kind, name, _doc(node), parameters=parameters)


def _note_methods(node: Node, memo: Memo) -> None:
    for field in children(child(node, "Methods") or {}, "List"):
        memo[id(field)] = _FIELD, None
        type_ = child(field, "Type")
        if type_ is not None:
            memo[id(type_)] = _METHOD


def _import(node: Node, _memo: Memo) -> Iterable[Import]:
    module = (text(child(node, "Path"), "Value") or "")[1:-1]
    alias = text(child(node, "Name"), "Name")
    if module:
        is_all = alias == "."
        yield Import(module, None, None if is_all else alias, module.startswith("."), is_all)


def _step(node: Node) -> tuple[str | None, Node | None]:
    if node.get("NodeType") == "SelectorExpr":
        return text(child(node, "Sel"), "Name"), child(node, "X")
    return text(node, "Name"), None


def _qualifier(node: Node) -> str | None:
    return dotted(child(node, "X"), _step)


_TYPE_PART = RoleRule("type", climb=True)

ASTY = Dialect(
    name="asty",
    written_by="asty go2json",
    language="go",
    type_key="NodeType",
    positions="tokens",
    offset_unit="byte",
    leaf_keys=POSITION_KEYS
    | words("NodeType RefId Tok Op Kind Incomplete Slice3 FileSet Imports Unresolved"),
    kinds=KINDS,
    is_root=rooted("File", Name=dict),
    source_keys=("Package.Filename",),
    kinds_of={"BasicLit": _literal},
    name_keys={"": "Name"},
    value_keys={"BasicLit": "Value", "Comment": "Text"},
    named=dict.fromkeys(words("File FuncDecl TypeSpec"), lambda node: text(child(node, "Name"), "Name")),
    branches=words("IfStmt ForStmt RangeStmt CaseClause CommClause BinaryExpr"),
    weights={
        "CaseClause": lambda node: node.get("List") is not None,
        "CommClause": lambda node: node.get("Comm") is not None,
        "BinaryExpr": lambda node: node.get("Op") in ("&&", "||"),
    },
    functions=words("FuncDecl FuncLit"),
    names={"Ident": "read"},
    not_names=words("nil true false iota _"),
    members=words("SelectorExpr"),
    qualifier=_qualifier,
    uses={
        "SelectorExpr": {"Sel": THROUGH},
        "CallExpr": {"Fun": CALL},
        "AssignStmt": {"Lhs": WRITE},
        "IncDecStmt": {"X": WRITE},
        "RangeStmt": {"Key": WRITE, "Value": WRITE},
        "ValueSpec": {"Names": LOCAL, "Type": TYPE},
        "Field": {"Names": NONE, "Type": TYPE},
        "TypeSpec": {"Name": NONE, "Type": TYPE},
        "CompositeLit": {"Type": TYPE},
        "TypeAssertExpr": {"Type": TYPE},
        "ArrayType": {"Elt": _TYPE_PART},
        "MapType": {"Key": _TYPE_PART, "Value": _TYPE_PART},
        "ChanType": {"Value": _TYPE_PART},
        "Ellipsis": {"Elt": _TYPE_PART},
        "StarExpr": {"X": THROUGH},
        "ParenExpr": {"X": THROUGH},
        "KeyValueExpr": {"Key": NONE},
        "FuncDecl": {"Name": NONE},
        "LabeledStmt": {"Label": NONE},
        "BranchStmt": {"Label": NONE},
        "File": {"Name": NONE},
        "ImportSpec": {"Name": NONE},
    },
    prepare={
        "File": _note_package,
        "GenDecl": _note_specs,
        "StructType": _note_fields("Fields"),
        "InterfaceType": _note_methods,
    },
    definitions={
        "Ident": _package,
        "FuncDecl": _function,
        "TypeSpec": _type_spec,
        "ValueSpec": _value,
        "Field": _field,
    },
    imports={"ImportSpec": _import},
)
