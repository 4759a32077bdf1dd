"""The breaker over invented times."""

from __future__ import annotations

import pytest

from snake_pipe.utils.circuit_breaker import Breaker


@pytest.fixture
def told():
    return []


@pytest.fixture
def breaker(told):
    return Breaker(
        "storage", failures=3, reset_seconds=5.0, patience=20.0, on_change=lambda *change: told.append(change)
    )


def break_it(breaker, now):
    for _ in range(3):
        assert breaker.delay(now) == 0
        breaker.failed(now)


def test_failures_in_a_row_open_it_for_a_while(breaker, told):
    breaker.failed(1.0)
    breaker.failed(2.0)
    breaker.succeeded()
    assert breaker.state == "closed"
    break_it(breaker, 3.0)
    assert breaker.is_open
    assert breaker.delay(4.0) == pytest.approx(4.0)
    assert told == [("storage", "open")]


def test_one_attempt_decides_whether_it_closes(breaker, told):
    break_it(breaker, 0.0)
    assert breaker.delay(5.0) == 0
    assert breaker.state == "half-open"
    assert breaker.delay(5.1) > 0, "a second attempt beside the first"
    breaker.succeeded()
    assert breaker.state == "closed"
    assert breaker.delay(5.2) == breaker.delay(5.2) == 0
    assert [state for _, state in told] == ["open", "half-open", "closed"]


def test_a_failed_attempt_opens_it_again_for_the_whole_time(breaker):
    break_it(breaker, 0.0)
    assert breaker.delay(6.0) == 0
    breaker.failed(7.0)
    assert breaker.is_open
    assert breaker.delay(11.9) == pytest.approx(0.1)
    assert breaker.delay(12.0) == 0


def test_what_was_begun_before_it_opened_changes_nothing(breaker):
    break_it(breaker, 0.0)
    breaker.succeeded()
    breaker.failed(4.0)
    assert breaker.is_open
    assert breaker.delay(5.0) == 0


def test_an_attempt_that_never_reports_does_not_block_it_for_ever(breaker):
    """A batch whose worker died for another reason reports neither."""
    break_it(breaker, 0.0)
    assert breaker.delay(5.0) == 0
    assert breaker.delay(9.9) > 0
    assert breaker.delay(10.0) == 0


def test_it_gives_up_when_nothing_came_through_for_too_long(breaker):
    break_it(breaker, 1.0)
    assert not breaker.gives_up(20.9)
    assert breaker.gives_up(21.0)
    assert breaker.delay(21.0) == 0
    breaker.succeeded()
    break_it(breaker, 30.0)
    assert not breaker.gives_up(49.0)


def test_without_patience_it_gives_up_as_soon_as_it_opens(told):
    breaker = Breaker("storage", failures=2, reset_seconds=5.0, patience=0.0, on_change=lambda *_: None)
    breaker.failed(0.0)
    assert not breaker.gives_up(9.0)
    breaker.failed(10.0)
    assert breaker.gives_up(10.0)
