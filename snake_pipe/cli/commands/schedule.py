"""`schedule print`: an ingestion that cron or systemd starts again and again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from snake_pipe.cli.command_tree import find_command
from snake_pipe.cli.output.text import visible
from snake_pipe.errors import StorageError, UsageError

if TYPE_CHECKING:
    from snake_pipe.schedule.command import ScheduledCommand

_ASSUMED = {
    "quiet": ["--quiet"],
    "lock_timeout": ["--lock-timeout", "10m"],
    "on_unfinished": ["--on-unfinished", "resume"],
}
"""What an ingestion that nobody watches is started with, unless another value is given."""

_WATCHED_BY_PEOPLE = ("verbose", "no_progress")
_WRITTEN = ("summary_json", "metrics_file", "report")
"""Options that name files which the ingestion writes."""

schedule_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Have an ingestion started again and again."
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    schedule_app.command("print", epilog=_EXAMPLES)(print_)
    app.add_typer(schedule_app, name="schedule")


_EXAMPLES = """
\b
Examples:
  snake-pipe schedule print --every '0 3 * * *' /srv/shop -d /srv/trees/shop
  snake-pipe schedule print --every 6h . -- --languages python --max-failures 20
  (crontab -l; snake-pipe schedule print --every @daily /srv/shop) | crontab -
  snake-pipe schedule print --every 1d --systemd /srv/shop -o units
"""


@schedule_app.callback(epilog=_EXAMPLES)
def schedule() -> None:
    """Have an ingestion started again and again."""


def print_(
    context: typer.Context,
    *,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]... [-- OPTIONS]",
            help="What to ingest, by default this folder; after -- any options of `ingest`.",
        ),
    ] = None,
    every: Annotated[
        str,
        typer.Option(
            "--every",
            metavar="TIME",
            help="When: a cron expression such as '0 3 * * *', @daily and its kind, or the time between two"
            " runs such as 15m or 6h.",
        ),
    ],
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", "-d", metavar="DIR|URL", help="Where the tables are, as for `ingest`."),
    ] = None,
    systemd: Annotated[
        bool, typer.Option("--systemd", help="A service with its timer, not a line for a crontab.")
    ] = False,
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help="User that the service runs as. Default: who asks.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="With --systemd: write the two files into this folder."
        ),
    ] = None,
) -> None:
    """Print a crontab line, or a service with its timer, that ingests PATH again and again.

    It is ready to install: all folders are absolute, names are quoted, and it says nothing unless it fails.
    It waits up to ten minutes for another job of the dataset, and goes on with one that did not come to its
    end; --lock-timeout and --on-unfinished after -- change that.
    """
    from snake_pipe.schedule.cron_expression import parse_every
    from snake_pipe.schedule.crontab import crontab
    from snake_pipe.schedule.systemd import service_unit, timer_unit, unit_name

    if (output or user) and not systemd:
        raise UsageError("--output and --user go with --systemd")
    when = parse_every(every)
    given = [] if dataset is None else ["--dataset", dataset]
    parsed = _parsed(context, [*given, *(words or ())])
    command = _command(parsed)
    if not systemd:
        typer.echo(crontab(when, command), nl=False)
        return
    name = unit_name(command.reads[0])
    units = {
        f"{name}.service": service_unit(command, user or _own_name()),
        f"{name}.timer": timer_unit(when, command.about),
    }
    for file, text in units.items():
        if output is None:
            typer.echo(f"# {file}\n{text}")
        else:
            _write(output / file, text)
    if output is not None:
        typer.echo(f"start it with: systemctl daemon-reload && systemctl enable --now {name}.timer", err=True)


def _parsed(context: typer.Context, words: list[str]) -> Any:
    """The words as `ingest` reads them, refused as it refuses them."""
    ingest = find_command(context.find_root(), ["ingest"])
    return ingest.command.make_context("ingest", words, parent=context.find_root())


def _command(parsed: Any) -> ScheduledCommand:
    from snake_pipe.extract.feeds.default_dataset import find_home
    from snake_pipe.schedule.command import ScheduledCommand, existing, own_program, path_with_git
    from snake_pipe.storage.open import open_storage

    chosen = parsed.params
    if "-" in (chosen["files_from"], chosen["files0_from"]):
        raise UsageError("nobody writes to the stdin of what cron starts", "give --files-from a file")
    has_list = bool(chosen["files_from"] or chosen["files0_from"])
    roots = [path.absolute() for path in chosen["paths"] or ([] if has_list else [Path.cwd()])]
    for root in roots:
        if not root.exists():
            raise UsageError(f"no such file or folder: {root}")
    dataset = open_storage(chosen["dataset"] or find_home(roots).dataset)
    chosen["dataset"] = dataset.url
    folders = [] if dataset.folder is None else [dataset.folder]
    given = {name for name in chosen if parsed.get_parameter_source(name).name == "COMMANDLINE"} | {"dataset"}
    words, written = [], []
    for parameter in parsed.command.params:
        if parameter.name in ("paths", *_WATCHED_BY_PEOPLE) or parameter.name not in given:
            continue
        texts = _texts(parameter, chosen[parameter.name])
        words += texts
        if parameter.name in _WRITTEN:
            written += [Path(text.rpartition("=")[2]).parent for text in texts if text.startswith("/")]
            written += [Path(text.partition("=")[2]).parent for text in texts if "=/" in text]
    for name, assumed in _ASSUMED.items():
        if name not in given:
            words += assumed
    file_list = chosen["files_from"] or chosen["files0_from"]
    places = ", ".join(map(str, roots)) or str(file_list)
    return ScheduledCommand(
        [*own_program(), "ingest", *map(str, roots), *words],
        f"Syntax trees of {visible(places)}",
        path_with_git(),
        reads=[existing(root) for root in roots] or [existing(Path(file_list).absolute().parent)],
        writes=list(dict.fromkeys(existing(folder) for folder in (*folders, *written))),
        memory_mib=chosen.get("memory_limit_mb"),
        bucket=dataset.url if dataset.folder is None else None,
    )


def _texts(parameter: Any, value: Any) -> list[str]:
    """An option as it is to be written, its files with their whole paths."""
    if isinstance(value, bool):
        return [max(parameter.opts if value else parameter.secondary_opts, key=len)]
    option = max(parameter.opts, key=len)
    values = value if isinstance(value, list | tuple) else [value]
    return [text for one in values for text in (option, _absolute(parameter.metavar or "", one))]


def _absolute(metavar: str, value: Any) -> str:
    text = str(value)
    if isinstance(value, Path) or metavar == "FILE":
        return text if text == "-" else str(Path(text).absolute())
    format_, separator, file = text.partition("=")
    if metavar == "FORMAT[=FILE]" and separator and file != "-":
        return f"{format_}={Path(file).absolute()}"
    return text


def _own_name() -> str:
    import pwd

    return os.environ.get("SUDO_USER") or pwd.getpwuid(os.geteuid()).pw_name


def _write(path: Path, text: str) -> None:
    from snake_pipe.storage.atomic_file import replace_atomic

    try:
        replace_atomic(path, text.encode(), mode=0o644)
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}", "name another folder"
        ) from error
    typer.echo(f"wrote {path}", err=True)
