"""The commands as one tree: their help, the way to each of them by name, and what is said of a wrong word."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from snake_pipe.cli.output.help.pages import page_of, visible_commands
from snake_pipe.cli.output.help.screen import help_text
from snake_pipe.cli.parameters import read_plainly
from snake_pipe.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


REFUSED: Any = typer.BadParameter.__mro__[2]
"""Base of what typer raises for wrong arguments; recent versions bring their own copy of click."""


class _OwnHelp:
    """What commands and groups share."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        for parameter in self.params:  # type: ignore[attr-defined]
            read_plainly(parameter)

    def get_help(self, ctx: Any) -> str:
        """As `--help` prints it."""
        return help_text(page_of(self, ctx), ctx.terminal_width)

    def get_help_option(self, ctx: Any) -> Any:
        """As everywhere; that it is not given is false, since typer loads pydantic to see what None is."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.default = False
        return option

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As everywhere; what is refused knows its command, which typer does not always note."""
        try:
            return cast("list[str]", super().parse_args(ctx, args))  # type: ignore[misc]
        except REFUSED as refused:
            refused.ctx = refused.ctx or ctx
            raise


class Command(_OwnHelp, TyperCommand):
    """A command with our own help."""


class Group(_OwnHelp, TyperGroup):
    """A group of commands with our own help."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As everywhere; without arguments the help goes to stderr."""
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            typer.echo(self.get_help(ctx), err=True)
            raise typer.Exit(int(ExitCode.USAGE))
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As everywhere; UsageError with the nearest command for one that there is none of."""
        if args and not args[0].startswith("-") and not ctx.resilient_parsing:
            _command(ctx, args[0])
        return super().resolve_command(ctx, args)


def give_help(app: typer.Typer) -> None:
    """Have all commands of an app, and of the apps in it, show our help."""
    for command in app.registered_commands:
        if command.cls in (None, TyperCommand):
            command.cls = Command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            group.cls = Group
            give_help(group.typer_instance)


class _BuiltOnDemand(Mapping[str, Any]):
    """Commands by name, each out of an app that has no other."""

    def __init__(self, apps: Mapping[str, typer.Typer]) -> None:
        self._apps = apps
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            self._built[name] = typer.main.get_command(self._apps[name]).commands[name]  # type: ignore[attr-defined]
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._apps)

    def __len__(self) -> int:
        return len(self._apps)


def build(app: typer.Typer) -> Any:
    """The app as typer builds it, but each command when it is asked for: all take longer than most answers.

    Its commands and groups are registered under names.
    """
    commands = {str(one.name): _part(app, commands=[one]) for one in app.registered_commands}
    groups = {str(one.name): _part(app, groups=[one]) for one in app.registered_groups}
    tree: Any = typer.main.get_command(_part(app))
    tree.commands = _BuiltOnDemand(commands | groups)
    return tree


def _part(app: typer.Typer, commands: Iterable[Any] = (), groups: Iterable[Any] = ()) -> typer.Typer:
    """The app with these commands and groups alone."""
    part = copy(app)
    part.registered_commands, part.registered_groups = [*commands], [*groups]
    return part


def find_command(context: Any, names: Iterable[str]) -> Any:
    """The context of a command, by its names from the context's own; UsageError with the nearest.

    Nothing is read into it: to have typer look at values takes as long as all the rest.
    """
    for name in names:
        command = _command(context, name)
        context = command.context_class(
            command, info_name=name, parent=context, resilient_parsing=True, **command.context_settings
        )
    return context


def _command(context: Any, name: str) -> Any:
    group = context.command
    command = group.get_command(context, name) if isinstance(group, TyperGroup) else None
    if command is None:
        place = f" in {context.command_path}" if context.parent else ""
        raise UsageError(f"no command '{name}'{place}", _nearest_command(context, name))
    return command


def walk(context: Any) -> Iterator[Any]:
    """The contexts of a command and of all below it."""
    yield context
    for name in visible_commands(context.command, context):
        yield from walk(find_command(context, [name]))


def _nearest_command(context: Any, name: str) -> str:
    known = visible_commands(context.command, context)
    if found := difflib.get_close_matches(name, known, n=1):
        return f"did you mean {context.command_path} {found[0]}?"
    if "ingest" in known and os.path.exists(name):  # noqa: PTH110 - a word, not a path
        return f"did you mean {context.command_path} ingest {name}?"
    return f"{context.command_path} --help lists them" if known else ""


def explain(refused: Any) -> tuple[str, str]:
    """What typer refuses, in one line, and what to do instead."""
    path = refused.ctx.command_path
    if hasattr(refused, "possibilities"):  # and the option's name, which may be cut off at its dashes
        option = str(refused.option_name)
        option = option if option.startswith("-") else f"--{option}"
        return f"{path}: no option {option}", _nearest_option(refused.ctx, option)
    message = " ".join(refused.format_message().split()).removesuffix(".")
    return f"{path}: {message[:1].lower()}{message[1:]}", f"{path} --help"


def _nearest_option(context: Any, option: str) -> str:
    path = context.command_path
    if found := difflib.get_close_matches(option, _options(context), n=1):
        return f"did you mean {found[0]}?"
    for name in visible_commands(context.command, context):
        if option in _options(find_command(context, [name])):
            return f"options go after the command: {path} {name} {option}"
    return f"{path} --help lists them"


def _options(context: Any) -> Sequence[str]:
    parameters = context.command.get_params(context)
    return [name for one in parameters for name in (*one.opts, *one.secondary_opts) if name.startswith("-")]
