"""`report`: a page about a dataset, as a file, or live while a job runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snake_pipe.cli.job_view import JobView, find_job, view_job
from snake_pipe.cli.locations import find_dataset
from snake_pipe.cli.options.common import Dataset
from snake_pipe.cli.output.text import size, visible
from snake_pipe.errors import SnakePipeError, UsageError

if TYPE_CHECKING:
    from snake_pipe.report.job_figures import JobAtHand
    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

_DEFAULT_NAME = Path("report.html")
_MARK = b": snake-pipe report</title>"
_MARK_WITHIN = 8192
"""Bytes at a report's beginning that have `_MARK` in them."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", epilog=_EXAMPLES)(report)


_EXAMPLES = """
\b
Examples:
  snake-pipe report                      report.html, about the nearest dataset
  snake-pipe report -d trees -o - | gzip > trees.html.gz
  snake-pipe report --follow --open      the running job, in the browser

The page is one file that needs no network: a map of the repository, languages, files by status, hot spots,
definitions, and the newest run. See docs/how-to/report.md.
"""


def report(
    dataset: Dataset = None,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="Default: report.html; - is stdout."),
    ] = _DEFAULT_NAME,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file even if it is no report.")
    ] = False,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", "-f", help="Serve the page on this machine until the running job ends, or Ctrl-C."
        ),
    ] = False,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Make one HTML page about a dataset and its newest run."""
    if open_ and str(output) == "-":
        raise UsageError("--open opens a file, not stdout", "leave out --open, or name a file")
    if not follow:
        _write(find_dataset(dataset), output, overwrite=overwrite, open_=open_)
    elif output != _DEFAULT_NAME:
        raise UsageError("--follow writes no file", "leave out --output")
    else:
        _serve(dataset, open_=open_)


def _write(dataset: Storage, target: Path, *, overwrite: bool, open_: bool) -> None:
    from snake_pipe.load.target import new_target
    from snake_pipe.report import libraries
    from snake_pipe.report.figures import collect_figures
    from snake_pipe.report.page import page

    libraries.load()  # refuse before the tables are asked
    if str(target) == "-":
        document = page(collect_figures(dataset, _newest(dataset)))
        sys.stdout.flush()
        sys.stdout.buffer.write(document)
        return
    with new_target(target, dataset, overwrite=overwrite or _is_report(target)) as file:
        document = page(collect_figures(dataset, _newest(dataset)))
        file.write_bytes(document)
    typer.echo(f"{visible(str(target))} written, {size(len(document))}", err=True)
    if open_:
        _open(target.absolute().as_uri())


def _is_report(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return _MARK in file.read(_MARK_WITHIN)
    except OSError:
        return False


def _newest(dataset: Storage) -> JobAtHand | None:
    """The newest job; None where none can be read."""
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

    manager = CheckpointManager(dataset)
    job_id = manager.newest()
    return None if job_id is None else _at_hand(manager, job_id)


def _at_hand(manager: CheckpointManager, job_id: str) -> JobAtHand:
    from snake_pipe.report.job_figures import JobAtHand

    view: JobView = view_job(manager, job_id)
    created_at = view.checkpoint.created_at
    return JobAtHand(job_id, view.state, view.runs, created_at, manager.job_folder(job_id), view.figures)


def _serve(dataset: str | None, *, open_: bool) -> None:
    from snake_pipe.report import libraries

    manager, job_id = find_job(None, False, dataset)
    if not view_job(manager, job_id).runs:
        raise UsageError(
            f"no job is writing to {manager.dataset.url}", "snake-pipe report makes a page of what is there"
        )
    libraries.load()
    from snake_pipe.report.live_figures import LiveFigures
    from snake_pipe.report.live_server import LiveServer

    figures = LiveFigures(manager.dataset, lambda: _at_hand(manager, job_id))
    with LiveServer(figures) as server:
        typer.echo(server.address)
        sys.stdout.flush()
        typer.echo(
            "open it in a browser of this machine; it follows the job until that ends, or Ctrl-C", err=True
        )
        if open_:
            _open(server.address)
        figures.refresh()


def _open(address: str) -> None:
    import webbrowser

    if not webbrowser.open(address):
        raise SnakePipeError("no browser could be started", f"open {address}")
