"""A budget of time: when to send no further batch, so that a run has committed everything when it is used.

Sans-I/O: times come in, in seconds on any clock that goes forward.
"""

from __future__ import annotations

import heapq
from collections import deque

_LEAST_RESERVE = 0.5
"""Seconds kept for the last commit before one was measured."""

_COMMIT_MARGIN = 1.5
_ERROR_WEIGHT = 0.3
"""How much the newest batch says about how far estimates are off."""

_TOLERANCE = 0.05
"""By which part of itself a budget may be exceeded by batches that take longer than expected."""


class Budget:
    """Knows what is in flight, how far estimates were off, and so when a further batch would be done.

    The first batch of a run is always sent while there is time: else what takes longer than the whole budget
    would never be tried.
    """

    def __init__(self, seconds: float, began: float, *, workers: int = 1, typical: float = 2.0) -> None:
        """`began` is when the run did; `typical` how many seconds a batch takes of which nothing is known."""
        self.seconds = seconds
        self.deadline = began + seconds
        self.workers = workers
        """How many batches are worked on at once; to be set before the first one is sent."""
        self._typical = typical
        self._running: dict[object, tuple[float, float]] = {}
        self._queued: deque[tuple[object, float]] = deque()
        self._has_sent = False
        self._off_by = 1.0
        self._reserve = _LEAST_RESERVE

    def fits(self, expected: float, now: float) -> bool:
        """Whether a batch that is expected to take so long would be done, and committed, in time."""
        if not self._has_sent:
            return now < self.last_moment
        return self._done_at(expected or self._typical, now) <= self.last_moment

    @property
    def last_moment(self) -> float:
        """When everything has to be done but the last commit."""
        return self.deadline - self._reserve

    def patience(self, now: float, most: float) -> float:
        """How long, at most `most` seconds, to wait for batches in flight once no further one is sent."""
        return min(most, max(0.0, self.last_moment + _TOLERANCE * self.seconds - now))

    def sent(self, batch: object, expected: float, now: float) -> None:
        """A batch goes to the workers, where it may have to wait for those before it."""
        self._has_sent = True
        self._queued.append((batch, expected or self._typical))
        self._begin(now)

    def done(self, batch: object, duration: float, now: float) -> None:
        """A batch is done, well or not, and took so long in its worker."""
        _, expected = self._running.pop(batch, (now, 0.0))
        self._queued = deque(item for item in self._queued if item[0] != batch)
        if expected and duration:
            self._off_by += _ERROR_WEIGHT * (duration / expected - self._off_by)
            self._typical = max(self._typical, duration)
        self._begin(now)

    def committed(self, seconds: float) -> None:
        """A commit took so long; the last one may take somewhat longer."""
        self._reserve = max(self._reserve, _COMMIT_MARGIN * seconds)

    def _begin(self, now: float) -> None:
        while self._queued and len(self._running) < self.workers:
            batch, expected = self._queued.popleft()
            self._running[batch] = now, expected

    def _done_at(self, expected: float, now: float) -> float:
        """When a further batch would be done: it begins when a worker is through with those before it."""
        off_by = max(1.0, self._off_by)
        free = [max(began + off_by * seconds, now) for began, seconds in self._running.values()]
        free += [now] * (self.workers - len(free))
        heapq.heapify(free)
        for _, seconds in self._queued:
            heapq.heappush(free, heapq.heappop(free) + off_by * seconds)
        return free[0] + off_by * expected
