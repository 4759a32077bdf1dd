"""Two committers and a tidy on one real dataset, in every order of their steps that Hypothesis thinks of.

Each is a process of its own as far as the dataset can tell: what it read of the logs may be old. Commits stop
between any two tables, as another process's commits may come there.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from snake_pipe.load.dataset import Dataset, Flush
from snake_pipe.load.part_writer import PartWriter
from snake_pipe.load.tidy.tidy import Tidy
from snake_pipe.schemas import TABLES, arrow_schema
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.shard import Shard

JOBS = ("20260101-000000-aaaaaa", "20260101-000000-bbbbbb")
PATHS = [f"{letter}.py" for letter in "abcdef"]
FILLERS = {
    "int64": 0,
    "int32": 0,
    "string": "",
    "dictionary": "",
    "timestamp": 0,
    "bool": False,
    "float64": 0.0,
}


class TwoCommittersAndATidy(RuleBasedStateMachine):
    """Job 0 has the files of shard 1/2, job 1 those of the other."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "ds"
        Dataset.create(LocalStorage(path))
        self.datasets = [Dataset.open(LocalStorage(path)) for _ in JOBS]
        self.path = path
        self.seq = [0, 0]
        self.next_id = 1
        self.pending = [None, None]
        self.rows = {}
        self.tidies = 0

    def teardown(self):
        self.folder.cleanup()

    @rule(job=st.sampled_from([0, 1]), path=st.sampled_from(PATHS), nodes=st.integers(1, 3))
    def write(self, job, path, nodes):
        """A worker's parts, which nothing names yet."""
        if self.pending[job] is not None:
            return
        job = 0 if Shard(1, 2).holds(path.encode()) else 1
        if self.pending[job] is not None:
            return
        self.seq[job] += 1
        file_id, self.next_id = self.next_id, self.next_id + 1
        writer = PartWriter(LocalStorage(self.path), f"{JOBS[job]}-1-{self.seq[job]}", ("files", "nodes"))
        row = {"file_id": file_id, "repo": "repo", "path": path, "status": "ok", "job_id": JOBS[job]}
        tree = [{"file_id": file_id, "node_id": number} for number in range(nodes)]
        for table, rows in (("files", [row]), ("nodes", tree)):
            full = [{**_required(table), **each} for each in rows]
            writer.write(table, pa.RecordBatch.from_pylist(full, schema=arrow_schema(table)))
        self.pending[job] = (
            Flush(JOBS[job], self.seq[job], writer.close(), job + 1, JOBS[job]),
            path,
            file_id,
            nodes,
        )

    @rule(job=st.sampled_from([0, 1]))
    def commit_all_but_files(self, job):
        """It is interrupted there by what the others do."""
        if self.pending[job] is not None:
            flush = self.pending[job][0]
            parts = [part for part in flush.parts if part.table == "nodes"]
            log = self.datasets[job].log("nodes")
            if not self.datasets[job].has(flush, "nodes"):
                log.append(parts, flush.series, flush.number)

    @rule(job=st.sampled_from([0, 1]), again=st.booleans())
    def commit(self, job, again):
        """With `again` by somebody who does it once more after a kill."""
        if self.pending[job] is None:
            return
        flush, path, file_id, nodes = self.pending[job]
        self.datasets[job].commit(flush)
        if again:
            Dataset.open(LocalStorage(self.path)).commit(flush)
        self.rows[path] = file_id, nodes
        self.pending[job] = None

    @precondition(lambda self: self.rows)
    @rule(job=st.sampled_from([0, 1]))
    def tidy(self, job):
        self.tidies += 1
        stem = f"{JOBS[job]}-1-t{self.tidies}"
        Tidy(self.datasets[job], job_id=JOBS[job], stem=stem, epoch=job + 1).run()
        snapshot = Dataset.open(LocalStorage(self.path)).snapshot()
        assert snapshot.is_tidy
        parts = [part.open().read(["path"]) for part in Dataset.open(LocalStorage(self.path)).parts("files")]
        assert sorted(path for part in parts for path in part["path"].to_pylist()) == sorted(self.rows)

    @invariant()
    def no_moment_goes_back(self):
        """Each snapshot names versions that are there, none older than those of an earlier snapshot."""
        dataset = Dataset.open(LocalStorage(self.path))
        log = dataset.log("files")
        last = dict.fromkeys(TABLES, 0)
        for version in log.entry_versions():
            snapshot = log.snapshot(version)
            if snapshot is None:
                continue
            assert snapshot.versions["files"] == version
            for table, at in snapshot.versions.items():
                assert last[table] <= at <= dataset.log(table).current_version()
            last = snapshot.versions

    @invariant()
    def all_rows_are_there_once(self):
        dataset = Dataset.open(LocalStorage(self.path))
        snapshot = dataset.snapshot()
        seen = {}
        for part in dataset.parts("files", snapshot.versions["files"]):
            for row in part.open().read().to_pylist():
                seen[row["path"]] = max(row["file_id"], seen.get(row["path"], 0))
        assert seen == {path: file_id for path, (file_id, _) in self.rows.items()}
        counts = dict.fromkeys(seen.values(), 0)
        for part in dataset.parts("nodes", snapshot.versions["nodes"]):
            for file_id in part.open().read().column("file_id").to_pylist():
                if file_id in counts:
                    counts[file_id] += 1
        assert counts == dict(self.rows.values())


def _required(table):
    return {column.name: FILLERS[column.type] for column in TABLES[table] if not column.nullable}


TestTwoCommittersAndATidy = TwoCommittersAndATidy.TestCase
TestTwoCommittersAndATidy.settings = settings(max_examples=10, stateful_step_count=15)
