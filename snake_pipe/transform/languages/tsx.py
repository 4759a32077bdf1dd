"""TypeScript with JSX."""

from __future__ import annotations

from snake_pipe.transform.languages.typescript import TSX_RULES

RULES = TSX_RULES
