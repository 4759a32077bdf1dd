"""Options that several commands have, declared once as the fields of a dataclass."""

from __future__ import annotations

from copy import copy
from dataclasses import fields, is_dataclass
from functools import cache
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any, Protocol, get_args, get_type_hints, runtime_checkable

from snake_pipe.errors import SnakePipeError

if TYPE_CHECKING:
    from collections.abc import Callable


@runtime_checkable
class ShapesErrors(Protocol):
    """A group that has a say in how the command's error is told."""

    def shape(self, error: SnakePipeError) -> None:
        """Change an error that is on its way out."""


def takes_groups(command: Callable[..., int]) -> Callable[..., int]:
    """The command as typer takes it.

    Each parameter of it that is a dataclass becomes an option for each field, in their order; the help has
    them under the `heading` of the class, if it has one.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}

    def flat(**given: Any) -> int:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        try:
            return command(**given)
        except SnakePipeError as error:
            for name in groups:
                if isinstance(given[name], ShapesErrors):
                    given[name].shape(error)
            raise

    parameters: list[Parameter] = []
    for name, parameter in signature(command).parameters.items():
        parameters += _options(groups[name]) if name in groups else [_as_option(parameter, hints[name])]
    flat.__name__, flat.__doc__ = command.__name__, command.__doc__
    flat.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    flat.__signature__ = signature(flat).replace(parameters=parameters)  # type: ignore[attr-defined]
    return flat


def _as_option(parameter: Parameter, annotation: Any) -> Parameter:
    return parameter.replace(annotation=annotation, kind=Parameter.KEYWORD_ONLY)


@cache
def _options(group: Any) -> list[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    heading = getattr(group, "heading", None)
    return [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=_under(heading, hints[field.name]),
        )
        for field in fields(group)
    ]


def _under(heading: str | None, annotation: Any) -> Any:
    """An option's annotation, so that the help has it under the heading."""
    type_, option = get_args(annotation)
    option = copy(option)  # other commands may have it under another
    option.rich_help_panel = option.rich_help_panel or heading
    return Annotated[type_, option]
