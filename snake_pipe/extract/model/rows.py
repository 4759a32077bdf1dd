"""Rows of `files` and `errors`, made by workers for what they read and by the coordinator for the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from snake_pipe.extract.paths.names import escape_path
from snake_pipe.plugins import AST_QUEUE
from snake_pipe.schemas import ORDINAL_BITS, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from snake_pipe.extract.batch_models import DiscoveredFile

Row = dict[str, Any]

_UNSET_TIME = datetime.fromtimestamp(0, UTC)


def file_row(
    file: DiscoveredFile, job_id: str, *, status: str, reason: str | None = None, **figures: Any
) -> Row:
    """One row of `files`; columns not named in `figures` are null, counts 0.

    The flush that commits the row sets `read_with`, `flush_seq` and `ingested_at`.
    """
    row: Row = {
        "file_id": file.file_id,
        "repo": file.repo,
        "path": file.path,
        "path_bytes": file.path_bytes,
        "input_kind": AST_QUEUE if file.queue == AST_QUEUE else "source",
        "language": None if file.queue == AST_QUEUE else file.queue,
        "size_bytes": file.size_bytes,
        "mtime_ns": file.mtime_ns,
        "status": status,
        "reason": reason,
        "node_count": 0,
        "symbol_count": 0,
        "ref_count": 0,
        "import_count": 0,
        "error_count": 0,
        "attempts": 1,
        "first_epoch": file.file_id >> ORDINAL_BITS,
        "content_epoch": file.file_id >> ORDINAL_BITS,
        "job_id": job_id,
        "read_with": "",
        "flush_seq": 0,
        "ingested_at": _UNSET_TIME,
        "traits": [],
    }
    row.update(figures)
    return row


def tree_in(file: DiscoveredFile, file_id: int, fragment: str) -> DiscoveredFile:
    """One of several trees in a file, as `file_row` takes it: its path is the file's with the fragment."""
    path = f"{file.path}#{escape_path(fragment.encode())}"
    raw = file.relative + b"#" + fragment.encode()
    path_bytes = None if path.encode() == raw else raw
    return replace(file, file_id=file_id, path=path, path_bytes=path_bytes)


def error_row(path: str, job_id: str, *, phase: str, code: str, message: str, **details: Any) -> Row:
    """One row of `errors`; `details` may hold file_id, start_line, start_col, attempt and retriable."""
    row: Row = {
        "path": path,
        "phase": phase,
        "code": code,
        "message": message,
        "attempt": 1,
        "retriable": False,
        "job_id": job_id,
    }
    row.update(details)
    return row


def rows_to_batch(table: str, rows: Sequence[Row]) -> pa.RecordBatch:
    """Rows as one record batch of the table's schema; keys that are missing become null."""
    import pyarrow as pa

    schema = arrow_schema(table)
    columns = [[row.get(name) for row in rows] for name in schema.names]
    return pa.record_batch(
        [pa.array(values, type_) for values, type_ in zip(columns, schema.types, strict=True)], schema=schema
    )


def to_ipc(batch: pa.RecordBatch) -> bytes:
    """A record batch as bytes that travel between processes."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def from_ipc(data: bytes) -> pa.RecordBatch:
    """The record batch that `to_ipc` made bytes of."""
    import pyarrow as pa

    with pa.ipc.open_stream(data) as reader:
        return reader.read_next_batch()


def joined(batches: Sequence[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """The same rows in as few batches as can be: a row group takes 0.4 ms to write, however small."""
    import pyarrow as pa

    return pa.Table.from_batches(batches).combine_chunks().to_batches() if len(batches) > 1 else list(batches)


@dataclass(frozen=True, slots=True)
class FlushStamp:
    """What a flush adds to the rows of `files` it commits."""

    flush_seq: int
    time: datetime
    read_with: str

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The same rows with this flush's number and time, and its job's settings."""
        import pyarrow as pa

        schema = batch.schema
        columns = {name: batch.column(i) for i, name in enumerate(schema.names)}
        rows = batch.num_rows
        of_rows = pa.repeat(pa.scalar(0, pa.int32()), rows)
        columns["read_with"] = pa.DictionaryArray.from_arrays(of_rows, [self.read_with])
        columns["flush_seq"] = pa.repeat(pa.scalar(self.flush_seq, pa.int64()), rows)
        columns["ingested_at"] = pa.repeat(pa.scalar(self.time, schema.field("ingested_at").type), rows)
        return pa.record_batch(list(columns.values()), schema=schema)
