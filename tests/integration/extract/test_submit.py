"""The engine as a library that takes files one by one: real workers, a real dataset."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import snake_pipe
from snake_pipe.errors import ConfigError, EngineStateError, UsageError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.extract.job.control.sender import send, wait_for_answer
from snake_pipe.observe.events import BatchFinished, SettingChanged
from snake_pipe.utils.journal import append_file
from snake_pipe.utils.journal.append_file import read_file
from testkit.engines import QUICK, taken_in, within
from testkit.tables import paths, value
from testkit.waiting import NEVER

ODD_NAMES = ("bad.py", "notes.txt", "data.yaml", "left_out.py", "gone.py")


def test_each_file_gets_its_result_and_all_become_rows(repository):
    (repository / "bad.py").write_text("def (:\n")
    for name in ("notes.txt", "data.yaml", "left_out.py"):
        (repository / name).write_text("nothing\n")
    config = replace(QUICK, exclude=("left_out*",))

    async def go():
        async with BatchProcessingEngine(config, root=repository) as engine:
            first = await engine.submit("m00.py", priority=9)
            others = await asyncio.gather(*map(engine.submit, sorted(repository.glob("m*.py"))[1:]))
            odd = [await engine.submit(name) for name in ODD_NAMES]
            with pytest.raises(UsageError, match="priority 11"):
                engine.submit("m00.py", priority=11)
            return first, others, odd

    first, others, odd = within(go())
    assert (first.path, first.status, first.value["symbol_count"]) == ("m00.py", "ok", 1)
    assert [result.path for result in others] == [f"m{i:02}.py" for i in range(1, 40)]
    assert {result.status for result in others} == {"ok"}
    assert [(result.status, result.error) for result in odd] == [
        ("partial", "syntax_error"),
        ("skipped", "unrecognised"),
        ("skipped", "unasked"),
        ("skipped", "excluded"),
        ("failed", "not_found: no such file"),
    ]
    assert len(paths(repository / ".snake-pipe")) == 41


def test_the_journal_of_a_long_run_keeps_only_what_a_resume_needs(repository, monkeypatch):
    monkeypatch.setattr(append_file, "SMALLEST", 3000)
    dataset = repository / ".snake-pipe"

    async def go():
        sizes = []
        async with BatchProcessingEngine(QUICK, root=repository) as engine:
            for path in sorted(repository.glob("*.py")):
                await engine.submit(path)
                await engine.flush_now()
                (journal,) = dataset.glob("_jobs/*/journal.jsonl")
                sizes.append(journal.stat().st_size)
        return journal, sizes

    journal, sizes = within(go())
    assert max(sizes) < 8000
    assert any(later < size for size, later in pairwise(sizes))
    assert len(paths(dataset)) == 40
    records = read_file(journal)[0]
    assert [record["type"] for record in records if record["type"] in ("start", "end")] == ["start", "end"]
    result = snake_pipe.resume(journal.parent.name, dataset)
    assert (result.status, result.statistics.files_done) == ("done", 0)


def test_wrong_order_of_calls_is_a_clear_error(repository):
    async def go():
        engine = BatchProcessingEngine(QUICK, root=repository)
        with pytest.raises(EngineStateError, match="not started"):
            engine.submit("m00.py")
        with pytest.raises(EngineStateError, match="not started"):
            await engine.shutdown()
        await engine.start()
        with pytest.raises(EngineStateError, match="already been started"):
            await engine.start()
        result = await engine.shutdown()
        with pytest.raises(EngineStateError, match="shut down"):
            engine.submit("m00.py")
        with pytest.raises(EngineStateError, match="shut down"):
            await engine.flush_now()
        with pytest.raises(EngineStateError, match="already been started"):
            await engine.start()
        return result

    assert within(go()).status == "done"


def test_a_paused_engine_begins_nothing(repository):
    batches = []

    async def go():
        engine = BatchProcessingEngine(
            QUICK,
            root=repository,
            listener=lambda e: batches.append(e) if isinstance(e, BatchFinished) else None,
        )
        async with engine:
            await engine.submit("m00.py")
            await engine.pause()
            begun = len(batches)
            waiting = [engine.submit(f"m{i:02}.py") for i in range(1, 20)]
            await engine.flush_now()  # does not wait for what may not begin
            await taken_in(engine, 20)
            await asyncio.sleep(0.2)  # time in which nothing may happen
            assert len(batches) == begun
            assert not any(future.done() for future in waiting)
            await engine.unpause()
            results = await asyncio.gather(*waiting)
            await engine.pause()
            last = engine.submit("m39.py")
        return results, await last  # a shutdown does not leave behind what was submitted

    results, last = within(go())
    assert {result.status for result in [*results, last]} == {"ok"}


def test_the_most_urgent_of_what_waits_goes_first(repository):
    async def go():
        order = []
        config = BatchConfig(worker_count=1, max_concurrent_batches=1, batch_size=1, max_batch_size=1)
        async with BatchProcessingEngine(config, root=repository) as engine:
            await engine.submit("m00.py")
            await engine.pause()
            for index in range(1, 11):
                name = f"m{index:02}.py"
                engine.submit(name, index).add_done_callback(lambda f: order.append(f.result().path))
            await taken_in(engine, 11)
            await engine.unpause()
        return order

    order = within(go())
    # The first one or two were handed over before the others came.
    assert sorted(order[2:], reverse=True) == order[2:], order


def test_what_is_cancelled_while_it_waits_is_a_row_and_is_read_another_time(repository):
    async def go():
        async with BatchProcessingEngine(QUICK, root=repository) as engine:
            await engine.submit("m00.py")
            await engine.pause()
            futures = {i: engine.submit(f"m{i:02}.py") for i in range(10, 40)}
            await taken_in(engine, 31)
            await engine.cancel(lambda file: file.path.startswith("m3"))
            await engine.unpause()
            return {i: await future for i, future in futures.items()}

    results = within(go())
    dataset = repository / ".snake-pipe"
    assert {i for i, result in results.items() if result.value["reason"] == "cancelled"} == {*range(30, 40)}
    assert paths(dataset, "reason = 'cancelled' AND status = 'skipped'") == [
        f"m{i}.py" for i in range(30, 40)
    ]
    assert snake_pipe.ingest(repository).status == "done"
    assert paths(dataset, "reason = 'cancelled'") == []
    assert len(paths(dataset, "status = 'ok'")) == 40


def test_settings_change_while_it_runs_and_the_change_is_recorded(repository):
    changes = []

    async def go():
        engine = BatchProcessingEngine(
            BatchConfig(worker_count=1, max_latency=NEVER, flush_interval=NEVER),
            root=repository,
            listener=lambda e: changes.append(e) if isinstance(e, SettingChanged) else None,
        )
        async with engine:
            waiting = engine.submit("m00.py")
            await taken_in(engine, 1)
            await asyncio.sleep(0.2)  # time in which nothing may happen
            assert not waiting.done()
            for wrong in ({"max_latency": 0}, {"nonsense": 1}, {"worker_count": 3}):
                with pytest.raises(ConfigError):
                    await engine.update_config(**wrong)
            config = await engine.update_config(max_latency="50ms", batch_size=7)
            assert (config.max_latency, config.batch_size) == (0.05, 7)
            await waiting
            return engine.status.changes

    recorded = within(go())
    assert [(c.name, c.old, c.new) for c in changes] == [
        ("max_latency", 600, 0.05),
        ("batch_size", 200, 7),
    ]
    assert [(c["name"], c["old"], c["new"]) for c in recorded] == [(c.name, c.old, c.new) for c in changes]
    assert all(abs(c.time - time.time()) < 60 for c in changes)


def test_paths_may_be_absolute_and_pathlike(repository):
    async def go():
        async with BatchProcessingEngine(QUICK, root=repository) as engine:
            return [
                await engine.submit(path)
                for path in (repository / "m01.py", str(repository / "m02.py"), Path("m03.py"))
            ]

    assert [result.path for result in within(go())] == ["m01.py", "m02.py", "m03.py"]


def test_a_start_in_debug_mode(repository):
    async def go():
        async with BatchProcessingEngine(QUICK, root=repository) as engine:
            return await engine.submit("m00.py")

    assert asyncio.run(go(), debug=True).status == "ok"


def test_wrong_submissions_are_refused(repository):
    async def go():
        async with BatchProcessingEngine(QUICK, root=repository) as engine:
            with pytest.raises(UsageError, match="is not a path"):
                engine.submit("m00.py\0m01.py")
            with pytest.raises(UsageError, match="whole number"):
                engine.submit("m00.py", priority=5.5)
            with pytest.raises(ConfigError):
                await engine.update_config(max_batch_size=10**30)
            with pytest.raises(ConfigError):
                await engine.update_config(queue_sizes=("python=1e30",))

    within(go())


def test_commands_that_go_wrong_do_not_end_the_job(repository, tmp_path):
    """`[a-` is no class of characters, and 1e30 no number that a status can show."""

    async def go():
        dataset = tmp_path / "ds"
        async with BatchProcessingEngine(QUICK, root=repository, dataset=dataset) as engine:
            await engine.submit("m00.py")
            folder = engine._job.folder
            answers = {}
            for action, arguments in (
                ("cancel", {"path": "[a-*.py"}),
                ("cancel", {"queue": "nolang"}),
                ("set", {"max_batch_size": "1e30"}),
                ("set", {"max_latency": "2s"}),
            ):
                command = send(folder, action, arguments)
                answer = await asyncio.to_thread(
                    wait_for_answer, lambda: engine._job.manager.read_status(engine._job.job_id), command, 20
                )
                answers[str(arguments)] = answer and answer["ok"]
            assert (await engine.submit("m01.py")).status == "ok"
            return list(answers.values())

    assert within(go()) == [False, False, False, True]


def test_a_cancelled_reading_keeps_what_was_read_before(repository):
    """The row that says `cancelled` took the place of the good one, and with it all rows of the tree."""
    assert snake_pipe.ingest(repository, worker_count=1).status == "done"
    dataset = repository / ".snake-pipe"

    async def go():
        async with BatchProcessingEngine(QUICK, root=repository) as engine:
            await engine.pause()
            futures = [engine.submit("m00.py"), engine.submit("new.py")]
            await taken_in(engine, 2)
            await engine.cancel(lambda _: True)
            await asyncio.gather(*futures)
            await engine.unpause()

    (repository / "new.py").write_text("def new(): pass\n")
    within(go())
    assert value(dataset, "SELECT count(*) FROM files WHERE path = 'm00.py' AND status = 'ok'") == 1
    assert value(dataset, "SELECT count(*) FROM symbols") == 40
    assert value(dataset, "SELECT count(*) FROM files WHERE path = 'new.py' AND reason = 'cancelled'") == 1
    assert value(dataset, "SELECT count(*) FROM files_history WHERE reason = 'cancelled'") == 2
    snake_pipe.ingest(repository, worker_count=1)
    assert value(dataset, "SELECT count(*) FROM symbols") == 41
