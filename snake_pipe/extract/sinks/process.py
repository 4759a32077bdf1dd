"""A sink's process, seen from the coordinator."""

from __future__ import annotations

import multiprocessing
from contextlib import suppress
from typing import TYPE_CHECKING

from snake_pipe.errors import SnakePipeError
from snake_pipe.executors.process_pool import start_process
from snake_pipe.extract.sinks.host import host_sink

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from snake_pipe.plugins.sinks import Flush

_CLOSING = 10.0
"""Seconds for a sink to close."""


class SinkFailure(SnakePipeError):  # noqa: N818 - what it is to the run is for its policy to say
    """A sink has not taken a flush; the message says why."""


class SinkLacking(SinkFailure):
    """It has lost what the flush builds upon, and needs a snapshot."""


class SinkProcess:
    """Started with its first flush, and again after it has died. `write` and `close` belong to one thread."""

    def __init__(self, text: str, modules: Sequence[str]) -> None:
        """`text` is the sink as the settings name it, `modules` what the worker processes import."""
        self._text = text
        self._modules = modules
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None

    def write(self, flush: Flush, patience: float) -> None:
        """Give the sink a flush; SinkFailure if it fails, dies, or takes no rows for `patience` seconds."""
        if self._connection is None:
            self._start()
        try:
            assert self._connection is not None
            self._connection.send(flush)
            self._await(patience, f"has taken no rows for {patience:g} s")
        except (EOFError, OSError) as error:
            raise SinkFailure(self._last_words()) from error

    def close(self) -> str | None:
        """Let the sink close and its process end; why it did not, where it did not."""
        if self._connection is None:
            return None
        try:
            self._connection.send(None)
            self._await(_CLOSING, f"has not closed within {_CLOSING:g} s")
        except (EOFError, OSError):
            return self._last_words()
        except SinkFailure as failure:
            return failure.message
        finally:
            self._end()
        return None

    def interrupt(self) -> None:
        """End the process at once, from any thread: a `write` under way fails."""
        process = self._process
        if process is not None:
            process.kill()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join(_CLOSING)
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
        self._process = self._connection = None

    def _start(self) -> None:
        ours, theirs = multiprocessing.Pipe()
        self._process = start_process(host_sink, (theirs, self._text), self._modules)
        theirs.close()
        self._connection = ours

    def _await(self, patience: float, otherwise: str) -> None:
        connection = self._connection
        assert connection is not None
        while connection.poll(patience):
            kind, words = connection.recv()
            if kind == "done":
                return
            if kind == "lacking":
                raise SinkLacking(words)
            if kind == "failed":
                raise SinkFailure(words)
        self._end()
        raise SinkFailure(otherwise)

    def _last_words(self) -> str:
        process = self._process
        if process is not None:
            process.join(_CLOSING)
        code = None if process is None else process.exitcode
        self._end()
        if code is not None and code < 0:
            return f"its process was ended by signal {-code}"
        return f"its process ended with exit code {code}"
