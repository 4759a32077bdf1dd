"""What is on the shelves."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path as File

LOW = 3


class Inventory:
    """Counts by product."""

    def __init__(self, counts: dict[str, int] | None = None) -> None:
        self._counts: Counter[str] = Counter(counts or {})

    @classmethod
    def read(cls, file: File) -> "Inventory":
        with file.open(newline="") as source:
            return cls({row["sku"]: int(row["count"]) for row in csv.DictReader(source)})

    def take(self, sku: str, count: int = 1) -> int:
        if self._counts[sku] < count:
            raise LookupError(f"only {self._counts[sku]} of {sku!r} left")
        self._counts[sku] -= count
        return self._counts[sku]

    @property
    def low(self) -> list[str]:
        return sorted(sku for sku, count in self._counts.items() if 0 < count <= LOW)


async def report(inventory: Inventory, *, write=print) -> None:
    for number, sku in enumerate(inventory.low, start=1):
        write(number, sku, sep="\t")
    else:
        write(b"done", ..., 1.5e3, -2j)
