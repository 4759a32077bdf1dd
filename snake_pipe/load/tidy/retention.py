"""Which earlier moments of a dataset are kept, and the removal of what none of them needs."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.load.delta.entries import removed_names
from snake_pipe.schemas import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.delta.entries import Snapshot

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Retention:
    """How far back a dataset can be asked: to the end of each of the last `runs` that changed something, and
    of each in the last `days`.

    What was replaced less than `grace_seconds` ago stays in any case, for those who are reading it.
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
    """The last moment of each run that is still known, the newest first."""
    log = dataset.log("files")
    ends: dict[str, Snapshot] = {}
    for version in reversed(log.entry_versions()):
        snapshot = log.snapshot(version)
        if snapshot is not None:
            ends.setdefault(snapshot.job_id, snapshot)
    return list(ends.values())


def kept_snapshots(ends: Sequence[Snapshot], retention: Retention, now_ms: int) -> list[Snapshot]:
    """Those of the ends of runs, the newest first, that can be asked for from now on."""
    return [
        end
        for number, end in enumerate(ends)
        if number < max(retention.runs, 1) or end.time_ms >= now_ms - retention.days * DAY_MS
    ]


class Vacuum:
    """Removes what no kept moment needs, by who holds the dataset's lock; look first, then `remove`."""

    def __init__(
        self,
        dataset: Dataset,
        retention: Retention,
        *,
        is_promised: Callable[[str], bool] = lambda _: False,
        running_job: str = "",
    ) -> None:
        """`is_promised(name)` tells of parts that no log names yet and that a job may commit all the same.

        So may `running_job` those that it has not committed.
        """
        self._dataset = dataset
        self._now_ms = int(time.time() * 1000)
        self._graced_from = self._now_ms - int(retention.grace_seconds * 1000)
        self._is_promised = is_promised
        self._running = f"part-{running_job}-" if running_job else None
        self.kept = kept_snapshots(ends_of_runs(dataset), retention, self._now_ms)
        self._unneeded: list[Path] = []
        self._earlier: list[Path] = []
        self._find()

    @property
    def removable(self) -> Removed:
        """What `remove` would take away."""
        return _total(self._unneeded)

    @property
    def earlier(self) -> Removed:
        """What only earlier states need."""
        return _total(self._earlier)

    def remove(self) -> Removed:
        """Remove parts, then what of the logs nothing is read from any more; SinkError for a lost table."""
        done = self.removable
        for path in self._unneeded:
            path.unlink(missing_ok=True)
        for table in TABLES:
            log = self._dataset.log(table)
            recent = [version for version in log.entry_versions() if self._is_recent(table, version)]
            replaced = [version - 1 for version in recent if version]
            log.trim([*self._kept_versions(table), *recent, *replaced])
        self._unneeded.clear()
        return done

    def _find(self) -> None:
        for table in TABLES:
            folder = self._dataset.path / table
            names = [name for name in os.listdir(folder) if _is_part(name)]  # noqa: PTH208
            log = self._dataset.log(table)
            current = frozenset(log.part_names())
            needed = set(current)
            if needed.issuperset(names):
                continue
            for version in {*self._kept_versions(table)} - {log.newest_version()}:
                needed.update(log.part_names(version))
            for version in log.entry_versions():
                if self._is_recent(table, version):
                    needed.update(removed_names(log.read_entry(version)))
            unneeded = [name for name in names if name not in needed and not self._is_promised(name)]
            if self._running is not None:
                replaced = frozenset(log.replaced_names())
                unneeded = [
                    name
                    for name in unneeded
                    if name in replaced or not name.removeprefix(".").startswith(self._running)
                ]
            self._unneeded += [folder / name for name in unneeded]
            self._earlier += [folder / name for name in needed.intersection(names) - current]

    def _kept_versions(self, table: str) -> list[int]:
        return [snapshot.versions[table] for snapshot in self.kept if table in snapshot.versions]

    def _is_recent(self, table: str, version: int) -> bool:
        """Whether a version took the place of another a moment ago."""
        for action in self._dataset.log(table).read_entry(version):
            if "commitInfo" in action:
                return bool(action["commitInfo"].get("timestamp", 0) >= self._graced_from)
        return False


def _is_part(name: str) -> bool:
    return name.removeprefix(".").startswith("part-")


def _total(paths: Sequence[Path]) -> Removed:
    return Removed(len(paths), sum(map(_size, paths)))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
