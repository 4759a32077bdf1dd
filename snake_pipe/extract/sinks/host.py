"""The process that a sink lives in: a flush comes, an answer goes.

A sink that hangs, crashes or takes all memory does so here, and reads the rows from disk by itself: no row
passes through the coordinator.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from snake_pipe.errors import SnakePipeError
from snake_pipe.executors.parent_watch import end_with_parent
from snake_pipe.plugins.sinks import SnapshotNeededError, load_sink, split_sink

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from snake_pipe.plugins.sinks import Sink

Answer = tuple[Literal["reading", "done", "failed", "lacking"], str]
"""What goes back: a sign of life, the end of a flush, or in words why it has none: it failed, or the sink
lacks what came before."""

SIGNS_EVERY = 1.0
"""Seconds between two signs of life, at least."""


def host_sink(connection: Connection, text: str) -> None:
    """Make the sink that a setting names and give it what comes, until nothing more comes."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides what Ctrl-C means
    os.dup2(2, 1)  # stdout is for the data of the command
    sink: Sink | None = None
    with suppress(EOFError, OSError):
        while (flush := connection.recv()) is not None:
            try:
                if sink is None:
                    sink = _open(text)
                sink.write(replace(flush, on_read=_sign_of_life(connection)))
            except SnapshotNeededError as error:
                connection.send(("lacking", _in_words(error)))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - of somebody else's code
                connection.send(("failed", _in_words(error)))
            else:
                connection.send(("done", ""))
        connection.send(_close(sink))


def _open(text: str) -> Sink:
    return load_sink(text)(split_sink(text)[1])


def _close(sink: Sink | None) -> Answer:
    try:
        if sink is not None:
            sink.close()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - of somebody else's code
        return "failed", _in_words(error)
    return "done", ""


def _sign_of_life(connection: Connection) -> Callable[[], None]:
    last = time.monotonic()

    def tell() -> None:
        nonlocal last
        if time.monotonic() - last >= SIGNS_EVERY:
            last = time.monotonic()
            connection.send(("reading", ""))

    return tell


def _in_words(error: BaseException) -> str:
    if isinstance(error, SnakePipeError):
        return str(error)
    lines = f"{type(error).__name__}: {error}".splitlines()
    return lines[0] if lines else type(error).__name__
