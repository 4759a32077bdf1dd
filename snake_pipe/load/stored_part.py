"""A part of a table where it is kept, to be read from there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow.parquet as pq

    from snake_pipe.storage.storage import Storage


@dataclass(frozen=True, slots=True, order=True)
class StoredPart:
    """`name` is a part's in its dataset, such as `files/part-1.parquet`; `dataset` is where that is kept."""

    name: str
    dataset: Storage = field(compare=False, repr=False)

    @property
    def url(self) -> str:
        """Where it is, for messages."""
        return f"{self.dataset.url}/{self.name}"

    @property
    def name_in_table(self) -> str:
        """Its name as the table's log has it."""
        return self.name.rpartition("/")[2]

    def exists(self) -> bool:
        """Whether it is there; OSError where that cannot be told."""
        return self.dataset.exists(self.name)

    def open(self, **options: Any) -> pq.ParquetFile:
        """The part, of which only those columns and row groups are fetched that are then read.

        `options` are those of `ParquetFile`. OSError where it cannot be read.
        """
        import pyarrow.parquet as pq

        return pq.ParquetFile(self.dataset.open(self.name), **options)
