"""solc's compact AST: `nodeType`, and `src` as `start:length:file` in bytes; there are no lines.

The standard JSON output holds one such tree a source file, under `sources`. Types and fields are those that
solc 0.4.12 and later write; Yul's nodes in inline assembly belong to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.dialects.dialect import (
    CALL,
    DECORATE,
    INHERIT,
    NONE,
    THROUGH,
    WRITE,
    Definition,
    DefinitionRule,
    Dialect,
    Import,
    Memo,
    Node,
    Reference,
    ReferenceRule,
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
    module="SourceUnit",
    class_="ContractDefinition StructDefinition",
    enum="EnumDefinition",
    function="FunctionDefinition ModifierDefinition YulFunctionDefinition",
    field="EnumValue",
    variable="VariableDeclaration VariableDeclarationStatement YulVariableDeclaration YulTypedName",
    parameter="ParameterList",
    type_alias="EventDefinition ErrorDefinition UserDefinedValueTypeDefinition",
    identifier="Identifier IdentifierPath YulIdentifier",
    member="MemberAccess IndexAccess IndexRangeAccess",
    call="FunctionCall FunctionCallOptions NewExpression ModifierInvocation EmitStatement RevertStatement "
    "YulFunctionCall",
    type_ref="ElementaryTypeName UserDefinedTypeName ArrayTypeName Mapping FunctionTypeName "
    "ElementaryTypeNameExpression InheritanceSpecifier",
    import_="ImportDirective",
    conditional="IfStatement Conditional YulIf YulSwitch YulCase",
    loop="ForStatement WhileStatement DoWhileStatement YulForLoop",
    jump="Break Continue YulBreak YulContinue YulLeave",
    return_="Return",
    try_="TryStatement TryCatchClause",
    throw="Throw",
    assignment="Assignment YulAssignment",
    operator="BinaryOperation UnaryOperation",
    collection="TupleExpression",
    atom="Literal YulLiteral",
    comment="StructuredDocumentation",
    annotation="OverrideSpecifier StorageLayoutSpecifier",
    directive="PragmaDirective UsingForDirective",
    block="Block UncheckedBlock YulBlock",
    statement="ExpressionStatement PlaceholderStatement InlineAssembly YulExpressionStatement YulObject "
    "YulCode YulData",
)

_CONTRACTS = {"contract": ("class", None), "interface": ("interface", None), "library": ("class", "library")}
_LITERALS = {"number": "number", "string": "string", "hexString": "string", "unicodeString": "string"}
_FLAGS = ("abstract", "virtual", "anonymous", "constant")
_MEMBER = "member"


def _literal(node: Node) -> str | None:
    return _LITERALS.get(text(node, "kind") or "")


def _doc(node: Node) -> str | None:
    return text(node, "documentation") or text(child(node, "documentation"), "text")


def _modifiers(node: Node, *more: str | None) -> list[str]:
    found = [flag for flag in _FLAGS if node.get(flag) is True]
    for key in ("stateMutability", "mutability"):
        said = text(node, key)
        if said not in (None, "nonpayable", "mutable", "constant"):
            found.append(str(said))
    if "overrides" in node and node["overrides"] is not None:
        found.append("override")
    return [*found, *(word for word in more if word)]


def _define(
    node: Node, kind: str, name: str | None = None, *more: str | None, body: tuple[Node, ...] = ()
) -> Iterable[Definition]:
    name = name or text(node, "name")
    if name is None:
        return ()
    visibility = text(node, "visibility")
    public = visibility in ("public", "external")
    parameters = child(node, "parameters")
    return (
        Definition(
            name,
            kind,
            node,
            body,
            None if parameters is None else list(map(_parameter, children(parameters, "parameters"))),
            _modifiers(node, *more),
            "public" if public else visibility,
            exported=None if visibility is None else public,
            doc=_doc(node),
        ),
    )


def _parameter(node: Node) -> str:
    type_ = text(child(node, "typeDescriptions"), "typeString") or text(child(node, "typeName"), "name") or ""
    return f"{type_} {text(node, 'name') or ''}".strip()


def _contract(node: Node, _memo: Memo) -> Iterable[Definition]:
    kind, word = _CONTRACTS.get(text(node, "contractKind") or "contract", ("class", None))
    return _define(node, kind, None, word, body=body_of(node, "nodes"))


def _function(node: Node, _memo: Memo) -> Iterable[Definition]:
    """Constructors, `receive` and `fallback` have no name but their kind."""
    kind = text(node, "kind")
    if node.get("isConstructor") is True:
        kind = "constructor"
    name = kind if kind in ("constructor", "fallback", "receive") else None
    word = "constructor" if kind == "constructor" else None
    return _define(node, "function", name, word, body=body_of(node))


def _modifier(node: Node, _memo: Memo) -> Iterable[Definition]:
    return _define(node, "function", None, "modifier", body=body_of(node))


def _type(kind: str, word: str | None, members: str = "") -> DefinitionRule:
    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        return _define(node, kind, None, word, body=body_of(node, members) if members else ())

    return rule


def _variable(node: Node, memo: Memo) -> Iterable[Definition]:
    """State variables, members of structs, and constants of a file; no parameters, no locals."""
    if node.get("stateVariable") is True or memo.get(id(node)) == _MEMBER:
        return _define(node, "field")
    return _define(node, "variable") if node.get("constant") is True else ()


def _yul_function(node: Node, _memo: Memo) -> Iterable[Definition]:
    name = text(node, "name")
    parameters = [text(each, "name") or "" for each in children(node, "parameters")]
    return () if name is None else (Definition(name, "function", node, body_of(node), parameters),)


def _note_members(node: Node, memo: Memo) -> None:
    memo.update((id(member), _MEMBER) for member in children(node, "members"))


def _declared(key: str) -> ReferenceRule:
    def rule(node: Node, _memo: Memo) -> Iterable[Reference]:
        for variable in children(node, key):
            name = text(variable, "name")
            if name is not None:
                yield Reference("write", name)

    return rule


def _import(node: Node, _memo: Memo) -> Iterable[Import]:
    module = text(node, "file")
    if module is None:
        return
    relative = module.startswith(".")
    aliases = children(node, "symbolAliases")
    for alias in aliases:
        foreign = text(child(alias, "foreign"), "name")
        if foreign is not None:
            yield Import(module, foreign, text(alias, "local"), relative)
    if not aliases:
        yield Import(module, None, text(node, "unitAlias"), relative, is_wildcard=True)


def _last_name(node: Node) -> str | None:
    """`B` of the path `A.B`."""
    return (text(node, "name") or "").rpartition(".")[2] or None


def _step(node: Node) -> tuple[str | None, Node | None]:
    if node.get("nodeType") == "MemberAccess":
        return text(node, "memberName"), child(node, "expression")
    return (text(node, "name"), None) if node.get("nodeType") == "Identifier" else (None, None)


def _qualifier(node: Node) -> str | None:
    if node.get("nodeType") == "MemberAccess":
        return dotted(child(node, "expression"), _step)
    return (text(node, "name") or "").rpartition(".")[0] or None


def _writes(node: Node, _memo: Memo) -> str | None:
    return "UnaryOperation=" if node.get("operator") in ("++", "--", "delete") else None


SOLC = Dialect(
    name="solc",
    written_by="solc, its compact AST alone or in the standard JSON output",
    language="solidity",
    type_key="nodeType",
    positions="src",
    offset_unit="byte",
    leaf_keys=words(
        "id src nodeType name nameLocation nameLocations typeDescriptions argumentTypes commonType scope "
        "overloadedDeclarations referencedDeclaration isConstant isLValue isPure lValueRequested kind "
        "visibility stateVariable storageLocation mutability constant exportedSymbols "
        "linearizedBaseContracts contractDependencies usedErrors usedEvents baseFunctions externalReferences "
        "nativeSrc memberName memberLocation operator functionReturnParameters implemented virtual "
        "stateMutability functionSelector literals names tryCall hexValue"
    ),
    kinds=KINDS,
    is_root=rooted("SourceUnit", src=str, nodes=list),
    is_part=lambda _sample: True,
    source_keys=("absolutePath",),
    name_keys={"": "name", "MemberAccess": "memberName", "IdentifierPath": "", "UserDefinedTypeName": ""},
    kinds_of={
        "ContractDefinition": lambda node: "interface" if node.get("contractKind") == "interface" else None,
        "Literal": _literal,
        "YulLiteral": _literal,
    },
    value_keys={"Literal": "value", "YulLiteral": "value", "StructuredDocumentation": "text"},
    named={"IdentifierPath": _last_name, "UserDefinedTypeName": _last_name},
    branches=words(
        "IfStatement Conditional ForStatement WhileStatement DoWhileStatement TryCatchClause YulIf YulCase "
        "YulForLoop BinaryOperation"
    ),
    weights={
        "BinaryOperation": lambda node: node.get("operator") in ("&&", "||"),
        "YulCase": lambda node: node.get("value") != "default",
    },
    functions=words("FunctionDefinition ModifierDefinition YulFunctionDefinition"),
    classes=words("ContractDefinition StructDefinition"),
    names={
        "Identifier": "read",
        "IdentifierPath": "read",
        "MemberAccess": "read",
        "UserDefinedTypeName": "type",
        "YulIdentifier": "read",
    },
    names_at_end=words("MemberAccess"),
    members=words("MemberAccess IdentifierPath UserDefinedTypeName"),
    qualifier=_qualifier,
    uses={
        "UserDefinedTypeName": {"pathNode": RoleRule("type", climb=True)},
        "FunctionCall": {"expression": CALL},
        "FunctionCallOptions": {"expression": THROUGH},
        "NewExpression": {"typeName": THROUGH},
        "IndexAccess": {"baseExpression": THROUGH},
        "TupleExpression": {"components": THROUGH},
        "Assignment": {"leftHandSide": WRITE},
        "UnaryOperation=": {"subExpression": WRITE},
        "InheritanceSpecifier": {"baseName": INHERIT},
        "ModifierInvocation": {"modifierName": DECORATE},
        "OverrideSpecifier": {"overrides": RoleRule("type")},
        "UsingForDirective": {"libraryName": RoleRule("type")},
        "ImportDirective": {"symbolAliases": NONE},
        "YulFunctionCall": {"functionName": CALL},
        "YulAssignment": {"variableNames": WRITE},
    },
    variants={"UnaryOperation": _writes},
    prepare={"StructDefinition": _note_members},
    definitions={
        "ContractDefinition": _contract,
        "FunctionDefinition": _function,
        "ModifierDefinition": _modifier,
        "StructDefinition": _type("class", "struct", "members"),
        "EnumDefinition": _type("enum", None, "members"),
        "EnumValue": _type("field", None),
        "EventDefinition": _type("type_alias", "event"),
        "ErrorDefinition": _type("type_alias", "error"),
        "UserDefinedValueTypeDefinition": _type("type_alias", None),
        "VariableDeclaration": _variable,
        "YulFunctionDefinition": _yul_function,
    },
    references={
        "VariableDeclarationStatement": _declared("declarations"),
        "YulVariableDeclaration": _declared("variables"),
    },
    imports={"ImportDirective": _import},
)
