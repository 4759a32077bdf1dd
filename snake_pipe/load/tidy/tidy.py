"""After a run: each table becomes the current state alone, in parts of a good size.

Parts that hold superseded rows are written anew without them, and many small parts become few, in one
commit a table, `files` last. What is superseded is found by `files` alone, which keeps its superseded rows
until the other tables have lost theirs: so a tidy that was cut off anywhere is simply done again. Until then
readers leave out what is superseded by themselves.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.errors import DatasetError, StorageError
from snake_pipe.load.columns import among, is_null, longs
from snake_pipe.load.delta.entries import Snapshot
from snake_pipe.load.delta.log import CommitConflictError
from snake_pipe.load.part_writer import PartWriter
from snake_pipe.load.tidy.ages import Ages, carried_over
from snake_pipe.load.tidy.parts_plan import may_hold, rows_per_part, small_parts
from snake_pipe.load.tidy.rewriting import write_anew
from snake_pipe.load.tidy.superseded import find_superseded
from snake_pipe.schemas import TABLES, WORKER_TABLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from numpy.typing import NDArray

    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.delta.entries import LoggedPart
    from snake_pipe.load.tidy.rewriting import RowEdit

_OF_FILES = (*WORKER_TABLES, "errors", "files")
"""Tables whose rows belong to files."""

_TRIES = 3
"""How often a tidy begins again because somebody else replaced the same parts."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """What a tidy did: rows that left, and parts that others took the place of."""

    rows: int = 0
    parts: int = 0


class Tidy:
    """One tidying of a dataset by who has its upkeep, beside others that write. Not for threads."""

    def __init__(
        self,
        dataset: Dataset,
        *,
        job_id: str,
        stem: str,
        codec: str = "zstd",
        level: int | None = 1,
        noted_times: Mapping[int, int] | None = None,
        epoch: int = 0,
        kept_jobs: Collection[str] | None = None,
        telling_jobs: Collection[str] = (),
    ) -> None:
        """`job_id` is whose work it is. `telling_jobs` are those whose errors without a file still count.

        `stem` begins the names of the new parts, and must be new for each tidy. `noted_times` are new times
        of files by their ids: their content is known to be the same, though an AST file was written again, in
        `epoch`. What tables say of jobs that are not of `kept_jobs` leaves them sooner or later.
        """
        self._dataset = dataset
        self._job_id = job_id
        self._stem = stem
        self._codec, self._level = codec, level
        self._noted = noted_times or {}
        self._epoch = epoch
        self._telling_jobs = frozenset((job_id, *telling_jobs))
        self._kept_jobs = None if kept_jobs is None else frozenset(kept_jobs)
        self._parts_made = 0
        self._base = 0
        self._gone: NDArray[np.int64] = np.zeros(0, np.int64)
        self._ages: Ages = carried_over((), ())

    def is_due(self) -> bool:
        """Whether the newest state is not tidy, or a row of it is to be changed."""
        snapshot = self._dataset.snapshot()
        has_old_errors = snapshot.has_loose_errors and snapshot.job_id != self._job_id
        return not snapshot.is_tidy or has_old_errors or bool(self._noted)

    def run(self) -> Tidied:
        """Do it; StorageError where the disk refuses, and then what is committed stays as right as it was.

        DatasetError where a part cannot be read.
        """
        with self._reading():
            for _ in range(_TRIES):
                with suppress(CommitConflictError):
                    return self._run()
        raise StorageError(f"{self._dataset.url} is being tidied by somebody else")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            text = str(error).splitlines()[0]
            raise DatasetError(f"a part of {self._dataset.url} cannot be read: {text}") from error

    def _run(self) -> Tidied:
        self._base = self._dataset.log("files").current_version()
        files = self._dataset.parts("files", self._base)
        found = find_superseded(files)
        self._gone, self._ages = found.ids, carried_over(files, found.states)
        done = Tidied()
        for table in (*(table for table in TABLES if table != "files"), "files"):
            tidied = self._tidy_table(table)
            done = Tidied(done.rows + tidied.rows, done.parts + tidied.parts)
        return done

    def run_for_runs(self) -> Tidied:
        """The same for the table `runs` alone, which grows by each run, also by those that change nothing."""
        with self._reading():
            return self._tidy_table("runs")

    def _tidy_table(self, table: str) -> Tidied:
        log = self._dataset.log(table)
        state = log.state()
        parts = state.parts
        changed = {part.name: count for part in parts if (count := self._rows_to_change(table, part))}
        outdated = {part.name: part for part in small_parts(parts)}
        outdated |= {part.name: part for part in parts if part.name in changed}
        sources = sorted(outdated.values(), key=lambda part: (part.first_file_id or 0, part.name))
        if not sources and table != "files":
            return Tidied()
        added = write_anew(
            table,
            [self._dataset.part(table, part.name) for part in sources],
            self._edit(table),
            most_rows=rows_per_part(sum(part.rows for part in parts)),
            open_writer=lambda: self._open_writer(table),
        )
        log.replace(
            sources,
            added,
            base=state.version,
            changes_rows=bool(changed),
            snapshot=self._snapshot if table == "files" else None,
        )
        rows_left = sum(part.rows for part in sources) - sum(part.rows for part in added)
        return Tidied(rows_left, len(sources))

    def _snapshot(self, version: int) -> Snapshot:
        """The moment that the tidied `files` make; tidy only where nobody has added to them meanwhile."""
        before = self._dataset.log("files").snapshot(version - 1) or Snapshot({"files": version - 1})
        is_same = before.job_id == self._job_id or not before.has_loose_errors
        return replace(
            self._dataset.snapshot_of(version, self._job_id, self._epoch),
            is_tidy=version == self._base + 1,
            has_loose_errors=self._has_loose_errors(),
            since=(before.versions["files"] if before.since is None else before.since) if is_same else None,
        )

    def _has_loose_errors(self) -> bool:
        return any(
            part.open().read(["file_id"]).column(0).null_count for part in self._dataset.parts("errors")
        )

    # -- rows ----------------------------------------------------------------------------------------

    def _rows_to_change(self, table: str, part: LoggedPart) -> int:
        """How many rows of a part leave or change; 0 is told without reading most parts."""
        if table not in _OF_FILES:
            return self._rows_of_old_jobs(table, part)
        ids = self._gone
        if table == "files":
            noted = np.fromiter(self._noted, np.int64, len(self._noted))
            ids = np.sort(np.concatenate((ids, self._ages.file_ids, noted)))
        if table != "errors" and not may_hold(part, ids):
            return 0
        columns = ["file_id", *{"errors": ["job_id"], "files": ["container_id"]}.get(table, ())]
        file = self._dataset.part(table, part.name).open()
        count = 0
        for rows in file.iter_batches(1 << 20, columns=columns):
            is_gone = among(longs(rows["file_id"], -1), ids)
            if table == "errors":
                is_gone |= self._is_loose_of_others(rows)
            elif table == "files":
                containers = longs(rows["container_id"], -1)
                is_gone |= among(containers, ids)
            count += int(np.count_nonzero(is_gone))
        return count

    def _rows_of_old_jobs(self, table: str, part: LoggedPart) -> int:
        """How many rows are of jobs that are not kept, in a part that would not be merged; 0 for a few."""
        if self._kept_jobs is None or part.rows < rows_per_part(0) // 2:
            return 0
        jobs = self._dataset.part(table, part.name).open().read(["job_id"]).column(0)
        old = sum(job not in self._kept_jobs for job in jobs.to_pylist())
        return old if old > part.rows // 2 else 0

    def _is_loose_of_others(self, errors: pa.RecordBatch) -> NDArray[np.bool_]:
        loose = is_null(errors["file_id"])
        others = np.array([job not in self._telling_jobs for job in errors["job_id"].to_pylist()], np.bool_)
        flags: NDArray[np.bool_] = loose & others
        return flags

    def _edit(self, table: str) -> RowEdit:
        if table not in _OF_FILES:
            return self._without_old_jobs

        def edit(rows: pa.RecordBatch) -> pa.RecordBatch:
            ids = longs(rows["file_id"], -1)
            leaves = among(ids, self._gone)
            if table == "errors":
                leaves |= self._is_loose_of_others(rows)
            if leaves.any():
                rows = rows.filter(pa.array(~leaves))
            return self._edit_file(rows) if table == "files" else rows

        return edit

    def _without_old_jobs(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        kept = self._kept_jobs
        if kept is None:
            return rows
        return rows.filter(pa.array([job in kept for job in rows["job_id"].to_pylist()], pa.bool_()))

    def _edit_file(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        rows = self._ages.apply(rows)
        if not self._noted:
            return rows
        import pyarrow.compute as pc

        files = pc.coalesce(rows["container_id"], rows["file_id"])
        ids, times = files.to_pylist(), rows["mtime_ns"].to_pylist()
        kinds, since = rows["input_kind"].to_pylist(), rows["content_epoch"].to_pylist()
        for at, file_id in enumerate(ids):
            if file_id in self._noted:
                times[at] = self._noted[file_id]
                since[at] = self._epoch if kinds[at] == "ast" else since[at]
        for name, values in (("mtime_ns", times), ("content_epoch", since)):
            column = rows.schema.get_field_index(name)
            rows = rows.set_column(column, rows.schema.field(column), pa.array(values, pa.int64()))
        return rows

    def _open_writer(self, table: str) -> PartWriter:
        self._parts_made += 1
        return PartWriter(
            self._dataset.storage,
            f"{self._stem}-tidy-{self._parts_made}",
            (table,),
            codec=self._codec,
            level=self._level,
        )
