"""Babel: ESTree with literals by kind, members of classes by kind, and a `File` around the program."""

from __future__ import annotations

from dataclasses import replace

from snake_pipe.transform.dialects import ecmascript
from snake_pipe.transform.dialects.estree import ESTREE

BABEL = replace(
    ESTREE, name="babel", written_by="@babel/parser", leaf_keys=ecmascript.LEAF_KEYS | {"extra", "errors"}
)
