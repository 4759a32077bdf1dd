"""A circuit breaker: it keeps work away from what has just failed several times in a row.

Closed, it lets everything through. After some failures in a row it opens: nothing is tried for a while.
Then it is half open: one attempt decides whether it closes or opens again. Times, in seconds, are the
caller's, on a clock that does not go back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"

_ASK_AGAIN = 0.1
"""When to ask again whether the one attempt of a half-open breaker has been decided."""


class Breaker:
    """Stands before one thing that may break; `on_change` is called with its name and each new state."""

    def __init__(
        self,
        name: str,
        *,
        failures: int,
        reset_seconds: float,
        patience: float,
        on_change: Callable[[str, str], None],
    ) -> None:
        """It opens after `failures` in a row, for `reset_seconds`.

        `patience` is for how long failures are borne once it is open; 0: not at all.
        """
        self.name = name
        self.patience = patience
        self.state = CLOSED
        self._most_failures = failures
        self._reset_seconds = reset_seconds
        self._on_change = on_change
        self._failures = 0
        self._opened_at = 0.0
        self._failing_since: float | None = None
        self._trial_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether it lets nothing through for now."""
        return self.state == OPEN

    def gives_up(self, now: float) -> bool:
        """Whether attempts have failed for longer than is borne."""
        since = self._failing_since
        return self.is_open and since is not None and now - since >= self.patience

    def delay(self, now: float) -> float:
        """0 if an attempt may be made now, which is then to be reported; else when to ask again."""
        if self.state == OPEN:
            left = self._opened_at + self._reset_seconds - now
            if left > 0:
                return left
            self._trial_at = None
            self._enter(HALF_OPEN)
        if self.state == HALF_OPEN:
            # An attempt that is lost for another reason never reports; the next one then may try.
            if self._trial_at is not None and now < self._trial_at + self._reset_seconds:
                return min(_ASK_AGAIN, self._reset_seconds)
            self._trial_at = now
        return 0.0

    def succeeded(self) -> None:
        """An attempt came through; one that was begun before the circuit opened does not close it."""
        self._failing_since = None
        if self.state != OPEN:
            self._failures = 0
            self._enter(CLOSED)

    def failed(self, now: float) -> None:
        """An attempt failed."""
        if self._failing_since is None:
            self._failing_since = now
        if self.state == OPEN:
            return
        self._failures += 1
        if self.state == HALF_OPEN or self._failures >= self._most_failures:
            self._opened_at = now
            self._enter(OPEN)

    def _enter(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._on_change(self.name, state)
