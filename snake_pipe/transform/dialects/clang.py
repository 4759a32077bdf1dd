"""clang's `-ast-dump=json`: `kind` and `inner`, with locations that leave out what did not change.

Declarations that are only mentioned (`referencedDecl`, `decl`, ...) carry a kind as well and are rows; they
are no definitions. What the preprocessor took from other files is in `nodes`, but defines and refers to
nothing here: its positions belong to those files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects.dialect import (
    CALL,
    NONE,
    THROUGH,
    Definition,
    Dialect,
    Memo,
    Node,
    Reference,
    RoleRule,
    child,
    children,
    dotted,
    rooted,
    text,
)
from snake_pipe.transform.dialects.guards import (
    OUTSIDE,
    Reading,
    all_of,
    chained,
    guarded,
    is_one_of,
    lacks,
    read_as,
    readings_of,
)
from snake_pipe.transform.languages.rules import table, words

if TYPE_CHECKING:
    from collections.abc import Iterable

_CALLEE = CALL._replace(first=True)
_TARGET = RoleRule("write", first=True)

KINDS = table(
    module="TranslationUnitDecl NamespaceDecl",
    class_="RecordDecl CXXRecordDecl ClassTemplateDecl ClassTemplateSpecializationDecl "
    "ClassTemplatePartialSpecializationDecl",
    enum="EnumDecl",
    function="FunctionDecl FunctionTemplateDecl CXXDeductionGuideDecl",
    method="CXXMethodDecl CXXConstructorDecl CXXDestructorDecl CXXConversionDecl",
    field="FieldDecl EnumConstantDecl IndirectFieldDecl",
    variable="VarDecl VarTemplateDecl DecompositionDecl BindingDecl",
    parameter="ParmVarDecl TemplateTypeParmDecl NonTypeTemplateParmDecl TemplateTemplateParmDecl",
    type_alias="TypedefDecl TypeAliasDecl TypeAliasTemplateDecl NamespaceAliasDecl",
    identifier="DeclRefExpr CXXThisExpr UnresolvedLookupExpr DependentScopeDeclRefExpr",
    member="MemberExpr ArraySubscriptExpr CXXDependentScopeMemberExpr UnresolvedMemberExpr",
    call="CallExpr CXXMemberCallExpr CXXOperatorCallExpr CXXConstructExpr CXXTemporaryObjectExpr CXXNewExpr "
    "CXXDeleteExpr UserDefinedLiteral CXXUnresolvedConstructExpr",
    type_ref="BuiltinType PointerType RecordType TypedefType ElaboratedType EnumType QualType ParenType "
    "FunctionProtoType FunctionNoProtoType ConstantArrayType IncompleteArrayType DecayedType UsingType "
    "TemplateSpecializationType LValueReferenceType RValueReferenceType DecltypeType AutoType "
    "SubstTemplateTypeParmType TemplateTypeParmType VectorType ComplexType AttributedType TypeOfExprType "
    "DependentNameType InjectedClassNameType MemberPointerType TemplateArgument",
    import_="UsingDecl UsingDirectiveDecl UsingShadowDecl ImportDecl",
    conditional="IfStmt SwitchStmt CaseStmt DefaultStmt ConditionalOperator BinaryConditionalOperator",
    loop="ForStmt WhileStmt DoStmt CXXForRangeStmt",
    jump="BreakStmt ContinueStmt GotoStmt LabelStmt",
    return_="ReturnStmt",
    try_="CXXTryStmt CXXCatchStmt",
    throw="CXXThrowExpr",
    async_="CoawaitExpr CoreturnStmt CoyieldExpr",
    assignment="CompoundAssignOperator",
    operator="BinaryOperator UnaryOperator ParenExpr ImplicitCastExpr CStyleCastExpr CXXStaticCastExpr "
    "CXXConstCastExpr CXXReinterpretCastExpr CXXDynamicCastExpr CXXFunctionalCastExpr ConstantExpr "
    "UnaryExprOrTypeTraitExpr ExprWithCleanups MaterializeTemporaryExpr CXXBindTemporaryExpr "
    "CXXRewrittenBinaryOperator StmtExpr VAArgExpr OffsetOfExpr",
    lambda_="LambdaExpr",
    collection="InitListExpr CompoundLiteralExpr ParenListExpr DesignatedInitExpr",
    string="StringLiteral",
    number="IntegerLiteral FloatingLiteral",
    atom="CharacterLiteral CXXBoolLiteralExpr CXXNullPtrLiteralExpr GNUNullExpr PredefinedExpr",
    comment="FullComment ParagraphComment TextComment ParamCommandComment BlockCommandComment "
    "InlineCommandComment VerbatimBlockComment VerbatimBlockLineComment VerbatimLineComment "
    "HTMLStartTagComment HTMLEndTagComment TParamCommandComment",
    directive="StaticAssertDecl AccessSpecDecl LinkageSpecDecl EmptyDecl FriendDecl PragmaCommentDecl",
    block="CompoundStmt",
    statement="DeclStmt NullStmt GCCAsmStmt AttributedStmt CXXCtorInitializer",
)

_DECLARATIONS = {
    "FunctionDecl": "function",
    "CXXMethodDecl": "method",
    "CXXConstructorDecl": "method",
    "CXXDestructorDecl": "method",
    "CXXConversionDecl": "method",
    "RecordDecl": "class",
    "CXXRecordDecl": "class",
    "EnumDecl": "enum",
    "EnumConstantDecl": "field",
    "FieldDecl": "field",
    "VarDecl": "variable",
    "TypedefDecl": "type_alias",
    "TypeAliasDecl": "type_alias",
    "NamespaceDecl": "module",
}
_MODIFIERS: dict[str, dict[Any, str]] = {
    "storageClass": {"static": "static", "extern": "extern"},
    "inline": {True: "inline"},
    "virtual": {True: "virtual"},
    "pure": {True: "abstract"},
    "constexpr": {True: "constexpr"},
    "explicitlyDeleted": {True: "deleted"},
    "explicitlyDefaulted": {"default": "defaulted", "deleted": "deleted"},
}
_RECORDS = words("RecordDecl CXXRecordDecl")
_FUNCTIONS = words("FunctionDecl CXXMethodDecl CXXConstructorDecl CXXDestructorDecl CXXConversionDecl")


def _note_access(node: Node, memo: Memo) -> None:
    """Members are private in a class and public in a struct, until a label such as `public:`."""
    access = "private" if node.get("tagUsed") == "class" else "public"
    for member in children(node, "inner"):
        if member.get("kind") == "AccessSpecDecl":
            access = text(member, "access") or access
        else:
            memo[id(member)] = access


def _declaration(node: Node, memo: Memo) -> Iterable[Definition]:
    kind_word = str(node.get("kind"))
    name = text(node, "name")
    if name is None or "loc" not in node or node.get("isImplicit") is True:
        return ()
    if kind_word in _RECORDS and node.get("completeDefinition") is not True:
        return ()  # only mentioned, or declared ahead
    modifiers = [
        words_[value]
        for key, words_ in _MODIFIERS.items()
        if (value := node.get(key)).__class__ in (str, bool) and value in words_
    ]
    if kind_word == "CXXConstructorDecl":
        modifiers.append("constructor")
    elif kind_word == "CXXDestructorDecl":
        modifiers.append("destructor")
    is_function = kind_word in _FUNCTIONS
    inner = children(node, "inner")
    body = tuple(item for item in inner[-1:] if is_function and item.get("kind") == "CompoundStmt")
    return (
        Definition(
            name,
            _DECLARATIONS[kind_word],
            node,
            body,
            _parameters(inner) if is_function else None,
            modifiers,
            memo.get(id(node)),
            exported=node.get("storageClass") != "static" if is_function or kind_word == "VarDecl" else None,
            outer_only=kind_word == "VarDecl",
        ),
    )


@guarded(OUTSIDE)
def _variable(node: Node, memo: Memo) -> Iterable[Definition]:
    return _declaration(node, memo)


def _parameters(inner: list[Node]) -> list[str]:
    shown = []
    for item in inner:
        if item.get("kind") == "ParmVarDecl":
            type_ = text(child(item, "type"), "qualType") or ""
            shown.append(f"{type_} {text(item, 'name') or ''}".strip())
    return shown


def _bases(node: Node, _memo: Memo) -> Iterable[Reference]:
    for base in children(node, "bases"):
        written = text(child(base, "type"), "qualType")
        if written:
            qualifier, _, name = written.partition("<")[0].rpartition("::")
            yield Reference("inherit", name, qualifier or None)


@read_as(
    Reading("referencedDecl.name"),
    Reading(when=all_of(lacks("referencedDecl"), lacks("foundReferencedDecl")), is_nothing=True),
)
def _referenced(node: Node) -> str | None:
    return text(child(node, "referencedDecl") or child(node, "foundReferencedDecl"), "name")


def _step(node: Node) -> tuple[str | None, Node | None]:
    while node.get("kind") in ("ImplicitCastExpr", "ParenExpr"):
        inner = children(node, "inner")
        if not inner:
            return None, None
        node = inner[0]
    kind = node.get("kind")
    if kind == "MemberExpr":
        return text(node, "name"), next(iter(children(node, "inner")), None)
    return ("this", None) if kind == "CXXThisExpr" else (_referenced(node), None)


_REFERENCED = readings_of(_referenced)
_WRAPPER = (Reading(is_wrapper=True, first_of="inner"),)


@chained(
    {
        "MemberExpr": (Reading("name", first_of="inner"),),
        "CXXThisExpr": (Reading(word="this"),),
        "ImplicitCastExpr": _WRAPPER,
        "ParenExpr": _WRAPPER,
        "": _REFERENCED,
    }
)
def _qualifier(node: Node) -> str | None:
    return dotted(next(iter(children(node, "inner")), None), _step)


@guarded(is_one_of("opcode", "="))
def _assignment(node: Node, _memo: Memo) -> str | None:
    return "BinaryOperator=" if node.get("opcode") == "=" else None


@guarded(is_one_of("opcode", "++", "--"))
def _increment(node: Node, _memo: Memo) -> str | None:
    return "UnaryOperator++" if node.get("opcode") in ("++", "--") else None


CLANG = Dialect(
    name="clang",
    written_by="clang -Xclang -ast-dump=json",
    language="c",
    type_key="kind",
    positions="clang",
    offset_unit="byte",
    leaf_keys=words("id loc range kind type valueCategory castKind name mangledName opcode storageClass"),
    kinds=KINDS,
    is_root=rooted("TranslationUnitDecl"),
    is_part=lambda _sample: True,
    fallback_kind=lambda type_: "annotation" if type_.endswith("Attr") else "other",
    fields_kinds={
        "referencedDecl": "identifier",
        "foundReferencedDecl": "identifier",
        "anyInit": "identifier",
        "target": "identifier",
        "originalNamespace": "identifier",
        "nominatedNamespace": "identifier",
        "lookups": "identifier",
        "aliasedNamespace": "identifier",
        "decl": "type_ref",
        "ownedTagDecl": "type_ref",
    },
    name_keys={"": "name"},
    value_keys={
        "StringLiteral": "value",
        "IntegerLiteral": "value",
        "FloatingLiteral": "value",
        "CharacterLiteral": "value",
        "CXXBoolLiteralExpr": "value",
        "TextComment": "text",
        "VerbatimBlockLineComment": "text",
        "VerbatimLineComment": "text",
    },
    branches=words(
        "IfStmt ConditionalOperator BinaryConditionalOperator CaseStmt ForStmt WhileStmt DoStmt "
        "CXXForRangeStmt CXXCatchStmt"
    ),
    functions=_FUNCTIONS | {"LambdaExpr"},
    classes=words("CXXRecordDecl RecordDecl ClassTemplateSpecializationDecl"),
    names={"DeclRefExpr": "read", "MemberExpr": "read"},
    named={"DeclRefExpr": _referenced},
    uses={
        "CallExpr": {"inner": _CALLEE},
        "CXXMemberCallExpr": {"inner": _CALLEE},
        "CXXOperatorCallExpr": {"inner": _CALLEE},
        "ImplicitCastExpr": {"inner": THROUGH},
        "ParenExpr": {"inner": THROUGH},
        "BinaryOperator=": {"inner": _TARGET},
        "CompoundAssignOperator": {"inner": _TARGET},
        "UnaryOperator++": {"inner": _TARGET},
        "FullComment": {"inner": NONE},
    },
    variants={"BinaryOperator": _assignment, "UnaryOperator": _increment},
    names_at_end=words("MemberExpr"),
    members=words("MemberExpr"),
    qualifier=_qualifier,
    prepare={"CXXRecordDecl": _note_access},
    definitions=dict.fromkeys(_DECLARATIONS, _declaration) | {"VarDecl": _variable},
    references={"CXXRecordDecl": _bases},
)
