"""Sinks: what gets each flush that is committed, to carry it elsewhere.

A sink is made once a run, in a process of its own, and is given the flushes of the run in their order:

    from snake_pipe.plugins import Flush

    class Totals:
        def __init__(self, argument: str) -> None:
            self._file = open(argument, "a")

        def write(self, flush: Flush) -> None:
            for batch in flush.batches("symbols", ["name", "kind"]):
                ...

        def close(self) -> None:
            self._file.close()
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from snake_pipe.errors import ConfigError, SinkError
from snake_pipe.plugins.installed import load_plugin
from snake_pipe.schemas import TABLES, WORKER_TABLES, arrow_schema
from snake_pipe.storage.open import open_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from snake_pipe.load.stored_part import StoredPart

SINK_GROUP = "snake_pipe.sinks"
"""The group of entry points of sinks: each is called with its argument, a text, and gives a `Sink`."""

BUILT_IN_SINKS: dict[str, str] = {
    "iceberg": "snake_pipe.sinks.iceberg.sink:IcebergSink",
    "postgres": "snake_pipe.sinks.postgresql.sink:PostgresSink",
    "postgresql": "snake_pipe.sinks.postgresql.sink:PostgresSink",
}
"""The sinks of snake-pipe itself, each with its place as `module:name`."""

_PASSWORD = re.compile(r"://[^/?#\s]*:[^/?#\s]*@|[?&](?:ssl)?password=", re.IGNORECASE)

SNAPSHOT = "snapshot"
"""What stands for the job in the key of a snapshot."""

_OF_FILES = frozenset({*WORKER_TABLES, "errors", "files"})
"""Tables whose rows belong to files."""

_ROWS_AT_ONCE = 65_536


class SnapshotNeededError(SinkError):
    """A sink lacks what a flush builds upon: it was emptied, restored to what it was, or never had it.

    It gets no further flush in this run; the next one begins with a snapshot.
    """


class Sink(Protocol):
    """What a sink offers; what it raises counts as a failure, and the flush is given to it again."""

    def write(self, flush: Flush) -> None:
        """Take in one flush, wholly and durably: it counts as delivered once this returns.

        Each flush comes at least once. One that was under way when a process died comes again, with the same
        key and the same rows: a sink that keeps the last `flush_seq` of each dataset and job in the very
        transaction of the rows, and passes over what is not greater, has each exactly once.
        """

    # A class of sinks may also have `check(argument: str) -> None`, a static method that raises ConfigError
    # for what it cannot take, such as an argument with a password: it is asked before a job keeps that.

    def close(self) -> None:
        """The run is over; not called where the process is ended because `write` takes too long."""


@dataclass(frozen=True, slots=True)
class FlushKey:
    """What tells a flush from all others; `flush_seq` grows within a job of a dataset.

    `dataset_id` stays when the dataset is moved. Snapshots count among themselves: their job is `snapshot`.
    """

    dataset_id: str
    job_id: str
    flush_seq: int


def _nothing() -> None:
    """For whoever reads a flush without being watched."""


@dataclass(frozen=True)
class Flush:
    """Rows that were committed together: the new state of some files, or, as a snapshot, of all.

    `dataset` is the dataset's folder or URL, `parts` the names of the Parquet parts of each table in the
    folder of that table. A sink that has nothing of the dataset yet, or has missed what is no longer there,
    gets a snapshot first: whatever it has of the dataset gives way to that.
    """

    key: FlushKey
    dataset: str
    parts: Mapping[str, Sequence[str]]
    is_snapshot: bool = False
    telling_jobs: Sequence[str] = ()
    """The last job of each repository: its word counts on what concerns no file, as an unreadable folder;
    rows of `errors` without a `file_id` and with another `job_id` are to be removed."""
    on_read: Callable[[], None] = field(default=_nothing, repr=False, compare=False)
    """Called with every record batch that is read: a sink that reads is not taken for one that hangs."""

    def schema(self, table: str) -> pa.Schema:
        """The columns of a table, as `batches` gives them; ValueError if there is no such table."""
        import pyarrow as pa

        _check_table(table)
        return pa.schema(
            field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
            for field in arrow_schema(table)
        )

    def batches(self, table: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of a table that are to be added, read as they are asked for; all columns by default.

        What the flush itself supersedes is left out, and so are the rows of `files` that say that a file is
        gone or that its reading was called off: `leaving` is where a sink hears of the former.
        """
        names = list(columns) if columns is not None else self.schema(table).names
        needed = [*names, *(name for name in _needed(table) if name not in names)]
        for part in self._parts(table):
            for rows in part.open().iter_batches(_ROWS_AT_ONCE, columns=needed):
                self.on_read()
                kept = self._without_superseded(table, rows).select(names)
                if kept.num_rows:
                    yield kept

    def leaving(self) -> Iterator[pa.RecordBatch]:
        """The files whose earlier rows are to be removed, as record batches of `repo` and `path`.

        They are all that the flush brings, and those that are gone; one may be named twice. With a file leave
        its row of `files`, those of the trees in it (`files.container_id`), and whatever has the `file_id` of
        one of these in another table. Nothing for a snapshot, before which everything leaves.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.is_snapshot:
            return
        for part in self._parts("files"):
            for rows in part.open().iter_batches(
                _ROWS_AT_ONCE, columns=["repo", "path", "container_id", "reason"]
            ):
                is_file = pc.and_(rows["container_id"].is_null(), pc.invert(_is_called_off(rows)))
                found = rows.select(["repo", "path"]).filter(is_file)
                if found.num_rows:
                    schema = pa.schema([self.schema("files").field(name) for name in ("repo", "path")])
                    yield found.cast(schema)

    @cached_property
    def _superseded(self) -> NDArray[np.int64]:
        from snake_pipe.load.tidy.superseded import find_superseded

        return find_superseded(self._parts("files")).ids

    def _parts(self, table: str) -> list[StoredPart]:
        _check_table(table)
        from snake_pipe.load.stored_part import StoredPart

        storage = open_storage(self.dataset)
        return [StoredPart(f"{table}/{name}", storage) for name in self.parts.get(table, ())]

    def _without_superseded(self, table: str, rows: pa.RecordBatch) -> pa.RecordBatch:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        if table not in _OF_FILES:
            return rows
        ids = rows["file_id"].fill_null(-1).to_numpy(zero_copy_only=False)
        stays = ~np.isin(ids, self._superseded)
        if table == "errors":
            counts = pc.is_in(rows["job_id"], pa.array(self.telling_jobs, pa.string()))
            stays &= (ids != -1) | counts.to_numpy(zero_copy_only=False)
        if table == "files":
            stays &= ~_is_called_off(rows).to_numpy(zero_copy_only=False)
        return rows if stays.all() else rows.filter(pa.array(stays))


def _check_table(name: str) -> None:
    if name not in TABLES:
        raise ValueError(f"there is no table {name!r}, only {', '.join(TABLES)}")


def _needed(table: str) -> Sequence[str]:
    """The columns by which the rows of a table are told that do not count."""
    if table == "files":
        return ("file_id", "reason")
    if table == "errors":
        return ("file_id", "job_id")
    return ("file_id",) if table in _OF_FILES else ()


def _is_called_off(files: pa.RecordBatch) -> pa.BooleanArray:
    import pyarrow.compute as pc

    return pc.fill_null(pc.equal(files["reason"], "cancelled"), False)


def split_sink(text: str) -> tuple[str, str]:
    """A sink's name and its argument, of `name`, `name=argument` or an address, whose scheme is the name."""
    name, _, argument = text.partition("=")
    scheme, is_address, _ = name.partition("://")
    if is_address:
        return scheme.strip(), text.strip()
    return name.strip(), argument.strip()


def refuse_password(text: str) -> None:
    """ConfigError for a sink whose argument is an address with a password in it; it does not repeat that."""
    if _PASSWORD.search(text):
        raise ConfigError(
            f"the sink {split_sink(text)[0]} is given a password, which others would see and jobs would keep",
            "leave it out: a sink takes it from the environment or a file of its own",
        )


def sink_id(text: str) -> str:
    """What a dataset knows a sink by: its name, and a digest, as an argument may be long, or a secret."""
    name = re.sub(r"[^0-9A-Za-z]+", "-", split_sink(text)[0]).strip("-")
    return f"{name}-{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"


def load_sink(text: str) -> Callable[[str], Sink]:
    """What makes the sink of that name; PluginError where there is none, or it cannot be imported."""
    name, _ = split_sink(text)
    found: Callable[[str], Sink] = load_plugin("sink", SINK_GROUP, name, BUILT_IN_SINKS)
    return found
