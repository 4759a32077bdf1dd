"""How an engine that takes files one by one ends, by a stop, a defect or a kill; a full disk it outlives."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

import snake_pipe
from snake_pipe.errors import EngineStateError
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.observe.events import BatchFinished, Notice
from testkit.engines import QUICK, taken_in, within
from testkit.tables import paths
from testkit.waiting import until


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

    within(go())


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

    assert within(go()).status == "done"


def test_a_second_stop_leaves_the_rest_to_a_resume(repository):
    async def go():
        one_by_one = replace(QUICK, max_concurrent_batches=1, batch_size=1, max_batch_size=1)
        engine = BatchProcessingEngine(one_by_one, root=repository)
        await engine.start()
        await engine.submit("m00.py")
        await engine.pause()
        futures = [engine.submit(path) for path in repository.glob("*.py")]
        await taken_in(engine, 2)
        engine.stop("first")
        engine.stop("second")
        result = await engine.shutdown()
        with pytest.raises(EngineStateError):
            await asyncio.gather(*futures)
        return result

    result = within(go())
    assert (result.status, result.message) == ("stopped", "second")


def test_a_background_that_dies_is_told_to_everybody(repository, tmp_path):
    async def go():
        dataset = tmp_path / "ds"
        engine = BatchProcessingEngine(replace(QUICK, timeout_seconds=1.0), root=repository, dataset=dataset)
        await engine.start()
        await engine.submit("m00.py")
        await engine.pause()
        waiting = engine.submit("m01.py")
        await taken_in(engine, 2)
        dataset.rename(tmp_path / "elsewhere")
        await engine.unpause()
        with pytest.raises(EngineStateError, match="before this file was done"):
            await waiting
        with pytest.raises(EngineStateError, match="the engine ended"):
            engine.submit("m02.py")
        with pytest.raises(snake_pipe.errors.SnakePipeError):
            await engine.shutdown()

    within(go())


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
        while (await engine.get_processing_statistics()).files_offered < 40:
            await asyncio.sleep(0.01)
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
    assert len(paths(dataset)) == 10
    resumed = cli.run("resume", job_id, "-d", dataset)
    assert resumed.returncode == 0, resumed.stderr
    assert paths(dataset, "status = 'ok'") == [f"m{i:02}.py" for i in range(40)]
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
            await taken_in(engine, 40)
            with pytest.raises(OSError, match="No space left"):
                (disk / "filler").write_bytes(bytes(5 << 20))
            await engine.unpause()
            await until(lambda: engine.status.breakers.get("storage") == "open")
            assert not any(future.done() for future in futures)
            (disk / "filler").unlink()
            return await asyncio.gather(*futures)

    try:
        results = within(go())
        assert {result.status for result in results} == {"ok"}
        assert len(paths(disk / "ds", "status = 'ok'")) == 40
        states = [text.rpartition(" ")[2] for text in notices if "circuit breaker" in text]
        assert states[0] == "open"
        assert states[-1] == "closed"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
