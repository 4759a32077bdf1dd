"""JSON as data: every key is a field, named by its way from the root."""

from __future__ import annotations

from snake_pipe.transform.languages.rules import (
    THROUGH,
    Define,
    Rules,
    table,
)

RULES = Rules(
    names={"string_content": "none"},
    uses={"string": {"": THROUGH}, "pair": {"key": Define("field", body=("value",))}},
    scopes={"pair": "class"},
    kinds=table(module="document", field="pair"),
    branches=frozenset(),
)
