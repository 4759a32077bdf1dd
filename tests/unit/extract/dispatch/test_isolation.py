"""Files tried alone, and pools in which no process can be started."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from typing import Any, NoReturn

import pytest

from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.dispatch.isolation import Isolation


class Orphaned(Executor):
    """What a pool does whose processes cannot be forked any more."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def submit(self, *_: Any, **__: Any) -> NoReturn:
        raise self._error


@pytest.mark.parametrize("error", [EOFError("unexpected EOF"), ConnectionRefusedError(111, "refused")])
def test_a_pool_that_cannot_start_a_process_is_broken(error: Exception) -> None:
    """A run whose fork server was killed while it began ended with 130, without a word."""
    file = DiscoveredFile(root="/r", path="a.py", size_bytes=1, mtime_ns=0, queue="python")
    batch = FileBatch(1, (file,), file.size_bytes, "python", Trigger.SIZE)
    opened = []

    def open_executor() -> Executor:
        opened.append(1)
        return Orphaned(error)

    async def try_twice() -> list[Any]:
        isolation = Isolation(open_executor)
        isolation.enter()
        return [(await isolation.try_alone(batch))[0] for _ in range(2)]

    assert asyncio.run(try_twice()) == [None, None]
    assert len(opened) == 2
