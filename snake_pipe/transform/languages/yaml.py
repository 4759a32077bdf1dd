"""YAML: every key is a field, named by its way from the root; anchors are variables, aliases use them."""

from __future__ import annotations

from snake_pipe.transform.languages.rules import (
    THROUGH,
    Define,
    Rules,
    table,
    tokens,
)

_KEY = Define("field", body=("value",))

RULES = Rules(
    names={
        "string_scalar": "none",
        "integer_scalar": "none",
        "single_quote_scalar": "none",
        "double_quote_scalar": "none",
        "anchor_name": "none",
        "alias_name": "read",
    },
    uses={
        "plain_scalar": {"": THROUGH},
        "flow_node": {"": THROUGH},
        "block_mapping_pair": {"key": _KEY},
        "flow_pair": {"key": _KEY},
        "anchor": {"": Define("variable", body=(), modifiers=("anchor",))},
    },
    scopes={"block_mapping_pair": "class", "flow_pair": "class"},
    kinds=table(
        module="stream document",
        field="block_mapping_pair flow_pair",
        variable="anchor",
        identifier="anchor_name alias_name alias directive_name",
        type_ref="tag tag_handle tag_prefix",
        collection="block_mapping block_sequence flow_mapping flow_sequence block_sequence_item",
        string="string_scalar double_quote_scalar single_quote_scalar block_scalar",
        number="integer_scalar float_scalar",
        atom="boolean_scalar null_scalar timestamp_scalar",
        directive="tag_directive yaml_directive yaml_version reserved_directive directive_parameter",
    )
    | tokens("block_node flow_node plain_scalar"),
    branches=frozenset(),
)
