"""Figures of a running job, made again as it commits, for a page that is open meanwhile."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson

from snake_pipe.errors import SnakePipeError
from snake_pipe.report.figures import collect_figures
from snake_pipe.report.job_figures import job_state
from snake_pipe.report.page import page, to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from snake_pipe.report.job_figures import JobAtHand

_LOOK_EVERY = 1.0
_REST = 4
"""The tables are left alone for so many times as long as it took to ask them: the job needs the machine."""

_LAST_LOOK = 5.0
"""Seconds in which an open page can fetch the last figures after the job's end; it asks every 1.5 seconds."""


class LiveFigures:
    """`refresh` runs in one thread until the job has ended; `document` and `newer` answer in others."""

    def __init__(self, dataset: Path, look: Callable[[], JobAtHand]) -> None:
        """`look` gives the job as it is now."""
        self._dataset = dataset
        self._look = look
        self._lock = threading.Lock()
        self._last_look = threading.Event()
        self._asked = False
        self._version = 0
        self._problem = ""
        self._job = look()
        self._seen = _commits(self._job)
        self._figures: dict[str, Any] = {}
        self._collect(self._job)
        self._encoded = to_json(self._figures)

    def document(self) -> bytes:
        """The page with the newest figures."""
        with self._lock:
            self._asked = True
            figures, version = self._figures, self._version
        return page(figures, self._dataset.parent.name, live=version)

    def newer(self, query: str) -> bytes:
        """The job's state, and all figures if they are newer than `have` in the query."""
        have = parse_qs(query).get("have", [""])[0]
        with self._lock:
            ended = not self._job.runs
            job, problem, version = self._job, self._problem, self._version
            figures = b"null" if have == str(version) else self._encoded
        state = {"version": version, "ended": ended, "problem": problem, "job": job_state(job)}
        if ended:
            self._last_look.set()
        return orjson.dumps(state)[:-1] + b',"figures":' + figures + b"}"

    def refresh(self) -> None:
        """Until the job has ended, and an open page has its last figures."""
        due = time.monotonic() + _LOOK_EVERY
        while self._job.runs:
            time.sleep(_LOOK_EVERY)
            job = self._look()
            started = time.monotonic()
            if not job.runs or (started >= due and _commits(job) != self._seen):
                self._collect(job)
                due = time.monotonic() + _REST * (time.monotonic() - started)
            with self._lock:
                self._job = job
        if self._asked:
            self._last_look.wait(_LAST_LOOK)

    def _collect(self, job: JobAtHand) -> None:
        """Ask the tables; what cannot be read now, such as parts that were just replaced, is asked again."""
        try:
            figures = collect_figures(self._dataset, job)
        except SnakePipeError as error:
            if not self._version:
                raise
            with self._lock:
                self._problem = error.message
            return
        encoded = to_json(figures)
        with self._lock:
            self._figures, self._encoded, self._problem = figures, encoded, ""
            self._version += 1
            self._seen = _commits(job)


def _commits(job: JobAtHand) -> object:
    return job.figures.get("flushes")
