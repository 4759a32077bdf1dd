"""Cron's own notation of times, `0 3 * * *`, with what people write in its place: `@daily`, `6h`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise

from snake_pipe.errors import UsageError

_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_INTERVAL = re.compile(r"(\d+)\s*(m|min|h|d|w)")
_MINUTES = {"m": 1, "min": 1, "h": 60, "d": 1440, "w": 10_080}

_NAMES = frozenset("SUN MON TUE WED THU FRI SAT JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split())
_EXAMPLES = "for example '0 3 * * *' (at three each night), '*/15 * * * *', @daily or 6h"
_RUNS_COMPARED = 400
_ANY_DAY = datetime(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class CronExpression:
    """Five fields, and the numbers that each of them means; Sunday is 0.

    `both_days`: a day must be among the days of the month and of the week. Without it one of them is
    enough, as cron has it where neither field begins with a star.
    """

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    both_days: bool
    in_words: str
    shortest_gap: timedelta


def parse_every(text: str) -> CronExpression:
    """A cron expression, a nickname of one, or a time between two runs; UsageError for anything else."""
    from cronsim import CronSim, CronSimError

    fields = _five_fields(text.strip())
    try:
        times = CronSim(fields, _ANY_DAY)
        _check_words(fields)
        runs = list(islice(times, _RUNS_COMPARED))
        parsed = CronSim(fields, _ANY_DAY)
    except CronSimError as error:
        raise UsageError(f"--every {text!r}: {str(error).replace('Bad', 'wrong')}", _EXAMPLES) from None
    return CronExpression(
        fields,
        frozenset(parsed.minutes),
        frozenset(parsed.hours),
        frozenset(parsed.days),
        frozenset(parsed.months),
        frozenset(int(day) % 7 for day in parsed.weekdays if isinstance(day, int)),
        parsed.day_and,
        parsed.explain(),
        min((later - earlier for earlier, later in pairwise(runs)), default=timedelta(days=366)),
    )


def _five_fields(text: str) -> str:
    if text.startswith("@"):
        if (fields := _NICKNAMES.get(text.lower())) is None:
            raise UsageError(f"--every {text!r} is no time", f"one of {', '.join(_NICKNAMES)}")
        return fields
    if (found := _INTERVAL.fullmatch(text)) is not None:
        return _interval(text, int(found[1]) * _MINUTES[found[2]])
    if len(text.split()) != 5:
        raise UsageError(f"--every {text!r}: not the five fields of a cron expression", _EXAMPLES)
    return " ".join(text.split())


def _interval(text: str, minutes: int) -> str:
    """Fields for a time between two runs that divides an hour or a day: cron begins anew with each."""
    hours, rest = divmod(minutes, 60)
    if minutes == _MINUTES["w"]:
        return _NICKNAMES["@weekly"]
    if minutes == _MINUTES["d"]:
        return _NICKNAMES["@daily"]
    if not rest and hours and 24 % hours == 0:
        return _NICKNAMES["@hourly"] if hours == 1 else f"0 */{hours} * * *"
    if minutes and not hours and 60 % minutes == 0:
        return "* * * * *" if minutes == 1 else f"*/{minutes} * * * *"
    raise UsageError(
        f"--every {text}: cron cannot do that, since it does not divide an hour or a day evenly", _EXAMPLES
    )


def _check_words(fields: str) -> None:
    """Refuse what some programs know and cron does not: the last day, the third Monday."""
    from cronsim import CronSimError

    for word in re.findall(r"[A-Z]+|#", fields.upper()):
        if word not in _NAMES:
            raise CronSimError(f"cron has no '{word}'")
