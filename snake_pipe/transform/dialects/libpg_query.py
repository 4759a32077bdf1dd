"""PostgreSQL's own parser as libpg_query writes it: `{"SelectStmt": {...}}`, the type around each node.

Nodes tell where they begin, in bytes, and neither lines nor ends. Protocol buffers leave out what is zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects.dialect import (
    NONE,
    WRITE,
    Definition,
    Dialect,
    Memo,
    Node,
    Reference,
    Tags,
    body_of,
    child,
    children,
    text,
)
from snake_pipe.transform.dialects.places import Places
from snake_pipe.transform.languages.rules import table, tokens, words

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = (
    table(
        module="ParseResult CreateSchemaStmt CreatedbStmt CreateExtensionStmt",
        class_="CreateStmt CreateForeignTableStmt ViewStmt CreateTableAsStmt",
        function="CreateFunctionStmt CreateTrigStmt CreateEventTrigStmt",
        field="ColumnDef",
        variable="CommonTableExpr IndexStmt CreateSeqStmt CreatePolicyStmt",
        parameter="FunctionParameter ParamRef Param",
        type_alias="CreateEnumStmt CompositeTypeStmt CreateDomainStmt CreateRangeStmt",
        identifier="RangeVar ColumnRef String Alias A_Star RoleSpec ObjectWithArgs RangeTblRef CurrentOfExpr",
        member="A_Indirection A_Indices FieldSelect",
        call="FuncCall CoalesceExpr MinMaxExpr SQLValueFunction RangeFunction GroupingFunc WindowFunc "
        "XmlExpr XmlSerialize JsonFuncExpr JsonObjectConstructor JsonArrayConstructor "
        "JsonArrayQueryConstructor JsonObjectAgg JsonArrayAgg JsonParseExpr JsonScalarExpr "
        "JsonSerializeExpr MergeSupportFunc CallStmt",
        type_ref="TypeName JsonReturning",
        conditional="CaseExpr CaseWhen MergeWhenClause",
        return_="ReturnStmt",
        assignment="VariableSetStmt MultiAssignRef PLAssignStmt",
        operator="A_Expr BoolExpr NullTest BooleanTest TypeCast CollateClause SubLink NamedArgExpr "
        "JsonIsPredicate",
        collection="A_ArrayExpr RowExpr List",
        atom="A_Const SetToDefault",
        number="Integer Float",
        string="BitString",
        annotation="Constraint DefElem",
        statement="RawStmt SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt JoinExpr RangeSubselect "
        "DefineStmt",
    )
    | {"Boolean": "atom"}
    | tokens(
        "ResTarget SortBy WindowDef WithClause IntoClause OnConflictClause InferClause IndexElem GroupingSet "
        "LockingClause PartitionSpec PartitionElem PartitionBoundSpec PartitionRangeDatum PartitionCmd "
        "RangeTableSample RangeTableFunc RangeTableFuncCol TableLikeClause TriggerTransition AccessPriv "
        "AlterTableCmd ATAlterConstraint CTESearchClause CTECycleClause CreateOpClassItem ReturningClause "
        "ReturningOption PublicationObjSpec PublicationTable StatsElem VacuumRelation ReplicaIdentityStmt "
        "InlineCodeBlock JsonOutput JsonFormat JsonArgument JsonAggConstructor JsonBehavior JsonKeyValue "
        "JsonTable JsonTableColumn JsonTablePathSpec JsonValueExpr"
    )
)

_FIELDS = {
    field: type_
    for type_, fields in {
        "RawStmt": "stmts",
        "RangeVar": "relation rel pktable view sequence identitySequence typevar constrrel table",
        "TypeName": "typeName argType returnType ofTypename type_name datatype storedtype sourcetype "
        "targettype",
        "Alias": "alias join_using_alias",
        "SelectStmt": "larg rarg",
        "WithClause": "withClause",
        "IntoClause": "into intoClause",
        "OnConflictClause": "onConflictClause",
        "InferClause": "infer",
        "ReturningClause": "returningClause",
        "WindowDef": "over",
        "CollateClause": "collClause",
        "PartitionSpec": "partspec",
        "PartitionBoundSpec": "partbound bound",
        "RoleSpec": "authrole grantor newowner newrole owner role user",
        "ObjectWithArgs": "func opername fromsql tosql",
        "FuncCall": "funccall",
        "VariableSetStmt": "setstmt",
        "CTESearchClause": "search_clause",
        "CTECycleClause": "cycle_clause",
        "JsonOutput": "output",
        "JsonFormat": "format",
        "JsonBehavior": "on_empty on_error",
        "JsonReturning": "returning",
        "JsonAggConstructor": "constructor",
        "JsonTablePathSpec": "pathspec",
        "PublicationTable": "pubtable",
    }.items()
    for field in fields.split()
}
"""Fields of one type only, whose nodes are written without it."""

_BUILT_IN_TYPES = words(
    "text date json jsonb uuid bytea name xml oid inet cidr money void trigger record regclass tsvector "
    "tsquery"
)
_CONSTANTS = {"ival": "number", "fval": "number", "sval": "string", "bsval": "string", "boolval": "atom"}


def _is_root(node: Node, _type_key: str) -> bool:
    """libpg_query's version, and statements that are each the only member of their object."""
    statements = node.get("stmts")
    if node.get("version").__class__ is not int or statements.__class__ is not list or not statements:
        return False
    first = child(statements[0], "stmt") if statements[0].__class__ is dict else None
    return first is not None and len(first) == 1 and next(iter(first)).endswith("Stmt")


def _words(node: Node | None, key: str) -> list[str]:
    """The parts of a name with dots in it; `*` for all columns, which ends a name."""
    parts = []
    for item in children(node or {}, key):
        string = child(item, "String")
        parts.append((text(string, "sval") or "") if string is not None else "*")
    return parts


def _split(parts: list[str]) -> tuple[str | None, str | None]:
    """A name and what stands before it; neither for what is no plain name."""
    if not parts or not parts[-1] or parts[-1] == "*":
        return None, None
    return parts[-1], ".".join(parts[:-1]) or None


def _reference(role: str, key: str) -> Any:
    def rule(node: Node, _memo: Memo) -> Iterable[Reference]:
        name, qualifier = _split(_words(node, key))
        if name is not None:
            yield Reference(role, name, qualifier)

    return rule


def _type(node: Node, _memo: Memo) -> Iterable[Reference]:
    """A type that somebody defined; the parser puts `pg_catalog` before those that are words of SQL."""
    name, qualifier = _split(_words(node, "names"))
    if name is not None and qualifier != "pg_catalog" and name not in _BUILT_IN_TYPES:
        yield Reference("type", name, qualifier)


def _relation(kind: str, modifier: str | None, key: str, body: str) -> Any:
    """The rule for what is defined under the name of a relation."""

    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        named = node
        for step in key.split("."):
            named = child(named, step) or {}
        name = text(named, "relname")
        if name is not None:
            schema = text(named, "schemaname")
            said = "materialized view" if node.get("objtype") == "OBJECT_MATVIEW" else modifier
            modifiers = said.split() if said else None
            yield Definition(name, kind, named, _unwrapped(node, body), None, modifiers, qualifier=schema)

    return rule


def _unwrapped(node: Node, key: str) -> tuple[Node, ...]:
    """The first and the last node in that field, without the objects that only hold their types."""
    found = (next(iter(one.values()), None) if len(one) == 1 else one for one in body_of(node, key))
    return tuple(one for one in found if one.__class__ is dict)


def _plain(kind: str, key: str, modifier: str | None = None) -> Any:
    """The rule for what is defined under a plain word, or a list of them."""

    def rule(node: Node, _memo: Memo) -> Iterable[Definition]:
        word = text(node, key)
        name, schema = (word, None) if word else _split(_words(node, key))
        if name is not None:
            modifiers = [modifier] if modifier else None
            yield Definition(name, kind, node, modifiers=modifiers, qualifier=schema)

    return rule


def _function(node: Node, _memo: Memo) -> Iterable[Definition]:
    name, schema = _split(_words(node, "funcname"))
    if name is None:
        return
    parameters = []
    for item in children(node, "parameters"):
        parameter = child(item, "FunctionParameter")
        if parameter is not None and parameter.get("mode") not in ("FUNC_PARAM_TABLE", "FUNC_PARAM_OUT"):
            type_ = _split(_words(child(parameter, "argType"), "names"))[0]
            parameters.append(" ".join(filter(None, (text(parameter, "name"), type_))))
    modifiers = ["procedure"] if node.get("is_procedure") is True else None
    yield Definition(name, "function", node, (), parameters, modifiers, qualifier=schema)


def _constant_kind(node: Node) -> str | None:
    return next((kind for key, kind in _CONSTANTS.items() if key in node), None)


def _constant(node: Node) -> str | None:
    """The text of a constant; what is zero, false or empty has an object without members."""
    if node.get("isnull") is True:
        return "null"
    for key in _CONSTANTS:
        held = node.get(key)
        if held.__class__ is dict:
            value = held.get(key, {"ival": 0, "boolval": False}.get(key, ""))
            return str(value).lower() if value.__class__ is bool else str(value)
    return None


def _schema(node: Node) -> str | None:
    return text(node, "schemaname")


LIBPG_QUERY = Dialect(
    name="libpg_query",
    written_by="libpg_query and its bindings: pglast, pg_query, pgsql-parser",
    language="sql",
    type_key="NodeTag",
    tags=Tags(types=frozenset(KINDS), others=("Stmt", "Expr"), fields=_FIELDS, root="ParseResult"),
    positions=(Places(start_offset="location"), Places(start_offset="stmt_location", length="stmt_len")),
    offset_unit="byte",
    leaf_keys=words(
        "NodeTag location stmt_location stmt_len version ival fval sval bsval boolval inh relpersistence "
        "typemod"
    ),
    kinds=KINDS,
    is_root=_is_root,
    fallback_kind=lambda type_: "statement" if type_.endswith("Stmt") else "other",
    kinds_of={"A_Const": _constant_kind},
    fields_kinds={"vals": "string"},
    name_keys={
        "String": "sval",
        "RangeVar": "relname",
        "ResTarget": "name",
        "Alias": "aliasname",
        "ColumnDef": "colname",
        "CommonTableExpr": "ctename",
        "FunctionParameter": "name",
        "IndexStmt": "idxname",
        "IndexElem": "name",
        "Constraint": "conname",
        "DefElem": "defname",
        "RoleSpec": "rolename",
        "CreateSchemaStmt": "schemaname",
        "CreateTrigStmt": "trigname",
        "NamedArgExpr": "name",
    },
    value_keys={"Integer": "ival", "Float": "fval", "BitString": "bsval", "Boolean": "boolval"},
    valued={"A_Const": _constant},
    branches=words("CaseWhen MergeWhenClause"),
    functions=words("CreateFunctionStmt"),
    classes=words("CreateStmt CreateForeignTableStmt"),
    names={"RangeVar": "read", "ResTarget": "none"},
    members=words("RangeVar"),
    qualifier=_schema,
    uses={
        "InsertStmt": {"relation": WRITE, "cols": WRITE},
        "UpdateStmt": {"relation": WRITE, "targetList": WRITE},
        "DeleteStmt": {"relation": WRITE},
        "MergeStmt": {"relation": WRITE},
        "MergeWhenClause": {"targetList": WRITE},
        "OnConflictClause": {"targetList": WRITE},
        "CreateStmt": {"relation": NONE},
        "ViewStmt": {"view": NONE},
        "IntoClause": {"rel": NONE},
        "CreateSeqStmt": {"sequence": NONE},
        "CompositeTypeStmt": {"typevar": NONE},
    },
    definitions={
        "CreateStmt": _relation("class", "table", "relation", "tableElts"),
        "ViewStmt": _relation("class", "view", "view", "query"),
        "CreateTableAsStmt": _relation("class", "table", "into.rel", "query"),
        "CreateSeqStmt": _relation("variable", "sequence", "sequence", ""),
        "CompositeTypeStmt": _relation("type_alias", None, "typevar", "coldeflist"),
        "ColumnDef": _plain("field", "colname"),
        "CommonTableExpr": _plain("variable", "ctename", "cte"),
        "IndexStmt": _plain("variable", "idxname", "index"),
        "CreateSchemaStmt": _plain("module", "schemaname"),
        "CreatedbStmt": _plain("module", "dbname"),
        "CreateEnumStmt": _plain("type_alias", "typeName"),
        "CreateRangeStmt": _plain("type_alias", "typeName"),
        "CreateDomainStmt": _plain("type_alias", "domainname"),
        "CreateTrigStmt": _plain("function", "trigname", "trigger"),
        "CreateFunctionStmt": _function,
    },
    references={
        "ColumnRef": _reference("read", "fields"),
        "FuncCall": _reference("call", "funcname"),
        "TypeName": _type,
    },
)
