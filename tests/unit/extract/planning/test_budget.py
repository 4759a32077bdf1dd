"""A budget of time on invented clocks: no batch is sent that would not be done and committed in time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.extract.planning.budget import Budget


def test_the_first_batch_is_sent_while_there_is_time():
    """A file that takes longer than the budget would never be tried, one night after the other."""
    assert Budget(10, 100).fits(3600, 101)
    assert not Budget(10, 100).fits(0.1, 109.9)


def test_a_batch_waits_for_those_before_it():
    budget = Budget(10, 0, workers=2)
    for name, expected in (("a", 4), ("b", 2), ("c", 3)):
        budget.sent(name, expected, 0)
    # b ends at 2 and c begins; a ends at 4; a fourth would begin then
    assert budget.fits(5.4, 0)
    assert not budget.fits(5.6, 0)
    budget.done("b", 2, 2)
    budget.done("a", 4, 4)
    assert budget.fits(5.4, 4)
    assert not budget.fits(5.6, 4)


def test_estimates_that_were_too_low_count_for_more():
    budget = Budget(100, 0)
    budget.sent("a", 1, 0)
    assert budget.fits(40, 0)
    budget.done("a", 10, 10)
    assert not budget.fits(40, 10)
    assert budget.fits(20, 10)


def test_a_batch_of_which_nothing_is_known_takes_as_long_as_the_longest():
    budget = Budget(10, 0, typical=2)
    budget.sent("a", 0, 0)
    budget.done("a", 2, 2)
    assert budget.fits(0, 7)
    assert not budget.fits(0, 8)


def test_the_last_commit_has_its_time():
    budget = Budget(60, 0)
    budget.committed(4)
    budget.committed(1)
    assert budget.last_moment == 54
    assert budget.patience(50, 10) == 7
    assert budget.patience(50, 2) == 2
    assert budget.patience(59, 10) == 0


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.floats(0.1, 5), st.floats(0.5, 1.0)), max_size=60),
    st.floats(5, 60),
)
def test_what_is_sent_is_done_in_time_if_no_batch_takes_longer_than_expected(workers, batches, seconds):
    """All batches in a row on so many workers, each of which takes a part of what was expected."""
    budget = Budget(seconds, 0, workers=workers)
    free = [0.0] * workers
    now = 0.0
    ends: list[tuple[float, int, float]] = []
    for number, (expected, part) in enumerate(batches):
        while len(ends) > 2 * workers:  # as many may be in flight; then the next waits for one
            end, which, duration = min(ends)
            ends.remove((end, which, duration))
            now = max(now, end)
            budget.done(which, duration, now)
        if not budget.fits(expected, now):
            break
        budget.sent(number, expected, now)
        free.sort()
        free[0] = max(free[0], now) + expected * part
        ends.append((free[0], number, expected * part))
    sent = len(ends) > 1 or now > 0
    if sent:
        assert max(free) <= max(budget.last_moment, batches[0][0]) + 1e-6
