"""Two moments of a dataset side by side, as a comparison wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.load.dataset import Dataset
from snake_pipe.load.diff.pairing import OTHER
from snake_pipe.load.diff.statements import ITEMS
from snake_pipe.load.sql.connection import closed_if_refused, open_duckdb
from snake_pipe.load.sql.state import State
from snake_pipe.load.sql.view_comments import literal

if TYPE_CHECKING:
    import duckdb

    from snake_pipe.storage.storage import Storage


def connect_states(
    storage: Storage, before: int, after: int, *, repo: str | None = None
) -> duckdb.DuckDBPyConnection:
    """DuckDB with the schemas `before` and `after`, each a state after a version of `files`.

    Of one repository where `repo` is given. DatasetError where one of the states is no longer kept.
    """
    dataset = Dataset.open(storage)
    connection = open_duckdb()
    with closed_if_refused(connection, storage.url):
        storage.open_to_sql(connection)
        connection.execute("CREATE SCHEMA snake_pipe")
        for name, version in zip(OTHER, (before, after), strict=True):
            connection.execute(f"CREATE SCHEMA {name}; CREATE SCHEMA whole_{name}")
            State(dataset, version).create_views(connection, schema=f"whole_{name}", tables=ITEMS)
            where = "" if repo is None else f"WHERE repo = {literal(repo)}"
            connection.execute(f"CREATE VIEW {name}.files AS FROM whole_{name}.files {where}")
            for item in ITEMS:
                if item != "files":
                    connection.execute(f"CREATE VIEW {name}.{item} AS FROM whole_{name}.{item}")
    return connection
