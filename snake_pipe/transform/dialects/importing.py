"""What is declared of rules for imports, so that the compiled walk finds them itself; see `defining`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.transform.dialects.guards import Guard, Readings


class Importing(NamedTuple):
    """One import: the fields of `Import`, as readings of the node, paths from it, and guards.

    Without a `module` there is none. `dots` is the path to their number: with them, which stand before the
    module, it is relative. An alias that is the name is none if it `alias_differs`.
    """

    module: Readings = ()
    when: Guard | None = None
    name: Readings = ()
    alias: Readings = ()
    relative: Guard | None = None
    is_wildcard: bool = False
    dots: str = ""
    line: str = ""
    alias_differs: bool = False


def importing(*plans: Importing) -> Callable[[Any], Any]:
    """Declares what a rule for imports gives."""

    def declare(rule: Any) -> Any:
        rule.imports = plans
        return rule

    return declare


def importing_of(rule: Any) -> tuple[Importing, ...]:
    """What is declared of a rule."""
    found: tuple[Importing, ...] = getattr(rule, "imports", ())
    return found
