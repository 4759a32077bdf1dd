"""SQL, of no one database: tables, views, types and routines are its definitions."""

from __future__ import annotations

from snake_pipe.transform.languages.rules import (
    CALL,
    NONE,
    THROUGH,
    TYPE,
    WRITE,
    Define,
    Rules,
    Use,
    table,
    tokens,
    words,
)


def _named(kind: str, *modifiers: str, body: tuple[str, ...] = ()) -> Define:
    return Define(
        kind,
        via=frozenset({"object_reference"}),
        single=True,
        qualified=True,
        free=True,
        body=body,
        modifiers=modifiers,
    )


RULES = Rules(
    names={"identifier": "read", "literal": "none"},  # a column's name in quotes is a literal
    uses={
        "object_reference": {
            "name": Use("read", climb=True, qualifier="schema", direct=True),
            "schema": NONE,
        },
        "create_table": {"": _named("class", "table", body=(":column_definitions",))},
        "create_view": {"": _named("class", "view", body=(":create_query",))},
        "create_materialized_view": {"": _named("class", "materialized", "view", body=(":create_query",))},
        "create_function": {"": _named("function", body=(":function_body",))},
        "create_procedure": {"": _named("function", "procedure", body=(":procedure_body",))},
        "create_trigger": {"": _named("function", "trigger")},
        "create_type": {"": _named("type_alias")},
        "create_sequence": {"": _named("variable", "sequence")},
        "create_index": {"column": Define("variable", body=(), modifiers=("index",)), "": TYPE},
        "create_schema": {"": Define("module", direct=True, body=())},
        "create_database": {"": Define("module", direct=True, body=())},
        "column_definition": {"name": Define("field", direct=True, body=())},
        "cte": {"^": Define("variable", body=(":statement",), modifiers=("cte",))},
        "constraint": {"name": NONE},
        "function_argument": {"^": NONE},
        "function_language": {"": NONE},
        "relation": {"": THROUGH, "alias": NONE},
        "term": {"alias": NONE},
        "field": {"name": Use("read", climb=True, qualifier="", direct=True)},
        "insert": {"": WRITE},
        "update": {"": WRITE},
        "column": {"": THROUGH},
        "assignment": {"left": WRITE},
        "invocation": {"": CALL},
    },
    scopes={"create_table": "class", "create_function": "function", "create_procedure": "function"},
    kinds=table(
        module="program create_schema create_database",
        class_="create_table create_view create_materialized_view",
        function="create_function create_procedure create_trigger",
        field="column_definition composite_field",
        variable="create_index create_sequence cte var_declarations",
        parameter="function_argument function_arguments named_argument",
        type_alias="create_type",
        identifier="object_reference all_fields object_id",
        member="field column path_expression",
        call="invocation window_function",
        type_ref="""
            bigint bit char datetime datetimeoffset decimal double enum int interval mediumint nchar numeric
            nvarchar smallint time timestamp tinyint varbinary varchar array_size_definition constraints
        """,
        conditional="where having qualify filter_expression when_clause",
        assignment="assignment_list set_statement set_configuration reset_statement",
        operator="""
            between_expression bang exists is_not not_in not_like not_rlike not_similar_to distinct_from
            not_distinct_from similar_to cast op_other op_unary_other ordered_set_aggregate
        """,
        collection="values enum_elements",
        atom="literal",
        comment="marginalia",
        annotation="""
            function_cost function_language function_leakproof function_rows function_safety
            function_security function_set function_strictness function_support function_volatility
            table_option storage_parameters storage_location
        """,
        block="function_body procedure_body subquery transaction create_query column_definitions",
        statement="""
            statement select insert update delete from set_operation grant_statement revoke_statement
            refresh_materialized_view rename_object set_schema change_ownership create_extension create_policy
            create_role
        """,
    )
    | tokens(
        """
        array_size_definition column_position covering_columns cross_join direction dollar_quote
        exclude_columns frame_definition group_by index_fields index_hint join lateral_cross_join lateral_join
        limit null_treatment offset order_by order_target ordered_columns partition_by pivot relation
        returning row_format select_expression stored_as table_partition table_privilege table_sort tablespace
        tablet_split term unpivot window_clause window_frame window_specification
        """
    ),
    kinds_by_prefix={
        "keyword_": "token",
        "alter_": "statement",
        "drop_": "statement",
        "add_": "statement",
        "rename_": "statement",
        "change_": "statement",
        "modify_": "statement",
        "comment_": "statement",
    },
    branches=words("keyword_when"),
    comments=frozenset({"comment", "marginalia"}),
)
