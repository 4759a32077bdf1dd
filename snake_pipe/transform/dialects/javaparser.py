"""JavaParser's JSON: the name of a node's Java class under `!`, lines and columns from 1, ends inclusive.

`JavaParserJsonSerializer` writes it; flags are texts (`"true"`), fields are in the order of the class, not of
the source, and comments that belong to no node are left out.
"""

from __future__ import annotations

from snake_pipe.transform.dialects.dialect import (
    CALL,
    DECORATE,
    INHERIT,
    LOCAL,
    NONE,
    THROUGH,
    TYPE,
    WRITE,
    Dialect,
    Memo,
    Node,
    Reference,
    RoleRule,
    child,
    dotted,
    text,
)
from snake_pipe.transform.dialects.javaparser_definitions import (
    DEFINITIONS,
    PACKAGE,
    PREPARE,
    classes,
    imported,
    name_of,
    path_of,
    qualified,
)
from snake_pipe.transform.dialects.places import Places
from snake_pipe.transform.languages.rules import table, words

KINDS = qualified(
    table(
        module="CompilationUnit PackageDeclaration modules.ModuleDeclaration",
        import_="ImportDeclaration modules.ModuleRequiresDirective",
        export="modules.ModuleExportsDirective modules.ModuleOpensDirective modules.ModuleProvidesDirective "
        "modules.ModuleUsesDirective",
        class_="body.ClassOrInterfaceDeclaration body.RecordDeclaration",
        interface="body.AnnotationDeclaration",
        enum="body.EnumDeclaration",
        method="body.MethodDeclaration body.ConstructorDeclaration body.CompactConstructorDeclaration "
        "body.AnnotationMemberDeclaration",
        field="body.FieldDeclaration body.EnumConstantDeclaration",
        variable="body.VariableDeclarator expr.VariableDeclarationExpr expr.TypePatternExpr",
        parameter="body.Parameter body.ReceiverParameter type.TypeParameter",
        identifier="expr.SimpleName expr.Name expr.NameExpr expr.ThisExpr expr.SuperExpr",
        member="expr.FieldAccessExpr expr.ArrayAccessExpr expr.MethodReferenceExpr",
        call="expr.MethodCallExpr expr.ObjectCreationExpr stmt.ExplicitConstructorInvocationStmt",
        type_ref="type.ClassOrInterfaceType type.PrimitiveType type.ArrayType type.VoidType type.VarType "
        "type.WildcardType type.UnionType type.IntersectionType type.UnknownType expr.TypeExpr "
        "expr.ClassExpr",
        conditional="stmt.IfStmt stmt.SwitchStmt stmt.SwitchEntry expr.SwitchExpr expr.ConditionalExpr",
        loop="stmt.ForStmt stmt.ForEachStmt stmt.WhileStmt stmt.DoStmt",
        jump="stmt.BreakStmt stmt.ContinueStmt stmt.LabeledStmt stmt.YieldStmt",
        return_="stmt.ReturnStmt",
        try_="stmt.TryStmt stmt.CatchClause",
        throw="stmt.ThrowStmt stmt.AssertStmt",
        async_="stmt.SynchronizedStmt",
        assignment="expr.AssignExpr",
        operator="expr.BinaryExpr expr.UnaryExpr expr.CastExpr expr.InstanceOfExpr expr.EnclosedExpr",
        lambda_="expr.LambdaExpr",
        collection="expr.ArrayCreationExpr expr.ArrayInitializerExpr ArrayCreationLevel "
        "expr.RecordPatternExpr",
        string="expr.StringLiteralExpr expr.TextBlockLiteralExpr expr.CharLiteralExpr",
        number="expr.IntegerLiteralExpr expr.LongLiteralExpr expr.DoubleLiteralExpr",
        atom="expr.BooleanLiteralExpr expr.NullLiteralExpr",
        comment="comments.JavadocComment comments.BlockComment comments.LineComment "
        "comments.TraditionalJavadocComment comments.MarkdownComment",
        annotation="expr.MarkerAnnotationExpr expr.NormalAnnotationExpr expr.SingleMemberAnnotationExpr "
        "expr.MemberValuePair",
        block="stmt.BlockStmt body.InitializerDeclaration",
        statement="stmt.ExpressionStmt stmt.EmptyStmt stmt.LocalClassDeclarationStmt "
        "stmt.LocalRecordDeclarationStmt",
        token="Modifier expr.MatchAllPatternExpr",  # noqa: S106
        error="stmt.UnparsableStmt",
    )
)

_LITERALS = (
    "expr.StringLiteralExpr expr.TextBlockLiteralExpr expr.CharLiteralExpr expr.IntegerLiteralExpr "
    "expr.LongLiteralExpr expr.DoubleLiteralExpr expr.BooleanLiteralExpr"
)
_COMMENTS = (
    "comments.JavadocComment comments.BlockComment comments.LineComment comments.TraditionalJavadocComment "
    "comments.MarkdownComment"
)
_NAMED = (
    "PackageDeclaration ImportDeclaration body.ClassOrInterfaceDeclaration body.RecordDeclaration "
    "body.AnnotationDeclaration body.EnumDeclaration body.EnumConstantDeclaration body.MethodDeclaration "
    "body.ConstructorDeclaration body.CompactConstructorDeclaration body.AnnotationMemberDeclaration "
    "body.VariableDeclarator body.Parameter type.TypeParameter modules.ModuleDeclaration"
)
_ANNOTATION = {"name": DECORATE}
_TYPE_PART = RoleRule("type", climb=True)
_METHOD = {"name": NONE, "type": TYPE, "thrownExceptions": TYPE}


def _changes(node: Node, _memo: Memo) -> str | None:
    changes = (text(node, "operator") or "").endswith(("INCREMENT", "DECREMENT"))
    return f"{PACKAGE}expr.UnaryExpr++" if changes else None


def _short_circuits(node: Node) -> int:
    return node.get("operator") in ("AND", "OR")


def _step(node: Node) -> tuple[str | None, Node | None]:
    type_ = (text(node, "!") or "").removeprefix(PACKAGE)
    if type_ in ("expr.ThisExpr", "expr.SuperExpr"):
        return ("this" if type_ == "expr.ThisExpr" else "super"), None
    if type_ == "expr.NameExpr":
        return name_of(node), None
    if type_ in ("expr.FieldAccessExpr", "type.ClassOrInterfaceType"):
        return name_of(node), child(node, "scope")
    if type_ == "expr.TypeExpr":
        return _step(child(node, "type") or {})
    return None, None


def _qualifier(node: Node) -> str | None:
    if "identifier" in node and "scope" not in node:
        return path_of(child(node, "qualifier"))
    return dotted(child(node, "scope"), _step)


def _reference_to_method(node: Node, _memo: Memo) -> list[Reference]:
    name = text(node, "identifier")
    return [Reference("read", name, _qualifier(node))] if name and name != "new" else []


def _constructor(node: Node, _memo: Memo) -> list[Reference]:
    return [Reference("call", "this" if node.get("isThis") == "true" else "super")]


def _is_root(node: Node, type_key: str) -> bool:
    """Any node may have been serialized alone; no other JSON names these classes."""
    return str(node.get(type_key)).startswith(PACKAGE)


JAVAPARSER = Dialect(
    name="javaparser",
    written_by="JavaParser, JavaParserJsonSerializer",
    language="java",
    type_key="!",
    positions=Places(
        start_line="range.beginLine",
        start_col="range.beginColumn",
        end_line="range.endLine",
        end_col="range.endColumn",
        first_column=1,
        ends_on_last=frozenset({"column"}),
    ),
    offset_unit="utf16",
    leaf_keys=words(
        "! range tokenRange identifier content keyword operator origin isInterface isStatic isAsterisk "
        "isVarArgs isThis isDefault isEnclosingParameters isOpen"
    ),
    kinds=KINDS,
    is_root=_is_root,
    name_keys={"": "", f"{PACKAGE}expr.SimpleName": "identifier", f"{PACKAGE}expr.Name": "identifier"}
    | {f"{PACKAGE}expr.MethodReferenceExpr": "identifier", f"{PACKAGE}Modifier": "keyword"},
    value_keys=dict.fromkeys(classes(_LITERALS), "value") | dict.fromkeys(classes(_COMMENTS), "content"),
    named=dict.fromkeys(classes(_NAMED), name_of),
    kinds_of={
        f"{PACKAGE}body.ClassOrInterfaceDeclaration": lambda node: (
            "interface" if node.get("isInterface") == "true" else None
        )
    },
    branches=classes(
        "stmt.IfStmt stmt.ForStmt stmt.ForEachStmt stmt.WhileStmt stmt.DoStmt stmt.SwitchEntry "
        "stmt.CatchClause expr.ConditionalExpr expr.BinaryExpr"
    ),
    weights={
        f"{PACKAGE}expr.BinaryExpr": _short_circuits,
        f"{PACKAGE}stmt.SwitchEntry": lambda node: bool(node.get("labels")),
    },
    functions=classes(
        "body.MethodDeclaration body.ConstructorDeclaration body.CompactConstructorDeclaration "
        "body.InitializerDeclaration expr.LambdaExpr"
    ),
    classes=classes(
        "body.ClassOrInterfaceDeclaration body.RecordDeclaration body.EnumDeclaration "
        "body.AnnotationDeclaration expr.ObjectCreationExpr"
    ),
    names=qualified({"expr.SimpleName": "read", "expr.Name": "read"}),
    members=classes("expr.FieldAccessExpr expr.MethodCallExpr type.ClassOrInterfaceType expr.Name"),
    qualifier=_qualifier,
    uses=qualified(
        {
            "PackageDeclaration": {"name": NONE},
            "ImportDeclaration": {"name": NONE},
            "expr.Name": {"qualifier": NONE},
            "expr.NameExpr": {"name": THROUGH},
            "expr.FieldAccessExpr": {"name": THROUGH},
            "expr.EnclosedExpr": {"inner": THROUGH},
            "expr.ArrayAccessExpr": {"name": THROUGH},
            "expr.MethodCallExpr": {"name": CALL},
            "expr.ObjectCreationExpr": {"type": RoleRule("call")},
            "expr.AssignExpr": {"target": WRITE},
            "expr.UnaryExpr++": {"expression": WRITE},
            "expr.MemberValuePair": {"name": NONE},
            "expr.MarkerAnnotationExpr": _ANNOTATION,
            "expr.NormalAnnotationExpr": _ANNOTATION,
            "expr.SingleMemberAnnotationExpr": _ANNOTATION,
            "expr.TypePatternExpr": {"name": WRITE, "type": TYPE},
            "expr.ThisExpr": {"typeName": TYPE},
            "expr.SuperExpr": {"typeName": TYPE},
            "type.ClassOrInterfaceType": {"name": _TYPE_PART, "scope": TYPE},
            "type.TypeParameter": {"name": NONE, "typeBound": TYPE},
            "type.ArrayType": {"componentType": _TYPE_PART},
            "body.ClassOrInterfaceDeclaration": {
                "name": NONE,
                "extendedTypes": INHERIT,
                "implementedTypes": INHERIT,
                "permittedTypes": TYPE,
            },
            "body.RecordDeclaration": {"name": NONE, "implementedTypes": INHERIT},
            "body.EnumDeclaration": {"name": NONE, "implementedTypes": INHERIT},
            "body.AnnotationDeclaration": {"name": NONE},
            "body.EnumConstantDeclaration": {"name": NONE},
            "body.MethodDeclaration": _METHOD,
            "body.AnnotationMemberDeclaration": _METHOD,
            "body.ConstructorDeclaration": _METHOD,
            "body.CompactConstructorDeclaration": _METHOD,
            "body.VariableDeclarator": {"name": LOCAL, "type": TYPE},
            "body.Parameter": {"name": NONE, "type": TYPE},
            "body.ReceiverParameter": {"name": NONE, "type": TYPE},
            "stmt.LabeledStmt": {"label": NONE},
            "stmt.BreakStmt": {"label": NONE},
            "stmt.ContinueStmt": {"label": NONE},
            "modules.ModuleDeclaration": {"name": NONE},
            "modules.ModuleRequiresDirective": {"name": NONE},
            "modules.ModuleExportsDirective": {"name": NONE, "moduleNames": NONE},
            "modules.ModuleOpensDirective": {"name": NONE, "moduleNames": NONE},
            "modules.ModuleUsesDirective": {"name": TYPE},
            "modules.ModuleProvidesDirective": {"name": TYPE, "with": TYPE},
        }
    ),
    variants={f"{PACKAGE}expr.UnaryExpr": _changes},
    prepare=PREPARE,
    definitions=DEFINITIONS,
    references={
        f"{PACKAGE}expr.MethodReferenceExpr": _reference_to_method,
        f"{PACKAGE}stmt.ExplicitConstructorInvocationStmt": _constructor,
    },
    imports={
        f"{PACKAGE}ImportDeclaration": imported,
        f"{PACKAGE}modules.ModuleRequiresDirective": imported,
    },
)
