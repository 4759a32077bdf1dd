"""A user's own function through the same engine: batches, worker processes, recovery."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from snake_pipe.errors import PluginError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.batch_processor import create_optimal_batches, execute_parallel_batches, process_batch
from testkit import processors


def make_files(folder, names):
    for name in names:
        (folder / name).write_text("one\ntwo\n")
    return [DiscoveredFile.from_path(folder / name, root=folder, queue="text") for name in names]


def run(files, function, **settings):
    config = BatchConfig(batch_size=10, **settings)
    batches = asyncio.run(create_optimal_batches(files, config))
    return asyncio.run(execute_parallel_batches(batches, 2, function, config=config))


@pytest.mark.parametrize("name", ["count_lines", "count_lines_async"])
def test_sync_and_async_functions(tmp_path, name):
    files = make_files(tmp_path, [f"{i}.txt" for i in range(35)])
    outcome = run(files, getattr(processors, name))
    assert [r.value for r in outcome.results] == [2] * 35
    assert {r.path for r in outcome.results} == {f.os_path for f in files}
    assert outcome.errors == []
    assert outcome.worker_count == 2


@pytest.mark.parametrize(
    ("bad", "status", "error"),
    [
        ("exit", "failed", "SystemExit"),
        ("interrupt", "failed", "KeyboardInterrupt"),
        ("unpicklable", "failed", "TwoArgumentsError"),
        ("lambda", "failed", "cannot be pickled"),
        ("crash", "quarantined", "ended its worker process"),
        ("_exit", "quarantined", "ended its worker process"),
    ],
)
def test_what_one_file_does_touches_no_other(tmp_path, bad, status, error):
    files = make_files(
        tmp_path, [*(f"{i}.txt" for i in range(20)), f"{bad}-1.txt", *(f"z{i}.txt" for i in range(20))]
    )
    outcome = run(files, processors.by_name)
    counts = Counter((Path(r.path).name, r.status) for r in outcome.results)
    assert len(counts) == sum(counts.values()) == 41  # each file once
    (failed,) = outcome.errors
    assert Path(failed.path).name == f"{bad}-1.txt"
    assert failed.status == status
    assert error in failed.error


def test_results_keep_the_order_of_the_files_whatever_happens(tmp_path):
    names = [f"{'crash' if i % 13 == 5 else 'ok'}-{i}.txt" for i in range(60)]
    outcome = run(make_files(tmp_path, names), processors.by_name)
    assert [Path(result.path).name for result in outcome.results] == names


def test_many_files_that_end_their_workers(tmp_path):
    names = [f"{'crash' if i % 40 == 7 else 'ok'}-{i}.txt" for i in range(200)]
    outcome = run(make_files(tmp_path, names), processors.by_name)
    lost = {Path(r.path).name for r in outcome.errors}
    assert lost == {name for name in names if name.startswith("crash")}
    assert len(outcome.results) == 200


@pytest.mark.parametrize("bad", ["hang", "sleep"])
def test_a_file_that_never_ends_is_ended(tmp_path, bad):
    """The limit is far from what the others take, also on a slow machine."""
    files = make_files(tmp_path, ["a.txt", f"{bad}-1.txt", "b.txt"])
    outcome = run(files, processors.by_name, file_timeout_seconds=5.0)
    (failed,) = outcome.errors
    assert (Path(failed.path).name, failed.status) == (f"{bad}-1.txt", "quarantined")
    assert "not done after 5 s" in failed.error
    assert len(outcome.results) == 3


def test_a_function_that_cannot_travel_is_refused(tmp_path):
    files = make_files(tmp_path, ["a.txt"])
    with pytest.raises(PluginError, match="cannot travel to workers"):
        run(files, lambda path: path)


def test_one_batch_in_this_process(tmp_path):
    files = make_files(tmp_path, [f"{i}.txt" for i in range(5)])

    async def go():
        config = BatchConfig(retry_attempts=3)
        (batch,) = await create_optimal_batches(files, config)
        tries = Counter()

        async def flaky(path):
            tries[path] += 1
            if tries[path] < 2:
                raise OSError("not yet")
            if path.name == "3.txt":
                raise ValueError("never")
            return path.name

        return await process_batch(batch, flaky, config)

    result = asyncio.run(go())
    assert (result.success_count, result.failure_count) == (4, 1)
    (failed,) = (r for r in result.results if not r.success)
    assert failed.error == "ValueError: never"


def test_a_batch_does_not_run_out_of_time_while_it_waits(tmp_path):
    """The limit used to count from the hand-over to the pool, where the last of these waits for 4 s."""
    files = make_files(tmp_path, [f"{index}.txt" for index in range(80)])
    config = BatchConfig(batch_size=1, max_concurrent_batches=80, timeout_seconds=3.0)
    batches = asyncio.run(create_optimal_batches(files, config))
    assert len(batches) == 80
    outcome = asyncio.run(execute_parallel_batches(batches, 1, processors.a_twentieth, config=config))
    assert [result.value for result in outcome.results] == [1] * 80
    assert {batch.attempt for batch in outcome.batches} == {1}
