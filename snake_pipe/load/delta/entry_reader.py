"""Entries of a Delta log, each read once: what is there never changes, and reading it may be a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.load.delta import entries

if TYPE_CHECKING:
    from snake_pipe.load.delta.entries import Action
    from snake_pipe.storage.storage import Storage

_MOST_BYTES = 1 << 20
"""Of the entries that are kept; the earliest read go first."""


class EntryReader:
    """Reads the entries of one log, and keeps them as they are stored, which takes the least memory."""

    def __init__(self, log: Storage) -> None:
        self._log = log
        self._kept: dict[str, bytes] = {}
        self._bytes = 0

    def read(self, name: str) -> list[Action]:
        """What an entry says; nothing if it is not there, or not whole. OSError."""
        if name in self._kept:
            return entries.actions_of(self._kept[name])
        try:
            data = self._log.read(name)
        except FileNotFoundError:
            return []
        if actions := entries.actions_of(data):
            self._keep(name, data)
        return actions

    def forget(self) -> None:
        """Read all anew."""
        self._kept.clear()
        self._bytes = 0

    def _keep(self, name: str, data: bytes) -> None:
        self._kept[name] = data
        self._bytes += len(data)
        while self._bytes > _MOST_BYTES:
            self._bytes -= len(self._kept.pop(next(iter(self._kept))))
