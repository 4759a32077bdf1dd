"""What the tables tell of each worker's time."""

from __future__ import annotations

import itertools
import os
import socket
import time
from typing import TYPE_CHECKING

import snake_pipe

if TYPE_CHECKING:
    from pathlib import Path

CLOCKS = 0.01
"""Seconds that two clocks may differ over a batch."""


def test_each_batch_tells_its_worker_and_when_it_began(repository: Path, tmp_path: Path) -> None:
    """Without them nobody could see from the tables what each worker did when."""
    before = time.time()
    result = snake_pipe.ingest(repository, dataset=tmp_path / "ds", worker_count=2, queue_sizes=("python=5",))
    with snake_pipe.connect(result.dataset) as connection:
        batches = connection.execute(
            "SELECT worker, epoch_ms(started_at) / 1000, duration_ms / 1000 FROM batches ORDER BY ALL"
        ).fetchall()
    assert len(batches) >= 8
    for worker, started, duration in batches:
        assert worker not in (None, f"{socket.gethostname()}:{os.getpid()}")
        assert before - CLOCKS <= started <= started + duration <= time.time() + CLOCKS
    for (worker, start, duration), (next_worker, next_start, _) in itertools.pairwise(batches):
        assert worker != next_worker or start + duration <= next_start + CLOCKS
