"""The command that is measured."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def ingest_command(root: Path, dataset: Path, *options: str) -> list[str]:
    """A quiet ingestion by the program that is installed."""
    # -P: with its compiled loops, and not the folder that this was started in
    own = [sys.executable, "-P", "-m", "snake_pipe"]
    return [*own, "ingest", str(root), "-d", str(dataset), "-q", *options]


def command_environment() -> dict[str, str]:
    """What the command is started with: that of the caller, but bytecode is kept.

    Without it each start compiles the modules of an editable install anew, which takes 0.1 to 0.5 s.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
