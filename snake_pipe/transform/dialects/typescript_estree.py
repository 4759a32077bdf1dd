"""typescript-estree: ESTree with `TS*` nodes, offsets as `range`."""

from __future__ import annotations

from dataclasses import replace

from snake_pipe.transform.dialects.estree import ESTREE

TYPESCRIPT_ESTREE = replace(
    ESTREE, name="typescript-estree", written_by="@typescript-eslint/typescript-estree", language="typescript"
)
