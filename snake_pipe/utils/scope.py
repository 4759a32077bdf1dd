"""What of a dataset one job writes: a repository, or a shard of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.utils.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Scope:
    """A repository by its name in the dataset; without a `shard` all of it."""

    repo: str
    shard: Shard | None = None

    def __str__(self) -> str:
        return self.repo if self.shard is None else f"{self.repo} {self.shard}"

    def overlaps(self, other: Scope) -> bool:
        """Whether a file may be in both."""
        if self.repo != other.repo:
            return False
        return self.shard is None or other.shard is None or self.shard.overlaps(other.shard)

    def to_json(self) -> list[str | None]:
        """As it stands in a note."""
        return [self.repo, None if self.shard is None else str(self.shard)]

    @classmethod
    def from_json(cls, document: list[str | None]) -> Scope:
        """What `to_json` gave; ValueError, TypeError or UsageError for anything else."""
        repo, shard = document
        return cls(str(repo), None if shard is None else Shard.parse(shard))


def overlap(some: Iterable[Scope], others: Iterable[Scope]) -> bool:
    """Whether a file may be in one of each."""
    others = tuple(others)
    return any(one.overlaps(other) for one in some for other in others)
