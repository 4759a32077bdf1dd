"""A circuit breaker that keeps work away from what has just failed several times in a row.

Closed, it lets everything through. After some failures in a row it opens: nothing is tried for a while.
Then it is half open: one attempt decides whether it closes or opens again. The states are pybreaker's;
the time is the caller's, on a clock that does not go back, which pybreaker's is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pybreaker import STATE_HALF_OPEN, STATE_OPEN, CircuitBreaker, CircuitBreakerError

if TYPE_CHECKING:
    from collections.abc import Callable

_A_YEAR = 365 * 86_400.0
"""When pybreaker would half open the circuit by its own clock: never before we do."""
_ASK_AGAIN = 0.1


class Breaker:
    """Stands before one thing that may break; times in seconds.

    `on_change` is told the new state: closed, open or half-open.
    """

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
        self._reset_seconds = reset_seconds
        self.patience = patience
        self._on_change = on_change
        self._circuit = CircuitBreaker(fail_max=failures, reset_timeout=_A_YEAR, name=name)
        self._told = self.state
        self._opened_at = 0.0
        self._failing_since: float | None = None
        self._trial_at: float | None = None

    @property
    def state(self) -> str:
        """closed, open or half-open."""
        return self._circuit.current_state

    @property
    def is_open(self) -> bool:
        """Whether it lets nothing through for now."""
        return self.state == STATE_OPEN

    def gives_up(self, now: float) -> bool:
        """Whether attempts have failed for longer than is borne."""
        since = self._failing_since
        return self.is_open and since is not None and now - since >= self.patience

    def delay(self, now: float) -> float:
        """0 if an attempt may be made now, which is then to be reported; else when to ask again."""
        if self.state == STATE_OPEN:
            left = self._opened_at + self._reset_seconds - now
            if left > 0:
                return left
            self._circuit.half_open()
            self._trial_at = None
            self._tell()
        if self.state == STATE_HALF_OPEN:
            # An attempt that is lost for another reason never reports; the next one then may try.
            if self._trial_at is not None and now < self._trial_at + self._reset_seconds:
                return min(_ASK_AGAIN, self._reset_seconds)
            self._trial_at = now
        return 0.0

    def succeeded(self) -> None:
        """An attempt came through; one that was begun before the circuit opened does not close it."""
        self._failing_since = None
        if self.state != STATE_OPEN:
            self._circuit.call(int)
        self._tell()

    def failed(self, now: float, error: Exception) -> None:
        """An attempt failed."""
        if self._failing_since is None:
            self._failing_since = now
        if self.state == STATE_OPEN:
            return

        def fail() -> None:
            raise error

        try:
            self._circuit.call(fail)
        except (CircuitBreakerError, type(error)):
            pass
        if self.state == STATE_OPEN:
            self._opened_at = now
        self._tell()

    def _tell(self) -> None:
        if self.state != self._told:
            self._told = self.state
            self._on_change(self.name, self.state)
