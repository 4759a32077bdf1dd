"""Where the project keeps what tests read."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SAMPLES = PROJECT / "sample_repos"
POLYGLOT = SAMPLES / "polyglot"
AST_DUMPS = SAMPLES / "ast_dumps"
GOLDEN_DIALECTS = PROJECT / "tests" / "unit" / "transform" / "golden_dialects"
GOLDEN_LANGUAGES = PROJECT / "tests" / "unit" / "transform" / "golden_languages"
