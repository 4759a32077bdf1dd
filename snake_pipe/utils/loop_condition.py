"""A condition that tasks of one event loop wait for, without a lock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class LoopCondition:
    """As `asyncio.Condition`, for state that is changed on its loop only and between two awaits.

    So whoever changes something notifies at once, from any function, and whoever waited goes on with what it
    waited for still true.
    """

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def notify_all(self) -> None:
        """Have all who wait look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, holds: Callable[[], object]) -> None:
        """Wait until something holds; does not yield to other tasks where it does already."""
        while not holds():
            await self._changed.wait()
