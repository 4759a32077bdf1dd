"""The tables of a schema: columns, keys and comments, from what `schemas` says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.schemas import TABLES, WORKER_TABLES, Column

if TYPE_CHECKING:
    from collections.abc import Mapping

CARRIED = ("files", *WORKER_TABLES, "errors")
"""The tables that a schema holds: those of files. What tells of jobs stays with the dataset."""

_TYPES: Mapping[str, str] = {
    "int64": "bigint",
    "int32": "integer",
    "float64": "double precision",
    "bool": "boolean",
    "string": "text",
    "binary": "bytea",
    "dictionary": "text",
    "list<string>": "text[]",
    "timestamp": "timestamp with time zone",
}

_KEYS = {
    "files": "PRIMARY KEY (file_id)",
    "nodes": "PRIMARY KEY (file_id, node_id)",
}

_INDEXES = (
    # No B-tree: it refuses texts above 2,700 bytes, and there are names and paths of that length.
    "CREATE INDEX files_path ON {schema}.files USING spgist (path)",
    "CREATE INDEX files_container_id ON {schema}.files (container_id) WHERE container_id IS NOT NULL",
    "CREATE INDEX symbols_file_id_node_id ON {schema}.symbols (file_id, node_id)",
    "CREATE INDEX symbols_name ON {schema}.symbols USING spgist (name)",
    "CREATE INDEX refs_file_id_node_id ON {schema}.refs (file_id, node_id)",
    "CREATE INDEX refs_name ON {schema}.refs USING spgist (name)",
    "CREATE INDEX imports_file_id_node_id ON {schema}.imports (file_id, node_id)",
    "CREATE INDEX processed_file_id ON {schema}.processed (file_id)",
    "CREATE INDEX errors_file_id ON {schema}.errors (file_id)",
)

_OWN = (
    "CREATE TABLE {schema}.dataset (dataset_id text NOT NULL, schema_version integer NOT NULL)",
    "COMMENT ON TABLE {schema}.dataset IS 'which dataset of snake-pipe the schema holds'",
    "CREATE TABLE {schema}.deliveries (job_id text PRIMARY KEY, flush_seq bigint, delivered_at timestamptz)",
    "COMMENT ON TABLE {schema}.deliveries IS 'the last flush that the tables have of each newest job'",
)

_MEANINGS = {
    "files": "each file and what became of it",
    "nodes": "the syntax trees",
    "symbols": "definitions",
    "refs": "uses of names",
    "imports": "what files import",
    "processed": "what processors say of files",
    "errors": "what could not be read or parsed",
}


def quoted(name: str) -> str:
    """A name as it is written in a statement."""
    return '"' + name.replace('"', '""') + '"'


def create_tables(schema: str) -> str:
    """One statement that makes all tables of a schema that is there."""
    statements = list(_OWN)
    for table in CARRIED:
        columns = [_column(column) for column in TABLES[table]]
        body = ", ".join([*columns, _KEYS[table]] if table in _KEYS else columns)
        statements.append(f"CREATE TABLE {{schema}}.{table} ({body})")
        statements.append(f"COMMENT ON TABLE {{schema}}.{table} IS {_text(_MEANINGS[table])}")
        statements += [
            f"COMMENT ON COLUMN {{schema}}.{table}.{quoted(column.name)} IS {_text(column.doc)}"
            for column in TABLES[table]
        ]
    statements += _INDEXES
    body = "; ".join(statement.replace("{schema}", quoted(schema)) for statement in statements)
    return f"DO $snake_pipe$ BEGIN {body}; END $snake_pipe$"


def _column(column: Column) -> str:
    return f"{quoted(column.name)} {_TYPES[column.type]}{'' if column.nullable else ' NOT NULL'}"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
