"""One of several shares of a repository's files, told by their paths alone.

A path belongs to the same shard on every machine and in every version of this program:

    shard = int.from_bytes(sha256(path).digest()[:8], "big") % count + 1

where `path` are the bytes of the path below the repository's root, with `/` between its parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from snake_pipe.errors import UsageError

MOST_SHARDS = 10_000

_WORDS = re.compile(r"([0-9]{1,6})/([0-9]{1,6})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """Shard `number` of `count`, counted from 1."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """A shard as it is written, such as `3/16`; UsageError for what is none."""
        found = _WORDS.fullmatch(text.strip())
        if found is None:
            raise UsageError(f"{text!r} is no shard", "such as 3/16: the third of sixteen")
        number, count = int(found[1]), int(found[2])
        if not 1 <= count <= MOST_SHARDS:
            raise UsageError(f"{text}: there may be from 1 to {MOST_SHARDS:,} shards")
        if not 1 <= number <= count:
            raise UsageError(f"{text}: shards of {count:,} are counted from 1 to {count:,}")
        return cls(number, count)

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def holds(self, path: bytes) -> bool:
        """Whether a file is of this shard, by its path below the repository's root."""
        return int.from_bytes(sha256(path).digest()[:8], "big") % self.count == self.number - 1

    def overlaps(self, other: Shard) -> bool:
        """Whether a file may be in both; of shards of another count that is always taken for possible."""
        return self.count != other.count or self.number == other.number
