"""A job's log on a disk that refuses."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from snake_pipe.observe.events import Notice, Progress
from snake_pipe.observe.job_log import JobLog


def test_each_event_but_progress_is_a_line(tmp_path):
    log = JobLog(tmp_path / "log.jsonl")
    log(Notice("memory", "much"))
    log(Progress(None))
    log.close()
    (line,) = (tmp_path / "log.jsonl").read_bytes().splitlines()
    assert orjson.loads(line).items() >= {"event": "Notice", "code": "memory", "message": "much"}.items()
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_full_disk_costs_the_log_and_not_the_job():
    """Closing the log flushes it once more, which ended a resumed job with a traceback."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    log = JobLog(full)
    log(Notice("memory", "much"))
    log.close()
