"""What a review of the live engine found: each was a hang, a dead job or a wrong answer once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

import snake_pipe
from snake_pipe.errors import ConfigError, EngineStateError, SinkError, UsageError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.extract.job.control_sender import send, wait_for_answer
from snake_pipe.observe.events import BatchFinished

QUICK = BatchConfig(worker_count=1, max_latency=0.1, flush_interval=0.3, breaker_reset_seconds=0.3)


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "repo"
    root.mkdir()
    for index in range(30):
        (root / f"m{index:02}.py").write_text(f"def f{index}(x):\n    return g(x)\n")
    return root


def within(seconds, work):
    async def go():
        return await asyncio.wait_for(work, seconds)

    return asyncio.run(go())


def count(dataset, sql="SELECT count(*) FROM files"):
    with snake_pipe.connect(dataset) as connection:
        return connection.execute(sql).fetchall()[0][0]


def test_a_defect_met_while_nothing_else_goes_on_ends_the_run(repository):
    """Only who handed in the next batch learned that the dispatcher had failed: an idle engine never did."""

    def fail(event):
        if isinstance(event, BatchFinished):
            raise RuntimeError("a listener's defect")

    async def go():
        engine = BatchProcessingEngine(QUICK, root=repository, listener=fail)
        await engine.start()
        with pytest.raises(EngineStateError, match="a listener's defect"):
            await engine.submit("m00.py")
        with pytest.raises(RuntimeError, match="a listener's defect"):
            await engine.shutdown()

    within(30, go())


def test_flush_now_ends_when_the_run_does(repository):
    def fail(event):
        if isinstance(event, BatchFinished):
            raise RuntimeError("a listener's defect")

    async def go():
        engine = BatchProcessingEngine(replace(QUICK, max_latency=600), root=repository, listener=fail)
        await engine.start()
        future = engine.submit("m00.py")
        with pytest.raises(EngineStateError, match="ended before"):
            await engine.flush_now()
        with pytest.raises(EngineStateError):
            await future
        with pytest.raises(RuntimeError):
            await engine.shutdown()

    within(30, go())


def test_flush_now_does_not_wait_for_what_is_cancelled(repository):
    async def go():
        async with BatchProcessingEngine(replace(QUICK, max_latency=600), root=repository) as engine:
            await engine.pause()
            futures = [engine.submit(path) for path in sorted(repository.glob("*.py"))]
            await asyncio.sleep(0.2)
            await engine.unpause()
            flush = asyncio.create_task(engine.flush_now())
            await asyncio.sleep(0)
            await engine.cancel(lambda _: True)
            await flush
            await asyncio.gather(*futures)

    within(30, go())


def test_flush_now_of_a_paused_engine_returns_also_under_backpressure(repository):
    async def go():
        config = replace(QUICK, max_concurrent_batches=1, batch_size=1, max_batch_size=1)
        async with BatchProcessingEngine(config, root=repository) as engine:
            await engine.pause()
            for path in repository.glob("*.py"):
                engine.submit(path)
            await asyncio.sleep(0.3)
            engine.submit("m00.py")
            await engine.flush_now()
            await engine.unpause()

    within(60, go())


def test_flush_now_does_not_claim_what_it_could_not_do(repository, tmp_path):
    async def go():
        dataset = tmp_path / "ds"
        config = replace(QUICK, flush_interval=600, timeout_seconds=5.0)
        engine = BatchProcessingEngine(config, root=repository, dataset=dataset)
        await engine.start()
        await engine.submit("m00.py")
        dataset.rename(tmp_path / "elsewhere")
        with pytest.raises(SinkError):
            await engine.flush_now()
        (tmp_path / "elsewhere").rename(dataset)
        await engine.flush_now()
        assert count(dataset) == 1
        await engine.shutdown()

    within(60, go())


def test_what_is_ending_is_not_paused(repository):
    """A pause after a stop left a job that nothing could end."""

    async def go():
        engine = BatchProcessingEngine(QUICK, root=repository)
        await engine.start()
        await engine.submit("m00.py")
        await engine.pause()
        futures = [engine.submit(path) for path in repository.glob("*.py")]
        end = asyncio.create_task(engine.shutdown())
        await asyncio.sleep(0)
        with pytest.raises(EngineStateError, match="ending"):
            await engine.pause()
        with pytest.raises(EngineStateError, match="ending"):
            await engine.unpause()
        await asyncio.gather(*futures)
        return await end

    assert within(30, go()).status == "done"


def test_a_second_stop_leaves_the_rest_to_a_resume(repository):
    async def go():
        one_by_one = replace(QUICK, max_concurrent_batches=1, batch_size=1, max_batch_size=1)
        engine = BatchProcessingEngine(one_by_one, root=repository)
        await engine.start()
        await engine.submit("m00.py")
        await engine.pause()
        futures = [engine.submit(path) for path in repository.glob("*.py")]
        await asyncio.sleep(0.2)
        engine.stop("first")
        engine.stop("second")
        result = await engine.shutdown()
        with pytest.raises(EngineStateError):
            await asyncio.gather(*futures)
        return result

    result = within(30, go())
    assert (result.status, result.message) == ("stopped", "second")


def test_a_start_in_debug_mode(repository):
    async def go():
        async with BatchProcessingEngine(QUICK, root=repository) as engine:
            return await engine.submit("m00.py")

    assert asyncio.run(asyncio.wait_for(go(), 60), debug=True).status == "ok"


def test_wrong_submissions_are_refused(repository):
    async def go():
        async with BatchProcessingEngine(QUICK, root=repository) as engine:
            with pytest.raises(UsageError, match="no path"):
                engine.submit("m00.py\0m01.py")
            with pytest.raises(UsageError, match="whole number"):
                engine.submit("m00.py", priority=5.5)
            with pytest.raises(ConfigError):
                await engine.update_config(max_batch_size=10**30)
            with pytest.raises(ConfigError):
                await engine.update_config(queue_sizes=("python=1e30",))

    within(60, go())


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

    assert within(60, go()) == [False, False, False, True]


def test_a_cancelled_reading_keeps_what_was_read_before(repository):
    """The row that says `cancelled` took the place of the good one, and with it all rows of the tree."""
    assert snake_pipe.ingest(repository, worker_count=1).status == "done"
    dataset = repository / ".snake-pipe"

    async def go():
        async with BatchProcessingEngine(QUICK, root=repository) as engine:
            await engine.pause()
            futures = [engine.submit("m00.py"), engine.submit("new.py")]
            await asyncio.sleep(0.3)
            await engine.cancel(lambda _: True)
            await asyncio.gather(*futures)
            await engine.unpause()

    (repository / "new.py").write_text("def new(): pass\n")
    within(30, go())
    assert count(dataset, "SELECT count(*) FROM files WHERE path = 'm00.py' AND status = 'ok'") == 1
    assert count(dataset, "SELECT count(*) FROM symbols") == 30
    assert count(dataset, "SELECT count(*) FROM files WHERE path = 'new.py' AND reason = 'cancelled'") == 1
    assert count(dataset, "SELECT count(*) FROM files_history WHERE reason = 'cancelled'") == 2
    snake_pipe.ingest(repository, worker_count=1)
    assert count(dataset, "SELECT count(*) FROM symbols") == 31


def test_patterns_that_are_none_are_refused_at_once(cli, repository):
    for option in ("--include=[a-", "--exclude=[a-", "--priority=[a-=9", "--set=batch_bytes=1e30"):
        refused = cli.run("ingest", repository, option)
        assert refused.returncode == 2, (option, refused.stderr)
        assert "Traceback" not in refused.stderr
    assert not (repository / ".snake-pipe").exists()
