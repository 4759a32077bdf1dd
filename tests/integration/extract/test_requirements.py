"""What docs/requirements.md asks of a whole run and no other test looks at: real jobs, real datasets."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import multiprocessing
import os
import threading
from collections import Counter

import pyarrow.parquet as pq
import pytest
import stamina.instrumentation

import snake_pipe
from snake_pipe.errors import SnakePipeError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.batch_processor import (
    BatchProcessingEngine,
    create_optimal_batches,
    execute_parallel_batches,
    process_batch,
)
from snake_pipe.observe.events import Notice
from snake_pipe.utils.journal.append_file import read_file
from testkit.engines import taken_in
from testkit.processes import below, suspended, workers_of
from testkit.tables import paths, rows
from testkit.waiting import NEVER, until, wait_for

"""Seconds: longer than any test."""


def waiting_engine(repository, **settings):
    """An engine that does nothing by itself: batches never fill, no timer rings, no commit is due."""
    config = BatchConfig(
        **{"worker_count": 1, "max_latency": NEVER, "flush_interval": NEVER, "batch_size": 1000} | settings
    )
    return BatchProcessingEngine(config, root=repository)


# -- 000: commits ------------------------------------------------------------------------------------------


def test_what_is_in_the_journal_becomes_visible_every_interval(repository):
    dataset = repository / ".snake-pipe"

    async def go():
        async with waiting_engine(repository, max_latency=0.05) as engine:
            await engine.submit("m00.py")
            assert paths(dataset) == []  # it is done, and no interval has passed
            await engine.update_config(flush_interval=0.05)
            await until(lambda: len(paths(dataset)) == 1)
            await engine.submit("m01.py")  # nobody asks for this one
            await until(lambda: len(paths(dataset)) == 2)
            statistics = await engine.get_processing_statistics()
            assert statistics.triggers == {"timer": 2}

    asyncio.run(go())
    (journal,) = dataset.glob("_jobs/*/journal.jsonl")
    records = [record["type"] for record in read_file(journal)[0]]
    assert records.index("offered") < records.index("flush")
    promises = [word for word in records if word in ("flush", "committed")]
    assert promises[:4] == ["flush", "committed"] * 2


def test_shutdown_does_all_that_waits(repository):
    async def go():
        engine = waiting_engine(repository)
        await engine.start()
        futures = [engine.submit(path) for path in repository.glob("*.py")]
        await taken_in(engine, 40)
        assert not any(future.done() for future in futures)
        result = await engine.shutdown()
        assert all(future.done() for future in futures)
        return result

    result = asyncio.run(go())
    assert result.success
    assert len(paths(result.dataset)) == 40
    assert result.statistics.triggers.keys() == {"close"}


# -- 001: the timer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 5])
def test_a_few_files_that_fill_no_batch_leave_by_the_timer(repository, count):
    async def go():
        async with waiting_engine(repository, max_latency=0.2) as engine:
            futures = [engine.submit(f"m{index:02}.py") for index in range(count)]
            await asyncio.gather(*futures)

    asyncio.run(go())
    dataset = repository / ".snake-pipe"
    assert rows(dataset, "SELECT trigger, file_count, waited_ms >= 200 FROM batches") == [
        ("timer", count, True)
    ]


def test_without_the_timer_only_sizes_and_the_end_release(repository):
    config = BatchConfig(executor="serial", max_latency=None, batch_size=7, queue_sizes=("python=7",))
    result = snake_pipe.ingest(repository, config=config)
    triggers = dict(rows(result.dataset, "SELECT trigger, sum(file_count) FROM batches GROUP BY ALL"))
    assert triggers == {"size": 35, "close": 5}


def test_warnings_are_given_while_their_conditions_hold(repository):
    notices = []

    async def go():
        engine = BatchProcessingEngine(
            BatchConfig(worker_count=1, max_latency=0.01),
            root=repository,
            listener=lambda event: notices.append(event.code) if isinstance(event, Notice) else None,
        )
        async with engine:
            for index in range(25):
                await engine.submit(f"m{index:02}.py")
            await until(lambda: "timer_share" in notices)
            with suspended(below(os.getpid())):
                for index in range(25, 35):  # more than are sent ahead to a worker
                    engine.submit(f"m{index:02}.py")
                    await asyncio.sleep(0.02)  # a batch each
                for wanted in ("the timer released", "a file has waited"):  # notices may be of files before
                    await until(lambda wanted=wanted: any(wanted in text for text in engine.status.warnings))
            assert "oldest_age" in notices

    asyncio.run(go())


def test_settings_and_presets_from_the_environment(cli, tmp_path):
    def shown(**environment):
        variables = {f"SNAKE_PIPE_{name}": value for name, value in environment.items()}
        done = cli.run("config", "show", "--format", "json", env=cli.environment | variables, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return {
            row["setting"]: (row["value"], row["from"]) for row in map(json.loads, done.stdout.splitlines())
        }

    assert shown(MAX_LATENCY="250ms", BATCH_SIZE="17").items() >= {
        ("max_latency", ("0.25", "environment")),
        ("batch_size", ("17", "environment")),
        ("flush_interval", ("5.0", "default")),
    }
    # High volume: no timer. Low latency: a short one. Development: in one process, soon visible.
    assert shown(PRESET="throughput")["max_latency"] == ("", "preset throughput")
    assert float(shown(PRESET="latency", BATCH_SIZE="17")["max_latency"][0]) < 1
    assert shown(PRESET="latency", BATCH_SIZE="17")["batch_size"] == ("17", "environment")
    assert shown(PRESET="development")["executor"] == ("serial", "preset development")


@pytest.mark.parametrize("end", ["shutdown", "stop", "failure", "cancelled"])
def test_an_engine_that_ended_leaves_no_task_no_thread_and_no_worker(repository, tmp_path, end):
    threads_before = set(threading.enumerate())
    dataset = tmp_path / "ds"

    def workers():
        return {worker.pid for worker in workers_of(os.getpid())}

    workers_before = workers()

    async def go():
        config = BatchConfig(
            worker_count=2,
            max_latency=NEVER,
            flush_interval=NEVER,
            breaker_reset_seconds=0.2,
            timeout_seconds=1.0,  # so long a live engine bears that nothing can be written
        )
        engine = BatchProcessingEngine(config, root=repository, dataset=dataset)
        if end == "cancelled":
            job = asyncio.create_task(engine.process_repository(repository, dataset=dataset))
            await until(lambda: workers() - workers_before)
            job.cancel()
            await asyncio.gather(job, return_exceptions=True)
        else:
            await engine.start()
            urgent = await engine.submit("m00.py", priority=9)
            assert urgent.success
            waiting = engine.submit("m01.py")  # a timer runs for it
            await taken_in(engine, 2)
            seen = workers() - workers_before
            assert "forkserver" not in multiprocessing.get_all_start_methods() or seen
            if end == "stop":
                engine.stop("test")
            elif end == "failure":
                dataset.rename(tmp_path / "elsewhere")
            try:
                await engine.shutdown()
            except SnakePipeError:
                assert end == "failure"
            await asyncio.gather(waiting, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(go())
    wait_for(lambda: not workers() - workers_before)
    assert [thread for thread in threading.enumerate() if thread not in threads_before] == []


# -- 002: errors -------------------------------------------------------------------------------------------


def test_errors_pass_at_once_and_do_not_touch_the_batch_that_fills(repository):
    (repository / "notes.txt").write_text("nothing\n")

    async def go():
        async with waiting_engine(repository) as engine:
            good = [engine.submit(f"m0{index}.py") for index in range(3)]
            await taken_in(engine, 3)
            wrong = [await engine.submit(name) for name in ("gone.py", "notes.txt", "../out.py")]
            assert not any(future.done() for future in good)
            good.append(engine.submit("m03.py"))
            await engine.flush_now()
            assert all(future.done() for future in good)
            return [result.status for result in wrong]

    assert asyncio.run(go()) == ["failed", "skipped", "failed"]
    dataset = repository / ".snake-pipe"
    assert rows(dataset, "SELECT trigger, file_count FROM batches") == [("manual", 4)]


# -- 003: queues, estimates, strategies --------------------------------------------------------------------


def test_urgent_files_of_a_walk_go_first(repository):
    config = BatchConfig(executor="serial", batch_size=10, priority=("m3*=9", "m2*=2"))
    dataset = snake_pipe.ingest(repository, config=config).dataset
    first, *_, last = rows(dataset, "SELECT trigger, priority FROM batches ORDER BY batch_id")
    assert first == ("priority", 9)
    assert last[1] == 2


PROCESSORS = '''
import time
from pathlib import Path

def count_beside(path):
    """How many files are in hand at this moment, this one included."""
    mark = path.with_suffix(".busy")
    mark.touch()
    time.sleep(0.03)
    count = len(list(path.parent.glob("*.busy")))
    mark.unlink()
    return count

def compute(path):
    return sum(range(300_000))

def name(path):
    return path.name
'''


@pytest.fixture
def processors(tmp_path, monkeypatch):
    """A user's module, which workers import by its name."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "requirements_processors.py").write_text(PROCESSORS)
    monkeypatch.syspath_prepend(tmp_path / "modules")
    return importlib.import_module("requirements_processors")


def discovered(repository):
    return [
        DiscoveredFile.from_path(path, root=repository, queue="text") for path in sorted(repository.iterdir())
    ]


def run(files, workers, function, **settings):
    config = BatchConfig(batch_size=5, **settings)
    batches = asyncio.run(create_optimal_batches(files, config))
    return asyncio.run(execute_parallel_batches(batches, workers, function, config=config))


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_batches_in_flight_than_allowed(repository, processors, most):
    outcome = run(discovered(repository), 3, processors.count_beside, max_concurrent_batches=most)
    beside = [result.value for result in outcome.results]
    assert len(beside) == 40
    assert max(beside) <= most


def test_the_serial_strategy_keeps_the_order_and_the_parallel_one_that_of_each_batch(repository, processors):
    files = discovered(repository)
    names = [file.path for file in files]
    serial = run(files, 1, processors.name, executor="serial")
    assert [result.value for result in serial.results] == names
    parallel = run(files, 3, processors.name)
    assert sorted(result.value for result in parallel.results) == names
    for batch in parallel.batches:
        within = [result.value for result in batch.results]
        assert within == sorted(within)


def test_results_of_one_batch_and_of_submissions_are_in_the_order_asked_for(repository):
    files = discovered(repository)

    async def later_first(path):
        await asyncio.sleep(0.05 if path.name < "m20" else 0)
        return path.name

    async def go():
        config = BatchConfig(worker_count=4)
        (batch,) = await create_optimal_batches(files, config)
        result = await process_batch(batch, later_first, config)
        async with BatchProcessingEngine(
            BatchConfig(worker_count=2, max_latency=0.05), root=repository
        ) as engine:
            asked = [f"m{index:02}.py" for index in range(39, -1, -1)]
            submitted = await asyncio.gather(
                *(engine.submit(path, index % 11) for index, path in enumerate(asked))
            )
        return [r.value for r in result.results], asked, [r.path for r in submitted]

    in_batch, asked, submitted = asyncio.run(go())
    assert in_batch == [file.path for file in files]
    assert submitted == asked


def test_queues_differ_in_their_sizes(repository):
    for index in range(12):
        (repository / f"g{index:02}.go").write_text("package g\n")
    config = BatchConfig(executor="serial", queue_sizes=("go=1", "python=20"))
    dataset = snake_pipe.ingest(repository, config=config).dataset
    sizes = rows(dataset, "SELECT language, file_count, count(*) FROM batches GROUP BY ALL ORDER BY ALL")
    assert sizes == [("go", 1, 12), ("python", 20, 2)]


def test_retries_back_off_exponentially(repository, monkeypatch):
    monkeypatch.setattr("stamina._core.random.uniform", lambda low, high: low)  # no jitter
    waits = []

    async def fail_once(path):
        raise ConnectionError("not yet")

    async def go():
        config = BatchConfig(retry_attempts=4)
        (batch,) = await create_optimal_batches(discovered(repository)[:1], config)
        return await process_batch(batch, fail_once, config)

    stamina.instrumentation.set_on_retry_hooks([lambda details: waits.append(details.wait_for)])
    try:
        result = asyncio.run(go())
    finally:
        stamina.instrumentation.set_on_retry_hooks(None)
    assert waits == [pytest.approx(0.05), pytest.approx(0.1), pytest.approx(0.2)]
    assert [r.error for r in result.results] == ["ConnectionError: not yet"]


def test_batches_are_estimated_and_a_later_job_starts_from_what_was_learned(repository):
    config = BatchConfig(executor="serial", batch_size=4)
    dataset = repository / ".snake-pipe"
    snake_pipe.ingest(repository, config=config)
    for path in repository.glob("*.py"):
        path.write_text(path.read_text() + "# changed\n")
    snake_pipe.ingest(repository, config=config)
    columns = "file_count, estimated_ms, estimated_memory, estimated_io, io_bytes"
    first, second = (
        rows(dataset, f"SELECT {columns} FROM batches WHERE epoch = {epoch} ORDER BY batch_id")
        for (epoch,) in rows(dataset, "SELECT DISTINCT epoch FROM batches ORDER BY epoch")
    )
    assert first[0][:2] == (4, 0.0)  # as set, and nothing known of its time
    assert second[0][0] > 4  # these files take far less than the two seconds that a batch may take
    assert all(ms > 0 for _, ms, *_ in second)
    assert all(memory > 0 and expected > 0 and io > 0 for _, _, memory, expected, io in first + second)
    errors = rows(dataset, "SELECT time_estimate_error, memory_estimate_error FROM batch_statistics")
    assert all(0 <= error <= 1 for row in errors for error in row if error is not None)


def codecs_of(dataset):
    """The codecs of the text columns of all parts of trees."""
    found = set()
    for part in dataset.glob("nodes/*.parquet"):
        group = pq.ParquetFile(part).metadata.row_group(0)
        columns = (group.column(index) for index in range(group.num_columns))
        found |= {column.compression for column in columns if column.physical_type == "BYTE_ARRAY"}
    return found


def test_codec_and_level_of_the_settings_reach_the_parts(python_sources, tmp_path):
    sizes = {}
    for codec, level, word in (
        ("zstd", 1, "ZSTD"),
        ("zstd", 19, "ZSTD"),
        ("snappy", 1, "SNAPPY"),
        ("lz4", 1, "LZ4"),
        ("none", 1, "UNCOMPRESSED"),
    ):
        dataset = tmp_path / f"{codec}{level}"
        snake_pipe.ingest(
            python_sources / "json",
            dataset=dataset,
            executor="serial",
            compression=codec,
            compression_level=level,
        )
        assert codecs_of(dataset) == {word}
        sizes[codec, level] = sum(part.stat().st_size for part in dataset.glob("symbols/*.parquet"))
    assert sizes["zstd", 19] < sizes["zstd", 1] < sizes["none", 1]


# -- 001-3, 003-7: the same figures in the library, in the status and in SQL -------------------------------


def test_statistics_by_name_in_the_library_in_the_status_and_in_sql(repository, cli):
    (repository / "broken.py").write_text("def (:\n")

    async def go():
        async with waiting_engine(repository, batch_size=4, max_batch_size=4) as engine:
            await asyncio.gather(*(engine.submit(f"m{index:02}.py") for index in range(8)))
            await engine.submit("broken.py", priority=8)
            engine.submit("m10.py")
            await engine.flush_now()
            engine.submit("m11.py")
            (status,) = repository.glob(".snake-pipe/_jobs/*/status.json")

            def is_shown():
                figures = json.loads(status.read_text())["statistics"]
                return figures["current_buffer_size"] == 1 and figures["first_entry_age"] > 0

            await until(is_shown)
            await engine.update_config(max_latency=0.05)
            # Else the end of the engine may be before the timer.
            await until(lambda: json.loads(status.read_text())["statistics"]["timer_flushes"] == 1)
        return (await engine.get_processing_statistics()).figures()

    figures = asyncio.run(go())
    dataset = repository / ".snake-pipe"
    document = json.loads(cli.run("status", "--json", "-d", dataset).stdout)
    assert document["statistics"] == pytest.approx(figures)
    expected = {
        "total_queued": 11,
        "total_operations": 11,
        "size_flushes": 2,
        "timer_flushes": 1,
        "priority_flushes": 1,
        "manual_flushes": 1,
        "total_batches": 5,
        "batched_operations": 8,
        "individual_operations": 3,
        "average_batch_size": 2.2,
        "batch_efficiency": pytest.approx(8 / 11),
        "total_bytes_processed": sum(
            (repository / name).stat().st_size
            for name in (*(f"m{index:02}.py" for index in (*range(8), 10, 11)), "broken.py")
        ),
        "current_buffer_size": 0,
        "first_entry_age": 0,
    }
    assert {name: figures[name] for name in expected} == expected
    assert figures["operations_per_second"] > 0
    with snake_pipe.connect(dataset) as connection:
        (in_sql,) = connection.sql("FROM batch_statistics").to_arrow_table().to_pylist()
    shared = in_sql.keys() & figures.keys()
    assert len(shared) == 13
    assert {name: in_sql[name] for name in shared} == pytest.approx({name: figures[name] for name in shared})


# -- 004 ---------------------------------------------------------------------------------------------------


def test_the_use_of_the_processors_is_measured(repository, processors):
    idle = run(discovered(repository), 1, processors.count_beside, executor="serial")
    busy = run(discovered(repository), 1, processors.compute, executor="serial")
    assert 0 < idle.cpu_utilisation < busy.cpu_utilisation < 1.1


def test_the_same_rows_file_by_file_as_at_once(repository, tmp_path, differences):
    (repository / "broken.py").write_text("def (:\n")

    async def go():
        config = BatchConfig(worker_count=2, max_latency=0.05, flush_interval=0.2)
        async with BatchProcessingEngine(config, root=repository, dataset=tmp_path / "streamed") as engine:
            await asyncio.gather(*map(engine.submit, repository.glob("*.py")))

    asyncio.run(go())
    assert snake_pipe.ingest(repository, dataset=tmp_path / "at-once", worker_count=2).success
    assert differences(tmp_path / "at-once", tmp_path / "streamed") == {}


def test_every_batch_has_a_line_in_the_log_and_every_failure_a_row(repository):
    (repository / "latin.py").write_bytes(b"\0\0\0\0")
    (repository / "broken.py").write_text("def (:\n")
    seen = logging.getLogger("test")
    engine = BatchProcessingEngine(BatchConfig(executor="serial", batch_size=5), seen)
    result = asyncio.run(engine.process_repository(repository))
    (log,) = (repository / ".snake-pipe").glob("_jobs/*/log.jsonl")
    events = Counter(json.loads(line)["event"] for line in log.read_text().splitlines())
    assert events["BatchFinished"] == result.statistics.batches_done
    assert events["Flushed"] == result.statistics.flushes
    assert events["JobStarted"] == events["JobEnded"] == 1
    assert rows(result.dataset, "SELECT path, phase, code FROM errors") == [
        ("broken.py", "parse", "syntax_error")
    ]
