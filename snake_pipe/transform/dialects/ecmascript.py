"""What all ESTree-like dialects share: kinds, literals, uses of names.

Babel and typescript-estree differ from ESTree in literals, class members and positions; one table holds
the words of all three. They are those of the ESTree specification (github.com/estree/estree), of
@babel/types and of @typescript-eslint/types.
"""

from __future__ import annotations

from typing import Any

from snake_pipe.transform.dialects.dialect import (
    CALL,
    DECORATE,
    INHERIT,
    LOCAL,
    NONE,
    THROUGH,
    TYPE,
    WRITE,
    Memo,
    Node,
    RoleRule,
    rooted,
)
from snake_pipe.transform.dialects.guards import all_of, guarded, is_empty, is_not, is_true, noted, stands_in
from snake_pipe.transform.languages.rules import table, words

_has_body = rooted("Program", body=list)


def is_program(node: Node, type_key: str) -> bool:
    """Whether this is the root of a tree in one of the family's dialects."""
    if not _has_body(node, type_key):
        return False
    return all(item.get(type_key).__class__ is str for item in node["body"][:5] if item.__class__ is dict)


def words_left(node: Node, memo: Memo) -> tuple[str, ...]:
    """The words that were left for a node; what imports leave for theirs is a string or a list."""
    left = memo.get(id(node))
    return left if left.__class__ is tuple else ()


LEAF_KEYS = words(
    "type start end loc range raw operator kind sourceType computed optional static async generator "
    "method shorthand prefix await delegate declare const abstract override readonly accessibility "
    "importKind exportKind definite tail"
)

KINDS = table(
    module="File Program TSModuleDeclaration",
    class_="ClassDeclaration ClassExpression",
    interface="TSInterfaceDeclaration InterfaceDeclaration",
    enum="TSEnumDeclaration EnumDeclaration",
    function="FunctionDeclaration TSDeclareFunction DeclareFunction",
    method="MethodDefinition ClassMethod ClassPrivateMethod ObjectMethod TSMethodSignature TSDeclareMethod "
    "TSAbstractMethodDefinition TSConstructSignatureDeclaration TSCallSignatureDeclaration",
    field="PropertyDefinition ClassProperty ClassPrivateProperty ClassAccessorProperty AccessorProperty "
    "TSPropertySignature TSAbstractPropertyDefinition TSAbstractAccessorProperty TSEnumMember "
    "TSIndexSignature Property ObjectProperty",
    variable="VariableDeclarator VariableDeclaration",
    parameter="TSParameterProperty RestElement TSTypeParameter TSTypeParameterDeclaration",
    type_alias="TSTypeAliasDeclaration TypeAlias OpaqueType",
    identifier="Identifier PrivateIdentifier PrivateName JSXIdentifier ThisExpression Super TSThisType "
    "JSXNamespacedName TSQualifiedName MetaProperty",
    member="MemberExpression OptionalMemberExpression JSXMemberExpression TSInstantiationExpression",
    call="CallExpression OptionalCallExpression NewExpression TaggedTemplateExpression Import",
    type_ref="TSTypeReference TSTypeAnnotation TSUnionType TSIntersectionType TSArrayType TSTupleType "
    "TSFunctionType TSConstructorType TSTypeLiteral TSTypeQuery TSTypeOperator TSIndexedAccessType "
    "TSConditionalType TSMappedType TSLiteralType TSTypePredicate TSInferType TSOptionalType TSRestType "
    "TSNamedTupleMember TSTemplateLiteralType TSImportType TSParenthesizedType TSTypeParameterInstantiation "
    "TSExpressionWithTypeArguments TSClassImplements TSInterfaceHeritage TSAnyKeyword TSUnknownKeyword "
    "TSNumberKeyword TSObjectKeyword TSBooleanKeyword TSBigIntKeyword TSStringKeyword TSSymbolKeyword "
    "TSVoidKeyword TSUndefinedKeyword TSNullKeyword TSNeverKeyword TSIntrinsicKeyword TypeAnnotation "
    "GenericTypeAnnotation TypeParameterInstantiation TypeParameterDeclaration",
    import_="ImportDeclaration ImportSpecifier ImportDefaultSpecifier ImportNamespaceSpecifier "
    "ImportExpression TSImportEqualsDeclaration TSExternalModuleReference ImportAttribute",
    export="ExportNamedDeclaration ExportDefaultDeclaration ExportAllDeclaration ExportSpecifier "
    "ExportNamespaceSpecifier ExportDefaultSpecifier TSExportAssignment TSNamespaceExportDeclaration",
    conditional="IfStatement SwitchStatement SwitchCase ConditionalExpression",
    loop="ForStatement ForInStatement ForOfStatement WhileStatement DoWhileStatement",
    jump="BreakStatement ContinueStatement",
    return_="ReturnStatement",
    try_="TryStatement CatchClause",
    throw="ThrowStatement",
    async_="AwaitExpression YieldExpression",
    assignment="AssignmentExpression AssignmentPattern UpdateExpression",
    operator="BinaryExpression LogicalExpression UnaryExpression SequenceExpression SpreadElement "
    "TSAsExpression TSTypeAssertion TSNonNullExpression TSSatisfiesExpression ChainExpression "
    "ParenthesizedExpression TypeCastExpression",
    lambda_="ArrowFunctionExpression FunctionExpression TSEmptyBodyFunctionExpression",
    collection="ArrayExpression ObjectExpression ArrayPattern ObjectPattern",
    string="StringLiteral TemplateLiteral TemplateElement DirectiveLiteral JSXText",
    number="NumericLiteral BigIntLiteral DecimalLiteral",
    atom="BooleanLiteral NullLiteral RegExpLiteral Literal",
    comment="CommentBlock CommentLine Line Block Hashbang Shebang InterpreterDirective",
    annotation="Decorator",
    directive="Directive DebuggerStatement",
    block="BlockStatement ClassBody TSModuleBlock TSInterfaceBody TSEnumBody StaticBlock",
    statement="ExpressionStatement EmptyStatement LabeledStatement WithStatement JSXExpressionContainer "
    "JSXElement JSXFragment JSXOpeningElement JSXClosingElement JSXOpeningFragment JSXClosingFragment "
    "JSXAttribute JSXSpreadAttribute JSXSpreadChild JSXEmptyExpression",
    token="Keyword Punctuator Numeric String Boolean Null RegularExpression Template",  # noqa: S106 (no password)
)

NAME_KEYS = {"": "name", "JSXText": "", "JSXOpeningElement": "", "JSXClosingElement": "", "JSXAttribute": ""}

VALUE_KEYS = {
    "Literal": "value",
    "StringLiteral": "value",
    "NumericLiteral": "value",
    "BigIntLiteral": "value",
    "DecimalLiteral": "value",
    "BooleanLiteral": "value",
    "DirectiveLiteral": "value",
    "RegExpLiteral": "pattern",
    "JSXText": "value",
    "TemplateElement": "value",
    "CommentBlock": "value",
    "CommentLine": "value",
    "Line": "value",
    "Block": "value",
    "Shebang": "value",
    "InterpreterDirective": "value",
    "Keyword": "value",
    "Punctuator": "value",
    "Numeric": "value",
    "String": "value",
    "Boolean": "value",
    "Null": "value",
    "RegularExpression": "value",
    "Template": "value",
}

BRANCHES = words(
    "IfStatement ConditionalExpression ForStatement ForInStatement ForOfStatement WhileStatement "
    "DoWhileStatement CatchClause LogicalExpression SwitchCase"
)

SCOPES = words(
    "FunctionDeclaration FunctionExpression ArrowFunctionExpression ClassMethod ClassPrivateMethod "
    "ObjectMethod TSEmptyBodyFunctionExpression StaticBlock"
)
CLASSES = words("ClassDeclaration ClassExpression TSInterfaceDeclaration TSEnumDeclaration")
WEIGHTS: dict[str, Any] = {"SwitchCase": lambda node: 1 if node.get("test") else 0}
LOOP = "loop"
"""What a rule notes for the variables of `for (const x of y)`, which are no symbols."""

FLAGS = ("async", "static", "abstract", "override", "readonly", "declare", "const")
"""Modifiers that are fields with true."""
FUNCTIONS = words("FunctionExpression ArrowFunctionExpression TSEmptyBodyFunctionExpression")

NAMES = {
    "Identifier": "read",
    "PrivateIdentifier": "read",
    "PrivateName": "none",
    "JSXIdentifier": "read",
}

_FUNCTION_USES = {"id": NONE, "params": NONE}
_MEMBER_USES = {"property": THROUGH}
_METHOD_USES = {"key": NONE, "params": NONE}
USES: dict[str, dict[str, RoleRule]] = {
    "MemberExpression": _MEMBER_USES,
    "OptionalMemberExpression": _MEMBER_USES,
    "JSXMemberExpression": _MEMBER_USES,
    "ChainExpression": {"expression": THROUGH},
    "ParenthesizedExpression": {"expression": THROUGH},
    "TSNonNullExpression": {"expression": THROUGH},
    "PrivateName": {"id": THROUGH},
    "CallExpression": {"callee": CALL},
    "OptionalCallExpression": {"callee": CALL},
    "NewExpression": {"callee": CALL},
    "TaggedTemplateExpression": {"tag": CALL},
    "Decorator": {"expression": DECORATE},
    "AssignmentExpression": {"left": WRITE},
    "UpdateExpression": {"argument": WRITE},
    "ForInStatement": {"left": WRITE},
    "ForOfStatement": {"left": WRITE},
    "VariableDeclarator": {"id": LOCAL},
    "AssignmentPattern": {"left": THROUGH},
    "RestElement": {"argument": THROUGH},
    "ArrayPattern": {"elements": THROUGH},
    "ObjectPattern": {"properties": THROUGH},
    "Property": {"key": NONE, "value": THROUGH},
    "ObjectProperty": {"key": NONE, "value": THROUGH},
    "CatchClause": {"param": NONE},
    "FunctionDeclaration": _FUNCTION_USES,
    "FunctionExpression": _FUNCTION_USES,
    "ArrowFunctionExpression": _FUNCTION_USES,
    "TSDeclareFunction": _FUNCTION_USES,
    "TSEmptyBodyFunctionExpression": _FUNCTION_USES,
    "TSFunctionType": {"params": NONE, "parameters": NONE},
    "TSConstructorType": {"params": NONE, "parameters": NONE},
    "TSCallSignatureDeclaration": {"params": NONE, "parameters": NONE},
    "TSConstructSignatureDeclaration": {"params": NONE, "parameters": NONE},
    "TSParameterProperty": {"parameter": NONE},
    "TSIndexSignature": {"parameters": NONE},
    "ClassDeclaration": {"id": NONE, "superClass": INHERIT},
    "ClassExpression": {"id": NONE, "superClass": INHERIT},
    "MethodDefinition": _METHOD_USES,
    "PropertyDefinition": _METHOD_USES,
    "AccessorProperty": _METHOD_USES,
    "ClassMethod": _METHOD_USES,
    "ClassPrivateMethod": _METHOD_USES,
    "ClassProperty": _METHOD_USES,
    "ClassPrivateProperty": _METHOD_USES,
    "ClassAccessorProperty": _METHOD_USES,
    "ObjectMethod": _METHOD_USES,
    "TSDeclareMethod": _METHOD_USES,
    "TSAbstractMethodDefinition": _METHOD_USES,
    "TSAbstractPropertyDefinition": _METHOD_USES,
    "TSAbstractAccessorProperty": _METHOD_USES,
    "TSMethodSignature": {"key": NONE, "params": NONE, "parameters": NONE},
    "TSPropertySignature": {"key": NONE},
    "TSEnumMember": {"id": NONE},
    "TSEnumDeclaration": {"id": NONE},
    "TSInterfaceDeclaration": {"id": NONE},
    "TSTypeAliasDeclaration": {"id": NONE},
    "TSModuleDeclaration": {"id": NONE},
    "TSTypeParameter": {"name": NONE, "key": NONE},
    "TSMappedType": {"key": NONE},
    "TSNamedTupleMember": {"label": NONE},
    "TSTypeReference": {"typeName": TYPE},
    "TSQualifiedName": {"right": THROUGH},
    "TSClassImplements": {"expression": INHERIT},
    "TSInterfaceHeritage": {"expression": INHERIT},
    "TSExpressionWithTypeArguments": {"expression": INHERIT},
    "TSImportType": {"qualifier": TYPE},
    "TSImportEqualsDeclaration": {"id": NONE},
    "TSNamespaceExportDeclaration": {"id": NONE},
    "LabeledStatement": {"label": NONE},
    "BreakStatement": {"label": NONE},
    "ContinueStatement": {"label": NONE},
    "MetaProperty": {"meta": NONE, "property": NONE},
    "ImportSpecifier": {"imported": NONE, "local": NONE},
    "ImportDefaultSpecifier": {"local": NONE},
    "ImportNamespaceSpecifier": {"local": NONE},
    "ImportAttribute": {"key": NONE},
    "ExportSpecifier": {"exported": NONE},
    "ExportAllDeclaration": {"exported": NONE},
    "ExportNamespaceSpecifier": {"exported": NONE},
    "JSXOpeningElement": {"name": CALL},
    "JSXClosingElement": {"name": NONE},
    "JSXAttribute": {"name": NONE},
    "JSXNamespacedName": {"namespace": NONE, "name": NONE},
    "Program": {"tokens": NONE},
    "File": {"tokens": NONE},
}


@guarded(is_true("computed"))
def _if_computed(node: Node, _memo: Memo) -> str | None:
    """`a[b]` names nothing, other than `a.b`: the word for such a node has brackets."""
    return f"{node['type']}[]" if node.get("computed") is True else None


VARIANTS: dict[str, Any] = dict.fromkeys(
    words(
        "MemberExpression OptionalMemberExpression Property ObjectProperty MethodDefinition "
        "PropertyDefinition ClassMethod ClassProperty ObjectMethod AccessorProperty ClassAccessorProperty "
        "TSMethodSignature TSPropertySignature TSEnumMember"
    ),
    _if_computed,
)


@guarded(noted(LOOP))
def _if_in_a_loop(node: Node, memo: Memo) -> str | None:
    return "VariableDeclarator in a loop" if LOOP in words_left(node, memo) else None


VARIANTS["VariableDeclarator"] = _if_in_a_loop
STANDS_IN_A_SOURCE = all_of(
    stands_in("specifiers", "ImportDeclaration", "ExportNamedDeclaration"), is_not(is_empty("^.source"))
)
"""A name of an import, or of an export from another module."""


@guarded(STANDS_IN_A_SOURCE)
def _if_from(node: Node, memo: Memo) -> str | None:
    return "ExportSpecifier from" if memo.get(id(node)).__class__ is str else None


VARIANTS["ExportSpecifier"] = _if_from
USES["ExportSpecifier from"] = {"exported": NONE, "local": NONE}
USES["VariableDeclarator in a loop"] = {"id": WRITE}
USES["Property[]"] = USES["ObjectProperty[]"] = {"value": THROUGH}
for _type in ("ClassMethod[]", "ObjectMethod[]"):
    USES[_type] = {"params": NONE}
MEMBERS = words("MemberExpression OptionalMemberExpression JSXMemberExpression TSQualifiedName")
