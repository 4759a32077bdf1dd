"""What a schema of PostgreSQL takes, given flushes one by one: each once, or a clear refusal."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import snake_pipe
from snake_pipe.errors import SinkError
from snake_pipe.load.dataset import Dataset
from snake_pipe.plugins.sinks import Flush, FlushKey, SnapshotNeededError
from snake_pipe.schemas import SCHEMA_VERSION, TABLES
from snake_pipe.sinks.postgresql import session
from snake_pipe.sinks.postgresql.sink import PostgresSink
from snake_pipe.storage.local import LocalStorage
from testkit.places import AST_DUMPS

if TYPE_CHECKING:
    from testkit.postgres_tables import PostgresSchema


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Flush:
    """Of a dataset whose texts have the character that PostgreSQL lacks."""
    root = tmp_path_factory.mktemp("repo")
    tree = (AST_DUMPS / "shapes.acorn.ast.json").read_text()
    (root / "nul.ast.json").write_text(tree.replace('"Circle"', '"C\\u0000"'))
    (root / "other.py").write_text("import os\n\ndef f():\n    os.sep\n")
    done = snake_pipe.ingest(root, dataset=root / "ds", worker_count=1)
    dataset = Dataset.open(LocalStorage(Path(done.dataset)))
    parts = {table: [part.name_in_table for part in dataset.parts(table)] for table in TABLES}
    return Flush(FlushKey(dataset.id, "snapshot", 1), str(dataset.storage.folder), parts, is_snapshot=True)


def write(schema: PostgresSchema, flush: Flush, options: str = "") -> None:
    with closing(PostgresSink(schema.address + options)) as sink:
        sink.write(flush)


def as_flush(snapshot: Flush, flush_seq: int) -> Flush:
    """The same rows as a job's flush."""
    return replace(snapshot, key=replace(snapshot.key, job_id="job", flush_seq=flush_seq), is_snapshot=False)


def of_other_dataset(flush: Flush) -> Flush:
    return replace(flush, key=replace(flush.key, dataset_id="other"))


def counts(schema: PostgresSchema) -> list[int]:
    return [schema.rows(f"SELECT count(*) FROM {{}}.{table}")[0][0] for table in ("files", "nodes", "refs")]


def test_each_flush_counts_once(schema: PostgresSchema, snapshot: Flush) -> None:
    write(schema, snapshot)
    first = counts(schema)
    assert all(first)
    schema.run("DELETE FROM {}.refs")  # whoever writes again would bring them back
    write(schema, snapshot)
    assert counts(schema) == [*first[:2], 0]
    write(schema, as_flush(snapshot, 2))  # files that are there are replaced by themselves
    assert counts(schema) == first
    schema.run("DELETE FROM {}.refs")
    write(schema, as_flush(snapshot, 2))
    write(schema, as_flush(snapshot, 1))
    assert counts(schema) == [*first[:2], 0]


def test_deliveries_of_long_ago_are_forgotten(schema: PostgresSchema, snapshot: Flush) -> None:
    write(schema, snapshot)
    schema.run(
        "INSERT INTO {}.deliveries SELECT 'old-' || n, n, now() - n * interval '1 day' "
        "FROM generate_series(1, 150) n"
    )
    write(schema, as_flush(snapshot, 2))
    assert schema.rows("SELECT count(*), max(flush_seq) FROM {}.deliveries WHERE job_id LIKE 'old%'") == [
        (98, 98)
    ]
    assert schema.rows("SELECT flush_seq FROM {}.deliveries WHERE job_id = 'job'") == [(2,)]


def test_a_snapshot_mends_what_somebody_else_did(schema: PostgresSchema, snapshot: Flush) -> None:
    write(schema, snapshot)
    before = schema.rows("SELECT * FROM {}.files ORDER BY file_id"), counts(schema)
    schema.run("DELETE FROM {}.nodes WHERE node_id = 1")
    schema.run("DELETE FROM {}.files WHERE path = 'other.py'")
    schema.run("UPDATE {}.files SET file_id = -1, path = 'stale' WHERE path = 'nul.ast.json'")
    write(schema, replace(snapshot, key=replace(snapshot.key, flush_seq=2)))
    assert (schema.rows("SELECT * FROM {}.files ORDER BY file_id"), counts(schema)) == before


def test_the_character_that_postgresql_lacks_is_another(schema: PostgresSchema, snapshot: Flush) -> None:
    write(schema, snapshot)
    names = schema.rows("SELECT DISTINCT name FROM {}.symbols WHERE name LIKE 'C_'")
    assert names == [("C\N{REPLACEMENT CHARACTER}",)]


def test_tables_say_what_they_mean(schema: PostgresSchema, snapshot: Flush) -> None:
    write(schema, snapshot)
    told = "SELECT col_description('{0}.files'::regclass, 1), obj_description('{0}.nodes'::regclass)"
    assert schema.rows(told) == [(TABLES["files"][0].doc, "the syntax trees")]


def test_a_schema_is_of_one_dataset(schema: PostgresSchema, snapshot: Flush) -> None:
    write(schema, snapshot)
    with pytest.raises(SinkError, match=f"{schema.name} .* holds another dataset .*schema=NAME"):
        write(schema, of_other_dataset(snapshot))
    with pytest.raises(SnapshotNeededError):
        write(schema, of_other_dataset(as_flush(snapshot, 1)), "&replace=yes")
    write(schema, of_other_dataset(snapshot), "&replace=yes")
    assert schema.rows("SELECT dataset_id FROM {}.dataset") == [("other",)]
    assert all(counts(schema))


def test_a_schema_of_another_version_is_refused(schema: PostgresSchema, snapshot: Flush) -> None:
    write(schema, snapshot)
    schema.run("UPDATE {}.dataset SET schema_version = schema_version - 1")
    words = f"version {SCHEMA_VERSION - 1} .* writes {SCHEMA_VERSION} .*DROP SCHEMA"
    with pytest.raises(SinkError, match=words):
        write(schema, as_flush(snapshot, 1))


def test_a_schema_that_was_emptied_asks_for_a_snapshot(schema: PostgresSchema, snapshot: Flush) -> None:
    write(schema, snapshot)
    schema.run("DROP SCHEMA {} CASCADE")
    with pytest.raises(SnapshotNeededError, match="holds nothing of the dataset"):
        write(schema, as_flush(snapshot, 1))


def test_tables_of_others_stay(schema: PostgresSchema, snapshot: Flush) -> None:
    schema.run("CREATE SCHEMA {}")
    schema.run("CREATE TABLE {}.files (mine int)")
    with pytest.raises(SinkError, match="has a table files that is none of snake-pipe's"):
        write(schema, snapshot)


def test_a_server_that_takes_no_changes_says_so(schema: PostgresSchema, snapshot: Flush) -> None:
    with pytest.raises(SinkError, match=r"read-only transaction .*primary"):
        write(schema, snapshot, "&options=-cdefault_transaction_read_only%3Don")
    write(schema, snapshot)
    assert all(counts(schema))


def fill_up(folder: Path) -> Path:
    """A file that takes all room there is."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


@pytest.mark.root
def test_a_server_without_room_says_so_and_goes_on_with_room(
    schema: PostgresSchema, snapshot: Flush, small_space: Path
) -> None:
    in_it = "&options=-cdefault_tablespace%3Dsmall"
    write(schema, snapshot, in_it)
    before = counts(schema)
    filler = fill_up(small_space)

    def write_on() -> None:
        for flush_seq in range(1, 100):  # what is there has some room still
            write(schema, as_flush(snapshot, flush_seq), in_it)

    with pytest.raises(SinkError, match=r"No space left on device \(make room on the server"):
        write_on()
    assert counts(schema) == before
    filler.unlink()
    write(schema, as_flush(snapshot, 100), in_it)
    assert counts(schema) == before


def test_a_writer_that_waits_for_another_gives_up(
    schema: PostgresSchema, snapshot: Flush, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(schema, snapshot)
    monkeypatch.setattr(session, "LOCK_TIMEOUT", 10)
    with schema.undeliverable(), pytest.raises(SinkError, match=r"lock timeout .*pg_locks"):
        write(schema, as_flush(snapshot, 1))
