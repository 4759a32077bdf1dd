"""What must hold at scale whatever the machine: bounds, not times. Speed is measured in `benchmarks/`."""

from __future__ import annotations

import asyncio
import tracemalloc

from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_coordinator import BatchCoordinator
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.feeds.ids import FileIds
from snake_pipe.extract.feeds.intake import Intake
from snake_pipe.schemas import ORDINAL_BITS
from testkit.waiting import until


def files(count):
    for index in range(count):
        yield DiscoveredFile("/r", f"src/{index // 1000}/file_{index}.py", index % 30_000, 0, "python", "r")


def test_the_walk_is_only_so_far_ahead():
    pulled = 0

    def source():
        nonlocal pulled
        for file in files(200_000):
            pulled += 1
            yield file

    async def go():
        intake = Intake(source(), job_id="job1", ids=FileIds(3, lambda: 4))
        chunks = intake.chunks()
        first = await anext(chunks)
        await until(lambda: pulled > 40_000)
        await asyncio.sleep(0.2)  # time in which it may go on no further
        ahead = pulled
        await chunks.aclose()
        return first, ahead

    first, ahead = asyncio.run(go())
    assert [f.file_id for f in first.files[:2]] == [3 << ORDINAL_BITS, 3 << ORDINAL_BITS | 1]
    assert 40_000 < ahead <= 52_000
    assert pulled <= 52_000


def test_the_coordinator_holds_one_batch_a_queue_however_many_files_pass():
    coordinator = BatchCoordinator(BatchConfig(worker_count=2))
    most = passed = 0
    tracemalloc.start()
    try:
        for index, file in enumerate(files(60_000)):
            passed += sum(map(len, coordinator.offer(file, index * 1e-5)))
            most = max(most, coordinator.queued_files)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    passed += sum(map(len, coordinator.close(3.0)))
    assert passed == 60_000
    assert most <= 200
    assert peak < 5_000_000
