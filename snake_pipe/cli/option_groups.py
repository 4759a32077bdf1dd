"""Options that several commands have, declared once as the fields of a dataclass."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def takes_groups(command: Callable[..., int]) -> Callable[..., int]:
    """The command as typer takes it.

    Each parameter of it that is a dataclass becomes an option for each field, in their order.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}

    def flat(**given: Any) -> int:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return command(**given)

    def parameters() -> Iterator[Parameter]:
        for name, parameter in signature(command).parameters.items():
            if name not in groups:
                yield parameter.replace(annotation=hints[name], kind=Parameter.KEYWORD_ONLY)
                continue
            kinds = get_type_hints(groups[name], include_extras=True)
            for field in fields(groups[name]):
                yield Parameter(
                    field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=kinds[field.name]
                )

    flattened = list(parameters())
    flat.__name__, flat.__doc__ = command.__name__, command.__doc__
    flat.__annotations__ = {parameter.name: parameter.annotation for parameter in flattened}
    flat.__signature__ = signature(flat).replace(parameters=flattened)  # type: ignore[attr-defined]
    return flat
