"""A job's `log.jsonl`: one JSON object a line, bounded in size."""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import asdict
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING

from snake_pipe.observe.events import Progress

if TYPE_CHECKING:
    from io import TextIOWrapper
    from pathlib import Path

    from snake_pipe.observe.events import Event


def _only_for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _OwnFiles(RotatingFileHandler):
    """Files that nobody else may read, also those after the first."""

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", opener=_only_for_its_owner)


def _give_up(record: logging.LogRecord) -> None:
    """Drop a line that could not be written."""


class JobLog:
    """A listener that writes every event but progress, to `files` files of at most `most_bytes` each.

    The newest is `path`, those before it have `.1` and so on at their ends; the oldest goes.

    A log that cannot be written is given up silently: the disk may be full, and the job's own end says so.
    """

    def __init__(self, path: Path, *, most_bytes: int, files: int) -> None:
        from pythonjsonlogger.json import JsonFormatter

        self._handler = _OwnFiles(
            path, maxBytes=most_bytes, backupCount=files - 1, encoding="utf-8", delay=True
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
