"""Figures of a running job, made again as it commits, for a page that is open meanwhile."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from snake_pipe.errors import SnakePipeError
from snake_pipe.report.figures import collect_figures, collect_run
from snake_pipe.report.job_figures import job_state
from snake_pipe.report.page import page, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from snake_pipe.report.job_figures import JobAtHand
    from snake_pipe.storage.storage import Storage

_LOOK_EVERY = 1.0
_REST = 4
"""The tables are left alone for so many times as long as it took to ask them: the job needs the machine."""

_LAST_LOOK = 5.0
"""Seconds in which an open page can fetch the last figures after the job's end; it asks every 1.5 seconds."""


class LiveFigures:
    """`refresh` runs in one thread until the job has ended; the others answer, in threads of a server.

    The run's figures are few, and new with nearly each commit; those of the repository take longer.
    """

    def __init__(self, dataset: Storage, look: Callable[[], JobAtHand]) -> None:
        """`look` gives the job as it is now."""
        self._dataset = dataset
        self._look = look
        self._lock = threading.Lock()
        self._is_asked = False
        self._last_sent = threading.Event()
        self._job = look()
        self._figures = collect_figures(dataset, self._job)
        self._encoded = to_json(self._figures)
        self._run: dict[str, Any] = self._figures["job"]
        self._version = 1
        self._problem = ""
        self._all, self._some = _Turn(self._job), _Turn(self._job)

    def document(self) -> bytes:
        """The page with the newest figures."""
        with self._lock:
            self._is_asked = True
            figures, version = self._figures, self._version
        return page(figures, live=version)

    def newer(self, query: str) -> tuple[bytes, bool]:
        """The run's figures, and all that are newer than `have` in the query; whether they are the last."""
        have = parse_qs(query).get("have", [""])[0]
        with self._lock:
            job, run, version, problem = self._job, self._run, self._version, self._problem
            figures = b"null" if have == str(version) else self._encoded
        is_last = not job.runs
        state = {"version": version, "ended": is_last, "problem": problem, "job": run | job_state(job)}
        return to_json(state)[:-1] + b',"figures":' + figures + b"}", is_last

    def note_last_sent(self) -> None:
        """The last figures have reached a page."""
        self._last_sent.set()

    def refresh(self) -> None:
        """Until the job has ended, and an open page has its last figures."""
        while self._job.runs:
            time.sleep(_LOOK_EVERY)
            job = self._look()
            if not job.runs or self._all.has_come(job):
                self._collect(job)
            elif self._some.has_come(job):
                self._collect_run(job)
            with self._lock:
                self._job = job
        if self._is_asked:
            self._last_sent.wait(_LAST_LOOK)

    def _collect(self, job: JobAtHand) -> None:
        with self._telling_problems(), self._all.taken(job), self._some.taken(job):
            figures = collect_figures(self._dataset, job)
            encoded = to_json(figures)
            with self._lock:
                self._figures, self._encoded, self._run = figures, encoded, figures["job"]
                self._version += 1

    def _collect_run(self, job: JobAtHand) -> None:
        with self._telling_problems(), self._some.taken(job):
            run = collect_run(self._dataset, job)
            with self._lock:
                self._run = run

    @contextmanager
    def _telling_problems(self) -> Iterator[None]:
        """What cannot be read now, such as parts that were just replaced, is told, and asked again."""
        problem = ""
        try:
            yield
        except SnakePipeError as error:
            problem = error.message
        with self._lock:
            self._problem = problem


class _Turn:
    """When figures are to be made again: after a commit, and not before the tables have had their rest."""

    def __init__(self, job: JobAtHand) -> None:
        self._commits = job.figures.get("flushes")
        self._due = 0.0

    def has_come(self, job: JobAtHand) -> bool:
        return time.monotonic() >= self._due and job.figures.get("flushes") != self._commits

    @contextmanager
    def taken(self, job: JobAtHand) -> Iterator[None]:
        """The block asks the tables; where it fails the turn is not taken."""
        started = time.monotonic()
        yield
        now = time.monotonic()
        self._due = now + _REST * (now - started)
        self._commits = job.figures.get("flushes")
