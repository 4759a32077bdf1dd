"""Commits that meet: of those who want the same version one is first, and the others try the next one."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_WAIT = 120.0
"""Seconds that one commit of one table tries; among sixteen writers it takes a hundredth of that."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.5
"""Seconds; pauses are drawn at random below a bound that doubles, so that those who met do not meet again."""


@dataclass(slots=True)
class CommitWaits:
    """How often commits met others, and the seconds that they waited for that, all together and at most."""

    conflicts: int = 0
    seconds: float = 0.0
    longest: float = 0.0


class Turns:
    """The tries of one commit. `waits` is told how long it waited in all."""

    def __init__(
        self,
        waits: CommitWaits,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._waits = waits
        self._clock = clock
        self._sleep = sleep
        self._began = clock()
        self._waited = 0.0
        self._lost = 0

    def wait(self, what: str) -> None:
        """Another was first: let a moment pass; StorageError, which names `what`, if that goes on long."""
        bound = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**self._lost)
        self._lost += 1
        self._sleep(random.uniform(0, bound))  # noqa: S311 - no secret
        before, self._waited = self._waited, self._clock() - self._began
        self._waits.conflicts += 1
        self._waits.seconds += self._waited - before
        self._waits.longest = max(self._waits.longest, self._waited)
        if self._waited > LONGEST_WAIT:
            raise StorageError(
                f"{what}: others were first {self._lost} times in {self._waited:.0f} s",
                "resume the job with fewer others beside it",
            )
