"""What is refused in a clear line, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from testkit.command import unmeasured


def test_refused_patterns_leave_nothing_behind(cli, repository, tmp_path):
    refused = cli.run("ingest", repository, "-d", tmp_path / "ds", "--include", "!")
    assert refused.returncode == 2
    assert not (tmp_path / "ds").exists()


def test_unknown_variables_are_refused_with_the_nearest_name(cli, repository, tmp_path):
    refused = cli.run("ingest", repository, env=cli.environment | {"SNAKE_PIPE_WORKER_COUNTS": "1"})
    assert refused.returncode == 2
    assert "did you mean worker_count" in refused.stderr


def run_confined(cli, mounts, *arguments, cwd):
    """The command, after some mounts that nobody else sees.

    A folder is bound with what is mounted in it: without, the kernel refuses where there is such a mount.
    """
    confined = ["unshare", "--map-root-user", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "-"]
    environment = unmeasured(cli.environment)  # coverage's files could not be written
    settings = {"cwd": cwd, "env": environment, "capture_output": True, "text": True, "check": False}
    try:
        allowed = subprocess.run([*confined, "true"], **settings).returncode == 0
    except OSError:
        allowed = False
    if not allowed:
        pytest.skip("no namespace may be made here")
    return subprocess.run([*confined, *cli.command(*arguments)], timeout=100, **settings)


@pytest.mark.parametrize(
    ("mounts", "message", "hint"),
    [
        (
            "mount -t tmpfs -o ro none /dev/shm",
            "worker processes cannot share semaphores: Read-only file system",
            "--set executor=serial",
        ),
        (
            'for f in /tmp /var/tmp "$PWD"; do mount --rbind $f $f && mount -o remount,bind,ro $f; done',
            "there is no folder for temporary files",
            "TMPDIR",
        ),
    ],
    ids=["shared memory", "temporary files"],
)
def test_a_place_that_a_container_may_lack_is_told_of_in_a_line(cli, repository, mounts, message, hint):
    """They were tracebacks of Python's own libraries."""
    done = run_confined(cli, mounts, "ingest", ".", "-q", cwd=repository)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith(f"snake-pipe: {message} (")
    assert hint in done.stderr


@pytest.mark.parametrize("toml", ['[tool.snake-pipe]\npreset = ["a"]\n', '[tool]\nsnake-pipe = "x"\n'])
def test_settings_of_a_wrong_type_are_refused(cli, repository, toml):
    (repository / "pyproject.toml").write_text(toml)
    refused = cli.run("ingest", repository)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


OWN_FUNCTION = """
import asyncio, pathlib, sys
from snake_pipe import BatchConfig
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.batch_processor import create_optimal_batches, execute_parallel_batches

def measure(path):
    return path.stat().st_size

async def main():
    files = [DiscoveredFile.from_path(pathlib.Path(sys.argv[1]))]
    await execute_parallel_batches(await create_optimal_batches(files, BatchConfig()), 1, measure)

asyncio.run(main())
"""


def test_a_script_without_a_guard_is_told_so(cli, repository, tmp_path):
    """One whose own functions run in the workers, which import it for them."""
    script = tmp_path / "script.py"
    script.write_text(OWN_FUNCTION)
    done = subprocess.run(
        [sys.executable, str(script), str(repository / "m00.py")],
        env=cli.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode != 0
    assert '__name__ == "__main__"' in done.stderr


def test_a_read_only_place_is_refused(cli, repository, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    place = tmp_path / "ro"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(place)], check=False).returncode != 0:
        pytest.skip("cannot mount here")
    try:
        refused = cli.run("ingest", repository, "-d", place / "ds")
        assert refused.returncode == 2, refused.stderr
        assert "Traceback" not in refused.stderr
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_patterns_that_are_none_are_refused_at_once(cli, repository):
    for option in ("--include=[a-", "--exclude=[a-", "--priority=[a-=9", "--set=batch_bytes=1e30"):
        refused = cli.run("ingest", repository, option)
        assert refused.returncode == 2, (option, refused.stderr)
        assert "Traceback" not in refused.stderr
    assert not (repository / ".snake-pipe").exists()


@pytest.mark.parametrize("command", [("query", "SELECT 1"), ("doctor",), ("ingest",), ("report",)])
def test_a_folder_that_is_gone_is_one_line(cli, tmp_path, command):
    """Each command ended in a traceback where another terminal had removed its folder."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'rmdir "$PWD"; exec "$@"'
    done = subprocess.run(
        ["bash", "-c", script, "-", *cli.command(*command)],
        cwd=gone, env=cli.environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "snake-pipe: the current folder is no longer there\n  cd to one that is\n"
