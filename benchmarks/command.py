"""The command that is measured."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def ingest_command(root: Path, dataset: Path, *options: str) -> list[str]:
    """A quiet ingestion by the program that is installed."""
    # -P: with its compiled loops, and not the folder that this was started in
    own = [sys.executable, "-P", "-m", "snake_pipe"]
    return [*own, "ingest", str(root), "-d", str(dataset), "-q", *options]
