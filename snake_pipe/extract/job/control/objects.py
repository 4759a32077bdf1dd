"""Commands as objects of a bucket: who may write into it may command its jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.extract.job.control.command import MOST_BYTES
from snake_pipe.extract.job.control.refused import Refused

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage

_NAMES_A_TURN = 1000


class ControlObjects:
    """The objects that are commands to one job."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.url = storage.url
        self.look_seconds = storage.look_seconds

    def clear(self) -> None:
        """Drop what was sent to an earlier run."""
        for file in self._storage.files():
            self._storage.remove(file.name)

    def names(self) -> list[str]:
        """The first thousand names; none where the bucket cannot be asked now."""
        try:
            return sorted(file.name for file in self._storage.files())[:_NAMES_A_TURN]
        except OSError:
            return []

    def read(self, name: str) -> bytes:
        """An object that is small enough; Refused."""
        try:
            if self._storage.info(name).size_bytes > MOST_BYTES:
                raise Refused(f"it is larger than {MOST_BYTES:,} bytes")
            return self._storage.read(name)
        except OSError as error:
            raise Refused(str(error)) from None

    def remove(self, name: str) -> bool:
        """Whether it was here and no longer is."""
        try:
            was_here = self._storage.exists(name)
            self._storage.remove(name)
        except OSError:
            return False
        return was_here
