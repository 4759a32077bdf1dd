"""Which tables of which catalog: opened by an address, and made where they are missing."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from snake_pipe.errors import ConfigError, PluginError, SinkError
from snake_pipe.plugins.sinks import SnapshotNeededError
from snake_pipe.schemas import SCHEMA_VERSION, TABLES, WORKER_TABLES

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

    from snake_pipe.plugins import Flush

CARRIED = (*WORKER_TABLES, "errors", "files")
"""The tables of a namespace, in the order of their commits: readers find rows of trees through `files`."""

DATASET_ID, VERSION = "snake-pipe.dataset-id", "snake-pipe.schema-version"

_PROPERTIES = {
    "format-version": "2",
    # What a changed file costs: its data files are written anew.
    "write.target-file-size-bytes": str(32 << 20),
    "write.parquet.compression-codec": "zstd",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}

_ADDRESS = "iceberg:///FOLDER for tables in a folder, iceberg://NAME for a catalog of ~/.pyiceberg.yaml"


def require_library() -> None:
    """PluginError where pyiceberg is not installed."""
    if find_spec("pyiceberg") is None:
        raise PluginError(
            "the sink iceberg needs a library that is not installed", "pip install 'snake-pipe[iceberg]'"
        )


class Namespace:
    """The tables of one dataset; each method reads the catalog anew."""

    def __init__(self, address: str) -> None:
        """`iceberg:///folder` or `iceberg://catalog`, and `?namespace=name`; else ConfigError."""
        parts = urlsplit(address)
        options = dict(parse_qsl(parts.query))
        self._name = options.pop("namespace", "snake_pipe")
        self._folder = Path(unquote(parts.path)) if parts.path.strip("/") else None
        self._catalog_name = parts.netloc
        is_one_of_both = bool(self._catalog_name) is not bool(self._folder)
        if parts.scheme != "iceberg" or options or not is_one_of_both or "@" in parts.netloc:
            raise ConfigError("the address of the sink iceberg is none", f"write {_ADDRESS}")
        self._shown = f"the namespace {self._name} of {self._folder or self._catalog_name}"
        self._catalog: Catalog | None = None

    def tables(self, flush: Flush) -> dict[str, Table]:
        """The tables, made where they are missing.

        SinkError where they are another dataset's, SnapshotNeededError where they lack what comes before.
        """
        catalog = self._catalog = self._catalog or self._open()
        catalog.create_namespace_if_not_exists(self._name)
        tables = {
            table: catalog.create_table_if_not_exists(
                f"{self._name}.{table}", _described(table, flush.schema(table)), properties=_PROPERTIES
            )
            for table in CARRIED
        }
        self._check(flush, tables["files"].properties)
        return tables

    def _check(self, flush: Flush, properties: dict[str, str]) -> None:
        version = properties.get(VERSION, str(SCHEMA_VERSION))
        if version != str(SCHEMA_VERSION):
            raise SinkError(
                f"{self._shown} was made for version {version} of the tables, this program writes "
                f"{SCHEMA_VERSION}",
                "drop its tables, or name another one: ?namespace=NAME",
            )
        dataset_id = properties.get(DATASET_ID)
        if dataset_id not in (None, flush.key.dataset_id):
            raise SinkError(
                f"{self._shown} holds another dataset", "name one for each dataset: ?namespace=NAME"
            )
        if dataset_id is None and not flush.is_snapshot:
            raise SnapshotNeededError(f"{self._shown} holds nothing of the dataset yet")

    def _open(self) -> Catalog:
        require_library()
        from pyiceberg.catalog import load_catalog
        from pyiceberg.catalog.sql import SqlCatalog

        if self._folder is None:
            return load_catalog(self._catalog_name)
        self._folder.mkdir(parents=True, exist_ok=True)
        database = quote(str(self._folder / "catalog.db"))
        return SqlCatalog("default", uri=f"sqlite:///{database}", warehouse=self._folder.as_uri())


def _described(table: str, schema: pa.Schema) -> pa.Schema:
    """The columns with what they mean."""
    import pyarrow as pa

    docs = {column.name: column.doc for column in TABLES[table]}
    return pa.schema(field.with_metadata({"doc": docs[field.name]}) for field in schema)
