"""Ruby's own parser, prism, as its nodes' `toJSON` writes them: places in bytes, without lines.

A word without receiver, arguments and local variable of that name is a call, as it is for Ruby. Operators are
calls too; they refer to nothing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.dialects.dialect import (
    INHERIT,
    NONE,
    TYPE,
    Definition,
    DefinitionRule,
    Dialect,
    Import,
    Memo,
    Node,
    Reference,
    child,
    children,
    dotted,
    text,
)
from snake_pipe.transform.dialects.places import Places
from snake_pipe.transform.languages.rules import table, tokens, words

if TYPE_CHECKING:
    from collections.abc import Iterable

_VARIABLES = ("LocalVariable", "InstanceVariable", "ClassVariable", "GlobalVariable", "Constant")
_WRITES = ("WriteNode", "OperatorWriteNode", "OrWriteNode", "AndWriteNode", "TargetNode")
_ASSIGNED = frozenset(variable + write for variable in _VARIABLES for write in _WRITES)
_DEFINING = words("ConstantWriteNode ConstantPathWriteNode GlobalVariableWriteNode")

KINDS = (
    dict.fromkeys(sorted(_ASSIGNED), "assignment")
    | table(
        module="ProgramNode ModuleNode",
        class_="ClassNode SingletonClassNode",
        function="DefNode AliasMethodNode",
        parameter="RequiredParameterNode OptionalParameterNode RequiredKeywordParameterNode "
        "OptionalKeywordParameterNode RestParameterNode KeywordRestParameterNode BlockParameterNode "
        "BlockLocalVariableNode ForwardingParameterNode NoKeywordsParameterNode NumberedParametersNode "
        "ItParametersNode ImplicitRestNode",
        identifier="LocalVariableReadNode InstanceVariableReadNode ClassVariableReadNode "
        "GlobalVariableReadNode ConstantReadNode SelfNode ItLocalVariableReadNode BackReferenceReadNode "
        "NumberedReferenceReadNode PinnedVariableNode",
        member="ConstantPathNode ConstantPathTargetNode CallTargetNode IndexTargetNode",
        call="CallNode SuperNode ForwardingSuperNode",
        conditional="IfNode UnlessNode ElseNode CaseNode CaseMatchNode WhenNode InNode FlipFlopNode",
        loop="WhileNode UntilNode ForNode",
        jump="BreakNode NextNode RedoNode RetryNode",
        return_="ReturnNode",
        try_="BeginNode RescueNode EnsureNode RescueModifierNode",
        async_="YieldNode",
        assignment="MultiWriteNode ConstantPathWriteNode ConstantPathOperatorWriteNode "
        "ConstantPathOrWriteNode ConstantPathAndWriteNode CallOperatorWriteNode CallOrWriteNode "
        "CallAndWriteNode IndexOperatorWriteNode IndexOrWriteNode IndexAndWriteNode MatchWriteNode",
        operator="AndNode OrNode DefinedNode ParenthesesNode RangeNode SplatNode AssocSplatNode "
        "MatchPredicateNode MatchRequiredNode MatchLastLineNode InterpolatedMatchLastLineNode "
        "AlternationPatternNode CapturePatternNode PinnedExpressionNode",
        lambda_="LambdaNode BlockNode",
        collection="ArrayNode HashNode ArrayPatternNode HashPatternNode FindPatternNode KeywordHashNode",
        string="StringNode InterpolatedStringNode XStringNode InterpolatedXStringNode "
        "RegularExpressionNode InterpolatedRegularExpressionNode",
        number="IntegerNode FloatNode RationalNode ImaginaryNode",
        atom="TrueNode FalseNode NilNode SymbolNode InterpolatedSymbolNode SourceFileNode SourceLineNode "
        "SourceEncodingNode",
        directive="UndefNode AliasGlobalVariableNode ShareableConstantNode PreExecutionNode "
        "PostExecutionNode",
        block="StatementsNode",
        error="MissingNode ErrorRecoveryNode",
    )
    | tokens(
        "ArgumentsNode ParametersNode BlockParametersNode BlockArgumentNode AssocNode MultiTargetNode "
        "EmbeddedStatementsNode EmbeddedVariableNode ForwardingArgumentsNode ImplicitNode"
    )
)

_READ = words(
    "LocalVariableReadNode InstanceVariableReadNode ClassVariableReadNode GlobalVariableReadNode "
    "ConstantReadNode ConstantPathNode BackReferenceReadNode"
)
_OPERATORS = words("+ - * / % ** == != < > <= >= <=> === =~ !~ ! ~ << >> & | ^ [] []= +@ -@ `")
_SECTIONS = words("private protected public")
_IMPORTS = words("require require_relative load autoload")
_SIGNS = {
    "RestParameterNode": "*{}",
    "KeywordRestParameterNode": "**{}",
    "BlockParameterNode": "&{}",
    "RequiredKeywordParameterNode": "{}:",
    "OptionalKeywordParameterNode": "{}:",
    "ForwardingParameterNode": "...",
}
"""How parameters are written beside their name."""
_PARAMETERS = ("requireds", "optionals", "rest", "posts", "keywords", "keywordRest", "block")


def _step(node: Node) -> tuple[str | None, Node | None]:
    if node.get("type") == "SelfNode":
        return "self", None
    if node.get("arguments") is not None or node.get("block") is not None:
        return None, None
    return text(node, "name"), child(node, "receiver") or child(node, "parent")


def _qualifier(node: Node) -> str | None:
    return dotted(child(node, "receiver") or child(node, "parent"), _step)


def _unescaped(node: Node) -> str | None:
    return text(child(node, "unescaped"), "value")


def _note_visibility(node: Node, memo: Memo) -> None:
    """Methods are public until a word such as `private` stands alone between them."""
    section = "public"
    for statement in children(child(node, "body") or {}, "body"):
        if statement.get("type") in ("DefNode", "AliasMethodNode"):
            memo[id(statement)] = section
        elif (
            statement.get("type") == "CallNode"
            and statement.get("receiver") is None
            and statement.get("arguments") is None
            and statement.get("name") in _SECTIONS
        ):
            section = str(statement["name"])


def _scope(kind: str) -> DefinitionRule:
    """The rule for a class or a module, whose name may have others before it."""

    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        name, path = text(node, "name"), child(node, "constantPath")
        if name is not None and path is not None:
            body = child(node, "body")
            yield Definition(name, kind, path, (body,) if body else (), qualifier=_qualifier(path))

    return rule


def _method(node: Node, memo: Memo) -> Iterable[Definition]:
    name = text(node, "name")
    if name is None:
        return
    static = child(node, "receiver") is not None
    modifiers = ["static"] if static else ["constructor"] if name == "initialize" else None
    body = child(node, "body")
    yield Definition(
        name,
        "method" if static else "function",
        node,
        (body,) if body else (),
        list(_parameters(child(node, "parameters") or {})),
        modifiers,
        "public" if static else memo.get(id(node)),
    )


def _parameters(node: Node) -> Iterable[str]:
    for key in _PARAMETERS:
        for parameter in children(node, key):
            name = text(parameter, "name") or ""
            shown = _SIGNS.get(str(parameter.get("type")), "{}").format(name)
            if shown:
                yield shown


def _alias(node: Node, memo: Memo) -> Iterable[Definition]:
    name = _unescaped(child(node, "newName") or {})
    if name is not None:
        yield Definition(name, "method", node, modifiers=["alias"], visibility=memo.get(id(node)))


def _aliased(node: Node, _memo: Memo) -> Iterable[Reference]:
    name = _unescaped(child(node, "oldName") or {})
    if name is not None:
        yield Reference("read", name)


def _variable(node: Node, _memo: Memo) -> Iterable[Definition]:
    target = child(node, "target")
    name = text(target or node, "name")
    if name is not None:
        qualifier = _qualifier(target) if target is not None else None
        yield Definition(name, "variable", node, outer_only=True, qualifier=qualifier)


def _import(node: Node, _memo: Memo) -> Iterable[Import]:
    name = node.get("name")
    if name.__class__ is not str or name not in _IMPORTS or node.get("receiver") is not None:
        return
    arguments = [_unescaped(item) for item in children(child(node, "arguments") or {}, "arguments")]
    module = arguments[-1] if arguments else None
    if module is not None and len(arguments) == (2 if name == "autoload" else 1):
        is_relative = name == "require_relative" or module.startswith(("./", "../"))
        yield Import(module, arguments[0] if name == "autoload" else None, is_relative=is_relative)


def _is_root(node: Node, type_key: str) -> bool:
    return (
        node.get(type_key) == "ProgramNode"
        and (child(node, "location") or {}).get("startOffset").__class__ is int
        and child(node, "statements") is not None
    )


PRISM = Dialect(
    name="prism",
    written_by="Ruby's prism, JSON of its nodes (npm @ruby/prism)",
    language="ruby",
    type_key="type",
    positions=Places(start_offset="location.startOffset", length="location.length"),
    offset_unit="byte",
    leaf_keys=words("type location flags locals name depth unescaped")
    | frozenset(
        f"{word}Loc"
        for word in words(
            "opening closing content value name operator keyword end callOperator message equal lparen "
            "rparen defKeyword endKeyword classKeyword moduleKeyword inheritanceOperator binaryOperator "
            "delimiter ifKeyword thenKeyword elseKeyword caseKeyword beginKeyword ensureKeyword whenKeyword "
            "doKeyword"
        )
    ),
    kinds=KINDS,
    is_root=_is_root,
    name_keys={"": "name"},
    value_keys={"IntegerNode": "value", "FloatNode": "value"},
    valued=dict.fromkeys(("StringNode", "XStringNode", "SymbolNode", "RegularExpressionNode"), _unescaped),
    branches=words(
        "IfNode UnlessNode WhileNode UntilNode ForNode WhenNode InNode RescueNode RescueModifierNode "
        "AndNode OrNode"
    ),
    functions=words("DefNode"),
    classes=words("ClassNode ModuleNode SingletonClassNode"),
    names=dict.fromkeys(_READ, "read")
    | dict.fromkeys(_ASSIGNED - {"ConstantWriteNode"}, "write")
    | {"CallNode": "call"},
    not_names=_OPERATORS,
    members=words("CallNode ConstantPathNode"),
    qualifier=_qualifier,
    uses={
        "ClassNode": {"superclass": INHERIT, "constantPath": NONE},
        "ModuleNode": {"constantPath": NONE},
        "ConstantPathWriteNode": {"target": NONE},
        "RescueNode": {"exceptions": TYPE},
    },
    prepare=dict.fromkeys(("ClassNode", "ModuleNode"), _note_visibility),
    definitions={
        "ClassNode": _scope("class"),
        "ModuleNode": _scope("module"),
        "DefNode": _method,
        "AliasMethodNode": _alias,
        **dict.fromkeys(_DEFINING, _variable),
    },
    references={"AliasMethodNode": _aliased},
    imports={"CallNode": _import},
)
