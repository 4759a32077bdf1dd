"""What is declared of rules for definitions, so that the compiled walk finds them itself.

A rule may declare several plans. The first counts whose `when` holds: it says what the rule gives, or that
it gives nothing. Where none holds, where a text has no reading, and where something stands in a list, or is
no object where one is looked for, the rule is asked. So a plan says what nearly all nodes are like, and the
rule, which Python asks at each node, is the judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from snake_pipe.transform.dialects.guards import Guard, Readings


class Listing(NamedTuple):
    """Parameters: the object at a path, or those in a list there, as each of them reads.

    The word of a wrapper replaces the `prefix`. A word `before` them is shown where `when` holds, one `after`
    them always, both only where there are parameters. If it `is_single` there is no list. `otherwise`: it
    counts where none was listed before.
    """

    path: str
    each: Readings
    prefix: str = ""
    before: str = ""
    when: Guard | None = None
    after: str = ""
    is_single: bool = False
    otherwise: bool = False


class Mark(NamedTuple):
    """A modifier where `when` holds, or those that objects at a path name: `words` by what `each` reads."""

    word: str = ""
    when: Guard | None = None
    path: str = ""
    each: Readings = ()
    words: Mapping[str, str] = {}


class Defining(NamedTuple):
    """One definition: the fields of `Definition`, as readings of the node, paths from it, and guards.

    Without a `kind` there is none. `at` is the node itself if it is no path; `only_line` leaves its column
    out. `qualified_by` is the path to a member whose qualifier is that of the name. `exported` says where it
    is certain, `exported_by_name` that names are exported, too, which the memo then has under 0, where rules
    only add to a dict.
    """

    kind: str = ""
    name: Readings = ()
    when: Guard | None = None
    at: str = ""
    only_line: bool = False
    body: str = ""
    parameters: tuple[Listing, ...] | None = None
    modifiers: tuple[Mark, ...] = ()
    visibility: Readings = ()
    outer_visibility: Readings = ()
    doc: Readings = ()
    qualified_by: str = ""
    outer_only: bool = False
    exported: Guard | None = None
    exported_by_name: bool = False


def defining(*plans: Defining) -> Callable[[Any], Any]:
    """Declares what a rule for definitions gives."""

    def declare(rule: Any) -> Any:
        rule.plans = plans
        return rule

    return declare


def plans_of(rule: Any) -> tuple[Defining, ...]:
    """What is declared of a rule."""
    found: tuple[Defining, ...] = getattr(rule, "plans", ())
    return found
