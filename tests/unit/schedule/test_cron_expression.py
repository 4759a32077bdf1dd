"""Times as cron writes them, and the same times as systemd does."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from datetime import datetime, timedelta
from itertools import islice

import pytest
from cronsim import CronSim

from snake_pipe.errors import UsageError
from snake_pipe.schedule.cron_expression import parse_every
from snake_pipe.schedule.on_calendar import on_calendar

BASE = datetime(2024, 1, 1)


@pytest.mark.parametrize(
    ("every", "fields"),
    [
        ("0 3 * * *", "0 3 * * *"),
        ("  0   3 * * mon-fri ", "0 3 * * mon-fri"),
        ("@daily", "0 0 * * *"),
        ("@Weekly", "0 0 * * 0"),
        ("1m", "* * * * *"),
        ("15m", "*/15 * * * *"),
        ("60min", "0 * * * *"),
        ("1h", "0 * * * *"),
        ("6h", "0 */6 * * *"),
        ("24h", "0 0 * * *"),
        ("1d", "0 0 * * *"),
        ("1w", "0 0 * * 0"),
    ],
)
def test_what_people_write_becomes_five_fields(every, fields):
    assert parse_every(every).text == fields


@pytest.mark.parametrize(
    ("every", "why"),
    [
        ("7h", "does not divide an hour or a day evenly"),
        ("45m", "does not divide"),
        ("90m", "does not divide"),
        ("2d", "does not divide"),
        ("0m", "does not divide"),
        ("@reboot", "is no time"),
        ("soon", "not the five fields"),
        ("0 3 * *", "not the five fields"),
        ("0 0 3 * * *", "not the five fields"),
        ("60 3 * * *", "wrong minute"),
        ("0 3 31 2 *", "wrong day-of-month"),
        ("5-1 * * * *", "wrong minute"),
        ("*/0 * * * *", "wrong minute"),
        ("0 3 L * *", "cron has no 'L'"),
        ("0 3 * * 1#2", "cron has no '#'"),
        ("0 3 * mai *", "wrong month"),
    ],
)
def test_what_cron_cannot_do_is_refused(every, why):
    with pytest.raises(UsageError, match=why) as refused:
        parse_every(every)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("every", "calendars"),
    [
        ("0 3 * * *", ["*-*-* 03:00:00"]),
        ("* * * * *", ["*-*-* *:*:00"]),
        ("*/15 8-18 * * mon-fri", ["Mon..Fri *-*-* 08..18:00/15:00"]),
        ("5/20 * * * *", ["*-*-* *:05/20:00"]),
        ("0,1,2,5,50 0 * * *", ["*-*-* 00:00..02,05,50:00"]),
        ("0 0 1,15 * *", ["*-*-01,15 00:00:00"]),
        ("0 0 1,15 * 5", ["*-*-01,15 00:00:00", "Fri *-*-* 00:00:00"]),
        ("0 0 */2 * 5", ["Fri *-*-01/2 00:00:00"]),
        ("0 0 13 * */2", ["Tue,Thu,Sat,Sun *-*-13 00:00:00"]),
        ("30 22 * jan-mar,DEC sun", ["Sun *-01..03,12-* 22:30:00"]),
        ("0 0 * * 0,7", ["Sun *-*-* 00:00:00"]),
        ("0 0 * * 5-7", ["Fri..Sun *-*-* 00:00:00"]),
        ("@monthly", ["*-*-01 00:00:00"]),
    ],
)
def test_the_same_times_for_systemd(every, calendars):
    assert on_calendar(parse_every(every)) == calendars


def field(chance, least, most):
    """A field as people write them."""
    one, other = sorted((chance.randint(least, most), chance.randint(least, most)))
    step = chance.randint(1, 7)
    return chance.choice(
        ["*", "*", f"*/{step}", str(one), f"{one}-{other}", f"{one},{other}", f"{one}-{other}/{step}"]
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_itself_finds_the_times_of_cron():
    chance = random.Random(20261129)
    for _ in range(12):
        limits = ((0, 59), (0, 23), (1, 28), (1, 12), (0, 7))
        when = parse_every(" ".join(field(chance, *limit) for limit in limits))
        expected = list(islice(CronSim(when.text, BASE - timedelta(seconds=1)), 8))
        found = {time for calendar in on_calendar(when) for time in elapses(calendar, len(expected))}
        assert sorted(found)[: len(expected)] == expected, when.text


def elapses(calendar, count):
    before = BASE - timedelta(seconds=1)
    command = ["systemd-analyze", "calendar", f"--base-time={before}", f"--iterations={count}", calendar]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"TZ": "UTC", "LC_ALL": "C"}
    )
    times = re.findall(
        r"(?:Next elapse|Iter\. #\d+|Iteration #\d+): \w+ (.+) UTC$", done.stdout, re.MULTILINE
    )
    return [datetime.fromisoformat(time) for time in times]


def test_the_shortest_time_between_two_runs():
    assert parse_every("0 3 * * *").shortest_gap == timedelta(days=1)
    assert parse_every("0,10 3 * * *").shortest_gap == timedelta(minutes=10)
