"""`watch`: an ingestion that goes on with every change."""

from __future__ import annotations

import gc
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from snake_pipe.cli.output.progress import Reporter, open_progress
from snake_pipe.cli.output.text import seconds, visible
from snake_pipe.cli.run_options import (
    Dataset,
    Dialects,
    NoProgress,
    Quiet,
    Verbose,
    dialect_paths,
    exit_code,
    parse_settings,
    project_folder,
    split_words,
    stop_on_signals,
    tree_tables,
)
from snake_pipe.errors import ExitCode, SnakePipeError, UsageError
from snake_pipe.executors.process_pool import prepare_workers
from snake_pipe.extract.worker.modules import WORKER_MODULES
from snake_pipe.observe.events import ChangesVisible, Progress, Rescan
from snake_pipe.utils.units import parse_seconds

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from snake_pipe.extract.batch_config import LoadedConfig
    from snake_pipe.extract.batch_models import RepositoryProcessingResult
    from snake_pipe.observe.events import Event

_FOR_WATCHING: dict[str, Any] = {"max_latency": 1.0, "flush_interval": 0.5}
"""Settings where the user has not set them: a saved file is to be seen within moments."""

_UNSET = ("default", "preset throughput")
_LONGEST_DEBOUNCE = 5.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("watch", epilog=_WATCH_EXAMPLES)(watch)


_WATCH_EXAMPLES = """
\b
Examples:
  snake-pipe watch .                                  until Ctrl-C; query from another terminal meanwhile
  snake-pipe watch src lib -d /data/trees --languages python
  snake-pipe watch /mnt/share --poll                  where the kernel does not tell: network, some containers
  snake-pipe control flush                            from another terminal: what is saved is visible now

\b
Exit codes: 130 or 143 after Ctrl-C or SIGTERM, whatever failed; after `snake-pipe control stop` 0, or 3 if
more files than --max-failures are failed as they are then.
"""


def watch(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help="Folders.")] = None,
    dataset: Dataset = None,
    include: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only these, as in .gitignore; repeatable.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Not these; repeatable.")] = None,
    languages: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Comma-separated, as for ingest.")
    ] = None,
    no_gitignore: Annotated[
        bool, typer.Option("--no-gitignore", help="Also what .gitignore leaves out.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Begin with reading every file again.")] = False,
    tables: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Tree tables to write, of nodes,symbols,refs,imports.")
    ] = None,
    dialect: Dialects = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Worker processes. Default: one a processor.")
    ] = None,
    memory_limit: Annotated[
        int | None, typer.Option(metavar="MIB", help="Most memory of all processes together.")
    ] = None,
    max_latency: Annotated[
        str | None, typer.Option(metavar="TIME", help="Longest wait of a saved file for others. Default: 1s.")
    ] = None,
    flush_interval: Annotated[
        str | None, typer.Option(metavar="TIME", help="Time between commits. Default: 500ms.")
    ] = None,
    debounce: Annotated[
        str, typer.Option(metavar="TIME", help="Quiet after which a group of changes is taken in.")
    ] = "50ms",
    poll: Annotated[
        bool, typer.Option("--poll", help="Compare times every second; the kernel is not asked.")
    ] = False,
    max_failures: Annotated[
        int | None,
        typer.Option(metavar="N", help="Files that are failed at the end up to which the exit code is 0."),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="throughput, latency, low-memory or development.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any other setting; see `config show`."),
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
) -> int:
    """Ingest PATH, then every change to it as it happens, until Ctrl-C.

    The rows are at any time those that a fresh ingestion would give, some moments late. Ctrl-C and SIGTERM
    end it when all that was saved by then is committed.
    """
    from snake_pipe.extract.batch_config import load_config
    from snake_pipe.extract.discovery.request import IngestRequest
    from snake_pipe.extract.paths.datasets import default_dataset
    from snake_pipe.extract.watch.options import WatchOptions, check_watch

    roots = [path.absolute() for path in paths or [Path.cwd()]]
    overrides: dict[str, Any] = parse_settings(set_ or []) | {
        key: value
        for key, value in {
            "tables": None if tables is None else tree_tables(tables),
            "dialects": dialect_paths(dialect),
            "worker_count": workers,
            "memory_limit_mb": memory_limit,
            "max_latency": max_latency,
            "flush_interval": flush_interval,
            "max_failures": max_failures,
        }.items()
        if value is not None
    }
    loaded = load_config(overrides, preset=preset, project=project_folder(roots))
    request = IngestRequest(
        roots=tuple(str(root) for root in roots),
        dataset=str((dataset or default_dataset(roots[0])).absolute()),
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        languages=tuple(split_words(languages)),
        use_gitignore=not no_gitignore,
        list_base=str(Path.cwd()),
        full=full,
    )
    check_watch(request)
    request.check()
    prepare_workers(WORKER_MODULES)
    options = WatchOptions(debounce=_duration("--debounce", debounce), poll=poll)
    progress = open_progress(quiet=quiet, verbose=verbose, plain=no_progress)
    reporter = _WatchReporter(progress, roots, quiet=quiet)
    result = _run(request, loaded, options, reporter)
    progress.summarise(result)
    return exit_code(result, _failed_now(result), loaded.config.max_failures)


def _failed_now(result: RepositoryProcessingResult) -> int:
    """Files that are failed as they are now: what was saved again and could be read does not count."""
    from snake_pipe.load.views import connect

    with connect(result.dataset) as connection:
        sql = "SELECT count(*) FROM files WHERE status IN ('failed', 'quarantined')"
        ((count,),) = connection.execute(sql).fetchall()
    return int(count)


def _run(
    request: Any, loaded: LoadedConfig, options: Any, reporter: _WatchReporter
) -> RepositoryProcessingResult:
    import asyncio

    from snake_pipe.extract.batch_processor import BatchProcessingEngine

    gc.freeze()  # what was imported stays: neither the run nor the exit has to look through it for garbage
    config = replace(
        loaded.config,
        **{name: value for name, value in _FOR_WATCHING.items() if loaded.origins[name] in _UNSET},
    )

    async def main() -> RepositoryProcessingResult:
        engine = BatchProcessingEngine(listener=reporter)
        stop_on_signals(engine)
        return await engine.watch(request, config, options)

    try:
        with reporter:
            return asyncio.run(main())
    except SnakePipeError as error:
        if reporter.job_id and error.exit_code is ExitCode.RUN_FAILED:
            error.hint = f"{error.hint + '; ' if error.hint else ''}snake-pipe resume {reporter.job_id}"
        raise


class _WatchReporter:
    """Shows the first ingestion as `ingest` does, then a line for each group of changes."""

    def __init__(self, progress: Reporter, roots: list[Path], *, quiet: bool) -> None:
        self._progress = progress
        self._roots = roots
        self._quiet = quiet
        self._follows = False

    @property
    def job_id(self) -> str:
        """The job's id; empty before it has begun."""
        return self._progress.job_id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.close()

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, ChangesVisible):
            self._line(
                f"{event.files:,} changed, {event.deleted:,} deleted: visible after {seconds(event.seconds)}"
            )
        elif isinstance(event, Rescan):
            self._line(f"walking again: {event.reason}")
        elif not isinstance(event, Progress):
            self._progress(event)
        elif not self._follows:
            self._progress(event)
            statistics = event.status.statistics
            if statistics.discovery_complete and not (
                statistics.files_queued or statistics.batches_in_flight or statistics.batches_waiting
            ):
                self._follows = True
                self._progress.close()
                shown = ", ".join(visible(str(root)) for root in self._roots)
                self._line(f"{statistics.files_discovered:,} files; watching {shown}; Ctrl-C ends")

    def _line(self, text: str) -> None:
        if not self._quiet:
            self._progress.line(f"{time.strftime('%H:%M:%S')} {text}")


def _duration(option: str, text: str) -> float:
    try:
        value = parse_seconds(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: {error}") from None
    if not 0 < value <= _LONGEST_DEBOUNCE:
        raise UsageError(f"{option} {text}: a time above 0 is needed, at most {_LONGEST_DEBOUNCE:.0f}s")
    return value
