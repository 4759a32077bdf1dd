"""`help` and `man`: the commands' pages, for the terminal and for `man`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from snake_pipe import __version__
from snake_pipe.cli.command_tree import find_command, walk
from snake_pipe.cli.completers import commands
from snake_pipe.cli.output.help.pages import page_of
from snake_pipe.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("help", epilog=_HELP_EXAMPLES)(show_help)
    app.command("man", epilog=_MAN_EXAMPLES)(man)


_HELP_EXAMPLES = """
\b
Examples:
  snake-pipe help
  snake-pipe help ingest
  snake-pipe help dialects check
"""

_MAN_EXAMPLES = """
\b
Examples:
  snake-pipe man ingest | man -l -
  snake-pipe man --write ~/.local/share/man/man1    then: man snake-pipe-ingest
  snake-pipe man --write "$VIRTUAL_ENV/share/man/man1"
"""

Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="COMMAND", help="Its name. Default: snake-pipe.", autocompletion=commands),
]


def show_help(context: typer.Context, command: Words = None) -> None:
    """Show the help of a command."""
    found = find_command(context.find_root(), command or ())
    typer.echo(found.command.get_help(found))


def man(
    context: typer.Context,
    command: Words = None,
    write: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the pages of all commands as files into DIR."),
    ] = None,
) -> None:
    """Print the man page of a command, or write those of all."""
    from snake_pipe.cli.output.help.man_page import man_page, name_of

    root = context.find_root()
    pages = [page_of(one.command, one) for one in walk(root)]
    names = [name_of(page) for page in pages]
    if write is None:
        found = find_command(root, command or ())
        typer.echo(man_page(page_of(found.command, found), __version__, names), nl=False)
        return
    if command:
        raise UsageError(
            "COMMAND and --write cannot be given together", "--write writes the pages of all commands"
        )
    try:
        write.mkdir(parents=True, exist_ok=True)
        for page in pages:
            (write / f"{name_of(page)}.1").write_text(man_page(page, __version__, names), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write to {write}: {error.strerror or error}") from None
    typer.echo(f"{len(pages)} pages in {write}", err=True)
