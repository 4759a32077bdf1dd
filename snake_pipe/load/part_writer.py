"""Rows to storage: one Parquet part a table, there whole or not at all.

Used by workers for the tree tables and by the coordinator for `files`, `errors` and `batches`. A part
counts only once a commit names it, so nothing here needs to know about tables' logs.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from snake_pipe.errors import StorageError
from snake_pipe.load.refusals import what_to_do
from snake_pipe.schemas import TABLES, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from snake_pipe.storage.storage import Storage

_LEVELLED = frozenset({"zstd", "gzip", "brotli"})
"""Codecs that know levels."""


@dataclass(frozen=True, slots=True)
class Part:
    """A finished Parquet file of one table, named relative to the table's folder.

    `first_file_id` and `last_file_id` are the least and greatest in it, None where not known; they let
    other readers of the table pass over the part.
    """

    table: str
    name: str
    size_bytes: int
    rows: int
    first_file_id: int | None = None
    last_file_id: int | None = None


class PartWriter:
    """Writes `<table>/part-<stem>.parquet` of a dataset for each of `tables` that gets rows.

    `stem` must be new for each attempt. All methods raise StorageError where the storage refuses; after that
    only `abort` is of use. Not for threads.
    """

    def __init__(
        self, dataset: Storage, stem: str, tables: Iterable[str], codec: str = "zstd", level: int | None = 1
    ) -> None:
        self._dataset = dataset
        self._name = f"part-{stem}.parquet"
        self._tables = frozenset(tables)
        self._codec = codec
        self._level = level
        self._open: dict[str, _OpenPart] = {}
        self._finished: list[str] = []

    def write(self, table: str, batch: pa.RecordBatch) -> None:
        """Append the rows as a row group; ValueError for a table that the writer was not opened for."""
        if table not in self._tables:
            raise ValueError(f"no part of {table!r} is being written")
        if batch.num_rows == 0:
            return
        part = self._open.get(table)
        if part is None:
            part = _OpenPart(self._dataset, table, self._name, self._codec, self._level)
            self._open[table] = part
        part.write(batch)

    def close(self) -> list[Part]:
        """Finish all parts durably and name them; a table without rows has none."""
        parts = []
        for open_part in self._open.values():
            parts.append(open_part.finish())
            self._finished.append(open_part.path)
        self._open.clear()
        return parts

    def abort(self) -> None:
        """Remove whatever was written, finished parts too; never raises."""
        for open_part in self._open.values():
            open_part.discard()
        for path in self._finished:
            with suppress(OSError):
                self._dataset.remove(path)
        self._open.clear()
        self._finished.clear()


class _OpenPart:
    """One part that nobody sees yet; `path` is its name in the dataset."""

    def __init__(self, dataset: Storage, table: str, name: str, codec: str, level: int | None) -> None:
        self.path = f"{table}/{name}"
        self._url = f"{dataset.url}/{self.path}"
        self._is_on_disk = dataset.folder is not None
        self._table, self._name = table, name
        self._schema = arrow_schema(table)
        self._footers: list[pq.FileMetaData] = []
        self._rows = 0
        try:
            self._file = dataset.write(self.path)
        except OSError as error:
            raise self._failure(error) from error
        try:
            # Writes the format's first bytes at once, which a full disk refuses.
            self._writer = pq.ParquetWriter(
                self._file.stream,
                self._schema,
                metadata_collector=self._footers,
                **_settings(table, codec, level),
            )
        except BaseException as error:
            self._file.discard()
            if isinstance(error, OSError):
                raise self._failure(error) from error
            raise

    def write(self, batch: pa.RecordBatch) -> None:
        try:
            self._writer.write_batch(batch if batch.schema == self._schema else batch.cast(self._schema))
        except OSError as error:
            self.discard()
            raise self._failure(error) from error
        self._rows += batch.num_rows

    def finish(self) -> Part:
        try:
            self._writer.close()
            footer = self._footers[0]
            if footer.num_rows != self._rows:
                self._file.discard()
                raise StorageError(f"{self._url} has {footer.num_rows} rows instead of {self._rows}")
            size = self._file.finish()
        except OSError as error:
            self.discard()
            raise self._failure(error) from error
        return Part(self._table, self._name, size, self._rows, *_file_id_range(footer))

    def discard(self) -> None:
        # A disk that is full refuses the footer as well, and the writer would try it again when collected.
        with suppress(Exception):  # memory may be short as well
            self._writer.close()
        self._writer.is_open = False
        self._file.discard()

    def _failure(self, error: OSError) -> StorageError:
        if isinstance(error, FileExistsError):
            return StorageError(
                f"cannot write {self._url}: it exists already", "a part's name must be new for each attempt"
            )
        if self._is_on_disk and error.errno:  # pyarrow's words tell of its own functions
            reason = os.strerror(error.errno)
        else:
            reason = error.strerror or str(error)
        return StorageError(f"cannot write {self._url}: {reason}", what_to_do(is_on_disk=self._is_on_disk))


@cache
def _settings(table: str, codec: str, level: int | None) -> dict[str, Any]:
    """How the columns of a table are encoded.

    Integers that differ little from row to row are packed as differences and left without a codec: on
    node rows this takes a third less time than dictionaries or plain values under zstd (110 ns a row
    against 170), for a sixth more bytes. BYTE_STREAM_SPLIT would be smaller still, but DuckDB 1.5 cannot
    read it for integers. Only `file_id` gets statistics: readers look for files, and each more costs.
    """
    integers = [column.name for column in TABLES[table] if column.type in ("int32", "int64")]
    others = [
        f"{column.name}.list.element" if column.type == "list<string>" else column.name
        for column in TABLES[table]
        if column.name not in integers
    ]
    texts = [column.name for column in TABLES[table] if column.type in ("string", "dictionary")]
    return {
        "compression": dict.fromkeys(integers, "none") | dict.fromkeys(others, codec),
        "compression_level": dict.fromkeys(others, level)
        if codec in _LEVELLED and level is not None
        else None,
        "use_dictionary": texts + [name for name in others if name.endswith(".element")],
        "column_encoding": dict.fromkeys(integers, "DELTA_BINARY_PACKED"),
        "write_statistics": ["file_id"],
        "store_schema": False,
    }


def _file_id_range(footer: pq.FileMetaData) -> tuple[int | None, int | None]:
    if "file_id" not in footer.schema.names:
        return None, None
    column = footer.schema.names.index("file_id")
    groups = [footer.row_group(index).column(column).statistics for index in range(footer.num_row_groups)]
    ranges = [(group.min, group.max) for group in groups if group is not None and group.has_min_max]
    if not ranges:
        return None, None
    return min(low for low, _ in ranges), max(high for _, high in ranges)
