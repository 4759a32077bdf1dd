"""Options and arguments whose values typer reads only where there is something to read.

Recent versions of typer make a model of pydantic for each parameter of a command, given or not. To import
pydantic and to make them takes longer than `--help`. Most values are text that stays text, or are not given.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_args, get_origin


def read_plainly(parameter: Any) -> None:
    """Have a parameter of a command ask typer for values only that are not plain."""
    declared = getattr(parameter, "type_descriptor", None)
    if declared is None:  # an older version, with the types of click, which are quick
        return
    read, several = parameter.process_value, parameter.multiple or parameter.nargs == -1

    def process_value(context: Any, value: Any) -> Any:
        if value is None and not parameter.required:
            plain = () if several else None
        elif value is None or (plain := _plain(value, declared.annotation)) is None:
            return read(context, value)
        return plain if parameter.callback is None else parameter.callback(context, parameter, plain)

    parameter.process_value = process_value


def _plain(value: Any, type_: Any) -> Any:
    """The value as the type that is declared; None where typer has to convert or to refuse it."""
    if type(value) is type_:
        return value
    if get_origin(type_) is list and isinstance(value, (list, tuple)):
        (of_one,) = get_args(type_)
        plain = [_plain(one, of_one) for one in value]
        return None if None in plain else plain
    if type_ is Path and isinstance(value, str) and not _is_refused(value):
        return Path(value)
    return None


def _is_refused(path: str) -> bool:
    """Whether something is there that cannot be read: typer says so."""
    return os.path.exists(path) and not os.access(path, os.R_OK)  # noqa: PTH110 - not worth a Path
