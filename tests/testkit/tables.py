"""What a dataset has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.load.sql.views import connect_for
from snake_pipe.storage.open import open_storage

if TYPE_CHECKING:
    from pathlib import Path


def rows(dataset: Path | str, sql: str) -> list[tuple[Any, ...]]:
    with connect_for(open_storage(dataset), sql) as connection:
        return connection.execute(sql).fetchall()


def value(dataset: Path | str, sql: str = "SELECT count(*) FROM files") -> Any:
    """The one value of a query of one row and one column."""
    ((found,),) = rows(dataset, sql)
    return found


def paths(dataset: Path | str, where: str = "true") -> list[str]:
    """The paths of the current files, in order."""
    return [path for (path,) in rows(dataset, f"SELECT path FROM files WHERE {where} ORDER BY path")]
