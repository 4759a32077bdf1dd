"""The two circuit breakers of a run: before the storage, and before new pools of workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from snake_pipe.utils.circuit_breaker import Breaker

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.extract.batch_config import BatchConfig

_POOL_FAILURES = 8
"""Pools that may break in a row before the next one is put off for a while."""


class Breakers(NamedTuple):
    """`storage` stands before writing and committing, `pool` before new pools."""

    storage: Breaker
    pool: Breaker

    @property
    def states(self) -> dict[str, str]:
        """The state of each by its name: closed, open or half-open."""
        return {breaker.name: breaker.state for breaker in self}


def open_breakers(
    config: BatchConfig, *, patience: float = 0.0, on_change: Callable[[str, str], None] = lambda *_: None
) -> Breakers:
    """The breakers that the settings ask for.

    `patience` is for how many seconds nothing may come through before the run is given up: 0 for a job that
    can be resumed, more for one that nobody would resume.
    """
    return Breakers(
        *(
            Breaker(
                name,
                failures=failures,
                reset_seconds=config.breaker_reset_seconds,
                patience=patience,
                on_change=on_change,
            )
            for name, failures in (("storage", config.breaker_failures), ("pool", _POOL_FAILURES))
        )
    )
