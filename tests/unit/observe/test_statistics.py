"""The figures under the names that requirements 001-3, 001-4 and 003-7 give them."""

from __future__ import annotations

import orjson
import pytest

from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.commit.delivery import count_batch
from snake_pipe.observe.statistics import BatchStatistics
from snake_pipe.observe.status import JobStatus


def count(statistics, files, trigger, seconds=2.0):
    members = tuple(DiscoveredFile("/r", f"{i}.py", 10, 0, "python") for i in range(files))
    batch = FileBatch(1, members, 10 * files, "python", trigger)
    result = BatchResult(1, outcomes={("ok", "python"): files}, byte_count=10 * files, duration=seconds)
    count_batch(statistics, batch, result)


def test_figures():
    statistics = BatchStatistics(files_offered=14, files_queued=2, oldest_age=0.5, elapsed=4.0)
    count(statistics, 8, Trigger.SIZE)
    count(statistics, 3, Trigger.TIMER, 1.0)
    count(statistics, 1, Trigger.PRIORITY, 0.0)
    figures = statistics.figures()
    assert figures == {
        "total_queued": 14,
        "current_buffer_size": 2,
        "first_entry_age": 0.5,
        "size_flushes": 1,
        "timer_flushes": 1,
        "priority_flushes": 1,
        "manual_flushes": 0,
        "close_flushes": 0,
        "retry_flushes": 0,
        "total_operations": 12,
        "total_batches": 3,
        "batched_operations": 11,
        "individual_operations": 1,
        "average_batch_size": 4.0,
        "average_batch_seconds": 1.0,
        "operations_per_second": 3.0,
        "batch_efficiency": pytest.approx(11 / 12),
        "total_bytes_processed": 120,
    }


def test_figures_of_nothing():
    assert set(BatchStatistics().figures().values()) == {0}


def test_what_is_left_is_known_once_the_walk_is_done():
    statistics = BatchStatistics(bytes_discovered=300, bytes_done=100, elapsed=10.0)
    assert statistics.seconds_left is None
    statistics.discovery_complete = True
    assert statistics.seconds_left == pytest.approx(20.0)


def test_the_status_is_json():
    status = JobStatus(state="paused")
    count(status.statistics, 2, Trigger.SIZE)
    document = orjson.loads(orjson.dumps(status.to_json()))
    assert document["status"] == "paused"
    assert document["outcomes"] == [["ok", "python", 2]]
    assert document["statistics"]["total_operations"] == 2
    assert document["triggers"] == {"size": 1}
