"""Sees from outside what workers have in hand, and ends those that are beyond their time or their memory."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

import psutil

from snake_pipe.extract.worker.slot import read_slots

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import FileBatch


class WorkerWatch:
    """Reads the slots that workers keep in a folder; None where the work is done in this very process.

    `in_flight` is always the numbers of the batches that count.
    """

    def __init__(self, slots: Path | None) -> None:
        self._slots = slots
        self._began: dict[int, float] = {}
        self._last_sign = time.monotonic()
        self._too_large: set[int] = set()

    def note_sign(self, batch_id: int | None = None) -> None:
        """Something goes on: a batch has ended, work is put off on purpose."""
        self._last_sign = time.monotonic()
        if batch_id is not None:
            self._began.pop(batch_id, None)

    def busy(self, in_flight: Mapping[int, FileBatch]) -> int:
        """Workers that have a file in hand."""
        if self._slots is None:
            return min(1, len(in_flight))
        return sum(slot.batch_id in in_flight for slot in read_slots(self._slots))

    def in_hand(self, batch: FileBatch) -> int | None:
        """Which file of the batch its worker had in hand last; None if none had begun it."""
        if self._slots is None:
            return None
        for slot in read_slots(self._slots):
            if slot.batch_id == batch.batch_id and slot.index < len(batch):
                return slot.index
        return None

    def has_begun_any(self) -> bool:
        """Whether a worker has a file in hand, or had when it died."""
        return self._slots is not None and bool(read_slots(self._slots))

    def was_too_large(self, batch_id: int) -> bool:
        """Whether the batch's worker was ended for its memory."""
        return batch_id in self._too_large

    def end_overdue(self, in_flight: Mapping[int, FileBatch], config: BatchConfig) -> None:
        """End workers that are beyond a time limit.

        A file that takes longer than its time is ended by an alarm in its worker; this is for stopped
        workers, which no alarm reaches, for batches beyond `timeout_seconds`, and for pools that give no
        sign of life for so long.
        """
        if self._slots is None or not in_flight:
            return
        now = time.monotonic()
        for slot in read_slots(self._slots):
            if slot.batch_id not in in_flight:
                continue
            self._last_sign = max(self._last_sign, slot.since)
            began = self._began.setdefault(slot.batch_id, slot.since)
            if now - slot.since > config.alarm_seconds + 1.0 or now - began > config.timeout_seconds:
                _kill(slot.pid)
        if now - self._last_sign > config.timeout_seconds + config.file_timeout_seconds:
            self._last_sign = now
            self.end_all()

    def end_largest(self, in_flight: Mapping[int, FileBatch], memory: Mapping[int, int]) -> None:
        """End the worker that holds the most memory; `memory` is bytes by process id."""
        if self._slots is None:
            return
        pids = {s.pid: s.batch_id for s in read_slots(self._slots) if s.batch_id in in_flight}
        if pids:
            largest = max(pids, key=lambda pid: memory.get(pid, 0))
            self._too_large.add(pids[largest])
            _kill(largest)

    def end_all(self) -> None:
        """End every worker there is; each has a slot, also while it is idle."""
        if self._slots is not None:
            for path in self._slots.glob("*.slot"):
                _kill(int(path.stem))


def _kill(pid: int) -> None:
    """SIGKILL a process, if it is below this one; a process id may have gone to somebody else meanwhile."""
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        if any(parent.pid == os.getpid() for parent in psutil.Process(pid).parents()):
            os.kill(pid, signal.SIGKILL)
