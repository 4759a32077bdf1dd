"""One table's Delta log: commits of parts, by as many processes as like to.

Each version is an entry that only one of them can create; whoever comes too late looks at what the others
did, and takes the next version.

deltalake reads the tables and writes checkpoints. The entries between are written here:
an entry is a small JSON file of the Delta protocol, and writing it takes 0.1 ms with its fsyncs and no
memory, where a held `DeltaTable` takes 6 ms, more with every commit, and keeps each part it ever saw.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from snake_pipe.errors import DatasetError, SnakePipeError, StorageError
from snake_pipe.load.delta import entries
from snake_pipe.load.delta.entries import Action, LoggedPart, LoggedState
from snake_pipe.load.delta.entry_reader import EntryReader
from snake_pipe.load.delta.part_names import MOST_ENTRIES, PartNames
from snake_pipe.load.delta.turns import CommitWaits, Turns
from snake_pipe.load.refusals import what_to_do
from snake_pipe.schemas import TABLES
from snake_pipe.storage.clock import awake_or_not

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from deltalake import DeltaTable

    from snake_pipe.load.delta.entries import Snapshot
    from snake_pipe.load.part_writer import Part
    from snake_pipe.storage.storage import Storage, StoredFile

    MakeSnapshot = Callable[[int], Snapshot]
    """Makes the moment of a version of `files`."""

CHECKPOINT_EVERY = 20
"""Commits of a table between two checkpoints: a reader opens at most so many entries."""

_MOST_LOOKS = 6
"""Entries that are looked for by their names before the log is listed."""

_MOST_ENTRIES, _MOST_BYTES = 32, 4 << 20
"""Entries that are read for the newest parts, and the size above which one is none that a flush wrote."""

_ENTRY, _CHECKPOINT, _LAST_CHECKPOINT = ".json", ".checkpoint.parquet", "_last_checkpoint"

_PARQUET_END = b"PAR1"


class CommitConflictError(SnakePipeError):
    """Somebody else took a part out of the table that was to be replaced: to be done again from the start."""


_TRUSTED = 30.0
"""Seconds for which a version that was the newest is still a good beginning for a commit."""

_GRACE = 240.0
"""Seconds that a commit may take: entries that are younger than five minutes are not trimmed."""


class DeltaLog:
    """The log of a table of a dataset; `waits` counts what its commits wait for others.

    Its version is read once and then counted; others may have gone on meanwhile, see `current_version`.
    """

    def __init__(self, dataset: Storage, table: str, waits: CommitWaits | None = None) -> None:
        self._waits = waits or CommitWaits()
        self.storage = dataset.at(table)
        self.table = table
        self._log = self.storage.at("_delta_log")
        self._version: int | None = None
        self._looked_at = 0.0
        self._numbers: dict[str, int] = {}
        self._snapshots: dict[int, Snapshot] = {}
        self._entries = EntryReader(self._log)
        self._parts = PartNames(self.current_version, self.read_entry, self._read_parts)

    def create(self) -> None:
        """Make the empty table, durably; does nothing if it is there. OSError."""
        with suppress(FileExistsError):
            self._log.create(_entry(0), entries.to_bytes(entries.new_table(self.table)))

    @property
    def url(self) -> str:
        """Where the table is."""
        return self.storage.url

    def reload(self) -> None:
        """Forget what was read before."""
        self._version = None
        self._numbers.clear()
        self._snapshots.clear()
        self._entries.forget()
        self._parts.forget()

    def newest_version(self) -> int:
        """The table's version now; StorageError if the table is not there (any more)."""
        if self._version is None:
            self._looked_at = awake_or_not()
            self._version = max(self.entry_versions(), default=None)
            if self._version is None:
                with self._reading(StorageError) as table:
                    self._version = table.version()
        return self._version

    def current_version(self) -> int:
        """The same, as others may have left it meanwhile.

        From a version that was the newest a moment ago it is a few looks to the one that is it now: a listing
        takes longer with each commit of a run, and is asked for at each.
        """
        now = awake_or_not()
        if self._version is None or now - self._looked_at > _TRUSTED:
            found = None
        else:
            found = self._looked_up_from(self._version)
        self._version, self._looked_at = found, now
        return self.newest_version()

    def _looked_up_from(self, known: int) -> int | None:
        """The newest version by its neighbours; None where a listing has to tell.

        That is so where many have committed, where this process was suspended so long that the next entry may
        be trimmed, and where the known one is gone, as a whole folder may be.
        """
        first = known if self.storage.folder is not None else known + 1  # each look at a bucket is paid for
        try:
            for version in range(first, known + _MOST_LOOKS):
                if not self._log.exists(_entry(version)):
                    is_late = awake_or_not() - self._looked_at > _GRACE
                    return version - 1 if version > known and not is_late else None
        except OSError as error:
            raise self._cannot_read(error) from error
        return None

    def _is_empty(self) -> bool:
        """Whether nothing was ever committed, as to `processed` and `errors` of most datasets."""
        return self._version == 0 and self.current_version() == 0

    def entry_versions(self) -> list[int]:
        """The versions whose entries are kept, in order."""
        try:
            return sorted(_version(name) for name in self._names(_ENTRY))
        except OSError as error:
            raise self._cannot_read(error) from error

    def _cannot_read(self, error: OSError) -> StorageError:
        return StorageError(f"the table {self.url} cannot be read: {error.strerror or error}")

    def read_entry(self, version: int) -> list[Action]:
        """What the entry of a version says; nothing where there is none; StorageError if it is unreadable."""
        try:
            return self._entries.read(_entry(version))
        except OSError as error:
            raise self._cannot_read(error) from error

    def snapshot(self, version: int) -> Snapshot | None:
        """The snapshot that a version of `files` belongs to; None where its entry does not tell."""
        if version not in self._snapshots:
            found = entries.snapshot_in(self.read_entry(version))
            if found is None:
                return None
            self._snapshots[version] = found  # which stays as it is
        return self._snapshots[version]

    def part_names(self, version: int | None = None) -> list[str]:
        """Names of the parts that a version of the table consists of, by default the newest."""
        return list(self._parts.at(version)[1])

    def _read_parts(self, version: int | None) -> tuple[int, frozenset[str]]:
        with self._reading(DatasetError, version) as table:
            return table.version(), frozenset(uri.rpartition("/")[2] for uri in table.file_uris())

    def state(self) -> LoggedState:
        """The newest version with what the log says of its parts."""
        import pyarrow as pa

        if self._is_empty():
            return LoggedState(0, ())
        with suppress(StorageError):  # to open the table tells what is wrong
            version = self.current_version()
            if (told := self._told_parts(version)) is not None:
                return LoggedState(version, told)
        with self._reading(DatasetError) as table:
            found = pa.table(table.get_add_actions(flatten=True)).to_pylist()
            version = table.version()
        parts = (
            LoggedPart(
                row["path"],
                row["size_bytes"],
                row["num_records"],
                row.get("min.file_id"),
                row.get("max.file_id"),
            )
            for row in found
        )
        return LoggedState(version, sorted(parts, key=lambda part: part.name))

    def _told_parts(self, version: int) -> list[LoggedPart] | None:
        """The parts of a young table by its entries; None where one tells too little, or they are many."""
        if version > MOST_ENTRIES:
            return None
        parts: dict[str, LoggedPart] = {}
        for each in range(1, version + 1):
            actions = self.read_entry(each)
            added = entries.added_parts(actions)
            if not actions or added is None:
                return None
            for name in entries.removed_names(actions):
                parts.pop(name, None)
            parts |= {part.name: part for part in added}
        return [parts[name] for name in sorted(parts)]

    def parts_at(
        self, versions: Iterable[int], known: tuple[int, Collection[str]] | None = None
    ) -> Iterator[tuple[int, frozenset[str]]]:
        """The names of parts that the newest version and each of `versions` consist of, the newest first.

        What is no longer to be read is passed over; DatasetError if that is the newest. `known` is a version
        to begin with and what it consists of.
        """
        return self._parts.at_each(versions, None if known is None else (known[0], frozenset(known[1])))

    def replaced_names(self) -> list[str]:
        """Names of the parts that the entries that are kept took out of the table, the oldest first."""
        return [
            name
            for version in self.entry_versions()
            for name in entries.removed_names(self.read_entry(version))
        ]

    def versions_since(self, time_ms: int) -> list[int]:
        """The versions that were committed since then, and the one before: all that could be read then."""
        found: list[int] = []
        for version in [0] if self._is_empty() else reversed(self.entry_versions()):
            found.append(version)
            if (entries.time_of(self.read_entry(version)) or 0) < time_ms:
                break
        return found

    def newest_parts(self, most: int) -> list[str]:
        """Names of up to `most` parts that the table holds, the newest first, by the log's newest entries.

        Cheap on a table of any age, and a hint only: what cannot be read is passed over.
        """
        parts: list[str] = []
        removed: set[str] = set()
        try:
            files = {file.name: file for file in self._log.files()}
        except OSError:
            return []
        for name in sorted(_with_version(files.values(), _ENTRY), reverse=True)[:_MOST_ENTRIES]:
            if files[name].size_bytes > _MOST_BYTES:
                continue
            try:
                actions = self._entries.read(name)
            except OSError:
                continue
            for action in reversed(actions):
                for kind in ("remove", "add"):
                    part = action[kind].get("path") if isinstance(action.get(kind), dict) else None
                    if not isinstance(part, str) or "/" in part:
                        continue
                    if kind == "remove":
                        removed.add(part)
                    elif part not in removed:
                        parts.append(part)
            if len(parts) >= most:
                break
        return parts[:most]

    def last_number(self, series: str) -> int:
        """The number of the last flush of a series that was committed to this table; 0 if there was none.

        StorageError if the table is not there (any more).
        """
        if series not in self._numbers and (number := self._number_in_entries(series)) is not None:
            self._numbers[series] = number
        if series not in self._numbers:
            with self._reading(StorageError) as table:
                self._numbers[series] = table.transaction_version(_app_id(series)) or 0
                if self._version is None:
                    self._version = table.version()
                    self._looked_at = 0.0  # not known
        return self._numbers[series]

    def _number_in_entries(self, series: str) -> int | None:
        """What the entries say of a series; None where they are many, or do not go back far enough to tell.

        Each is read once, by deltalake three times.
        """
        if self._is_empty():
            return 0
        looked_at = awake_or_not()
        versions = self.entry_versions()
        if versions and self._version is None:
            self._version, self._looked_at = versions[-1], looked_at
        if versions == [0]:
            return 0
        if not versions or len(versions) > CHECKPOINT_EVERY:
            return None
        for expected, version in zip(range(versions[-1], -1, -1), reversed(versions), strict=False):
            if version != expected or not (entry := self.read_entry(version)):
                return None
            if (number := entries.transaction_in(entry, _app_id(series))) is not None:
                return number
        return 0 if versions[0] == 0 else None

    def append(
        self, parts: Sequence[Part], series: str, number: int, snapshot: MakeSnapshot | None = None
    ) -> None:
        """Commit parts, and that the series of flushes has come to `number`; durable on return.

        `snapshot` makes the moment of the version that the commit gets; it is asked again for each try. What
        another process has committed of the series meanwhile is not committed twice. StorageError if the disk
        refuses, or others are first for too long.
        """

        def actions(version: int) -> list[Action]:
            info = entries.commit_info(
                "WRITE", {"mode": "Append", "partitionBy": "[]"}, snapshot(version) if snapshot else None
            )
            return [info, entries.transaction(_app_id(series), number), *map(entries.add, parts)]

        def is_done(version: int) -> bool:
            if not (entry := self.read_entry(version)):  # trimmed: the table itself has to tell
                self._numbers.pop(series, None)
                return self.last_number(series) >= number
            return (entries.transaction_in(entry, _app_id(series)) or 0) >= number

        self._commit(self.newest_version(), actions, is_done)
        self._numbers[series] = number

    def replace(
        self,
        removed: Sequence[LoggedPart],
        added: Sequence[Part],
        *,
        base: int,
        changes_rows: bool,
        snapshot: MakeSnapshot | None = None,
    ) -> None:
        """Commit that `added` take the place of `removed`, as `append`; both may be empty.

        `base` is the version at which `removed` were found. What others added since then stays;
        CommitConflictError where they removed one of the same parts, and then nothing is committed. Without
        `changes_rows` the rows are the same, only in other parts.
        """
        names = frozenset(part.name for part in removed)

        def actions(version: int) -> list[Action]:
            return [
                entries.commit_info("OPTIMIZE", {}, snapshot(version) if snapshot else None),
                *(entries.remove(part, changes_rows=changes_rows) for part in removed),
                *(entries.add(part, changes_rows=changes_rows) for part in added),
            ]

        def is_done(version: int) -> bool:
            entry = self.read_entry(version)
            if not entry or not names.isdisjoint(entries.removed_names(entry)):
                raise CommitConflictError(f"version {version} of {self.url} has replaced the same parts")
            return False

        self._commit(base, actions, is_done)

    def _commit(
        self, base: int, actions: Callable[[int], list[Action]], is_done: Callable[[int], bool]
    ) -> None:
        """Create the next entry after `base`; `is_done(version)` looks at each that others created first.

        The number after one that was the newest long ago may be free again: others have gone on, and what
        they have summed up is trimmed. An entry there would be seen by nobody.
        """
        turns = Turns(self._waits)
        if awake_or_not() - self._looked_at > _TRUSTED:
            self._version = None
        while True:
            newest = max(base, self.newest_version())
            if any(is_done(version) for version in range(base + 1, newest + 1)):
                return
            base = newest
            try:
                self._log.create(_entry(base + 1), entries.to_bytes(actions(base + 1)))
                if (took := awake_or_not() - self._looked_at) > _GRACE:
                    raise StorageError(
                        f"a commit to {self.url} took {took:.0f} s, so it may have come too late",
                        "resume the job",
                    )
                break
            except FileExistsError:
                turns.wait(f"cannot commit to {self.url}")
                self._version = None
            except OSError as error:
                raise StorageError(
                    f"cannot commit to {self.url}: {error.strerror or error}",
                    what_to_do(is_on_disk=self.storage.folder is not None),
                ) from error
        self._version = base + 1
        self._looked_at = awake_or_not()
        # Each table at another commit, so that one flush doesn't pay for all of them.
        if (self._version + list(TABLES).index(self.table)) % CHECKPOINT_EVERY == 0:
            with suppress(StorageError):  # the commit is done; readers are slower without, that is all
                self.checkpoint()

    def checkpoint(self) -> None:
        """Sum up the log in one file, so that readers need not read all entries."""
        from snake_pipe.load.delta.opened import create_checkpoint

        try:
            create_checkpoint(self.storage)
            newest = max(self._names(_CHECKPOINT), default=None)
            for name in (newest, _LAST_CHECKPOINT):
                if name is not None:
                    self._log.make_durable(name)
        except OSError as error:
            raise StorageError(f"cannot write a checkpoint of {self.url}: {error}") from error

    def mend(self) -> None:
        """Set aside what a power cut left half written at the log's end.

        Nothing is lost: an entry that was promised is in the job's journal and is committed again.
        """
        if self.storage.folder is None:  # an object is there whole or not at all
            return
        names = self._log.files()
        entry = _newest(names, _ENTRY)
        if entry is not None and not entries.is_whole(data := self._log.read(entry)):
            self._log.replace(f"{entry}.torn", data)
            self._log.remove(entry)
        checkpoint = _newest(names, _CHECKPOINT)
        if checkpoint is not None and not self._is_whole(checkpoint):
            self._log.remove(checkpoint)
            self._log.remove(_LAST_CHECKPOINT)

    def _is_whole(self, checkpoint: str) -> bool:
        with self._log.open(checkpoint) as file:
            size = file.size()
            file.seek(max(0, size - len(_PARQUET_END)))
            return bool(file.read() == _PARQUET_END)

    def trim(self, wanted: Collection[int]) -> int:
        """Remove what neither the newest version nor one of `wanted` is read from; how many files.

        A version is read from the last checkpoint up to it, and the entries from there to it.
        """
        newest = self.newest_version()
        if newest == 0:
            return 0
        files = self._log.files()
        checkpoints = sorted(map(_version, _with_version(files, _CHECKPOINT)))
        kept: set[int] = set()
        for version in {newest, *wanted}:
            start = max((each for each in checkpoints if each <= version), default=0)
            kept.update(range(start, version + 1))
        names = [name for ending in (_ENTRY, _CHECKPOINT) for name in _with_version(files, ending)]
        outdated = [name for name in names if _version(name) not in kept and _version(name) <= newest]
        for name in sorted(outdated):
            self._log.remove(name)
        return len(outdated)

    def _reading(
        self, error_class: type[SnakePipeError], version: int | None = None
    ) -> AbstractContextManager[DeltaTable]:
        from snake_pipe.load.delta.opened import opened

        return opened(self.storage, error_class, version)

    def _names(self, ending: str) -> list[str]:
        return _with_version(self._log.files(), ending)


def checked_parts(storage: Storage, parts: Sequence[Part]) -> Sequence[Part]:
    """`parts`, all in their table's storage with the size that was recorded; StorageError otherwise."""
    for part in parts:
        path = f"{storage.url}/{part.name}"
        if "/" in part.name:
            raise StorageError(f"the part {path} cannot be committed: it is not its table's")
        try:
            size = storage.info(part.name).size_bytes
        except OSError as error:
            raise StorageError(f"the part {path} cannot be committed: {error.strerror or error}") from error
        if size != part.size_bytes:
            raise StorageError(f"the part {path} has {size} bytes instead of {part.size_bytes}")
    return parts


def _app_id(series: str) -> str:
    """As who a series signs its transactions."""
    return f"snake-pipe {series}"


def _entry(version: int) -> str:
    return f"{version:020}{_ENTRY}"


def _version(name: str) -> int:
    return int(name.partition(".")[0])


def _with_version(files: Iterable[StoredFile], ending: str) -> list[str]:
    """The names that are a version and this ending."""
    return [file.name for file in files if file.name.endswith(ending) and file.name[: -len(ending)].isdigit()]


def _newest(files: Iterable[StoredFile], ending: str) -> str | None:
    return max(_with_version(files, ending), default=None)
