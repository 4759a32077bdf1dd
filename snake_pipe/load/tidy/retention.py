"""Which earlier moments of a dataset are kept, and the removal of what none of them needs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from snake_pipe.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.delta.entries import Snapshot
    from snake_pipe.storage.storage import Storage, StoredFile

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Retention:
    """How far back a dataset can be asked: to the end of each of the last `runs` that changed something, and
    of each in the last `days`.

    What could be read `grace_seconds` ago stays in any case, for those who began to.
    """

    runs: int = 2
    days: float = 0.0
    grace_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Removed:
    """Parts and their bytes that were removed, or could be."""

    parts: int = 0
    bytes: int = 0


def ends_of_runs(dataset: Dataset) -> list[Snapshot]:
    """The last moment of each run that is still known, the newest first; of equal states the newest."""
    log = dataset.log("files")
    ends: dict[tuple[str, int], Snapshot] = {}
    states: set[int] = set()
    for version in reversed(log.entry_versions()):
        snapshot = log.snapshot(version)
        if snapshot is None or (run := (snapshot.job_id, snapshot.epoch)) in ends:
            continue
        since = version if snapshot.since is None else snapshot.since
        if since not in states:
            states.add(since)
            ends[run] = snapshot
    return list(ends.values())


def kept_snapshots(ends: Sequence[Snapshot], retention: Retention, now_ms: int) -> list[Snapshot]:
    """Those of the ends of runs, the newest first, that can be asked for from now on."""
    return [
        end
        for number, end in enumerate(ends)
        if number < max(retention.runs, 1) or end.time_ms >= now_ms - retention.days * DAY_MS
    ]


class Vacuum:
    """Removes what no kept moment needs, by who has the dataset's upkeep; look first, then `remove`."""

    def __init__(
        self,
        dataset: Dataset,
        retention: Retention,
        *,
        is_promised: Callable[[str], bool] = lambda _: False,
        idle_jobs: Collection[str] = (),
    ) -> None:
        """`is_promised(name)` tells of parts that no log names yet and that a job may commit all the same.

        So may jobs that run, or have left something to be settled, those that they have not committed; but
        for `idle_jobs`.
        """
        self._dataset = dataset
        now_ms = int(time.time() * 1000)
        self._is_promised = is_promised
        # In this order: a part that is there now is of a job that runs then, or that has committed it.
        self._there = self._listed()
        writers = dataset.claims.all()
        jobs = {writer.job_id for writer in writers} - {*idle_jobs, ""}
        self._running = tuple(f"part-{job_id}-" for job_id in sorted(jobs))
        # The very moments that jobs began with, which they compare with at their ends.
        self._begun_with = [
            moment
            for version in {writer.reads for writer in writers}
            if version and (moment := dataset.log("files").snapshot(version)) is not None
        ]
        graced_ms = now_ms - int(retention.grace_seconds * 1000)
        ends = ends_of_runs(dataset)
        self.kept = kept_snapshots(ends, retention, now_ms)
        # Somebody may have begun to read what could be asked for then.
        self._kept_before = kept_snapshots(
            [end for end in ends if end.time_ms <= graced_ms], retention, graced_ms
        )
        self._read = self._read_since(graced_ms)
        self._unneeded: list[tuple[Storage, StoredFile]] = []
        self._earlier = Removed()
        try:
            self._find()
        except OSError as error:
            raise _cannot_free(dataset, error) from error

    def _read_since(self, time_ms: int) -> dict[str, set[int]]:
        """The versions of each table that somebody may have begun to read since then."""
        read = self._dataset.of_tables(lambda log: set(log.versions_since(time_ms)))
        for version in tuple(read["files"]):
            moment = self._dataset.log("files").snapshot(version)
            for table, of_moment in moment.versions.items() if moment is not None else ():
                read[table].add(of_moment)
        return read

    @property
    def removable(self) -> Removed:
        """What `remove` would take away."""
        return _total(file for _, file in self._unneeded)

    @property
    def earlier(self) -> Removed:
        """What only earlier states need."""
        return self._earlier

    def remove(self) -> Removed:
        """Remove parts, then what of the logs nothing is read from any more; StorageError if that fails."""
        done = self.removable
        try:
            for folder, file in self._unneeded:
                folder.remove(file.name)
            self._dataset.of_tables(lambda log: log.trim(self._wanted(log.table)))
        except OSError as error:
            raise _cannot_free(self._dataset, error) from error
        self._unneeded.clear()
        return done

    def _listed(self) -> dict[str, dict[str, StoredFile]]:
        """The parts that are there by their names, by table."""
        try:
            return self._dataset.of_tables(
                lambda log: {file.name: file for file in log.storage.files() if _is_part(file.name)}
            )
        except OSError as error:
            raise _cannot_free(self._dataset, error) from error

    def _find(self) -> None:
        for table, there in self._there.items():
            names = there.keys()
            log = self._dataset.log(table)
            states = log.parts_at(self._wanted(table))
            newest = next(states)
            needed, whole = set[str](), set[int]()
            for version, parts in chain((newest,), states):
                needed |= parts
                if parts <= names:
                    whole.add(version)
            self.kept = [end for end in self.kept if end.versions[table] in whole]
            unneeded = [name for name in sorted(names - needed) if not self._is_promised(name)]
            if self._running and unneeded:
                replaced = frozenset(log.replaced_names())
                unneeded = [
                    name
                    for name in unneeded
                    if name in replaced or not name.removeprefix(".").startswith(self._running)
                ]
            self._unneeded += [(log.storage, there[name]) for name in unneeded]
            earlier = _total(there[name] for name in (names & needed) - newest[1])
            self._earlier = Removed(self._earlier.parts + earlier.parts, self._earlier.bytes + earlier.bytes)

    def _wanted(self, table: str) -> set[int]:
        """The versions of a table that are to be read as before."""
        kept = (*self.kept, *self._kept_before, *self._begun_with)
        return self._read[table] | {moment.versions[table] for moment in kept}


def _cannot_free(dataset: Dataset, error: OSError) -> StorageError:
    return StorageError(f"cannot free room in {dataset.url}: {error.strerror or error}")


def _is_part(name: str) -> bool:
    return name.removeprefix(".").startswith("part-")


def _total(files: Iterable[StoredFile]) -> Removed:
    sizes = [file.size_bytes for file in files]
    return Removed(len(sizes), sum(sizes))
