"""What a shell offers for the word at the cursor, found by the tree of commands."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from snake_pipe.cli.command_tree import find_command
from snake_pipe.cli.output.help.pages import summary_of, visible_commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FILES, FOLDERS = (":files", ""), (":folders", "")
"""Offers that the shell itself finds."""

_PATHS = {
    "PATH": FILES,
    "FILE": FILES,
    "FILE...": FILES,
    "TARGET": FILES,
    "DIR": FOLDERS,
    "DIR|URL": FOLDERS,
}
"""What stands for a path in the help."""

Offer = tuple[str, str]


def complete(root: Any, words: Sequence[str]) -> Iterable[Offer]:
    """Offers for the last of `words`, which may be empty: whole words, each with what is said of it."""
    *before, current = words
    context, waiting, literal = _read(root, before)
    options = _options(context)
    name, equals, rest = current.partition("=")
    if waiting is not None:
        return _values(context, waiting, current)
    if literal or not current.startswith("-"):
        if known := visible_commands(context.command, context):
            return [(key, summary_of(one)) for key, one in known.items() if key.startswith(current)]
        argument = _argument(context)
        return () if argument is None else _values(context, argument, current)
    if equals and name in options:
        offers = _values(context, options[name], rest)
        return [one if one in (FILES, FOLDERS) else (f"{name}={one[0]}", one[1]) for one in offers]
    return list(_unused(context, options, current))


def _read(root: Any, words: Iterable[str]) -> tuple[Any, Any, bool]:
    """The context that words lead to, the option whose value comes next, and whether `--` was among them.

    The context's `params` are the options that were given, its `args` the arguments.
    """
    context, waiting, literal = _opened(root), None, False
    for word in words:
        options = _options(context)
        name, equals, value = word.partition("=")
        if waiting is not None:
            context.params[waiting.name], waiting = word, None
        elif literal or not word.startswith("-"):
            if word in visible_commands(context.command, context):
                context = _opened(find_command(context, [word]))
            else:
                context.args.append(word)
        elif word == "--":
            literal = True
        elif (option := options.get(name)) is not None:
            if equals or option.is_flag:
                context.params[option.name] = value
            else:
                waiting = option
    return context, waiting, literal


def _opened(context: Any) -> Any:
    """A context of which nothing was read yet, and which has no defaults."""
    context.args, context.params = [], {}
    return context


def _options(context: Any) -> dict[str, Any]:
    """The options of a command by each of their names."""
    return {
        name: one
        for one in context.command.get_params(context)
        if one.param_type_name == "option" and not one.hidden
        for name in (*one.opts, *one.secondary_opts)
    }


def _unused(context: Any, options: dict[str, Any], current: str) -> Iterator[Offer]:
    """The options that can still be given; short names only if they are asked for."""
    for name, option in options.items():
        is_asked = name.startswith(current) and (name.startswith("--") or current == name)
        if is_asked and (option.multiple or option.name not in context.params):
            yield name, option.help or ""


def _argument(context: Any) -> Any | None:
    """The argument that comes next; None if all are there."""
    arguments = [one for one in context.command.get_params(context) if one.param_type_name == "argument"]
    for index, one in enumerate(arguments):
        if one.nargs == -1 or index == len(context.args):
            return one
    return None


def _values(context: Any, parameter: Any, current: str) -> Sequence[Offer]:
    """What may be given for a parameter."""
    offers = [
        (item.value, item.help or "") for item in parameter.shell_complete(context, current) if item.value
    ]
    path = _PATHS.get(parameter.metavar)
    return offers or ([] if path is None else [path])


def words_of_line(line: str) -> list[str]:
    """The words of a command line that ends at the cursor, the last of them unfinished or empty."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:  # within quotes
        return [*words, lexer.token]
    return words if words and not line[-1:].isspace() else [*words, ""]
