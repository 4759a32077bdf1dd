"""A table as the library deltalake opens it: for what the entries since the last checkpoint don't tell.

To import the library takes 20 ms, and most runs do without.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from snake_pipe.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.errors import SnakePipeError
    from snake_pipe.storage.storage import Storage


@contextmanager
def opened(
    table: Storage, error_class: type[SnakePipeError], version: int | None = None
) -> Iterator[DeltaTable]:
    """The table at a version; what deltalake raises, also of what it reads later, as our own error."""
    try:
        yield _open(table, version)
    except DeltaError as error:
        raise error_class(
            f"the table {table.url} cannot be read: {str(error).splitlines()[0]}",
            "restore it from a backup, or ingest into a new dataset",
        ) from error


def create_checkpoint(table: Storage) -> None:
    """Sum up the log of a table in one file; StorageError, or OSError, where that cannot be."""
    try:
        _open(table).create_checkpoint()
    except DeltaError as error:
        raise StorageError(f"cannot write a checkpoint of {table.url}: {error}") from error


def _open(table: Storage, version: int | None = None) -> DeltaTable:
    options = table.delta_options
    return DeltaTable(
        table.delta_url, version=version, storage_options=None if options is None else dict(options)
    )
