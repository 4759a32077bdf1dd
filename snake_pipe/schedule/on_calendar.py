"""Cron's times in systemd's notation, `Mon..Fri *-*-* 03:00:00`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snake_pipe.schedule.cron_expression import CronExpression

_WEEKDAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_SHORTEST_RUN = 3
"""Numbers that follow each other, from which on a range says it in fewer words."""


def on_calendar(when: CronExpression) -> list[str]:
    """The values of OnCalendar= that together mean the same: two where either kind of day is enough."""
    if when.both_days:
        return [_calendar(when, when.days, when.weekdays)]
    every_day, every_weekday = frozenset(range(1, 32)), frozenset(range(7))
    return [_calendar(when, when.days, every_weekday), _calendar(when, every_day, when.weekdays)]


def _calendar(when: CronExpression, days: frozenset[int], weekdays: frozenset[int]) -> str:
    date = f"*-{_numbers(when.months, 1, 12)}-{_numbers(days, 1, 31)}"
    time = f"{_numbers(when.hours, 0, 23)}:{_numbers(when.minutes, 0, 59)}:00"
    return " ".join(filter(None, (_names(weekdays), date, time)))


def _names(weekdays: frozenset[int]) -> str:
    """Days of the week, of which systemd's first is Monday; empty for all."""
    numbers = sorted((day - 1) % 7 for day in weekdays)
    if len(numbers) == len(_WEEKDAYS):
        return ""
    return ",".join(
        f"{_WEEKDAYS[first]}..{_WEEKDAYS[last]}" if first != last else _WEEKDAYS[first]
        for first, last in _runs(numbers)
    )


def _numbers(values: frozenset[int], least: int, most: int) -> str:
    """A field: a star, a first number and a step, or numbers and ranges."""
    numbers = sorted(values)
    if len(numbers) == most - least + 1:
        return "*"
    if len(numbers) >= _SHORTEST_RUN:
        step = numbers[1] - numbers[0]
        if step > 1 and numbers == list(range(numbers[0], most + 1, step)):
            return f"{numbers[0]:02}/{step}"
    return ",".join(
        f"{first:02}..{last:02}" if first != last else f"{first:02}" for first, last in _runs(numbers)
    )


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """First and last of each run of numbers that follow each other; short runs one by one."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    found: list[tuple[int, int]] = []
    for first, last in runs:
        if last - first + 1 >= _SHORTEST_RUN:
            found.append((first, last))
        else:
            found += [(number, number) for number in range(first, last + 1)]
    return found
