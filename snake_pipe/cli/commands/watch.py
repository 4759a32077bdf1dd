"""`watch`: an ingestion that goes on with every change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snake_pipe.cli.option_groups import takes_groups
from snake_pipe.cli.options.common import seconds_of
from snake_pipe.cli.options.other_jobs import LockOptions
from snake_pipe.cli.options.outputs import RunOutputs
from snake_pipe.cli.options.plugins import PluginOptions
from snake_pipe.cli.options.selection import SelectionOptions
from snake_pipe.cli.options.settings import WatchSettings
from snake_pipe.cli.options.verbosity import Verbosity
from snake_pipe.cli.running import prepare_run, run_job
from snake_pipe.storage.open import open_storage

if TYPE_CHECKING:
    from snake_pipe.extract.batch_models import RepositoryProcessingResult

_LONGEST_DEBOUNCE = 5.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("watch", epilog=_EXAMPLES)(takes_groups(watch))


_EXAMPLES = """
\b
Examples:
  snake-pipe watch .                    until Ctrl-C; query meanwhile
  snake-pipe watch src lib -d /data/trees --languages python
  snake-pipe watch /mnt/share --poll    where the kernel reports no changes
  snake-pipe control flush              in another terminal: do not wait

Exit codes: 130 or 143 after Ctrl-C or SIGTERM, whatever failed; after `snake-pipe control stop` 0, or 3 if
more than --max-failures files are in a failed state at the end.
"""


def watch(
    *,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help="Folders.")] = None,
    selection: SelectionOptions,
    settings: WatchSettings,
    debounce: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="Wait until nothing has changed for this long.",
            rich_help_panel=WatchSettings.heading,
        ),
    ] = "50ms",
    poll: Annotated[
        bool,
        typer.Option(
            "--poll",
            help="Compare files' times every second instead of relying on the kernel.",
            rich_help_panel=WatchSettings.heading,
        ),
    ] = False,
    plugins: PluginOptions,
    lock: LockOptions,
    verbosity: Verbosity,
    outputs: RunOutputs,
) -> int:
    """Ingest PATH, then every change to it, until Ctrl-C.

    The rows are always those that a fresh ingestion would give, with a few moments' delay. Ctrl-C and SIGTERM
    end it once everything saved until then is committed.
    """
    from snake_pipe.cli.output.jobs.watch_progress import WatchReporter
    from snake_pipe.extract.watch.options import WatchOptions, check_watch

    roots = [path.absolute() for path in paths or [Path.cwd()]]
    config = settings.load(roots, selection, plugins.given, watching=True).config
    request = selection.request(roots, config)
    check_watch(request)
    request.check()
    outputs.check()
    lock_timeout = lock.lock_seconds
    prepare_run(settings.executor)
    options = WatchOptions(debounce=seconds_of("--debounce", debounce, _LONGEST_DEBOUNCE), poll=poll)
    reporter = verbosity.open_reporter()
    return run_job(
        lambda engine: engine.watch(request, config, options, lock_timeout=lock_timeout),
        reporter,
        outputs,
        dataset=open_storage(request.dataset),
        max_failures=config.max_failures,
        listener=WatchReporter(reporter, roots, quiet=verbosity.quiet),
        failed_now=_failed_now,
    )


def _failed_now(result: RepositoryProcessingResult) -> int:
    """Files that are failed as they are now: what was saved again and could be read does not count."""
    from snake_pipe.load.sql.views import connect_tables

    with connect_tables(open_storage(result.dataset)) as connection:
        sql = "SELECT count(*) FROM files WHERE status IN ('failed', 'quarantined')"
        ((count,),) = connection.execute(sql).fetchall()
    return int(count)
