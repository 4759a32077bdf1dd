"""The sink: each table by a commit of its own, `files` before what is superseded leaves the others.

A commit keeps the key of its flush, so a flush that comes again adds nothing twice and does what is missing.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.schemas import SCHEMA_VERSION
from snake_pipe.sinks.iceberg.namespace import CARRIED, DATASET_ID, VERSION, Namespace, require_library
from snake_pipe.sinks.iceberg.superseded import find_superseded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from pyiceberg.table import Table, Transaction

    from snake_pipe.plugins import Flush, FlushKey

_DELIVERED = "snake-pipe.delivered."
"""Begins the name of a table's property with the last flush of a job, by the job's id."""

_MOST_JOBS = 100
"""Jobs whose last flush a table knows: one that comes again is of the newest."""

_IDS_AT_ONCE = 200
"""More of them, and pyiceberg reads all data files to find them."""


class IcebergSink:
    """The sink `iceberg`; its argument is an address as `Namespace` takes it. Not for threads."""

    def __init__(self, argument: str) -> None:
        """ConfigError for what is no address."""
        self._namespace = Namespace(argument)

    @staticmethod
    def check(argument: str) -> None:
        """ConfigError for what is no address; PluginError where the library is missing."""
        Namespace(argument)
        require_library()

    def write(self, flush: Flush) -> None:
        """Bring the tables to the state after a flush."""
        tables = self._namespace.tables(flush)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Delete operation did not match", UserWarning)
            write = _write_snapshot if flush.is_snapshot else _write_changes
            write(tables, flush)

    def close(self) -> None:
        """Nothing is open between two flushes."""


def _write_snapshot(tables: dict[str, Table], flush: Flush) -> None:
    for name in CARRIED:
        if _has(tables[name], flush.key):
            continue
        with tables[name].transaction() as transaction:
            _forget_jobs(transaction, kept=0)
            transaction.overwrite(_reader(flush, name))
            _note(transaction, flush.key)


def _write_changes(tables: dict[str, Table], flush: Flush) -> None:
    files = tables["files"]
    others = [tables[name] for name in CARRIED if name != "files"]
    is_new = not _has(files, flush.key)
    superseded = find_superseded(files, flush) if is_new else None
    for name in CARRIED:
        if _has(tables[name], flush.key):
            continue
        with tables[name].transaction() as transaction:
            if name == "errors":
                _remove_loose_errors(transaction, flush.telling_jobs)
            if superseded is not None and name == "files":
                _remove(transaction, superseded.file_ids)
                transaction.append(superseded.with_ages(flush))
            else:
                transaction.append(_reader(flush, name))
            _note(transaction, flush.key)
    for table in others:
        # Where this was cut off before, what is to leave is told by what `files` does not have.
        gone = superseded.file_ids if superseded is not None else _without_file(table, files)
        if len(gone):
            with table.transaction() as transaction:
                _remove(transaction, gone)


def _reader(flush: Flush, table: str) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(flush.schema(table), flush.batches(table))


def _has(table: Table, key: FlushKey) -> bool:
    delivered = int(table.properties.get(f"{_DELIVERED}{key.job_id}", -1))
    return table.properties.get(DATASET_ID) == key.dataset_id and delivered >= key.flush_seq


def _note(transaction: Transaction, key: FlushKey) -> None:
    _forget_jobs(transaction, kept=_MOST_JOBS)
    transaction.set_properties(
        {
            f"{_DELIVERED}{key.job_id}": str(key.flush_seq),
            DATASET_ID: key.dataset_id,
            VERSION: str(SCHEMA_VERSION),
        }
    )


def _forget_jobs(transaction: Transaction, kept: int) -> None:
    """Remove the keys of all jobs but the newest; their ids begin with the time."""
    jobs = sorted(name for name in transaction.table_metadata.properties if name.startswith(_DELIVERED))
    outdated = jobs[: max(0, len(jobs) - kept)]
    if outdated:
        transaction.remove_properties(*outdated)


def _remove(transaction: Transaction, file_ids: NDArray[np.int64]) -> None:
    from pyiceberg.expressions import In

    for start in range(0, len(file_ids), _IDS_AT_ONCE):
        transaction.delete(In("file_id", file_ids[start : start + _IDS_AT_ONCE].tolist()))


def _remove_loose_errors(transaction: Transaction, telling_jobs: Sequence[str]) -> None:
    from pyiceberg.expressions import And, IsNull, NotIn

    transaction.delete(And(IsNull("file_id"), NotIn("job_id", telling_jobs)))


def _without_file(table: Table, files: Table) -> NDArray[np.int64]:
    return np.setdiff1d(_file_ids(table), _file_ids(files))


def _file_ids(table: Table) -> NDArray[np.int64]:
    batches: Iterable[pa.RecordBatch] = table.scan(selected_fields=("file_id",)).to_arrow_batch_reader()
    found = [np.unique(batch["file_id"].drop_null().to_numpy()) for batch in batches]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
