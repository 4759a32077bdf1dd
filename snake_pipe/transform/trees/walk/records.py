"""What rules find, or the compiled walk itself, as bytes: how it waits for the drain.

One record for each thing found, with the lengths of its texts, which stand behind one another. So there is no
Python object for it once its tree was read, and one form for both roads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Records:
    """Records of one document in pieces, of so many bytes each; in each piece their rows ascend."""

    size: int
    records: list[Any] = field(default_factory=list)
    texts: list[Any] = field(default_factory=list)

    def add_piece(self, records: Any, texts: Any) -> None:
        """Those that are bytes already."""
        if len(records):
            self.records.append(records)
            self.texts.append(texts)

    def add_written(self, records: list[bytes], texts: list[bytes | None]) -> None:
        """Those that were written one by one."""
        self.add_piece(b"".join(records), b"".join(filter(None, texts)))

    def __len__(self) -> int:
        return sum(map(len, self.records)) // self.size


def lengths_of(texts: list[bytes | None]) -> list[int]:
    """As records have them: -1 where there is no text."""
    return [-1 if text is None else len(text) for text in texts]
