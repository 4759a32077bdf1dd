"""How much there is to read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Work:
    """Some files of one queue: how many, their bytes, and those of the largest."""

    files: int = 0
    bytes: int = 0
    largest: int = 0

    def add(self, size: int) -> None:
        """Count a file of `size` bytes."""
        self.files += 1
        self.bytes += size
        if size > self.largest:
            self.largest = size

    def __add__(self, other: Work) -> Work:
        return Work(self.files + other.files, self.bytes + other.bytes, max(self.largest, other.largest))
