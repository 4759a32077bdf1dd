"""One table's Delta log: commits of parts, by the one process that holds the dataset's lock.

deltalake creates the tables, reads them and writes checkpoints. The entries between are written here:
an entry is a small JSON file of the Delta protocol, and writing it takes 0.1 ms with its fsyncs and no
memory, where a held `DeltaTable` takes 6 ms, more with every commit, and keeps each part it ever saw.
"""

from __future__ import annotations

import errno
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import orjson
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from snake_pipe.errors import DatasetError, SinkError, SnakePipeError
from snake_pipe.schemas import TABLES, arrow_schema
from snake_pipe.utils.atomic_file import TEMP_SUFFIX, fsync_file, fsync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from snake_pipe.load.part_writer import Part

CHECKPOINT_EVERY = 100
"""Commits of a table between two checkpoints: a reader opens at most so many entries."""

_MOST_ENTRIES, _MOST_BYTES = 32, 4 << 20
"""Entries that are read for the newest parts, and the size above which one is none that a flush wrote."""

_PARQUET_END = b"PAR1"


class DeltaLog:
    """The log of the table in `folder`.

    Its version is read once and then counted; `reload` after somebody else may have written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder / "_delta_log"
        self._version: int | None = None
        self._flushes: dict[str, int | None] = {}

    def create(self, table: str) -> None:
        """Make the empty table, durably; does nothing if it is there."""
        self.folder.mkdir(exist_ok=True)
        try:
            DeltaTable.create(self.folder.as_uri(), schema=_delta_schema(table), mode="ignore")
        except DeltaError as error:
            raise SinkError(f"cannot create the table {self.folder}: {error}") from error
        for entry in self._log.iterdir():
            fsync_file(entry)
        fsync_folder(self._log)
        fsync_folder(self.folder)

    def reload(self) -> None:
        """Forget what was read before."""
        self._version = None
        self._flushes.clear()

    def part_names(self) -> list[str]:
        """Names of the parts that the newest version of the table consists of."""
        with self._reading(DatasetError) as table:
            return [uri.rpartition("/")[2] for uri in table.file_uris()]

    def newest_parts(self, most: int) -> list[str]:
        """Names of up to `most` parts that the table holds, the newest first, by the log's newest entries.

        Cheap on a table of any age, and a hint only: what cannot be read is passed over.
        """
        parts: list[str] = []
        removed: set[str] = set()
        try:
            entries = sorted(self._names(".json"), reverse=True)[:_MOST_ENTRIES]
        except OSError:
            return []
        for entry in entries:
            for action in reversed(_actions(self._log / entry)):
                for kind in ("remove", "add"):
                    name = action[kind].get("path") if isinstance(action.get(kind), dict) else None
                    if not isinstance(name, str) or "/" in name:
                        continue
                    if kind == "remove":
                        removed.add(name)
                    elif name not in removed:
                        parts.append(name)
            if len(parts) >= most:
                break
        return parts[:most]

    def flush_seq(self, job_id: str) -> int | None:
        """The last flush of a job that was committed to this table; None if there was none.

        SinkError if the table is not there (any more).
        """
        if job_id not in self._flushes:
            with self._reading(SinkError) as table:
                self._flushes[job_id] = table.transaction_version(job_id)
                if self._version is None:
                    self._version = table.version()
        return self._flushes[job_id]

    def append(self, parts: Iterable[Part], job_id: str, flush_seq: int) -> None:
        """Commit parts, and that the job has come to `flush_seq`; durable on return.

        SinkError if the disk refuses, or if somebody else committed meanwhile.
        """
        if self._version is None:
            with self._reading(SinkError) as table:
                self._version = table.version()
        version = self._version + 1
        actions: list[dict[str, Any]] = [_commit_info(), {"txn": {"appId": job_id, "version": flush_seq}}]
        try:
            actions += [self._add_action(part) for part in parts]
            self._put_entry(version, b"".join(orjson.dumps(action) + b"\n" for action in actions))
        except OSError as error:
            raise SinkError(
                f"cannot commit to {self.folder}: {error.strerror or error}",
                "free space or repair the disk, then resume the job",
            ) from error
        self._version = version
        self._flushes[job_id] = flush_seq
        # Each table at another commit, so that one flush doesn't pay for all of them.
        if (version + list(TABLES).index(self.folder.name)) % CHECKPOINT_EVERY == 0:
            with suppress(SinkError):  # the commit is done; readers are slower without, that is all
                self.checkpoint()

    def checkpoint(self) -> None:
        """Sum up the log in one file, so that readers need not read all entries."""
        try:
            DeltaTable(self.folder.as_uri()).create_checkpoint()
            newest = self._newest(".checkpoint.parquet")
            if newest is not None:
                fsync_file(newest)
            fsync_file(self._log / "_last_checkpoint")
            fsync_folder(self._log)
        except (DeltaError, OSError) as error:
            raise SinkError(f"cannot write a checkpoint of {self.folder}: {error}") from error

    def mend(self) -> None:
        """Set aside what a power cut left half written at the log's end.

        Nothing is lost: an entry that was promised is in the job's journal and is committed again.
        """
        entry = self._newest(".json")
        if entry is not None and not _is_whole_entry(entry.read_bytes()):
            entry.rename(entry.with_name(f"{entry.name}.torn"))
        checkpoint = self._newest(".checkpoint.parquet")
        if checkpoint is not None and not _ends_with(checkpoint, _PARQUET_END):
            checkpoint.unlink()
            (self._log / "_last_checkpoint").unlink(missing_ok=True)

    @contextmanager
    def _reading(self, error_class: type[SnakePipeError]) -> Iterator[DeltaTable]:
        """The table as it is now; what deltalake raises, also of what it reads later, as our own error."""
        try:
            yield DeltaTable(self.folder.as_uri())
        except DeltaError as error:
            raise error_class(
                f"the table {self.folder} cannot be read: {str(error).splitlines()[0]}",
                "restore it from a backup, or ingest into a new dataset",
            ) from error

    def _add_action(self, part: Part) -> dict[str, Any]:
        stats: dict[str, Any] = {"numRecords": part.rows}
        if part.first_file_id is not None:
            stats["minValues"] = {"file_id": part.first_file_id}
            stats["maxValues"] = {"file_id": part.last_file_id}
        return {
            "add": {
                "path": part.name,
                "partitionValues": {},
                "size": part.size_bytes,
                "modificationTime": (self.folder / part.name).stat().st_mtime_ns // 1_000_000,
                "dataChange": True,
                "stats": orjson.dumps(stats).decode(),
            }
        }

    def _put_entry(self, version: int, data: bytes) -> None:
        """Give an entry its name, which must be new: that is what makes commits exclude each other."""
        entry = self._log / f"{version:020}.json"
        temp = self._log / f".{entry.name}{TEMP_SUFFIX}"
        try:
            temp.write_bytes(data)
            fsync_file(temp)
            _rename_to_new(temp, entry)
        except FileExistsError as error:
            raise SinkError(
                f"somebody else committed version {version} of {self.folder}",
                "stop what writes to the dataset, then resume the job",
            ) from error
        finally:
            temp.unlink(missing_ok=True)
        fsync_folder(self._log)

    def _newest(self, ending: str) -> Path | None:
        names = self._names(ending)
        return self._log / max(names) if names else None

    def _names(self, ending: str) -> list[str]:
        return [name for name in os.listdir(self._log) if name[0] != "." and name.endswith(ending)]  # noqa: PTH208


def checked_parts(folder: Path, parts: Sequence[Part]) -> Sequence[Part]:
    """`parts`, all of them on disk in `folder` with the size that was recorded; SinkError otherwise."""
    for part in parts:
        path = folder / part.name
        try:
            size = path.stat().st_size
        except OSError as error:
            raise SinkError(f"the part {path} cannot be committed: {error.strerror or error}") from error
        if size != part.size_bytes or path.name != part.name:
            raise SinkError(f"the part {path} has {size} bytes instead of {part.size_bytes}")
    return parts


def _delta_schema(table: str) -> pa.Schema:
    """The schema without dictionaries, which Delta does not know."""
    import pyarrow as pa

    fields = (
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in arrow_schema(table)
    )
    return pa.schema(fields)


def _commit_info() -> dict[str, Any]:
    return {
        "commitInfo": {
            "timestamp": int(time.time() * 1000),
            "operation": "WRITE",
            "operationParameters": {"mode": "Append", "partitionBy": "[]"},
            "engineInfo": "snake-pipe",
        }
    }


def _rename_to_new(source: Path, target: Path) -> None:
    """Rename, but FileExistsError where a plain rename would replace."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        # A file system without hard links: the dataset's lock alone has to keep others away.
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        source.rename(target)


def _actions(entry: Path) -> list[dict[str, Any]]:
    """What an entry says; nothing if it cannot be read."""
    try:
        if entry.stat().st_size > _MOST_BYTES:
            return []
        lines = [orjson.loads(line) for line in entry.read_bytes().splitlines()]
    except (OSError, orjson.JSONDecodeError):
        return []
    return [line for line in lines if isinstance(line, dict)]


def _is_whole_entry(data: bytes) -> bool:
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    try:
        return bool(lines) and all(isinstance(orjson.loads(line), dict) for line in lines)
    except orjson.JSONDecodeError:
        return False


def _ends_with(path: Path, ending: bytes) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(ending)))
        return file.read() == ending
