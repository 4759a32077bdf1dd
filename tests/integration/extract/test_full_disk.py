"""A disk that is full, for real: a small tmpfs."""

from __future__ import annotations

import asyncio
import os
import subprocess

import pytest

from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.observe.events import Notice, Rescan
from testkit.engines import within
from testkit.repositories import python_files
from testkit.tables import paths
from testkit.waiting import until

pytestmark = pytest.mark.root


@pytest.fixture
def small_disk(tmp_path):
    """A function that mounts a tmpfs of some kB and can grow it later; unmounted at the end."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")

    def mount(kilobytes, *, again=False):
        options = f"{'remount,' if again else ''}size={kilobytes}k"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip(f"cannot mount here: {done.stderr.strip()}")
        return folder

    yield mount
    subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.95])
def test_a_full_disk_ends_with_1_and_resumes_after_room_was_made(
    cli, python_sources, small_disk, differences, undisturbed, share
):
    """The disk has room for a share of what the dataset takes."""
    needed = sum(path.stat().st_size for path in undisturbed.rglob("*") if path.is_file())
    disk = small_disk(int(share * needed / 1024))
    dataset = disk / "ds"
    first = cli.run(
        "ingest", python_sources, "-d", dataset, "--workers", "2", "--flush-interval", "0.2",
        "--set", "batch_size=20", "--set", "target_seconds=0.2",
    )  # fmt: skip
    assert first.returncode == 1, first.stderr
    assert "Traceback" not in first.stderr
    assert "No space left" in first.stderr
    still_full = cli.run_alone("resume", "--last", "-d", dataset)
    assert still_full.returncode in (1, 2)
    assert "Traceback" not in still_full.stderr
    small_disk(100_000, again=True)
    resumed = cli.run("resume", "--last", "-d", dataset)
    assert resumed.returncode == 0, resumed.stderr
    assert differences(undisturbed, dataset) == {}


def test_no_room_even_for_an_empty_dataset(cli, python_sources, small_disk):
    disk = small_disk(8)
    refused = cli.run_alone("ingest", python_sources, "-d", disk / "ds")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    small_disk(100_000, again=True)
    assert cli.run("ingest", python_sources, "-d", disk / "ds", "-q").returncode == 0


def test_a_watch_that_walks_again_waits_for_room(tmp_path, small_disk):
    """The commit that is made before each walk ended the job, where any other waits for room."""
    pytest.importorskip("watchfiles")
    root, disk = python_files(tmp_path / "repo", 2), small_disk(4096)
    dataset, events = disk / "ds", []

    async def go():
        engine = BatchProcessingEngine(listener=events.append)
        asked = BatchConfig(
            executor="serial", max_latency=0.05, flush_interval=3600.0, breaker_reset_seconds=0.2
        )
        request = IngestRequest(roots=(str(root),), dataset=str(dataset))
        task = asyncio.create_task(engine.watch(request, asked))
        await until(lambda: engine.status.statistics.files_done == 2)
        await engine.flush_now()
        with pytest.raises(OSError, match="No space left"):
            (disk / "filler").write_bytes(bytes(5 << 20))
        (root / "m00.py").unlink()
        (root / ".gitignore").write_text("build/\n")
        await until(lambda: task.done() or any(isinstance(e, Notice) and e.code == "storage" for e in events))
        assert not task.done(), task
        assert any(isinstance(event, Rescan) for event in events)
        (disk / "filler").unlink()
        await engine.update_config(flush_interval=0.05)
        (root / "new.py").write_text("a = 1\n")
        await until(lambda: task.done() or paths(dataset) == ["m01.py", "new.py"])
        engine.stop("enough")
        return await task

    assert within(go()).status == "done"
