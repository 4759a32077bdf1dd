"""Where the rows of a batch go: parts for all files together, and parts of its own for each large document.

The rows of a document that is read in pieces are written before it is known to be good. In parts of their
own they can be dropped without those of other files.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from snake_pipe.load.part_writer import PartWriter
from snake_pipe.utils.batch_utils import add_counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.load.part_writer import Part
    from snake_pipe.storage.storage import Storage


class BatchParts:
    """The parts of one batch; `rows` counts by table what will be in them. StorageError as `PartWriter`."""

    def __init__(self, dataset: Storage, stem: str, config: BatchConfig) -> None:
        """`stem` names the parts, and must be new for each attempt."""
        self.rows: dict[str, int] = {}
        self._dataset = dataset
        self._stem = stem
        self._config = config
        self._writer = self._open(stem)
        self._documents = 0
        self._kept: list[DocumentParts] = []

    def write(self, tables: Mapping[str, pa.RecordBatch]) -> None:
        """Append rows of files that were read as a whole."""
        for table, rows in tables.items():
            self._writer.write(table, rows)
            add_counts(self.rows, {table: rows.num_rows})

    @contextmanager
    def open_document(self, group_size: int) -> Iterator[DocumentParts]:
        """Parts for one document, in row groups of `group_size`; dropped at the end unless they are kept."""
        self._documents += 1
        document = DocumentParts(self._open(f"{self._stem}-{self._documents}"), group_size)
        try:
            yield document
        finally:
            if document.parts is None:
                document.abort()
            else:
                self._kept.append(document)
                add_counts(self.rows, document.rows)

    def close(self) -> list[Part]:
        """Finish all parts durably and name them."""
        parts = self._writer.close()
        for document in self._kept:
            parts += document.parts or ()
        return parts

    def abort(self) -> None:
        """Remove whatever was written; never raises."""
        self._writer.abort()
        for document in self._kept:
            document.abort()

    def restart(self) -> None:
        """Begin again as if nothing had been written."""
        self.abort()
        self._writer, self._kept, self.rows = self._open(self._stem), [], {}

    def _open(self, stem: str) -> PartWriter:
        config = self._config
        return PartWriter(
            self._dataset,
            stem,
            (*config.tables, "processed"),
            codec=config.compression,
            level=config.compression_level,
        )


class DocumentParts:
    """The parts of one document; `parts` is None until they are kept, `rows` counts what they got.

    Rows wait for a group: pieces give few rows at a time, and a row group takes memory until the end.
    """

    def __init__(self, writer: PartWriter, group_size: int) -> None:
        self.parts: list[Part] | None = None
        self.rows: dict[str, int] = {}
        self._writer = writer
        self._group_size = group_size
        self._waiting: dict[str, list[pa.RecordBatch]] = {}
        self._rows_waiting: dict[str, int] = {}

    def write(self, tables: Mapping[str, pa.RecordBatch]) -> None:
        """Append rows of a piece."""
        for table, rows in tables.items():
            add_counts(self.rows, {table: rows.num_rows})
            if not rows.num_rows:
                continue
            self._waiting.setdefault(table, []).append(rows)
            add_counts(self._rows_waiting, {table: rows.num_rows})
            if self._rows_waiting[table] >= self._group_size:
                self._write_group(table)

    def keep(self) -> None:
        """Finish the parts durably."""
        for table in list(self._waiting):
            self._write_group(table)
        self.parts = self._writer.close()

    def abort(self) -> None:
        """Remove whatever was written, what was kept too; never raises."""
        self._writer.abort()

    def _write_group(self, table: str) -> None:
        import pyarrow as pa

        self._writer.write(table, pa.concat_batches(self._waiting.pop(table)))
        del self._rows_waiting[table]
