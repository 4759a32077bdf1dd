"""One call of a user's function for one file."""

from __future__ import annotations

import inspect
import time
from typing import TYPE_CHECKING, Any

from snake_pipe.extract.batch_models import ProcessingResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def call_processor(processor: Callable[[Path], Any], path: Path) -> ProcessingResult:
    """One call of a user's function, sync or async; what it raises becomes a failed result."""
    started = time.perf_counter()
    try:
        value = processor(path)
        if inspect.isawaitable(value):
            import asyncio

            value = asyncio.run(_wait(value))
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - a user's code may raise anything
        spent = (time.perf_counter() - started) * 1000
        return ProcessingResult(str(path), "failed", f"{type(error).__name__}: {error}", spent)
    if isinstance(value, ProcessingResult):
        return value
    return ProcessingResult(str(path), "ok", None, (time.perf_counter() - started) * 1000, value)


async def _wait(value: Any) -> Any:
    return await value
