"""TOML: tables are modules, keys are fields, both named by their way from the root."""

from __future__ import annotations

from snake_pipe.transform.languages.rules import (
    THROUGH,
    Define,
    Rules,
    table,
)

_KEYS = frozenset({"bare_key", "quoted_key", "dotted_key"})

RULES = Rules(
    names={"bare_key": "none", "quoted_key": "none"},
    uses={
        "dotted_key": {"": THROUGH},
        "pair": {"^": Define("field", whole=True, via=_KEYS, body=())},
        "table": {"^": Define("module", whole=True, body=())},
        "table_array_element": {"^": Define("module", whole=True, body=(), modifiers=("array",))},
    },
    scopes={"pair": "class"},
    kinds=table(
        module="document table table_array_element",
        field="pair",
        identifier="bare_key quoted_key dotted_key",
        collection="inline_table",
        atom="local_date local_date_time local_time offset_date_time",
    ),
    branches=frozenset(),
)
