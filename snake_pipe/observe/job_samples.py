"""How a job went over time: a point every second, in a file that stays small however long the job runs.

`samples.jsonl` in the job's folder has one JSON object a line. When it has `_MOST` of them, every second one
is dropped, and from then on the time between two is doubled. A resumed job goes on in the same file.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import orjson

from snake_pipe.observe.events import Progress

if TYPE_CHECKING:
    from snake_pipe.observe.events import Event
    from snake_pipe.observe.status import JobStatus
    from snake_pipe.storage.storage import Storage

SAMPLES_FILE = "samples.jsonl"
_MOST = 1200
_MOST_BYTES = 1 << 20
"""More than `_MOST` lines ever have; what is larger was not written here."""

_FIRST_INTERVAL = 1.0
"""Seconds between two points at first."""


class JobSamples:
    """A listener that notes how a job stands whenever the next point is due.

    What cannot be written is dropped: the disk may be full, and a job is worth more than its chart.
    """

    def __init__(self, folder: Storage) -> None:
        self._folder = folder
        self._samples = read_samples(folder)
        self._interval = max(_FIRST_INTERVAL, folder.look_seconds)
        self._due = 0.0

    def __call__(self, event: Event) -> None:
        """Note a point at a job's progress, if the last one is old enough."""
        if isinstance(event, Progress) and time.monotonic() >= self._due:
            self.add(event.status)

    def add(self, status: JobStatus) -> None:
        """Note how the job stands now; nothing of one that did not run, such as one that was done before."""
        if not status.statistics.elapsed:
            return
        self._due = time.monotonic() + self._interval
        self._samples.append(_sample(status))
        if len(self._samples) >= _MOST:
            self._samples = self._samples[-1::-2][::-1]  # with the newest one
            self._interval *= 2
        with contextlib.suppress(OSError):
            self._folder.show(SAMPLES_FILE, b"".join(orjson.dumps(each) + b"\n" for each in self._samples))


def read_samples(folder: Storage) -> list[dict[str, Any]]:
    """The points of a job, oldest first; none where there is no such file, and none for a line cut off."""
    try:
        with folder.open(SAMPLES_FILE) as file:
            lines = file.read(_MOST_BYTES).splitlines()
    except OSError:
        return []
    samples = []
    for line in lines[-_MOST:]:
        with contextlib.suppress(orjson.JSONDecodeError):
            sample = orjson.loads(line)
            if isinstance(sample, dict) and all(_is_number(sample.get(name)) for name in _NAMES):
                samples.append({name: sample[name] for name in _NAMES})
    return samples


def _sample(status: JobStatus) -> dict[str, float]:
    statistics = status.statistics
    figures = (
        round(time.time(), 3),
        status.memory_now,
        status.memory_limit,
        status.busy_workers,
        statistics.files_done,
        statistics.bytes_done,
        statistics.files_queued,
    )
    return dict(zip(_NAMES, figures, strict=True))


_NAMES = ("time", "memory", "memory_limit", "busy_workers", "files_done", "bytes_done", "files_queued")
"""`time` is in seconds since 1970, memory in bytes of all processes, what is done since the run began."""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
