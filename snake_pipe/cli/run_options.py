"""What the commands share that run a job: options, how they are read, and what signals do."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snake_pipe.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from snake_pipe.extract.batch_models import RepositoryProcessingResult
    from snake_pipe.extract.batch_processor import BatchProcessingEngine

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary; errors only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Also each batch and each commit.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="No bar; a line every few seconds.")]
Dataset = Annotated[
    Path | None,
    typer.Option(
        "--dataset", "-d", metavar="DIR", help="Folder of the tables. Default: .snake-pipe in the first PATH."
    ),
]

Dialects = Annotated[
    list[Path] | None,
    typer.Option(
        "--dialect",
        metavar="FILE",
        help="TOML file that describes a dialect of AST files; see docs/dialects.md; repeatable.",
    ),
]


def dialect_paths(files: list[Path] | None) -> list[str] | None:
    """The values of `--dialect` as the setting has them, wherever they are read; None for none."""
    return [str(file.absolute()) for file in files] if files else None


def stop_on_signals(engine: BatchProcessingEngine) -> None:
    """The first SIGINT, SIGTERM or SIGHUP ends the job with a checkpoint, the second one at once.

    A signal that whoever started us had ignored stays so, as nohup wants it. Workers end by themselves when
    this process is gone.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    seen: list[str] = []

    def stop(name: str, code: int) -> None:
        if seen:
            os._exit(code)
        seen.append(name)
        engine.stop(name)

    for name, code in (("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
            try:
                loop.add_signal_handler(getattr(signal, name), stop, name, code)
            except NotImplementedError:  # Windows: Ctrl-C arrives as KeyboardInterrupt
                return


def exit_code(result: RepositoryProcessingResult, failures: int, max_failures: int) -> int:
    """What a run exits with: a signal that ended it counts more than files that failed.

    Who was stopped by `snake-pipe control stop` before it was done ends as after Ctrl-C.
    """
    if result.message in _SIGNALS:
        return int(_SIGNALS[result.message])
    if result.status == "stopped":
        return int(ExitCode.INTERRUPTED)
    return int(ExitCode.FILES_FAILED if failures > max_failures else ExitCode.DONE)


_SIGNALS = {
    "SIGINT": ExitCode.INTERRUPTED,
    "SIGHUP": ExitCode.INTERRUPTED,
    "SIGTERM": ExitCode.TERMINATED,
}


def split_words(text: str | None) -> list[str]:
    """The words of a comma-separated list."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def tree_tables(text: str) -> tuple[str, ...]:
    """The tree tables named; files, errors and batches may be named too and are always written."""
    from snake_pipe.schemas import TABLES, TREE_TABLES

    names = split_words(text)
    for name in names:
        if name not in TABLES:
            raise UsageError(f"no table {name!r}", f"of {', '.join(TREE_TABLES)}")
    return tuple(name for name in TREE_TABLES if name in names)


def parse_settings(pairs: list[str]) -> dict[str, str]:
    """The settings of `--set KEY=VALUE`; UsageError for what is none."""
    settings = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise UsageError(f"--set {pair}: not KEY=VALUE")
        settings[key.strip().replace("-", "_")] = value
    return settings


def project_folder(roots: list[Path]) -> Path:
    """The folder whose snake-pipe.toml and pyproject.toml count."""
    if not roots:
        return Path.cwd()
    return roots[0] if roots[0].is_dir() else roots[0].parent
