"""Where a worker shows which file it has in hand, so that its death does not hide the reason.

One small file a worker process, mapped into its memory: showing costs no system call, and what was
written last can still be read after the process was killed.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LAYOUT = struct.Struct("=qqd")  # batch_id, index of the file in it, monotonic time of its start
_IDLE = -1


@dataclass(frozen=True, slots=True)
class SlotState:
    """What one worker had in hand: file `index` of batch `batch_id` since `since` (monotonic seconds)."""

    pid: int
    batch_id: int
    index: int
    since: float


class WorkerSlot:
    """The worker's side of its slot."""

    def __init__(self, folder: Path) -> None:
        path = folder / f"{os.getpid()}.slot"
        path.touch(mode=0o600)
        path.write_bytes(_LAYOUT.pack(_IDLE, 0, 0.0))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _LAYOUT.size)

    def enter(self, batch_id: int, index: int) -> None:
        """Show that work on a file begins."""
        _LAYOUT.pack_into(self._map, 0, batch_id, index, time.monotonic())

    def leave(self) -> None:
        """Show that there is nothing in hand."""
        _LAYOUT.pack_into(self._map, 0, _IDLE, 0, 0.0)


def read_slots(folder: Path) -> list[SlotState]:
    """What the workers have in hand, or had when they died; idle ones are left out."""
    states = []
    for path in sorted(folder.glob("*.slot")):
        try:
            batch_id, index, since = _LAYOUT.unpack(path.read_bytes())
        except (OSError, struct.error):  # gone, or just being made
            continue
        if batch_id != _IDLE:
            states.append(SlotState(int(path.stem), batch_id, index, since))
    return states


def clear_slots(folder: Path) -> None:
    """Remove the slots of processes that are no more, and make the folder where it is missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.glob("*.slot"):
        path.unlink(missing_ok=True)
