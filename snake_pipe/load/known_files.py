"""What a dataset already holds, so that only what is new or changed is read again.

Used for another ingest into the same dataset and for `resume`. A million files are a few arrays of 35
bytes a file: paths are kept as 64-bit hashes only, and read back from the dataset for the few that are gone.
Rows of trees in files that hold several do not count: the file has a row of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import repeat, starmap
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from snake_pipe.load.columns import among, codes, is_null, longs, look_up, look_up_pairs, spread
from snake_pipe.load.content_hashes import ContentHashes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from snake_pipe.load.columns import Flags, Longs
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.stored_part import StoredPart

_FAILED = frozenset({"failed", "quarantined"})
_FINAL = frozenset({"ok", "partial", "skipped"})
"""Statuses that another try of the same bytes would only repeat."""

_IN_MOTION = frozenset({"not_found", "changed_while_reading", "symlink", "special_file"})
"""Reasons of files that went away, or changed, between the walk and the worker."""

_ANY = -1
"""Size or time of a row that has none."""

_LONGS = ("key", "check", "file_id", "size", "mtime")
_FLAGS = ("usable", "deleted", "failing")
_ROWS_AT_ONCE = 16_384

_REPEATING = [
    "repo", "status", "reason", "input_kind", "language", "parser", "parser_version", "read_with", "job_id"
]  # fmt: skip
_KNOWN_COLUMNS = ["file_id", "container_id", "path", "size_bytes", "mtime_ns", *_REPEATING]
_TOLD_COLUMNS = ["repo", "path", "path_bytes", "input_kind", "language"]


class FileOnDisk(Protocol):
    """What is asked of a file that a walk found."""

    @property
    def repo(self) -> str:
        """Name of the root it was found under."""

    @property
    def path(self) -> str:
        """POSIX, relative to the root."""

    @property
    def size_bytes(self) -> int:
        """Size on disk."""

    @property
    def mtime_ns(self) -> int:
        """Time of its last change."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file of the dataset, read back by its id."""

    repo: str
    path: str
    path_bytes: bytes | None
    input_kind: str
    language: str | None


class KnownContent(NamedTuple):
    """What the dataset has of a file that may be there as it is: the row's id, time and hash."""

    file_id: int
    mtime_ns: int
    hash: bytes | None


class _Rows:
    """Rows of `files` as columns that grow; `key` and `check` are two independent hashes of repo and path.

    One array a column, not many that are joined at the end: that halves the peak, and the memory of
    large arrays goes back to the system.
    """

    def __init__(self) -> None:
        self.count = 0
        self._longs: dict[str, Longs] = {name: np.empty(0, np.int64) for name in _LONGS}
        self._flags: dict[str, Flags] = {name: np.empty(0, np.bool_) for name in _FLAGS}

    def extend(self, count: int, **columns: Longs | Flags) -> None:
        end = self.count + count
        for name, values in columns.items():
            column = self._longs[name] if name in self._longs else self._flags[name]
            if end > len(column):
                column.resize(max(end, 2 * len(column)), refcheck=False)
            column[self.count : end] = values
        self.count = end

    def longs(self, name: str) -> Longs:
        return self._longs[name][: self.count]

    def flags(self, name: str) -> Flags:
        return self._flags[name][: self.count]

    def take_longs(self, name: str, indices: NDArray[np.intp]) -> Longs:
        """Some values of a column, which is given up."""
        return self._longs.pop(name)[indices]


class KnownFiles:
    """A set of files with size and time, and which of them a walk has seen."""

    _hash: Callable[[object], int] = staticmethod(hash)

    def __init__(self, list_parts: Callable[[], Sequence[StoredPart]], rows: _Rows) -> None:
        """`list_parts()` are those of `files` now: in a long watch others take their place."""
        newest, collided = _newest(rows)
        newest = newest[~rows.flags("deleted")[newest]]
        self._list_parts = list_parts
        self._usable = rows.flags("usable")[newest]
        self._failing = rows.flags("failing")[newest]
        self._keys = rows.take_longs("key", newest)
        self._file_ids = rows.take_longs("file_id", newest)
        self._sizes = rows.take_longs("size", newest)
        self._mtimes = rows.take_longs("mtime", newest)
        self._seen = np.zeros(len(newest), np.bool_)
        self._hashes = ContentHashes(list_parts, self._file_ids)
        # Paths that share a hash can't be told apart here: they are read again, and never called gone.
        shared = np.isin(self._keys, collided)
        self._usable[shared] = False
        self._seen[shared] = True

    @classmethod
    def none(cls) -> KnownFiles:
        """Those of a dataset that is not there yet."""
        return cls(tuple, _Rows())

    @classmethod
    def current(
        cls,
        dataset: Dataset,
        repos: Collection[str] | None = None,
        holds: Callable[[str], bool] | None = None,
        is_current: Callable[[str, str], bool] | None = None,
        read_with: str | None = None,
        is_asked: Callable[[str, str | None], bool] | None = None,
        is_told: Callable[[str, str, str | None], bool] | None = None,
    ) -> KnownFiles:
        """The newest row of each (repo, path), for an ingest; of paths that it `holds`, None for all.

        A file matches if it has the same size and time, and was read to its end by no parser or by one that
        `is_current` (name and version; None accepts all), with the settings `read_with` (None: any); failed
        and quarantined files are tried again. It must also have been read in a language that `is_asked` for
        (given the kind of input and the language; None: any), and that `is_told` of it now (given the path
        before these; None: any).
        """
        parts = dataset.parts("files")
        accepts = cache(is_current) if is_current is not None else None

        def usable(batch: pa.RecordBatch) -> Flags:
            final = look_up(batch["status"], lambda status: status in _FINAL)
            measured = ~(is_null(batch["size_bytes"]) | is_null(batch["mtime_ns"]))
            settings = look_up(batch["read_with"], lambda digest: read_with in (None, digest))
            unread = look_up(batch["reason"], lambda reason: reason == "cancelled")
            return final & measured & ~unread & settings & in_language(batch) & _read_by(batch, accepts)

        def in_language(batch: pa.RecordBatch) -> Flags:
            kind, language = batch["input_kind"], batch["language"]
            if is_told is not None:
                rows = zip(batch["path"].to_pylist(), spread(kind), spread(language), strict=True)
                told = np.fromiter(starmap(is_told, rows), np.bool_, batch.num_rows)
            else:
                told = np.ones(batch.num_rows, np.bool_)
            return told if is_asked is None else told & look_up_pairs(kind, language, is_asked)

        def wanted(batch: pa.RecordBatch) -> Flags:
            of_repos = look_up(batch["repo"], lambda repo: repos is None or repo in repos)
            if holds is None:
                return of_repos
            return of_repos & np.fromiter(map(holds, batch["path"].to_pylist()), np.bool_, batch.num_rows)

        return cls(lambda: dataset.parts("files"), cls._read(parts, wanted, usable))

    @classmethod
    def of_job(cls, dataset: Dataset, job_id: str) -> KnownFiles:
        """The files that a job has committed: whatever their status, they are done.

        Only those that were in motion when they were read do not match: a walk that finds them again may
        find them as they were before.
        """

        def usable(batch: pa.RecordBatch) -> Flags:
            return ~look_up(batch["reason"], lambda reason: reason in _IN_MOTION)

        def wanted(batch: pa.RecordBatch) -> Flags:
            return look_up(batch["job_id"], lambda job: job == job_id)

        parts = dataset.parts("files")
        return cls(lambda: dataset.parts("files"), cls._read(parts, wanted, usable))

    def __len__(self) -> int:
        return len(self._keys)

    def holds(self, repo: str, path: str) -> bool:
        """Whether a path is here, whatever became of it on disk; it then counts as seen."""
        at = self._find(repo, path)
        if at is not None:
            self._seen[at] = True
        return at is not None

    def contains(self, repo: str, path: str) -> bool:
        """Whether a path is here; asking leaves no trace."""
        return self._find(repo, path) is not None

    def _find(self, repo: str, path: str) -> int | None:
        key = self._hash((repo, path))
        at = int(np.searchsorted(self._keys, key))
        return at if at < len(self) and self._keys[at] == key else None

    @property
    def seen_count(self) -> int:
        """How many of them a walk has seen so far."""
        return int(np.count_nonzero(self._seen))

    @property
    def nbytes(self) -> int:
        """Memory held."""
        longs = (self._keys, self._file_ids, self._sizes, self._mtimes)
        arrays = (*longs, self._usable, self._failing, self._seen, self._hashes)
        return sum(array.nbytes for array in arrays)

    def match(self, files: Sequence[FileOnDisk]) -> list[bool]:
        """For each file, whether it is here as it is on disk; all that are here count as seen."""
        if not files or not len(self):
            return [False] * len(files)
        at, found = self._places_of(files)
        self._seen[at[found]] = True
        same = found & self._fits(at, [file.size_bytes for file in files])
        same &= self._is_of_time(at, [file.mtime_ns for file in files])
        matches: list[bool] = same.tolist()
        return matches

    def recognise(
        self, repo: str, paths: Sequence[str], sizes: Sequence[int], mtimes: Sequence[int]
    ) -> list[bool]:
        """As `match` for files of one repository; of them, only those that match count as seen."""
        if not paths or not len(self):
            return [False] * len(paths)
        # For each folder of a walk: so no step more than it takes, each of which is a microsecond.
        keys = self._hash_all(zip(repeat(repo), paths, strict=False), len(paths))
        at = self._keys.searchsorted(keys)
        same = self._keys.take(at, mode="clip") == keys
        same &= self._usable.take(at, mode="clip")
        same &= self._sizes.take(at, mode="clip") == sizes
        same &= self._mtimes.take(at, mode="clip") == mtimes
        matches: list[bool] = same.tolist()
        self._seen[at if all(matches) else at[same]] = True
        return matches

    def contents(self, files: Sequence[FileOnDisk]) -> list[KnownContent | None]:
        """For each file what is known of its content; None where that cannot be what is on disk.

        It cannot where the size is another, or the row would be made anew in any case.
        """
        if not files or not len(self):
            return [None] * len(files)
        at, found = self._places_of(files)
        fits = found & self._fits(at, [file.size_bytes for file in files])
        return [self._content(place) if is_fit else None for place, is_fit in zip(at, fits, strict=True)]

    def _content(self, place: np.intp) -> KnownContent:
        return KnownContent(int(self._file_ids[place]), int(self._mtimes[place]), self._hashes.at(int(place)))

    def _places_of(self, files: Sequence[FileOnDisk]) -> tuple[NDArray[np.intp], Flags]:
        return self._places(((file.repo, file.path) for file in files), len(files))

    def _places(self, files: Iterable[tuple[str, str]], count: int) -> tuple[NDArray[np.intp], Flags]:
        """Where each (repo, path) is here, and whether it is."""
        keys = self._hash_all(files, count)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self) - 1)
        return at, self._keys[at] == keys

    def _fits(self, at: NDArray[np.intp], sizes: Sequence[int]) -> Flags:
        """Whether the row at each place can be used, and has the size of the file."""
        known = self._sizes[at]
        fits: Flags = self._usable[at] & ((known == np.array(sizes, np.int64)) | (known == _ANY))
        return fits

    def _is_of_time(self, at: NDArray[np.intp], mtimes: Sequence[int]) -> Flags:
        """Whether the row at each place has the time of the file."""
        known = self._mtimes[at]
        flags: Flags = (known == np.array(mtimes, np.int64)) | (known == _ANY)
        return flags

    def match_sizes(self, files: Sequence[FileOnDisk]) -> list[bool]:
        """As `match`, whatever the times say: for files whose contents somebody else has compared."""
        if not files or not len(self):
            return [False] * len(files)
        at, found = self._places_of(files)
        same = found & self._fits(at, [file.size_bytes for file in files])
        self._seen[at[same]] = True
        matches: list[bool] = same.tolist()
        return matches

    def contain(self, files: Sequence[FileOnDisk]) -> list[bool]:
        """For each file, whether its path is here; asking leaves no trace."""
        if not files or not len(self):
            return [False] * len(files)
        contained: list[bool] = self._places_of(files)[1].tolist()
        return contained

    def supersede(self, files: Iterable[tuple[str, str]]) -> None:
        """Newer rows of these (repo, path) are on their way: from here on they match nothing."""
        for repo, path in files if len(self) else ():
            if (at := self._find(repo, path)) is not None:
                self._usable[at] = False

    def unseen(self) -> Iterator[KnownFile]:
        """The files that no `match` has seen, in no order that means something."""
        return self._read_back(self._file_ids[~self._seen])

    def failing(self) -> Iterator[KnownFile]:
        """The files that failed or were quarantined, in no order that means something."""
        return self._read_back(self._file_ids[self._failing])

    def _read_back(self, file_ids: Longs) -> Iterator[KnownFile]:
        if not len(file_ids):
            return
        ascending = np.sort(file_ids)
        for part in self._list_parts():
            for batch in part.open().iter_batches(_ROWS_AT_ONCE, columns=["file_id", *_TOLD_COLUMNS]):
                is_meant = among(longs(batch["file_id"], _ANY), ascending)
                if is_meant.any():
                    for row in batch.select(_TOLD_COLUMNS).filter(pa.array(is_meant)).to_pylist():
                        yield KnownFile(**row)

    @classmethod
    def _hash_all(cls, values: Iterable[object], count: int) -> Longs:
        return np.fromiter(map(cls._hash, values), np.int64, count)

    @classmethod
    def _read(
        cls,
        parts: Sequence[StoredPart],
        wanted: Callable[[pa.RecordBatch], Flags],
        usable: Callable[[pa.RecordBatch], Flags],
    ) -> _Rows:
        rows = _Rows()
        for part in parts:
            file = part.open(read_dictionary=_REPEATING)
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=_KNOWN_COLUMNS):
                mask = is_null(batch["container_id"]) & wanted(batch)
                if not mask.all():
                    batch = batch.filter(pa.array(mask))
                paths = batch["path"].to_pylist()
                rows.extend(
                    batch.num_rows,
                    key=cls._hash_all(zip(spread(batch["repo"]), paths, strict=True), len(paths)),
                    check=np.fromiter(map(hash, paths), np.int64, len(paths)),
                    file_id=longs(batch["file_id"], _ANY),
                    size=longs(batch["size_bytes"], _ANY),
                    mtime=longs(batch["mtime_ns"], _ANY),
                    usable=usable(batch),
                    deleted=look_up(batch["status"], lambda status: status == "deleted"),
                    failing=look_up(batch["status"], lambda status: status in _FAILED),
                )
        return rows


def failed_files(dataset: Dataset, job_id: str) -> int:
    """How many files a job has recorded as failed or quarantined."""
    count = 0
    for part in dataset.parts("files"):
        file = part.open(read_dictionary=["job_id", "status"])
        for batch in file.iter_batches(columns=["job_id", "status", "container_id"]):
            of_job = look_up(batch["job_id"], job_id.__eq__)
            failed = look_up(batch["status"], lambda status: status in _FAILED)
            count += int(np.count_nonzero(of_job & failed & is_null(batch["container_id"])))
    return count


def errors_of_walk(dataset: Dataset, job_id: str) -> frozenset[tuple[str, str]]:
    """(path, code) of the errors without a file that a job has recorded."""
    import pyarrow.compute as pc

    found: set[tuple[str, str]] = set()
    for part in dataset.parts("errors"):
        for batch in part.open().iter_batches(columns=["file_id", "job_id", "path", "code"]):
            rows = batch.filter(pc.and_(batch["file_id"].is_null(), pc.equal(batch["job_id"], job_id)))
            found.update(zip(rows["path"].to_pylist(), rows["code"].to_pylist(), strict=True))
    return frozenset(found)


def _newest(rows: _Rows) -> tuple[NDArray[np.intp], Longs]:
    """Indices of the row with the greatest id for each key, by key; and the keys that several paths share."""
    if not rows.count:
        return np.zeros(0, np.intp), np.zeros(0, np.int64)
    order = np.lexsort((rows.longs("file_id"), rows.longs("key")))
    keys = rows.longs("key")[order]
    repeats = keys[1:] == keys[:-1]
    if not repeats.any():
        return order, keys[:0]
    checks = rows.longs("check")[order]
    collided = keys[1:][repeats & (checks[1:] != checks[:-1])]
    return order[np.append(~repeats, True)], np.unique(collided)


def _read_by(batch: pa.RecordBatch, accepts: Callable[[str, str], bool] | None) -> Flags:
    """Rows that no parser has read, or one that is accepted; asked of each name with a version of its own."""
    if accepts is None:
        return np.ones(batch.num_rows, np.bool_)
    accepted = is_null(batch["parser"])
    versions = batch["parser_version"].dictionary.to_pylist()
    for name in batch["parser"].dictionary.to_pylist():
        of_parser = look_up(batch["parser"], name.__eq__)
        for code in set(codes(batch["parser_version"])[of_parser].tolist()):
            if code >= 0 and accepts(name, versions[code]):
                accepted |= of_parser & (codes(batch["parser_version"]) == code)
    return accepted


def committed_ids(dataset: Dataset, job_id: str) -> set[int]:
    """The ids of all files that a job has committed, whatever their status."""
    import pyarrow.compute as pc

    found: set[int] = set()
    for part in dataset.parts("files"):
        for batch in part.open().iter_batches(columns=["file_id", "job_id", "container_id"]):
            of_job = pc.and_(pc.equal(batch["job_id"], job_id), batch["container_id"].is_null())
            found.update(batch.filter(of_job)["file_id"].to_pylist())
    return found
