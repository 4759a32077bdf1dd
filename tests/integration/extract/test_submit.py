"""The engine as a library that takes files one by one: real workers, a real dataset, a real full disk."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import snake_pipe
from snake_pipe.errors import ConfigError, EngineStateError, UsageError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.extract.commit import compaction
from snake_pipe.observe.events import BatchFinished, Notice, SettingChanged
from snake_pipe.utils.journal import read_journal

QUICK = BatchConfig(worker_count=2, max_latency=0.1, flush_interval=0.3, breaker_reset_seconds=0.5)


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "repo"
    root.mkdir()
    for index in range(40):
        (root / f"m{index:02}.py").write_text(f"def f{index}(x):\n    return g{index}(x) + {index}\n")
    return root


def paths_in(dataset, where="true"):
    with snake_pipe.connect(dataset) as connection:
        return [
            path
            for (path,) in connection.execute(
                f"SELECT path FROM files WHERE {where} ORDER BY path"
            ).fetchall()
        ]


def test_each_file_gets_its_result_and_all_become_rows(repository):
    (repository / "bad.py").write_text("def (:\n")
    (repository / "notes.txt").write_text("nothing\n")

    async def go():
        async with BatchProcessingEngine(QUICK, root=repository) as engine:
            first = await engine.submit("m00.py", priority=9)
            others = await asyncio.gather(*map(engine.submit, sorted(repository.glob("m*.py"))[1:]))
            odd = [await engine.submit(name) for name in ("bad.py", "notes.txt", "gone.py")]
            with pytest.raises(UsageError, match="priority 11"):
                engine.submit("m00.py", priority=11)
            return first, others, odd

    first, others, odd = asyncio.run(go())
    assert (first.path, first.status, first.value["symbol_count"]) == ("m00.py", "ok", 1)
    assert [result.path for result in others] == [f"m{i:02}.py" for i in range(1, 40)]
    assert {result.status for result in others} == {"ok"}
    assert [(result.status, result.error) for result in odd] == [
        ("partial", "syntax_error"),
        ("skipped", "unrecognised"),
        ("failed", "not_found: no such file"),
    ]
    assert len(paths_in(repository / ".snake-pipe")) == 41


def test_the_journal_of_a_long_run_keeps_only_what_a_resume_needs(repository, monkeypatch):
    monkeypatch.setattr(compaction, "SMALLEST", 3000)
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

    journal, sizes = asyncio.run(go())
    assert max(sizes) < 8000
    assert any(later < size for size, later in pairwise(sizes))
    assert len(paths_in(dataset)) == 40
    records = read_journal(journal)[0]
    assert [record["type"] for record in records if record["type"] in ("start", "end")] == ["start", "end"]
    result = snake_pipe.resume(journal.parent.name, dataset)
    assert (result.status, result.statistics.files_done) == ("done", 0)


def test_flush_now_makes_all_visible_that_was_submitted_before(repository):
    async def go():
        slow = BatchConfig(worker_count=2, max_latency=600, flush_interval=600)
        async with BatchProcessingEngine(slow, root=repository) as engine:
            futures = [engine.submit(path) for path in repository.glob("*.py")]
            await engine.flush_now()
            assert all(future.done() for future in futures)
            return len(paths_in(repository / ".snake-pipe"))

    assert asyncio.run(go()) == 40


def test_wrong_order_of_calls_is_a_clear_error(repository):
    async def go():
        engine = BatchProcessingEngine(QUICK, root=repository)
        with pytest.raises(EngineStateError, match="not started"):
            engine.submit("m00.py")
        with pytest.raises(EngineStateError, match="not started"):
            await engine.shutdown()
        await engine.start()
        with pytest.raises(EngineStateError, match="started before"):
            await engine.start()
        result = await engine.shutdown()
        with pytest.raises(EngineStateError, match="shut down"):
            engine.submit("m00.py")
        with pytest.raises(EngineStateError, match="shut down"):
            await engine.flush_now()
        with pytest.raises(EngineStateError, match="started before"):
            await engine.start()
        return result

    assert asyncio.run(go()).status == "done"


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
            await asyncio.sleep(0.5)
            assert len(batches) == begun
            assert not any(future.done() for future in waiting)
            await engine.unpause()
            results = await asyncio.gather(*waiting)
            await engine.pause()
            last = engine.submit("m39.py")
        return results, await last  # a shutdown does not leave behind what was submitted

    results, last = asyncio.run(go())
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
            await asyncio.sleep(0.3)
            await engine.unpause()
        return order

    order = asyncio.run(go())
    # The first one or two were handed over before the others came.
    assert sorted(order[2:], reverse=True) == order[2:], order


def test_what_is_cancelled_while_it_waits_is_a_row_and_is_read_another_time(repository):
    async def go():
        async with BatchProcessingEngine(QUICK, root=repository) as engine:
            await engine.submit("m00.py")
            await engine.pause()
            futures = {i: engine.submit(f"m{i:02}.py") for i in range(10, 40)}
            await asyncio.sleep(0.2)
            await engine.cancel(lambda file: file.path.startswith("m3"))
            await engine.unpause()
            return {i: await future for i, future in futures.items()}

    results = asyncio.run(go())
    dataset = repository / ".snake-pipe"
    assert {i for i, result in results.items() if result.value["reason"] == "cancelled"} == {*range(30, 40)}
    assert paths_in(dataset, "reason = 'cancelled' AND status = 'skipped'") == [
        f"m{i}.py" for i in range(30, 40)
    ]
    assert snake_pipe.ingest(repository).status == "done"
    assert paths_in(dataset, "reason = 'cancelled'") == []
    assert len(paths_in(dataset, "status = 'ok'")) == 40


def test_settings_change_while_it_runs_and_the_change_is_recorded(repository):
    changes = []

    async def go():
        engine = BatchProcessingEngine(
            BatchConfig(worker_count=1, max_latency=600, flush_interval=600),
            root=repository,
            listener=lambda e: changes.append(e) if isinstance(e, SettingChanged) else None,
        )
        async with engine:
            waiting = engine.submit("m00.py")
            await asyncio.sleep(0.3)
            assert not waiting.done()
            for wrong in ({"max_latency": 0}, {"nonsense": 1}, {"worker_count": 3}):
                with pytest.raises(ConfigError):
                    await engine.update_config(**wrong)
            config = await engine.update_config(max_latency="50ms", batch_size=7)
            assert (config.max_latency, config.batch_size) == (0.05, 7)
            await asyncio.wait_for(waiting, 20)
            return (await engine.get_processing_statistics()).changes

    recorded = asyncio.run(go())
    assert [(c.name, c.old, c.new) for c in changes] == [
        ("max_latency", 600, 0.05),
        ("batch_size", 200, 7),
    ]
    assert [(c["name"], c["old"], c["new"]) for c in recorded] == [(c.name, c.old, c.new) for c in changes]
    assert all(abs(c.time - time.time()) < 60 for c in changes)


def test_a_background_that_dies_is_told_to_everybody(repository, tmp_path):
    async def go():
        dataset = tmp_path / "ds"
        engine = BatchProcessingEngine(replace(QUICK, timeout_seconds=1.0), root=repository, dataset=dataset)
        await engine.start()
        await engine.submit("m00.py")
        await engine.pause()
        waiting = engine.submit("m01.py")
        await asyncio.sleep(0.2)
        dataset.rename(tmp_path / "elsewhere")
        await engine.unpause()
        with pytest.raises(EngineStateError, match="before this file was done"):
            await asyncio.wait_for(waiting, 30)
        with pytest.raises(EngineStateError, match="the engine ended"):
            engine.submit("m02.py")
        with pytest.raises(snake_pipe.errors.SnakePipeError):
            await engine.shutdown()

    asyncio.run(go())


KILLED = """
import asyncio, sys
from pathlib import Path
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine

async def go(root):
    config = BatchConfig(worker_count=2, max_latency=0.1, flush_interval=600)
    async with BatchProcessingEngine(config, root=Path(root)) as engine:
        await asyncio.gather(*(engine.submit(f"m{i:02}.py") for i in range(10)))
        await engine.flush_now()
        await engine.pause()
        for i in range(10, 40):
            engine.submit(f"m{i:02}.py", priority=i % 11)
        await asyncio.sleep(0.5)
        print(engine._job.job_id, flush=True)
        await asyncio.sleep(600)

if __name__ == "__main__":
    asyncio.run(go(sys.argv[1]))
"""


def test_what_was_submitted_survives_a_kill(repository, tmp_path, cli):
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    process = subprocess.Popen(
        [sys.executable, str(script), str(repository)], stdout=subprocess.PIPE, text=True, env=cli.environment
    )
    with process:
        assert process.stdout is not None
        job_id = process.stdout.readline().strip()
        process.send_signal(signal.SIGKILL)
    dataset = repository / ".snake-pipe"
    assert len(paths_in(dataset)) == 10
    resumed = cli.run("resume", job_id, "-d", dataset)
    assert resumed.returncode == 0, resumed.stderr
    assert paths_in(dataset, "status = 'ok'") == [f"m{i:02}.py" for i in range(40)]
    again = cli.run("resume", job_id, "-d", dataset)
    assert again.returncode == 0
    with snake_pipe.connect(dataset) as connection:
        assert connection.execute("SELECT count(*) FROM files_history").fetchall() == [(40,)]


@pytest.mark.root
def test_a_live_engine_waits_for_room_on_a_full_disk(repository, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4096k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("cannot mount here")
    notices = []

    async def go():
        engine = BatchProcessingEngine(
            QUICK,
            root=repository,
            dataset=disk / "ds",
            listener=lambda e: notices.append(e.message) if isinstance(e, Notice) else None,
        )
        async with engine:
            await engine.submit("m00.py")
            await engine.flush_now()
            await engine.pause()
            futures = [engine.submit(path) for path in sorted(repository.glob("*.py"))[1:]]
            await asyncio.sleep(0.3)
            with pytest.raises(OSError, match="No space left"):
                (disk / "filler").write_bytes(bytes(5 << 20))
            await engine.unpause()
            statistics = await engine.get_processing_statistics()
            async with asyncio.timeout(30):
                while statistics.breakers.get("sink") != "open":
                    await asyncio.sleep(0.05)
            assert not any(future.done() for future in futures)
            (disk / "filler").unlink()
            return await asyncio.wait_for(asyncio.gather(*futures), 60)

    try:
        results = asyncio.run(go())
        assert {result.status for result in results} == {"ok"}
        assert len(paths_in(disk / "ds", "status = 'ok'")) == 40
        states = [text.rpartition(" ")[2] for text in notices if "circuit breaker" in text]
        assert states[0] == "open"
        assert states[-1] == "closed"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_paths_may_be_absolute_and_pathlike(repository):
    async def go():
        async with BatchProcessingEngine(QUICK, root=repository) as engine:
            return [
                await engine.submit(path)
                for path in (repository / "m01.py", str(repository / "m02.py"), Path("m03.py"))
            ]

    assert [result.path for result in asyncio.run(go())] == ["m01.py", "m02.py", "m03.py"]
