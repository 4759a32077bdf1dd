"""Roslyn's trees of C# as joern's DotNetAstGen writes them: a node's kind and place are in its `MetaData`.

Kinds are Roslyn's `SyntaxKind` behind `ast.`; lines and columns count from 0. Tokens are objects with a
`Value` alone and no nodes; comments are left out. The tool writes every property of Roslyn's that it lets
through, so the name of a `using` and the body of a lambda are there under two names.
"""

from __future__ import annotations

from snake_pipe.transform.dialects.dialect import (
    DECORATE,
    INHERIT,
    LOCAL,
    NONE,
    THROUGH,
    TYPE,
    WRITE,
    Dialect,
    Node,
    RoleRule,
    Tags,
    child,
    dotted,
    text,
)
from snake_pipe.transform.dialects.dotnet_astgen_definitions import (
    DEFINITIONS,
    IMPORTS,
    PREPARE,
    identifier,
    kinds,
    literal,
)
from snake_pipe.transform.dialects.places import Places
from snake_pipe.transform.languages.rules import table, words

KINDS = kinds(
    table(
        module="CompilationUnit NamespaceDeclaration FileScopedNamespaceDeclaration",
        import_="UsingDirective ExternAliasDirective",
        class_="ClassDeclaration StructDeclaration RecordDeclaration RecordStructDeclaration",
        interface="InterfaceDeclaration",
        enum="EnumDeclaration",
        function="LocalFunctionStatement",
        method="MethodDeclaration ConstructorDeclaration DestructorDeclaration OperatorDeclaration "
        "ConversionOperatorDeclaration IndexerDeclaration GetAccessorDeclaration SetAccessorDeclaration "
        "InitAccessorDeclaration AddAccessorDeclaration RemoveAccessorDeclaration UnknownAccessorDeclaration",
        field="FieldDeclaration PropertyDeclaration EventDeclaration EventFieldDeclaration "
        "EnumMemberDeclaration AnonymousObjectMemberDeclarator",
        variable="VariableDeclaration VariableDeclarator LocalDeclarationStatement CatchDeclaration "
        "SingleVariableDesignation ParenthesizedVariableDesignation DiscardDesignation "
        "DeclarationExpression",
        parameter="Parameter ParameterList BracketedParameterList TypeParameter TypeParameterList "
        "FunctionPointerParameter FunctionPointerParameterList CrefParameter CrefParameterList",
        type_alias="DelegateDeclaration",
        identifier="IdentifierName GenericName QualifiedName AliasQualifiedName ThisExpression "
        "BaseExpression NameColon NameEquals ExpressionColon",
        member="SimpleMemberAccessExpression PointerMemberAccessExpression ConditionalAccessExpression "
        "MemberBindingExpression ElementAccessExpression ElementBindingExpression ImplicitElementAccess",
        call="InvocationExpression ObjectCreationExpression ImplicitObjectCreationExpression "
        "AnonymousObjectCreationExpression BaseConstructorInitializer ThisConstructorInitializer "
        "TypeOfExpression SizeOfExpression DefaultExpression MakeRefExpression RefTypeExpression "
        "RefValueExpression",
        type_ref="PredefinedType ArrayType ArrayRankSpecifier NullableType PointerType RefType ScopedType "
        "TupleType TupleElement FunctionPointerType TypeArgumentList OmittedTypeArgument BaseList "
        "SimpleBaseType "
        "PrimaryConstructorBaseType ExplicitInterfaceSpecifier TypeConstraint ClassConstraint "
        "StructConstraint ConstructorConstraint DefaultConstraint TypeParameterConstraintClause "
        "AllowsConstraintClause RefStructConstraint",
        conditional="IfStatement ElseClause SwitchStatement SwitchSection CaseSwitchLabel "
        "CasePatternSwitchLabel DefaultSwitchLabel SwitchExpression SwitchExpressionArm "
        "ConditionalExpression WhenClause",
        loop="ForStatement ForEachStatement ForEachVariableStatement WhileStatement DoStatement",
        jump="BreakStatement ContinueStatement GotoStatement GotoCaseStatement GotoDefaultStatement "
        "LabeledStatement",
        return_="ReturnStatement YieldReturnStatement YieldBreakStatement",
        try_="TryStatement CatchClause CatchFilterClause FinallyClause",
        throw="ThrowStatement ThrowExpression",
        async_="AwaitExpression LockStatement",
        operator="ParenthesizedExpression CastExpression RangeExpression CheckedExpression "
        "UncheckedExpression RefExpression WithExpression IsPatternExpression",
        lambda_="SimpleLambdaExpression ParenthesizedLambdaExpression AnonymousMethodExpression",
        collection="ArrayCreationExpression ImplicitArrayCreationExpression TupleExpression "
        "StackAllocArrayCreationExpression ImplicitStackAllocArrayCreationExpression ArgumentList "
        "BracketedArgumentList CollectionExpression ExpressionElement SpreadElement "
        "ArrayInitializerExpression CollectionInitializerExpression ComplexElementInitializerExpression "
        "ObjectInitializerExpression WithInitializerExpression QueryExpression QueryBody FromClause "
        "LetClause WhereClause JoinClause JoinIntoClause OrderByClause AscendingOrdering DescendingOrdering "
        "SelectClause GroupClause QueryContinuation",
        string="StringLiteralExpression InterpolatedStringExpression InterpolatedStringText Interpolation "
        "CharacterLiteralExpression Utf8StringLiteralExpression InterpolationAlignmentClause "
        "InterpolationFormatClause",
        number="NumericLiteralExpression",
        atom="TrueLiteralExpression FalseLiteralExpression NullLiteralExpression DefaultLiteralExpression "
        "ArgListExpression OmittedArraySizeExpression",
        annotation="AttributeList Attribute AttributeArgumentList AttributeArgument AttributeTargetSpecifier",
        block="Block UnsafeStatement CheckedStatement UncheckedStatement FixedStatement UsingStatement "
        "AccessorList",
        statement="ExpressionStatement EmptyStatement GlobalStatement ArrowExpressionClause "
        "EqualsValueClause",
        token="Argument",  # noqa: S106
        error="IncompleteMember",
    )
) | {"AstGenWrapper": "module"}

_FAMILIES = {
    "AssignmentExpression": "assignment",
    "Expression": "operator",
    "Statement": "statement",
    "Pattern": "collection",
    "Subpattern": "collection",
    "PatternClause": "collection",
    "Cref": "comment",
    "Trivia": "directive",
}


def _family(type_: str) -> str:
    """Roslyn has a kind for each operator, each assignment and each pattern."""
    return next((kind for ending, kind in _FAMILIES.items() if type_.endswith(ending)), "other")


_ASSIGNMENTS = words(
    "SimpleAssignmentExpression AddAssignmentExpression SubtractAssignmentExpression "
    "MultiplyAssignmentExpression DivideAssignmentExpression ModuloAssignmentExpression "
    "AndAssignmentExpression ExclusiveOrAssignmentExpression OrAssignmentExpression "
    "LeftShiftAssignmentExpression RightShiftAssignmentExpression CoalesceAssignmentExpression "
    "UnsignedRightShiftAssignmentExpression"
)
_CHANGES = words(
    "PreIncrementExpression PreDecrementExpression PostIncrementExpression PostDecrementExpression"
)
_MEMBERS = words("SimpleMemberAccessExpression PointerMemberAccessExpression")
_NAME = {"Name": THROUGH}
_WRITTEN = {"Left": WRITE}
_CHANGED = {"Operand": WRITE}
_CALLED = {"Expression": RoleRule("call")}
_TYPED = {"Type": TYPE}
_RETURNS = {"ReturnType": TYPE}
_ELEMENT = {"ElementType": RoleRule("type", climb=True)}


def _step(node: Node) -> tuple[str | None, Node | None]:
    kind = (text(child(node, "MetaData"), "Kind") or "").removeprefix("ast.")
    if kind in _MEMBERS:
        return identifier(child(node, "Name")), child(node, "Expression")
    if kind == "QualifiedName":
        return identifier(child(node, "Right")), child(node, "Left")
    if kind in ("ThisExpression", "BaseExpression"):
        return kind.removesuffix("Expression").lower(), None
    return (identifier(node), None) if kind in ("IdentifierName", "GenericName") else (None, None)


def _qualifier(node: Node) -> str | None:
    return dotted(child(node, "Expression") or child(node, "Left"), _step)


def _is_root(node: Node, _type_key: str) -> bool:
    """The tool's wrapper around a compilation unit, or the unit itself."""
    root = child(node, "AstRoot") if "FileName" in node else node
    return root is not None and text(child(root, "MetaData"), "Kind") == "ast.CompilationUnit"


DOTNET_ASTGEN = Dialect(
    name="dotnet-astgen",
    written_by="joern's DotNetAstGen, Roslyn's trees as JSON",
    language="c-sharp",
    type_key="Kind",
    tags=Tags(types=frozenset(), fields={}, root="AstGenWrapper", inside="MetaData.Kind"),
    positions=Places(
        start_line="MetaData.LineStart",
        start_col="MetaData.ColumnStart",
        end_line="MetaData.LineEnd",
        end_col="MetaData.ColumnEnd",
        first_line=0,
    ),
    offset_unit="utf16",
    leaf_keys=words(
        "Kind MetaData FileName Identifier Modifiers Keyword OperatorToken Token AwaitKeyword ColonToken "
        "EqualsToken TextToken RefKindKeyword IsConst IsUnboundGenericName AllowsAnyExpression"
    ),
    kinds=KINDS,
    fallback_kind=_family,
    is_root=_is_root,
    source_keys=("FileName",),
    name_keys={"": ""},
    named={
        **kinds(
            dict.fromkeys(
                words(
                    "IdentifierName GenericName ClassDeclaration StructDeclaration RecordDeclaration "
                    "RecordStructDeclaration InterfaceDeclaration EnumDeclaration EnumMemberDeclaration "
                    "MethodDeclaration ConstructorDeclaration DestructorDeclaration LocalFunctionStatement "
                    "PropertyDeclaration EventDeclaration DelegateDeclaration VariableDeclarator Parameter "
                    "TypeParameter ForEachStatement CatchDeclaration SingleVariableDesignation"
                ),
                identifier,
            )
        )
    },
    valued=kinds(
        dict.fromkeys(
            words(
                "StringLiteralExpression NumericLiteralExpression CharacterLiteralExpression "
                "TrueLiteralExpression FalseLiteralExpression NullLiteralExpression InterpolatedStringText"
            ),
            literal,
        )
    ),
    branches=frozenset(
        f"ast.{word}"
        for word in words(
            "IfStatement ForStatement ForEachStatement ForEachVariableStatement WhileStatement DoStatement "
            "CaseSwitchLabel CasePatternSwitchLabel SwitchExpressionArm CatchClause ConditionalExpression "
            "LogicalAndExpression LogicalOrExpression CoalesceExpression"
        )
    ),
    functions=frozenset(
        f"ast.{word}"
        for word in words(
            "MethodDeclaration ConstructorDeclaration DestructorDeclaration OperatorDeclaration "
            "ConversionOperatorDeclaration LocalFunctionStatement GetAccessorDeclaration "
            "SetAccessorDeclaration InitAccessorDeclaration AddAccessorDeclaration "
            "RemoveAccessorDeclaration SimpleLambdaExpression ParenthesizedLambdaExpression "
            "AnonymousMethodExpression GlobalStatement"
        )
    ),
    classes=frozenset(
        f"ast.{word}"
        for word in words(
            "ClassDeclaration StructDeclaration RecordDeclaration RecordStructDeclaration "
            "InterfaceDeclaration EnumDeclaration"
        )
    ),
    names=kinds(
        {
            "IdentifierName": "read",
            "GenericName": "read",
            "VariableDeclarator": "none",
            "ForEachStatement": "write",
            "CatchDeclaration": "write",
            "SingleVariableDesignation": "write",
        }
    ),
    not_names=words("var"),
    members=frozenset(f"ast.{word}" for word in (*_MEMBERS, "QualifiedName")),
    qualifier=_qualifier,
    uses=kinds(
        {
            "UsingDirective": {"Name": NONE, "NamespaceOrType": NONE, "Alias": NONE},
            "NamespaceDeclaration": {"Name": NONE},
            "FileScopedNamespaceDeclaration": {"Name": NONE},
            "QualifiedName": {"Left": RoleRule("none"), "Right": THROUGH},
            "AliasQualifiedName": {"Alias": NONE, "Name": THROUGH},
            **dict.fromkeys(_MEMBERS, _NAME),
            "ConditionalAccessExpression": {"WhenNotNull": THROUGH},
            "MemberBindingExpression": {"Name": THROUGH},
            "ParenthesizedExpression": {"Expression": THROUGH},
            "ElementAccessExpression": {"Expression": THROUGH},
            "InvocationExpression": _CALLED,
            "ObjectCreationExpression": {"Type": RoleRule("call")},
            **dict.fromkeys(_ASSIGNMENTS, _WRITTEN),
            **dict.fromkeys(_CHANGES, _CHANGED),
            "LocalDeclarationStatement": {"Declaration": LOCAL},
            "VariableDeclaration": {"Variables": RoleRule("write", climb=True), "Type": TYPE},
            "FieldDeclaration": {"Declaration": NONE},
            "EventFieldDeclaration": {"Declaration": NONE},
            "PropertyDeclaration": _TYPED,
            "EventDeclaration": _TYPED,
            "IndexerDeclaration": _TYPED,
            "MethodDeclaration": _RETURNS,
            "LocalFunctionStatement": _RETURNS,
            "DelegateDeclaration": _RETURNS,
            "OperatorDeclaration": _RETURNS,
            "ConversionOperatorDeclaration": _TYPED,
            "Parameter": _TYPED,
            "ForEachStatement": _TYPED,
            "CatchDeclaration": _TYPED,
            "CastExpression": _TYPED,
            "TypeOfExpression": _TYPED,
            "SizeOfExpression": _TYPED,
            "DefaultExpression": _TYPED,
            "DeclarationExpression": _TYPED,
            "DeclarationPattern": _TYPED,
            "RecursivePattern": _TYPED,
            "TypePattern": _TYPED,
            "FromClause": _TYPED,
            "TypeConstraint": _TYPED,
            "TupleElement": _TYPED,
            "IsExpression": {"Right": TYPE},
            "AsExpression": {"Right": TYPE},
            "ArrayType": _ELEMENT,
            "NullableType": _ELEMENT,
            "PointerType": _ELEMENT,
            "TypeArgumentList": {"Arguments": TYPE},
            "SimpleBaseType": {"Type": INHERIT},
            "PrimaryConstructorBaseType": {"Type": INHERIT},
            "ExplicitInterfaceSpecifier": {"Name": TYPE},
            "Attribute": {"Name": DECORATE},
            "NameColon": {"Name": NONE},
            "NameEquals": {"Name": NONE},
            "GotoStatement": {"Expression": NONE},
            "TypeParameterConstraintClause": {"Name": NONE},
        }
    ),
    prepare=PREPARE,
    definitions=DEFINITIONS,
    imports=IMPORTS,
)
