"""What is declared of rules that are functions, so that the compiled walk need not ask all of them.

A *guard* says in which nodes a rule can find anything. *Readings* say where the text stands that a rule
gives for most nodes. Both only save calls: Python asks each function itself, and is the judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Guard = tuple[Any, ...]
"""As the compiled module takes it: a number for what is asked, and what it is asked of."""
_ANY, _ALL, _IS, _IS_TRUE, _LACKS, _OUTSIDE, _NOTED, _NOT, _EMPTY, _BEGINS, _ENDS, _STANDS = range(12)

_Rule = TypeVar("_Rule", bound="Callable[..., Any]")


def any_of(*guards: Guard) -> Guard:
    """One of them holds."""
    return (_ANY, *guards)


def all_of(*guards: Guard) -> Guard:
    """All of them hold."""
    return (_ALL, *guards)


NEVER: Guard = (_ANY,)
"""For a rule of which all is declared: it need not be asked."""


def is_not(guard: Guard) -> Guard:
    """It does not hold."""
    return (_NOT, guard)


def is_one_of(path: str, *words: str) -> Guard:
    """One of these strings stands there; in a list on the path, in one of its objects.

    A number on a path is an index into a list; `^` at its beginning leads to the node in which this one
    stands, in one of its fields or in a list there.
    """
    return (_IS, tuple(path.split(".")), tuple(sorted(words)))


def begins_with(path: str, word: str) -> Guard:
    """A string that begins with the word stands there."""
    return (_BEGINS, tuple(path.split(".")), (word,))


def ends_with(path: str, word: str) -> Guard:
    """A string that ends with the word stands there."""
    return (_ENDS, tuple(path.split(".")), (word,))


def is_empty(path: str) -> Guard:
    """No object stands there: nothing at all, or null."""
    return (_EMPTY, tuple(path.split(".")))


def is_true(path: str) -> Guard:
    """JSON's true stands there."""
    return (_IS_TRUE, tuple(path.split(".")))


def stands_in(field: str, *types: str) -> Guard:
    """The node stands in this field of a node of one of these types, or in a list there."""
    return (_STANDS, (field,), types)


def lacks(path: str) -> Guard:
    """The key is not there, or what it would stand in is not."""
    return (_LACKS, tuple(path.split(".")))


OUTSIDE: Guard = (_OUTSIDE,)
"""The node does not stand directly in a function, so that a variable in it may be a symbol."""
NOTED: Guard = (_NOTED,)
"""A rule has left a note for the node."""


def noted(*words: str) -> Guard:
    """One of these words was left for the node, by what is declared as `Note`."""
    return (_NOTED, *words)


class Reading(NamedTuple):
    """How a node reads where `when` holds: as the string at `path`, or as a `word` of the language.

    Without either its function is asked, but where it `is_nothing`, or only stands for the node before it
    (`is_wrapper`). In a chain such as `a.b.c` the node before it is the object under the key `before`, or
    the first object under the key `first_of`. A text may be `stripped` of what is white at its ends.
    """

    path: str = ""
    when: Guard | None = None
    word: str = ""
    before: str = ""
    first_of: str = ""
    is_nothing: bool = False
    is_wrapper: bool = False
    stripped: bool = False


NOTHING = Reading(is_nothing=True)
Readings = tuple[Reading, ...]
"""The first one counts whose `when` holds and which has a text, if it is to have one; none: the function."""


class Note(NamedTuple):
    """What a `prepare` rule leaves for the object under the key `field`, or for those in a list there, if it
    `is_listed`: a tuple with the word, or, without one, with all words that were left for the node itself.
    """

    word: str
    field: str
    when: Guard | None = None
    is_listed: bool = False


def guarded(guard: Guard) -> Callable[[_Rule], _Rule]:
    """Declares that a rule finds nothing in nodes for which the guard does not hold."""
    return _declared("guard", guard)


def read_as(*readings: Reading) -> Callable[[_Rule], _Rule]:
    """Declares what a rule gives as the name of a node."""
    return _declared("readings", readings)


def chained(links: Mapping[str, Readings]) -> Callable[[_Rule], _Rule]:
    """Declares what a rule gives as the qualifier of a member, by the types of nodes in the chain.

    `""` is for all other types. Of the member itself only what is before it counts.
    """
    return _declared("links", links)


def noting(*notes: Note) -> Callable[[_Rule], _Rule]:
    """Declares all that a `prepare` rule does. Only what its own node says may be asked of that."""
    return _declared("notes", notes)


def late(rule: _Rule) -> _Rule:
    """Declares that a `prepare` rule says something to rules of nodes in the fields of its own alone.

    So it may be asked only once such a rule is.
    """
    return _declared("is_late", True)(guarded(NEVER)(rule))


def is_late(rule: Any) -> bool:
    """Whether a rule was declared so."""
    return getattr(rule, "is_late", False)


def of_node_alone(guard: Guard | None) -> Guard | None:
    """What holds of a node wherever the guard does, asked without what is above it: None for always.

    Where it asks for the words of notes, it asks whether there is any note, as Python knows.
    """
    if guard is None or guard == NEVER or guard[0] in (_STANDS, _NOT):
        return None
    if guard[0] == _NOTED:
        return NOTED
    if guard[0] in (_ANY, _ALL):
        inner = [of_node_alone(one) for one in guard[1:]]
        return None if None in inner else (guard[0], *inner)
    return None if len(guard) > 1 and guard[1][0] == "^" else guard


def notes_of(rule: Any) -> tuple[Note, ...]:
    """The notes that are declared of a rule."""
    found: tuple[Note, ...] = getattr(rule, "notes", ())
    return found


def guard_of(rule: Any) -> Guard | None:
    """The guard of a rule; None where it has to be asked at each node."""
    found: Guard | None = getattr(rule, "guard", None)
    return found


def readings_of(rule: Any) -> Readings:
    """What is declared of a rule for names."""
    found: Readings = getattr(rule, "readings", ())
    return found


def links_of(rule: Any) -> Mapping[str, Readings]:
    """What is declared of a rule for qualifiers."""
    found: Mapping[str, Readings] = getattr(rule, "links", {})
    return found


def _declared(name: str, value: Any) -> Callable[[_Rule], _Rule]:
    def declare(rule: _Rule) -> _Rule:
        setattr(rule, name, value)
        return rule

    return declare
