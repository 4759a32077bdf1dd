"""A job's log on a disk that refuses."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from snake_pipe.observe.events import Notice, Progress
from snake_pipe.observe.job_log import JobLog


def test_each_event_but_progress_is_a_line(tmp_path):
    log = JobLog(tmp_path / "log.jsonl", most_bytes=4096, files=2)
    log(Notice("memory", "much"))
    log(Progress(None))
    log.close()
    (line,) = (tmp_path / "log.jsonl").read_bytes().splitlines()
    assert orjson.loads(line).items() >= {"event": "Notice", "code": "memory", "message": "much"}.items()
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_log_is_so_many_files_of_so_many_bytes(tmp_path):
    """A watch may run for months. Files after the first could be read by everybody who could reach them."""
    log = JobLog(tmp_path / "log.jsonl", most_bytes=4096, files=3)
    for number in range(200):
        log(Notice("memory", f"{number:0200}"))
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == ["log.jsonl", "log.jsonl.1", "log.jsonl.2"]
    for path in files:
        assert path.stat().st_size <= 4096
        assert path.stat().st_mode & 0o777 == 0o600
    assert orjson.loads(files[0].read_bytes().splitlines()[-1])["message"] == f"{199:0200}"


def test_a_full_disk_costs_the_log_and_not_the_job():
    """Closing the log flushes it once more, which ended a resumed job with a traceback."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    log = JobLog(full, most_bytes=4096, files=2)
    log(Notice("memory", "much"))
    log.close()
