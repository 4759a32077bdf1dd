"""What all ESTree-like dialects share: kinds, uses of names, definitions, imports.

Babel and typescript-estree differ from ESTree in literals, class members and positions; their tables
are this one with a few rows more. The field names are those of the ESTree specification
(github.com/estree/estree), of @babel/types and of @typescript-eslint/types.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from snake_pipe.transform.dialects.dialect import (
    CALL,
    DECORATE,
    INHERIT,
    LOCAL,
    NONE,
    READ,
    THROUGH,
    TYPE,
    WRITE,
    Definition,
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
    token="Keyword Punctuator Numeric String Boolean Null RegularExpression Template",
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
    "FunctionDeclaration FunctionExpression ArrowFunctionExpression ClassMethod ClassPrivateMethod ObjectMethod "
    "TSEmptyBodyFunctionExpression StaticBlock"
)
FUNCTIONS = words("FunctionExpression ArrowFunctionExpression TSEmptyBodyFunctionExpression")

NAMES = {
    "Identifier": "read",
    "PrivateIdentifier": "read",
    "PrivateName": "none",
    "JSXIdentifier": "read",
}

_FUNCTION_USES = {"id": NONE, "params": NONE}
_MEMBER_USES = {"property": THROUGH, "object": READ}
_METHOD_USES = {"key": NONE, "params": NONE, "value": READ}
USES: dict[str, dict[str, Use]] = {
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
    "AssignmentPattern": {"left": THROUGH, "right": READ},
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
    "TSTypePredicate": {"parameterName": READ},
    "TSTypeReference": {"typeName": TYPE},
    "TSQualifiedName": {"right": THROUGH, "left": READ},
    "TSTypeQuery": {"exprName": READ},
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
    "ExportSpecifier": {"exported": NONE, "local": READ},
    "ExportAllDeclaration": {"exported": NONE},
    "ExportNamespaceSpecifier": {"exported": NONE},
    "JSXOpeningElement": {"name": CALL},
    "JSXClosingElement": {"name": NONE},
    "JSXAttribute": {"name": NONE},
    "JSXNamespacedName": {"namespace": NONE, "name": NONE},
    "Program": {"tokens": NONE},
    "File": {"tokens": NONE},
}



def _unless_computed(node: Node) -> str:
    """`a[b]` names nothing, other than `a.b`: the word for such a node has brackets."""
    type_ = str(node["type"])
    return type_ + "[]" if node.get("computed") is True else type_


VARIANTS: dict[str, Any] = dict.fromkeys(
    words(
        "MemberExpression OptionalMemberExpression Property ObjectProperty MethodDefinition PropertyDefinition "
        "ClassMethod ClassProperty ObjectMethod AccessorProperty ClassAccessorProperty TSMethodSignature "
        "TSPropertySignature TSEnumMember"
    ),
    _unless_computed,
)
VARIANTS["LogicalExpression"] = lambda node: "LogicalExpression" + ("??" if node.get("operator") == "??" else "")
VARIANTS["SwitchCase"] = lambda node: "SwitchCase" if node.get("test") else "SwitchCase default"
USES["Property[]"] = USES["ObjectProperty[]"] = {"value": THROUGH}
for _type in ("ClassMethod[]", "ObjectMethod[]"):
    USES[_type] = {"params": NONE}
MEMBERS = words("MemberExpression OptionalMemberExpression JSXMemberExpression TSQualifiedName")


def _step(node: Node) -> tuple[str | None, Node | None]:
    """One link of a chain of members: its name, and the node before it."""
    type_ = node.get("type")
    if type_ == "ThisExpression":
        return "this", None
    if type_ == "Super":
        return "super", None
    if type_ == "TSQualifiedName":
        return text(child(node, "right"), "name"), child(node, "left")
    if type_ in MEMBERS:
        if node.get("computed") is True:
            return None, None
        return _property_name(child(node, "property")), child(node, "object")
    if type_ in ("ChainExpression", "ParenthesizedExpression", "TSNonNullExpression"):
        inner = child(node, "expression")
        return (None, None) if inner is None else _step_limited(inner)
    return (text(node, "name"), None) if type_ in ("Identifier", "JSXIdentifier") else (None, None)


def _step_limited(node: Node) -> tuple[str | None, Node | None]:
    """The link in a wrapper; wrappers in wrappers are no plain name."""
    return _step(node) if node.get("type") in MEMBERS or node.get("type") == "Identifier" else (None, None)


def qualifier(node: Node) -> str | None:
    """What stands before the last name of a member: `a.b` of `a.b.c`."""
    if node.get("computed") is True:
        return None
    value = node.get("object")
    if value.__class__ is dict and value.get("type") == "Identifier":  # nearly always
        return text(value, "name")
    return dotted(child(node, "left" if node.get("type") == "TSQualifiedName" else "object"), _step)


def _property_name(key: Node | None) -> str | None:
    """The name a key spells: identifier, private name, or string and number literals."""
    if key is None:
        return None
    if key.get("type") == "PrivateName":
        key = child(key, "id")
        name = text(key, "name")
        return name and "#" + name
    name = text(key, "name")
    if name:
        return "#" + name if key.get("type") == "PrivateIdentifier" else name
    value = key.get("value")
    if value.__class__ is str and value:
        return str(value)
    return str(value) if value.__class__ is int else None


def bound_names(pattern: Any) -> list[Node]:
    """The identifiers that a pattern binds, in order."""
    found: list[Node] = []
    stack = [pattern]
    while stack:
        node = stack.pop()
        if node.__class__ is not dict:
            continue
        match node.get("type"):
            case "Identifier":
                found.append(node)
            case "AssignmentPattern":
                stack.append(node.get("left"))
            case "RestElement" | "SpreadElement" | "ExperimentalRestProperty":
                stack.append(node.get("argument"))
            case "ArrayPattern":
                stack.extend(reversed(children(node, "elements")))
            case "ObjectPattern":
                stack.extend(reversed(children(node, "properties")))
            case "Property" | "ObjectProperty":
                stack.append(node.get("value"))
            case "TSParameterProperty":
                stack.append(node.get("parameter"))
            case _:
                pass
    return found


def _parameters(function: Node) -> list[str]:
    """Parameters as they read in a signature; a pattern is shown by its braces."""
    shown = []
    for parameter in children(function, "params") or children(function, "parameters"):
        prefix = ""
        node: Node | None = parameter
        while node is not None and (key := _PARAMETER_WRAPPERS.get(str(node.get("type")))):
            prefix = "..." if key == "argument" else prefix
            node = child(node, key)
        name = text(node, "name")
        if name is None:
            name = "[...]" if node is not None and node.get("type") == "ArrayPattern" else "{...}"
        shown.append(prefix + name)
    return shown


_PARAMETER_WRAPPERS = {"AssignmentPattern": "left", "RestElement": "argument", "TSParameterProperty": "parameter"}
_FLAGS = ("async", "static", "abstract", "override", "readonly", "declare", "const")
_EXPORTED = "exported"


def _modifiers(node: Node, function: Node | None = None) -> list[str]:
    found = [flag for flag in _FLAGS if node.get(flag) is True]
    if function is not None and function is not node and function.get("async") is True:
        found.append("async")
    if (function or node).get("generator") is True:
        found.append("generator")
    kind = node.get("kind")
    if kind in ("get", "set"):
        found.append("getter" if kind == "get" else "setter")
    elif kind == "constructor":
        found.append("constructor")
    if str(node.get("type")).startswith("TSAbstract") and "abstract" not in found:
        found.append("abstract")
    return found


def _named(kind: str, body: str = "body", *, function: bool = False) -> Any:
    """A rule for declarations that carry their name in `id`."""

    def rule(node: Node, memo: Memo) -> Iterable[Definition]:
        at = child(node, "id")
        name = text(at, "name") or text(at, "value")
        if at is None or name is None:
            return ()
        parameters = _parameters(node) if function else None
        exported = memo.get(id(node)) == _EXPORTED or name in memo.get(0, ())
        found = Definition(name, kind, at, body_of(node, body), parameters, _modifiers(node), exported=exported)
        return (found,)

    return rule


def _declarators(node: Node, memo: Memo) -> Iterable[Definition]:
    """Variables; one that is given a function is a function."""
    target = child(node, "id")
    note = memo.get(id(node), ())
    modifiers = [word for word in note if word != _EXPORTED]
    exports = memo.get(0, ())
    value = child(node, "init")
    if value is not None and target is not None and target.get("type") == "Identifier":
        name = text(target, "name") or ""
        exported = _EXPORTED in note or name in exports
        if value.get("type") in FUNCTIONS:
            modifiers += _modifiers(value)
            body = body_of(value, "body")
            return (Definition(name, "function", target, body, _parameters(value), modifiers, exported=exported),)
        if value.get("type") == "ClassExpression":
            return (Definition(name, "class", target, body_of(value, "body"), None, modifiers, exported=exported),)
    return [
        Definition(
            name,
            "variable",
            at,
            modifiers=list(modifiers),
            exported=_EXPORTED in note or name in exports,
            outer_only=True,
        )
        for at in bound_names(target)
        if (name := text(at, "name"))
    ]


def _members(kind: str) -> Any:
    """A rule for members of classes, interfaces and objects, which carry their name in `key`."""

    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        key = child(node, "key") or child(node, "id")
        name = _property_name(key)
        if key is None or name is None or node.get("computed") is True:
            return ()
        value = child(node, "value")
        function = value if value is not None and value.get("type") in FUNCTIONS else None
        if function is None and kind == "method":
            function = node
        private = name.startswith("#")
        visibility = "private" if private else text(node, "accessibility")
        modifiers = _modifiers(node, function)
        if function is not None:
            body, parameters = body_of(function, "body"), _parameters(function)
            return (Definition(name, "method", key, body, parameters, modifiers, visibility),)
        return (Definition(name, kind, key, modifiers=modifiers, visibility=visibility),)

    return rule


def _object_functions(node: Node, _memo: Memo) -> Iterable[Definition]:
    """`name: function () {}` and `name() {}` in an object literal."""
    value = child(node, "value")
    if node.get("type") == "ObjectMethod":
        value = node
    key = child(node, "key")
    name = _property_name(key)
    if value is None or key is None or name is None or node.get("computed") is True:
        return ()
    if value is not node and value.get("type") not in FUNCTIONS:
        return ()
    body = body_of(value, "body")
    return (Definition(name, "function", key, body, _parameters(value), _modifiers(node, value)),)


def _assigned_functions(node: Node, _memo: Memo) -> Iterable[Definition]:
    """`a.b = function () {}`."""
    value, target = child(node, "right"), child(node, "left")
    if value is None or target is None or value.get("type") not in FUNCTIONS:
        return ()
    if target.get("type") == "MemberExpression":
        if target.get("computed") is True:
            return ()
        at = child(target, "property")
    else:
        at = target if target.get("type") == "Identifier" else None
    name = _property_name(at)
    if at is None or name is None:
        return ()
    return (Definition(name, "function", at, body_of(value, "body"), _parameters(value), _modifiers(value)),)


DEFINITIONS: dict[str, Any] = {
    "FunctionDeclaration": _named("function", function=True),
    "TSDeclareFunction": _named("function", function=True),
    "ClassDeclaration": _named("class"),
    "TSInterfaceDeclaration": _named("interface"),
    "TSEnumDeclaration": _named("enum"),
    "TSTypeAliasDeclaration": _named("type_alias", body="typeAnnotation"),
    "TSModuleDeclaration": _named("module"),
    "VariableDeclarator": _declarators,
    "MethodDefinition": _members("method"),
    "ClassMethod": _members("method"),
    "ClassPrivateMethod": _members("method"),
    "TSDeclareMethod": _members("method"),
    "TSAbstractMethodDefinition": _members("method"),
    "TSMethodSignature": _members("method"),
    "PropertyDefinition": _members("field"),
    "ClassProperty": _members("field"),
    "ClassPrivateProperty": _members("field"),
    "ClassAccessorProperty": _members("field"),
    "AccessorProperty": _members("field"),
    "TSAbstractPropertyDefinition": _members("field"),
    "TSPropertySignature": _members("field"),
    "TSEnumMember": _members("field"),
    "Property": _object_functions,
    "ObjectProperty": _object_functions,
    "ObjectMethod": _object_functions,
    "AssignmentExpression": _assigned_functions,
}


def _declared_name(node: Node) -> str | None:
    return text(child(node, "id"), "name")


def _key_name(node: Node) -> str | None:
    return None if node.get("computed") is True else _property_name(child(node, "key"))


NAMED: dict[str, Any] = {
    **dict.fromkeys(
        words(
            "FunctionDeclaration FunctionExpression ClassDeclaration ClassExpression VariableDeclarator "
            "TSDeclareFunction TSInterfaceDeclaration TSEnumDeclaration TSTypeAliasDeclaration TSModuleDeclaration"
        ),
        _declared_name,
    ),
    **dict.fromkeys(
        words(
            "Property ObjectProperty MethodDefinition PropertyDefinition ClassMethod ClassPrivateMethod "
            "ClassProperty ClassPrivateProperty ObjectMethod AccessorProperty ClassAccessorProperty "
            "TSMethodSignature TSPropertySignature TSDeclareMethod TSAbstractMethodDefinition "
            "TSAbstractPropertyDefinition"
        ),
        _key_name,
    ),
}


def _note_exports(node: Node, memo: Memo) -> None:
    """Remembers which declaration, or which names, an export statement makes visible."""
    declaration = child(node, "declaration")
    if declaration is not None:
        memo[id(declaration)] = _EXPORTED
        if node.get("type") == "ExportDefaultDeclaration" and declaration.get("type") == "Identifier":
            memo.setdefault(0, set()).add(text(declaration, "name"))


def _note_variables(node: Node, memo: Memo) -> None:
    """Hands `const`, and whether it is exported, to the declarators below."""
    words_: tuple[str, ...] = ("const",) if node.get("kind") == "const" else ()
    if memo.get(id(node)) == _EXPORTED:
        words_ += (_EXPORTED,)
    if node.get("declare") is True:
        words_ += ("declare",)
    if words_:
        for declarator in children(node, "declarations"):
            memo[id(declarator)] = words_


def _note_named_exports(node: Node, memo: Memo) -> None:
    """Names in `export { a, b }` of a program are known before its other statements are seen."""
    names = {
        text(child(specifier, "local"), "name")
        for statement in children(node, "body")
        if statement.get("type") == "ExportNamedDeclaration" and not statement.get("source")
        for specifier in children(statement, "specifiers")
    }
    if names:
        memo.setdefault(0, set()).update(names)


PREPARE: dict[str, Any] = {
    "Program": _note_named_exports,
    "ExportNamedDeclaration": _note_exports,
    "ExportDefaultDeclaration": _note_exports,
    "VariableDeclaration": _note_variables,
}


def _module(value: Any) -> str | None:
    """The string in a literal that names a module."""
    if value.__class__ is dict:
        if value.get("type") == "TSLiteralType":
            return _module(value.get("literal"))
        return text(value, "value")
    return None


def _is_relative(module: str | None) -> bool:
    return module is not None and module.startswith((".", "/"))


def _import_declaration(node: Node, _memo: Memo) -> Iterable[Import]:
    module = _module(node.get("source"))
    relative = _is_relative(module)
    specifiers = children(node, "specifiers")
    if not specifiers:
        return (Import(module, is_relative=relative),)
    rows = []
    for specifier in specifiers:
        local = text(child(specifier, "local"), "name")
        match specifier.get("type"):
            case "ImportDefaultSpecifier":
                rows.append(Import(module, "default", local, relative))
            case "ImportNamespaceSpecifier":
                rows.append(Import(module, None, local, relative, is_wildcard=True))
            case _:
                name = _property_name(child(specifier, "imported")) or local
                rows.append(Import(module, name, local if local != name else None, relative))
    return rows


def _reexport(node: Node, _memo: Memo) -> Iterable[Import]:
    module = _module(node.get("source"))
    if module is None:
        return ()
    relative = _is_relative(module)
    if node.get("type") == "ExportAllDeclaration":
        alias = _property_name(child(node, "exported"))
        return (Import(module, None, alias, relative, is_wildcard=True),)
    rows = []
    for specifier in children(node, "specifiers"):
        exported = _property_name(child(specifier, "exported"))
        name = _property_name(child(specifier, "local"))
        if name is None:
            rows.append(Import(module, None, exported, relative, is_wildcard=True))
        else:
            rows.append(Import(module, name, exported if exported != name else None, relative))
    return rows


def _required(node: Node, _memo: Memo) -> Iterable[Import]:
    """`require("x")` and Babel's `import("x")`."""
    callee = child(node, "callee")
    arguments = children(node, "arguments")
    if callee is None or len(arguments) != 1:
        return ()
    if callee.get("type") == "Import" or (callee.get("type") == "Identifier" and callee.get("name") == "require"):
        module = _module(arguments[0])
        if module is not None:
            return (Import(module, is_relative=_is_relative(module)),)
    return ()


def _import_expression(node: Node, _memo: Memo) -> Iterable[Import]:
    module = _module(node.get("source")) or _module(node.get("argument"))
    return () if module is None else (Import(module, is_relative=_is_relative(module)),)


def _import_equals(node: Node, _memo: Memo) -> Iterable[Import]:
    reference = child(node, "moduleReference")
    if reference is None or reference.get("type") != "TSExternalModuleReference":
        return ()
    module = _module(reference.get("expression"))
    return (Import(module, None, text(child(node, "id"), "name"), _is_relative(module)),)


IMPORTS: dict[str, Any] = {
    "ImportDeclaration": _import_declaration,
    "ExportNamedDeclaration": _reexport,
    "ExportAllDeclaration": _reexport,
    "CallExpression": _required,
    "ImportExpression": _import_expression,
    "TSImportType": _import_expression,
    "TSImportEqualsDeclaration": _import_equals,
}
