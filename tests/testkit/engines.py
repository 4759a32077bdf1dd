"""Engines that take files one by one, as tests drive them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from snake_pipe.extract.batch_config import BatchConfig
from testkit.waiting import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from snake_pipe.extract.batch_processor import BatchProcessingEngine

QUICK = BatchConfig(worker_count=1, max_latency=0.1, flush_interval=0.3, breaker_reset_seconds=0.3)
"""One worker, and nothing waits long."""


def within(work: Coroutine[Any, Any, Any], limit: float = PATIENCE) -> Any:
    """What a coroutine gives; it fails if it hangs."""

    async def go() -> Any:
        return await asyncio.wait_for(work, limit)

    return asyncio.run(go())


async def taken_in(engine: BatchProcessingEngine, count: int) -> None:
    """Wait until the job has that many files, those that it is done with included."""
    statistics = await engine.get_processing_statistics()
    await until(lambda: statistics.files_offered >= count)
