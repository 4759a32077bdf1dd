"""Lets batches in as far as the processes and the memory of one machine go."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Room:
    """For so many `workers` at once, and `memory` bytes that are expected of their batches together.

    A batch that is alone is let in however large; those that wait come in as they fit.
    """

    def __init__(self, workers: int, memory: float) -> None:
        self._workers = workers
        self._memory = memory
        self._changed = threading.Condition()
        self._expected: list[int] = []
        self._is_short = False
        self._is_reserved = False

    @contextmanager
    def taken(self, expected: int, *, alone: bool) -> Iterator[None]:
        """Within, a batch runs that is expected to take so many bytes; if `alone`, with nothing beside it."""
        with self._changed:
            if alone:
                self._changed.wait_for(lambda: not self._is_reserved)
                self._is_reserved = True  # from here on nobody else comes in
                self._changed.wait_for(lambda: not self._expected)
            else:
                self._changed.wait_for(lambda: not self._is_reserved and self._has_room(expected))
            self._expected.append(expected)
        try:
            yield
        finally:
            with self._changed:
                self._expected.remove(expected)
                if alone:
                    self._is_reserved = False
                self._changed.notify_all()

    def one_at_a_time(self, is_short: bool) -> None:
        """Let a batch in only when none is there, or end that."""
        with self._changed:
            self._is_short = is_short
            self._changed.notify_all()

    def _has_room(self, expected: int) -> bool:
        if not self._expected:
            return True
        if self._is_short or len(self._expected) >= self._workers:
            return False
        return sum(self._expected) + expected <= self._memory
