"""What there is to say of a command, by which its help, its man page and its completions are made."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS, ARGUMENTS, COMMANDS = "Options", "Arguments", "Commands"


@dataclass
class Block:
    """A part of what follows the options: under a heading or without, as it is written or to be wrapped."""

    heading: str
    lines: list[str]
    verbatim: bool


@dataclass
class Page:
    """A command.

    `sections` are lists of (what is typed, what it does) under their headings, `about` and `blocks` the text
    before and after them.
    """

    path: str
    usage: str
    about: list[str]
    sections: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


def page_of(command: Any, context: Any) -> Page:
    """The page of a command of typer's, whose context knows the way to it."""
    parameters = [one for one in command.get_params(context) if not getattr(one, "hidden", False)]
    arguments = [one for one in parameters if one.param_type_name == "argument"]
    subcommands = visible_commands(command, context)
    usage = ["[OPTIONS]", *map(_usage_of, arguments), *(["COMMAND [ARGS]..."] if subcommands else [])]
    about = _paragraphs(command.help or "")
    page = Page(context.command_path, " ".join(usage), [" ".join(lines) for lines in about])
    sections: dict[str, list[tuple[str, str]]] = {}
    for one in arguments:
        sections.setdefault(ARGUMENTS, []).append((_name_of(one), _help_of(one)))
    own: list[tuple[str, str]] = []
    for one in parameters:
        if one.param_type_name == "option":
            heading = getattr(one, "rich_help_panel", None)
            entries = own if heading is None else sections.setdefault(heading, [])
            entries.append((_names_of(one), _help_of(one)))
    sections[OPTIONS] = own
    if subcommands:
        sections[COMMANDS] = [(name, summary_of(one)) for name, one in subcommands.items()]
    page.sections = sections
    page.blocks = list(_blocks(command.epilog or ""))
    return page


def visible_commands(command: Any, context: Any) -> dict[str, Any]:
    """The commands of a group by name, without the hidden ones; none if it is no group."""
    if not hasattr(command, "list_commands"):
        return {}
    found = {name: command.get_command(context, name) for name in command.list_commands(context)}
    return {name: one for name, one in found.items() if one is not None and not one.hidden}


def summary_of(command: Any) -> str:
    """A command in one sentence."""
    paragraphs = _paragraphs(command.short_help or command.help or "")
    return " ".join(paragraphs[0]).partition(". ")[0] if paragraphs else ""


def _name_of(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _usage_of(argument: Any) -> str:
    """An argument as the usage line has it; one that is written with brackets says all of it itself."""
    name = _name_of(argument)
    if "[" in name:
        return name
    name = name.removesuffix("...")
    return (name if argument.required else f"[{name}]") + ("..." if argument.nargs != 1 else "")


def _names_of(option: Any) -> str:
    """`-d, --dataset DIR`, the short name first; `--times / --no-times`."""
    names = ", ".join(sorted(option.opts, key=len))
    if option.secondary_opts:
        names += f" / {', '.join(option.secondary_opts)}"
    return names if option.is_flag or option.count else f"{names} {option.metavar or option.name.upper()}"


def _help_of(parameter: Any) -> str:
    """What a parameter does; with its default, where that is none of the obvious ones."""
    text = parameter.help or ""
    default = parameter.default
    if isinstance(default, str | int | float) and default is not False and "Default:" not in text:
        if isinstance(default, bool):
            default = max(parameter.opts, key=len).lstrip("-")
        text = f"{text} Default: {default}.".lstrip()
    return text


def _paragraphs(text: str) -> list[list[str]]:
    """Runs of lines with text; click's mark for what is not to be wrapped stands before some."""
    found: list[list[str]] = [[]]
    for line in inspect.cleandoc(text).partition("\f")[0].splitlines():
        if line.strip(" "):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [lines for lines in found if lines]


def _blocks(epilog: str) -> Iterator[Block]:
    for lines in _paragraphs(epilog):
        if lines[0].strip(" ") != "\b":
            yield Block("", [" ".join(lines)], verbatim=False)
        elif len(lines) > 2 and lines[1].endswith(":"):
            yield Block(
                lines[1][:-1], inspect.cleandoc("\n".join(["", *lines[2:]])).splitlines(), verbatim=True
            )
        else:
            yield Block("", lines[1:], verbatim=True)
