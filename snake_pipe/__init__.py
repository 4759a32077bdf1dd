"""Every syntax tree of a repository, in tables that SQL can ask.

    import snake_pipe

    result = snake_pipe.ingest("~/src/app", dataset="trees", progress=True)
    with snake_pipe.connect("trees") as connection:
        print(connection.sql("SELECT kind, count(*) FROM symbols GROUP BY kind ORDER BY 2 DESC"))

`ingest` and `resume` run a job to its end, in a script or in a notebook. `BatchProcessingEngine` is for
programs with an event loop: whole repositories, or files one by one. `BatchConfig` has the settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.version import __version__

if TYPE_CHECKING:
    from snake_pipe.api import connect, ingest, resume
    from snake_pipe.errors import SnakePipeError
    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_processor import BatchProcessingEngine

__all__ = [
    "BatchConfig",
    "BatchProcessingEngine",
    "SnakePipeError",
    "__version__",
    "connect",
    "ingest",
    "resume",
]

_HOMES = {
    "BatchConfig": "snake_pipe.extract.batch_config",
    "BatchProcessingEngine": "snake_pipe.extract.batch_processor",
    "SnakePipeError": "snake_pipe.errors",
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


def __dir__() -> list[str]:
    """What there is to use, whether it is imported yet or not."""
    return sorted({name for name in globals() if name.startswith("__")} | set(__all__))
