"""Haskell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    INHERIT,
    NONE,
    THROUGH,
    TYPE_PART,
    WRITE,
    Define,
    ImportRow,
    Region,
    Rules,
    Subtree,
    Use,
    member,
    table,
    tokens,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def _import(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """A list after `hiding` says what is not imported: all the rest is."""
    path, alias, listed = (tree.child(statement, field) for field in ("module", "alias", "names"))
    if path < 0:
        return
    module = tree.text(path)
    as_name = tree.text(alias) if alias >= 0 else None
    before = tree.words(listed) if listed >= 0 else tree.text(statement).split()
    if listed < 0 or "hiding" in before:
        yield ImportRow(statement, module, None, as_name, is_wildcard="qualified" not in before)
        return
    for item in tree.children(listed):
        if tree.type(item) == "import_name":
            name = next(tree.children(item), -1)
            if name >= 0:
                yield ImportRow(item, module, tree.text(name).strip("()"), as_name)


_TYPE_VARIABLES = {"variable": "none"}

RULES = Rules(
    names={
        "variable": "read",
        "constructor": "read",
        "name": "type",
        "operator": "none",
        "constructor_operator": "none",
        "module_id": "none",
    },
    uses={
        "header": {"module": Define("module", whole=True, body=())},
        "module": {"": THROUGH},
        "data_type": {"name": Define("class", body=("constructors",))},
        "newtype": {"name": Define("class", body=("constructor",), modifiers=("newtype",))},
        "type_synonym": {"name": Define("type_alias", body=())},
        "type_family": {"name": Define("type_alias", body=(), modifiers=("family",))},
        "data_family": {"name": Define("type_alias", body=(), modifiers=("family",))},
        "class": {"name": Define("interface", body=("declarations",)), "context": INHERIT},
        "instance": {"name": INHERIT},
        "deriving_instance": {"name": INHERIT},
        "deriving": {"classes": INHERIT},
        "tuple": {"element": THROUGH},
        "prefix": {"name": Define("field", body=())},
        "record": {"name": Define("field", body=())},
        "newtype_constructor": {"name": Define("field", body=())},
        "gadt_constructor": {"name": Define("field", body=())},
        "field": {"name": Define("field", body=())},
        "field_name": {"": THROUGH},
        "field_update": {"field": WRITE},
        "signature": {
            "name": Define(
                "variable",
                by=("type", {"function": "function", "context": "function", "forall": "function"}),
                local="none",
                repeats=True,
                body=(),
            )
        },
        "function": {
            "name": Define("function", repeats=True, body=("match",)),
            "": Define("function", via=frozenset({"infix"}), repeats=True, body=("match",)),
        },
        "bind": {"name": Define("variable", local="write", repeats=True, body=("match",))},
        "infix": {"operator": THROUGH},
        "infix_id": {"": Use("call", climb=True)},
        "prefix_id": {"": THROUGH},
        "apply": {"function": CALL, "constructor": TYPE_PART},
        "qualified": {"id": member("module")},
        "context": {"context": THROUGH},
        "export": {"variable": NONE, "type": NONE, "operator": NONE},
        "children": {"element": NONE},
    },
    scopes={
        "class": "class",
        "instance": "class",
        "data_type": "class",
        "newtype": "class",
        "function": "function",
        "bind": "function",
    },
    qualifiers={"instance": "name"},
    kinds=table(
        module="haskell header module module_id module_export",
        class_="""
            data_type newtype data_family data_instance instance deriving_instance
            abstract_family
        """,
        interface="class",
        field="""
            data_constructor data_constructors newtype_constructor gadt_constructor gadt_constructors field
            fields prefix constructor_synonym constructor_synonyms lazy_field strict_field
        """,
        function="function foreign_import foreign_export default_signature signature pattern_synonym",
        variable="bind binding_list",
        parameter="patterns type_params type_binder quantified_variables implicit_variable",
        type_alias="type_synonym type_family type_instance equation equations",
        macro="splice top_splice quasiquote",
        identifier="""
            variable constructor name qualified field_name field_path prefix_id infix_id constructor_operator
            all_names quoter
        """,
        import_="imports import import_list import_name import_package",
        export="exports export children",
        call="apply type_application kind_application",
        member="projection projection_selector",
        type_ref="""
            context forall forall_required kind_signature star type_patterns type_role role_annotation
            deriving deriving_strategy via default_types fundep fundeps invisible inferred promoted special
            type_family_injectivity type_family_result explicit_type linear_function implicit_parameter
        """,
        conditional="""
            conditional case alternative alternatives multi_way_if guards boolean pattern_guard lambda_case
            lambda_cases function_head_parens match
        """,
        loop="generator qualifiers transform group",
        operator="""
            infix negation left_section right_section fixity prefix_list prefix_tuple prefix_unboxed_sum
            prefix_unboxed_tuple
        """,
        collection="""
            record field_update arithmetic_sequence unboxed_tuple unboxed_sum unboxed_unit empty_list unit
        """,
        string="char quasiquote_body th_quoted_name",
        comment="haddock",
        annotation="pragma modifier calling_convention safety entity namespace",
        directive="cpp",
        block="""
            declarations class_declarations instance_declarations local_binds let let_in do do_module rec
            quoted_decls
        """,
        statement="exp annotated",
        error="error_sentinel",
    )
    | tokens("""
            literal parens as irrefutable strict view_pattern quote quoted_expression quoted_pattern
            quoted_type typed_quote wildcard
        """),
    branches=words("conditional alternative guards"),
    operators=frozenset({"infix"}),
    imports={"import": _import},
    comments=frozenset({"comment", "haddock"}),
    groups=frozenset({"declarations"}),
    dotted_qualifiers=True,
    skipped_before=frozenset({"pragma"}),
    regions=(
        Region("pattern", {"variable": "write", "constructor": "read"}),
        Region("patterns", {"variable": "none", "constructor": "read"}),
        Region("type", _TYPE_VARIABLES),
        Region("context", _TYPE_VARIABLES),
        Region(":data_constructor", _TYPE_VARIABLES),
        Region(":newtype_constructor", _TYPE_VARIABLES),
    ),
    modifiers={"newtype": "newtype", "family": "family"},
)
