"""The command line as a whole: its commands, and the one place where outcomes become exit codes."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from snake_pipe import __version__
from snake_pipe.cli.command_tree import REFUSED, Group, build, explain, give_help
from snake_pipe.cli.commands import (
    compact,
    completion,
    control,
    dialects,
    diff,
    doctor,
    drift,
    export,
    ingest,
    jobs,
    manual,
    plan,
    query,
    reference,
    report,
    resume,
    schedule,
    shell,
    status,
    watch,
)
from snake_pipe.cli.output.streams import discard, tell
from snake_pipe.errors import ExitCode, SnakePipeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class _Commands(Group):
    """The commands. None goes on when the reader of its output has gone; click would exit with 1."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """As everywhere; it prints `--help`."""
        with _noticing_the_end_of_output():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """As everywhere."""
        with _noticing_the_end_of_output():
            return super().invoke(ctx)


class _OutputClosedError(Exception):
    """Nobody reads what is printed any more, as after `| head`."""


@contextmanager
def _noticing_the_end_of_output() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise _OutputClosedError from error


app = typer.Typer(
    name="snake-pipe",
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"snake-pipe {__version__}")
        raise typer.Exit


@app.callback(
    epilog="""
\b
Examples:
  snake-pipe ingest ~/src/django    all files, into ~/src/django/.snake-pipe
  snake-pipe query "SELECT kind, count(*) FROM symbols GROUP BY kind"
  snake-pipe resume --last          continue where a crash or Ctrl-C ended it

\b
Exit codes:
  0    done
  1    the run failed; resume it
  2    usage error, refused input, or no file to read
  3    done, but files failed (see --max-failures), or a gate is not met
  75   another job holds the dataset
  130  stopped by Ctrl-C or by `snake-pipe control stop`
  143  stopped by SIGTERM
"""
)
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Every syntax tree of a repository, in tables that SQL can ask."""


for _module in (
    ingest,
    plan,
    resume,
    schedule,
    watch,
    query,
    shell,
    export,
    jobs,
    diff,
    drift,
    compact,
    report,
    status,
    control,
    dialects,
    reference,
    doctor,
    manual,
    completion,
):
    _module.register(app)
give_help(app)
_command_line = build(app)


_OUTPUT_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a write to stdout may fail with: of the dataset's own files these are SnakePipeErrors."""


def _complain(message: str, hint: str) -> None:
    tell(message)
    if hint:
        tell(f"  {hint}")


def _is_folder_gone() -> bool:
    """Whether the folder that the command was started in has been removed."""
    try:
        os.getcwd()  # noqa: PTH109 - nothing but the question
    except FileNotFoundError:
        return True
    return False


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; what to exit with."""
    try:
        outcome = _command_line(args=arguments, prog_name="snake-pipe", standalone_mode=False)
        sys.stdout.flush()
    except REFUSED as error:
        _complain(*explain(error))
        return int(ExitCode.USAGE)
    except SnakePipeError as error:
        _complain(f"snake-pipe: {error.message}", error.hint)
        return int(error.exit_code)
    except (_OutputClosedError, BrokenPipeError):
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BrokenPipeError:
                discard(stream)
        return int(ExitCode.DONE)
    except (typer.Abort, KeyboardInterrupt):
        return int(ExitCode.INTERRUPTED)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and _is_folder_gone():
            _complain("snake-pipe: the current folder is no longer there", "cd to one that is")
            return int(ExitCode.USAGE)
        if error.errno not in _OUTPUT_ERRORS or error.filename is not None:
            raise
        discard(sys.stdout)
        _complain(f"snake-pipe: the output cannot be written: {error.strerror}", "")
        return int(ExitCode.RUN_FAILED)
    return outcome if isinstance(outcome, int) else int(ExitCode.DONE)
