"""Every syntax tree of a repository, in tables that SQL can ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from snake_pipe.api import connect, ingest, resume
    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_processor import BatchProcessingEngine

__all__ = ["BatchConfig", "BatchProcessingEngine", "__version__", "connect", "ingest", "resume"]

_HOMES = {
    "BatchConfig": "snake_pipe.extract.batch_config",
    "BatchProcessingEngine": "snake_pipe.extract.batch_processor",
    "connect": "snake_pipe.api",
    "ingest": "snake_pipe.api",
    "resume": "snake_pipe.api",
}


def __getattr__(name: str) -> Any:
    """Import public names when they are first used, so that `snake-pipe --help` stays fast."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
