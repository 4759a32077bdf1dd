"""A connection to DuckDB in memory, as every question to a dataset begins with."""

from __future__ import annotations

import secrets
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from snake_pipe.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator


def open_duckdb(memory_limit_mb: int | None = None) -> duckdb.DuckDBPyConnection:
    """DuckDB that fetches nothing from the net; beyond its memory it uses the folder of temporary files."""
    return duckdb.connect(":memory:", config=_settings(memory_limit_mb))


@contextmanager
def closed_if_refused(connection: duckdb.DuckDBPyConnection, place: str) -> Iterator[None]:
    """Close the connection if it cannot be set up; what DuckDB refuses is a DatasetError of `place`."""
    try:
        yield
    except duckdb.Error as error:
        connection.close()
        raise DatasetError(f"{place} cannot be read: {str(error).splitlines()[0]}") from error
    except BaseException:
        connection.close()
        raise


def _settings(memory_limit_mb: int | None) -> dict[str, str | bool | int | float | list[str]]:
    # DuckDB would spill into `.tmp` of the current folder.
    spill = Path(tempfile.gettempdir()) / f"snake-pipe-{secrets.token_hex(8)}"
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "temp_directory": str(spill),
    }
    if memory_limit_mb is not None:
        settings["memory_limit"] = f"{memory_limit_mb}MB"
    return settings
