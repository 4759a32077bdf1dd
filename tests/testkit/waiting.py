"""Waiting for what will be so: the limits are generous, as a machine may be slow."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

PATIENCE = 120.0
"""Seconds; far more than anything takes that happens at all."""
NEVER = 600.0
"""Seconds, as a setting: longer than any test."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.1
"""Seconds between two looks; each pause is half as long again as the one before."""


def wait_for(condition: Callable[[], T], limit: float = PATIENCE) -> T:
    """What `condition` gives once it is true."""
    deadline = time.monotonic() + limit
    pauses = _pauses()
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not so after {limit} s: {condition}"
        time.sleep(next(pauses))
    return found


async def until(condition: Callable[[], T], limit: float = PATIENCE) -> T:
    """The same in a coroutine."""
    pauses = _pauses()
    async with asyncio.timeout(limit):
        while not (found := condition()):
            await asyncio.sleep(next(pauses))
    return found


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(1.5 * pause, _LONGEST_PAUSE)


def wait_gone(pids: Iterable[int]) -> None:
    """Wait until none of the processes is there."""

    def is_there(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    pids = list(pids)
    wait_for(lambda: not any(map(is_there, pids)))
