"""What dialects declare, as the compiled module takes it: see `Documents.open_plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects.guards import notes_of

if TYPE_CHECKING:
    from snake_pipe.transform.dialects.defining import Defining, Listing, Mark
    from snake_pipe.transform.dialects.dialect import Dialect
    from snake_pipe.transform.dialects.guards import Note, Readings
    from snake_pipe.transform.dialects.importing import Importing

_IS_NOTHING, _IS_WRAPPER, _IS_FIRST, _IS_STRIPPED = 1, 2, 4, 8
_OUTER_ONLY, _MAY_BE_EXPORTED, _DEFINES_NOTHING, _ONLY_LINE, _IS_QUALIFIED = 1, 8, 16, 32, 64
_IS_SINGLE, _IS_OTHERWISE = 1, 2
_IMPORTS_NOTHING, _IS_WILDCARD, _HAS_DOTS, _ALIAS_DIFFERS = 1, 2, 4, 8


def encoded_readings(readings: Readings) -> tuple[Any, ...]:
    """How texts read."""
    return tuple(
        (
            _path(each.path),
            each.when,
            each.word or None,
            each.before or each.first_of or None,
            _IS_NOTHING * each.is_nothing
            | _IS_WRAPPER * each.is_wrapper
            | _IS_FIRST * bool(each.first_of)
            | _IS_STRIPPED * each.stripped,
        )
        for each in readings
    )


def encoded_notes(notes: tuple[Note, ...]) -> tuple[Any, ...]:
    """What a node leaves for others."""
    return tuple((note.word or None, note.field, note.when, note.is_listed) for note in notes)


def note_words(dialect: Dialect) -> tuple[str, ...]:
    """All words that are left, in the order of their bits."""
    notes = (note for rule in dialect.prepare.values() for note in notes_of(rule))
    return tuple(sorted({note.word for note in notes if note.word}))


def encoded_plans(plans: tuple[Defining, ...]) -> tuple[Any, ...]:
    """What a rule for definitions gives."""
    return tuple(map(_plan, plans))


def encoded_imports(plans: tuple[Importing, ...]) -> tuple[Any, ...]:
    """What a rule for imports gives."""
    return tuple(
        (
            plan.when,
            _IMPORTS_NOTHING * (not plan.module)
            | _IS_WILDCARD * plan.is_wildcard
            | _HAS_DOTS * bool(plan.dots)
            | _ALIAS_DIFFERS * plan.alias_differs,
            encoded_readings(plan.module),
            encoded_readings(plan.name),
            encoded_readings(plan.alias),
            plan.relative,
            _path(plan.dots),
            _path(plan.line),
        )
        for plan in plans
    )


def _plan(plan: Defining) -> tuple[Any, ...]:
    words = sorted({word for mark in plan.modifiers for word in (mark.word, *mark.words.values()) if word})
    flags = (
        _OUTER_ONLY * plan.outer_only
        | _MAY_BE_EXPORTED * plan.exported_by_name
        | _DEFINES_NOTHING * (not plan.kind)
        | _ONLY_LINE * plan.only_line
        | _IS_QUALIFIED * bool(plan.qualified_by)
    )
    return (
        plan.when,
        flags,
        plan.kind or None,
        encoded_readings(plan.name),
        _path(plan.at),
        _path(plan.body),
        None if plan.parameters is None else tuple(map(_listing, plan.parameters)),
        tuple(words),
        tuple(_mark(mark, words) for mark in plan.modifiers),
        encoded_readings(plan.visibility),
        encoded_readings(plan.outer_visibility),
        encoded_readings(plan.doc),
        _path(plan.qualified_by),
        plan.exported,
    )


def _listing(listing: Listing) -> tuple[Any, ...]:
    return (
        _path(listing.path),
        encoded_readings(listing.each),
        listing.prefix or None,
        listing.when,
        listing.before or None,
        listing.after or None,
        _IS_SINGLE * listing.is_single | _IS_OTHERWISE * listing.otherwise,
    )


def _mark(mark: Mark, words: list[str]) -> tuple[Any, ...]:
    bit = words.index(mark.word) if mark.word else -1
    bits = tuple(map(words.index, mark.words.values()))
    return mark.when, bit, _path(mark.path), encoded_readings(mark.each), tuple(mark.words), bits


def _path(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()
