"""A job's `log.jsonl`: one JSON object a line, bounded in size."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import asdict
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING

from snake_pipe.observe.events import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.observe.events import Event

_MOST_BYTES = 16 * 1024 * 1024


def _give_up(record: logging.LogRecord) -> None:
    """Drop a line that could not be written."""


class JobLog:
    """A listener that writes every event but progress to a file of at most 2 × 16 MiB.

    A log that cannot be written is given up silently: the disk may be full, and the job's own end says so.
    """

    def __init__(self, path: Path) -> None:
        from pythonjsonlogger.json import JsonFormatter

        with contextlib.suppress(OSError):
            path.touch(mode=0o600)
        self._handler = RotatingFileHandler(
            path, maxBytes=_MOST_BYTES, backupCount=1, encoding="utf-8", delay=True
        )
        self._handler.setFormatter(JsonFormatter("{asctime}{levelname}{message}", style="{"))
        self._handler.handleError = _give_up  # type: ignore[method-assign]
        # A logger of its own, outside the tree: nobody else's handlers see a job's events twice.
        self._logger = logging.Logger("snake_pipe.job", logging.INFO)  # noqa: LOG001
        self._logger.addHandler(self._handler)

    def __call__(self, event: Event) -> None:
        """Write one event."""
        if not isinstance(event, Progress):
            self._logger.info({"event": type(event).__name__, **asdict(event)})

    def close(self) -> None:
        """Close the file; what a full disk then refuses of it is lost."""
        with contextlib.suppress(OSError):
            self._handler.close()
