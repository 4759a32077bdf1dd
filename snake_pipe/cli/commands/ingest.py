"""`ingest` and `resume`: the commands that write."""

from __future__ import annotations

import gc
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from snake_pipe.cli.locations import dataset_of_job, find_dataset
from snake_pipe.cli.output.progress import open_progress
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
from snake_pipe.errors import ExitCode, JobNotFoundError, SnakePipeError, UsageError
from snake_pipe.executors.process_pool import prepare_workers
from snake_pipe.extract.worker.modules import WORKER_MODULES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from snake_pipe.extract.batch_models import RepositoryProcessingResult
    from snake_pipe.extract.batch_processor import BatchProcessingEngine


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("ingest", epilog=_INGEST_EXAMPLES)(ingest)
    app.command("resume", epilog=_RESUME_EXAMPLES)(resume)


_INGEST_EXAMPLES = """
\b
Examples:
  snake-pipe ingest .                                 this repository, into ./.snake-pipe
  snake-pipe ingest src lib -d /data/trees            two folders, one dataset elsewhere
  snake-pipe ingest . --languages python,go --tables files,symbols,refs
  snake-pipe ingest . --include 'src/**' --exclude '*_pb2.py'
  git diff --name-only main | snake-pipe ingest --files-from -
  snake-pipe ingest . --workers 8 --memory-limit 4096 --max-failures 10    a CI job step
"""

_RESUME_EXAMPLES = """
\b
Examples:
  snake-pipe resume 20261122-101530-4f9a1c
  snake-pipe resume --last --workers 1 --memory-limit 2000     it ran out of memory
  snake-pipe resume --last                            the newest job that is not done
"""


def ingest(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Repositories, folders or files.")
    ] = None,
    dataset: Dataset = None,
    include: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only these, as in .gitignore; repeatable.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Not these; repeatable.")] = None,
    languages: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Comma-separated; `ast` for AST files. Default: all programming languages and ast.",
        ),
    ] = None,
    files_from: Annotated[
        str | None, typer.Option(metavar="FILE", help="Paths to read, one a line; - for stdin.")
    ] = None,
    files0_from: Annotated[str | None, typer.Option(metavar="FILE", help="The same, NUL-separated.")] = None,
    no_gitignore: Annotated[
        bool, typer.Option("--no-gitignore", help="Also what .gitignore leaves out.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Read files again that have not changed.")] = False,
    tables: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Tree tables to write, of nodes,symbols,refs,imports.")
    ] = None,
    anonymous: Annotated[
        bool | None, typer.Option("--anonymous", help="Rows also for punctuation and keywords.")
    ] = None,
    attrs: Annotated[
        bool | None, typer.Option("--attrs", help="Keep the other scalar fields of AST files as JSON.")
    ] = None,
    dialect: Dialects = None,
    priority: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE",
            help="'src/**=9', 'language:python=7', 'size<100KiB=8' or 'mtime<1d=9': 0 to 10, most urgent"
            " first among what waits; the first rule that fits counts; repeatable.",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Worker processes. Default: one a processor.")
    ] = None,
    memory_limit: Annotated[
        int | None, typer.Option(metavar="MIB", help="Most memory of all processes together.")
    ] = None,
    max_file_size: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="Larger files are recorded as skipped: 64MiB, 200MB, bytes."),
    ] = None,
    file_timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Longest time for one file.")
    ] = None,
    flush_interval: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Time between commits.")
    ] = None,
    max_failures: Annotated[
        int | None, typer.Option(metavar="N", help="Failed files up to which the exit code is 0.")
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
    """Turn every syntax tree below PATH into rows.

    Files that have not changed since an earlier ingestion into the same dataset are left as they are.
    A file that cannot be read or parsed gets its row in `files` and `errors`, and nothing else happens.
    """
    from snake_pipe.extract.paths.datasets import default_dataset

    if files_from and files0_from:
        raise UsageError("--files-from and --files0-from exclude each other")
    has_list = bool(files_from or files0_from)
    if paths and has_list:
        raise UsageError("PATH and a list of files exclude each other")
    roots = [path.absolute() for path in paths or ([] if has_list else [Path.cwd()])]
    for root in roots:
        if not root.exists():
            raise UsageError(f"no such file or folder: {root}")
    prepare_workers(WORKER_MODULES)  # before anything else that takes time
    from snake_pipe.extract.batch_config import load_config
    from snake_pipe.extract.discovery.request import IngestRequest

    target = (dataset or default_dataset(roots[0] if roots else Path.cwd())).absolute()
    overrides: dict[str, Any] = parse_settings(set_ or [])
    overrides |= {
        key: value
        for key, value in {
            "tables": None if tables is None else tree_tables(tables),
            "anonymous": anonymous,
            "attrs": attrs,
            "dialects": dialect_paths(dialect),
            "priority": priority,
            "worker_count": workers,
            "memory_limit_mb": memory_limit,
            "max_file_size": max_file_size,
            "file_timeout_seconds": file_timeout,
            "flush_interval": flush_interval,
            "max_failures": max_failures,
        }.items()
        if value is not None
    }
    config = load_config(overrides, preset=preset, project=project_folder(roots)).config
    request = IngestRequest(
        roots=tuple(str(root) for root in roots),
        dataset=str(target),
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        languages=tuple(split_words(languages)),
        use_gitignore=not no_gitignore,
        list_base=str(Path.cwd()),
        full=full,
    )
    request.check()
    with tempfile.TemporaryDirectory(prefix="snake-pipe-") as folder:
        if has_list:
            kept = _copy_list(files_from or files0_from or "", b"\n" if files_from else b"\0", Path(folder))
            request = _with_list(request, kept)
        return _run(
            lambda engine: engine.ingest(request, config), quiet, verbose, no_progress, config.max_failures
        )


def resume(
    job_id: Annotated[
        str | None, typer.Argument(metavar="[JOB_ID]", help="As `ingest` printed it, or from `jobs`.")
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="The newest job of the dataset that is not done.")
    ] = False,
    dataset: Annotated[
        Path | None, typer.Option("--dataset", "-d", metavar="DIR", help="The job's dataset. Default: found.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Worker processes from here on. Default: as before.")
    ] = None,
    memory_limit: Annotated[
        int | None, typer.Option(metavar="MIB", help="Most memory from here on. Default: as before.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other setting, as in ingest.")
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
) -> int:
    """Go on with a job that a crash, a full disk or a signal ended, where its last commit left it."""
    from snake_pipe.extract.batch_config import check_settings
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

    if (job_id is None) == (not last):
        raise UsageError("give a JOB_ID or --last", "snake-pipe jobs lists the jobs")
    if last:
        folder = find_dataset(dataset)
        job_id = _last_unfinished(CheckpointManager(folder))
    else:
        assert job_id is not None
        folder = dataset_of_job(job_id, dataset)
    chosen = job_id
    checkpoint = CheckpointManager(folder).load(chosen)
    prepare_workers(WORKER_MODULES)
    changes: dict[str, Any] = parse_settings(set_ or [])
    changes |= {
        name: value
        for name, value in (("worker_count", workers), ("memory_limit_mb", memory_limit))
        if value is not None
    }
    changes = check_settings(changes, "command line")
    most = int(changes.get("max_failures", checkpoint.config.get("max_failures", 0)))
    return _run(lambda engine: engine.resume(chosen, folder, changes), quiet, verbose, no_progress, most)


def _last_unfinished(manager: Any) -> str:
    for job_id in reversed(manager.job_ids()):
        try:
            if manager.load(job_id).progress.status != "done":
                return str(job_id)
        except JobNotFoundError:  # killed before its first checkpoint: it has done nothing
            continue
    raise JobNotFoundError(f"every job in {manager.folder.parent} is done", "there is nothing to resume")


def _run(
    work: Callable[[BatchProcessingEngine], Awaitable[RepositoryProcessingResult]],
    quiet: bool,
    verbose: bool,
    no_progress: bool,
    max_failures: int,
) -> int:
    """Run a job under signals and progress; the exit code."""
    import asyncio

    from snake_pipe.extract.batch_processor import BatchProcessingEngine

    gc.freeze()  # what was imported stays: neither the run nor the exit has to look through it for garbage
    progress = open_progress(quiet=quiet, verbose=verbose, plain=no_progress)

    async def main() -> RepositoryProcessingResult:
        engine = BatchProcessingEngine(listener=progress)
        stop_on_signals(engine)
        return await work(engine)

    try:
        with progress:
            result = asyncio.run(main())
    except SnakePipeError as error:
        if progress.job_id and error.exit_code is ExitCode.RUN_FAILED:
            error.hint = f"{error.hint + '; ' if error.hint else ''}snake-pipe resume {progress.job_id}"
        raise
    progress.summarise(result)
    return exit_code(result, result.statistics.failures, max_failures)


def _copy_list(name: str, separator: bytes, folder: Path) -> Path:
    """A list of files as NUL-separated paths in a file of ours."""
    target = folder / "files.list"
    try:
        if name == "-":
            with target.open("wb") as out:
                shutil.copyfileobj(sys.stdin.buffer, out)
        else:
            with Path(name).open("rb") as source, target.open("wb") as out:  # it may be a pipe
                shutil.copyfileobj(source, out)
    except OSError as error:
        raise UsageError(f"cannot read the list {name}: {error.strerror or error}") from error
    if separator == b"\n":
        converted = folder / "files0.list"
        with target.open("rb") as lines, converted.open("wb") as out:
            for line in lines:
                if path := line.rstrip(b"\r\n"):
                    out.write(path + b"\0")
        target = converted
    return target


def _with_list(request: Any, path: Path) -> Any:
    from dataclasses import replace

    return replace(request, file_list=str(path))
