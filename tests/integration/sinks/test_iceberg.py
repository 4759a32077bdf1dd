"""Iceberg as a sink: the tables as pyiceberg and polars read them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import snake_pipe
from snake_pipe.errors import SinkError, UsageError
from snake_pipe.extract.sinks.ledger import make_flush
from snake_pipe.load.claims.of_jobs import newest_jobs
from snake_pipe.load.dataset import Dataset
from snake_pipe.plugins.sinks import Flush, FlushKey
from snake_pipe.schemas import TABLES
from snake_pipe.sinks.iceberg import sink as iceberg
from snake_pipe.sinks.iceberg.namespace import CARRIED
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager
from snake_pipe.utils.journal.append_file import read_file
from testkit.samples import WITH_ALL
from testkit.tables import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyiceberg.catalog.sql import SqlCatalog

SOURCES = {
    "gone.py": "import os\n",
    "changed.py": "def f():\n    return os.sep\n",
    "same.py": "class C: pass\n",
    "trees.ast.json": '{"_type": "Module", "body": []}\n' * 2,
}


CUTS = ("first table", "files", "removal") if WITH_ALL else ("files",)


def ingest(root: Path) -> Dataset:
    done = snake_pipe.ingest(root / "repo", dataset=root / "ds", worker_count=1)
    assert done.status == "done"
    return Dataset.open(LocalStorage(Path(done.dataset)))


def snapshot(dataset: Dataset) -> Flush:
    parts = {table: [part.name_in_table for part in dataset.parts(table)] for table in TABLES}
    key, jobs = FlushKey(dataset.id, "snapshot", 1), newest_jobs(CheckpointManager(dataset.storage))
    return Flush(key, str(dataset.storage.folder), parts, is_snapshot=True, telling_jobs=jobs)


def last_flushes(dataset: Dataset) -> list[Flush]:
    """Those of the last job."""
    manager = CheckpointManager(dataset.storage)
    journal = max(dataset.storage.folder.glob("_jobs/*/journal.jsonl"))
    return [
        make_flush(
            dataset,
            journal.parent.name,
            record["seq"],
            [part[:2] for part in record["parts"]],
            newest_jobs(manager),
        )
        for record in read_file(journal)[0]
        if record["type"] == "flush"
    ]


def catalog_of(warehouse: Path) -> SqlCatalog:
    from pyiceberg.catalog.sql import SqlCatalog

    return SqlCatalog("default", uri=f"sqlite:///{warehouse}/catalog.db", warehouse=warehouse.as_uri())


def differences(warehouse: Path, dataset: Path) -> dict[str, int]:
    catalog = catalog_of(warehouse)
    found = {}
    for table in CARRIED:
        ours = Counter(map(repr, rows(dataset, f"SELECT * FROM {table}")))
        there = catalog.load_table(f"snake_pipe.{table}").scan().to_arrow().to_pylist()
        theirs = Counter(repr(tuple(map(_plain, row.values()))) for row in there)
        different = (ours - theirs).total() + (theirs - ours).total()
        if different:
            found[table] = different
    return found


def _plain(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "repo").mkdir()
    for name, text in SOURCES.items():
        (tmp_path / "repo" / name).write_text(text)
    return tmp_path / "repo"


def test_rows_are_those_of_the_tables_wherever_a_delivery_was_cut_off(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path
    dataset = ingest(root)
    first = snapshot(dataset)
    warehouses = [root / f"w{number}" for number in range(len(CUTS))]
    for warehouse in warehouses:
        iceberg.IcebergSink(f"iceberg://{warehouse}").write(first)
        assert differences(warehouse, dataset.storage.folder) == {}

    (repo / "gone.py").unlink()
    (repo / "changed.py").write_text("def g(): pass\n")
    (repo / "new.py").write_text("import re\n")
    (repo / "trees.ast.json").write_text('{"_type": "Module", "body": []}\n' * 3)
    flushes = last_flushes(ingest(root))
    for warehouse, cut_off in zip(warehouses, CUTS, strict=True):
        sink = iceberg.IcebergSink(f"iceberg://{warehouse}")
        with monkeypatch.context() as patch:
            _cut_off(patch, cut_off)
            with pytest.raises(KeyboardInterrupt):
                sink.write(flushes[0])
        for _ in range(2):  # it comes again, and once more
            for flush in flushes:
                sink.write(flush)
            assert differences(warehouse, dataset.storage.folder) == {}
    table = catalog_of(warehouses[0]).load_table("snake_pipe.files")
    paths = pl.scan_iceberg(table, reader_override="pyiceberg").select("path").collect()["path"].to_list()
    assert {"changed.py", "new.py", "same.py"} <= set(paths)
    assert table.schema().find_field("path").doc == next(c.doc for c in TABLES["files"] if c.name == "path")


def test_what_concerns_no_file_is_what_the_last_job_of_each_repository_says(
    repo: Path, tmp_path: Path
) -> None:
    """A sink forgot what a repository's last job had said as soon as another repository was read."""
    warehouse = tmp_path / "w"
    sink = iceberg.IcebergSink(f"iceberg://{warehouse}")
    (repo / ".gitignore").symlink_to(".gitignore")
    dataset = ingest(tmp_path)
    sink.write(snapshot(dataset))
    assert [path for (path,) in rows(dataset.storage.folder, "SELECT path FROM errors")] == [".gitignore"]

    other = tmp_path / "other"
    other.mkdir()
    (other / "b.py").write_text("b = 1\n")
    snake_pipe.ingest(other, dataset=tmp_path / "ds", worker_count=1)
    for flush in last_flushes(dataset):
        sink.write(flush)
    assert differences(warehouse, dataset.storage.folder) == {}

    (repo / ".gitignore").unlink()
    (repo / "new.py").write_text("import re\n")
    for flush in last_flushes(ingest(tmp_path)):
        sink.write(flush)
    assert rows(dataset.storage.folder, "SELECT path FROM errors") == []
    assert differences(warehouse, dataset.storage.folder) == {}


def _cut_off(patch: pytest.MonkeyPatch, where: str) -> None:
    """Let a delivery end in a transaction, before it is committed."""
    original: Callable[..., None] = iceberg._note if where != "removal" else iceberg._remove

    def end(transaction: Any, *arguments: Any) -> None:
        original(transaction, *arguments)
        name = transaction.table_metadata.location.rpartition("/")[2]
        if where in ("first table", name) or (where == "removal" and name == "symbols"):
            raise KeyboardInterrupt

    patch.setattr(iceberg, "_remove" if where == "removal" else "_note", end)


def test_a_namespace_is_of_one_dataset_and_version(repo: Path, tmp_path: Path) -> None:
    flush = snapshot(ingest(tmp_path))
    sink = iceberg.IcebergSink(f"iceberg://{tmp_path / 'w'}")
    sink.write(flush)
    other = Flush(FlushKey("other", "snapshot", 1), flush.dataset, flush.parts, is_snapshot=True)
    with pytest.raises(SinkError, match="holds another dataset"):
        sink.write(other)
    files = catalog_of(tmp_path / "w").load_table("snake_pipe.files")
    with files.transaction() as transaction:
        transaction.set_properties({"snake-pipe.schema-version": "1"})
    with pytest.raises(SinkError, match="made for version 1 of the tables"):
        sink.write(flush)


def test_a_table_knows_the_last_flush_of_a_hundred_jobs(repo: Path, tmp_path: Path) -> None:
    flush = snapshot(ingest(tmp_path))
    iceberg.IcebergSink(f"iceberg://{tmp_path / 'w'}").write(flush)
    files = catalog_of(tmp_path / "w").load_table("snake_pipe.files")
    for known, added in ((61, 60), (100, 60)):
        with files.transaction() as transaction:
            transaction.set_properties({f"{iceberg._DELIVERED}{known:03}-{n:03}": "1" for n in range(added)})
            iceberg._forget_jobs(transaction, kept=iceberg._MOST_JOBS)
        assert sum(name.startswith(iceberg._DELIVERED) for name in files.properties) == known


@pytest.mark.parametrize(
    "address", ["", "iceberg://", "iceberg://a/b", "iceberg:///w?x=1", "iceberg://u:p@c"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="iceberg:///FOLDER"):
        iceberg.IcebergSink.check(address)
