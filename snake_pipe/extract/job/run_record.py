"""A run's rows in `runs`: written at its end, or by the next start for one that was killed.

A row is committed after everything else and before the checkpoint says how the job ended; the commit carries
the run's epoch, so what is not certain to have been committed is looked up and never written twice.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import orjson

from snake_pipe.errors import SnakePipeError
from snake_pipe.extract.discovery.git_state import GitState, read_git_state
from snake_pipe.extract.model.rows import rows_to_batch
from snake_pipe.load.dataset import Flush
from snake_pipe.load.part_writer import PartWriter
from snake_pipe.load.run_changes import RepositoryChanges, RepositoryFiles, count_changes, count_files
from snake_pipe.version import __version__

if TYPE_CHECKING:
    from snake_pipe.extract.discovery.request import IngestRequest
    from snake_pipe.extract.model.rows import Row
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.delta.entries import Snapshot
    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.journal.record import Record

_TABLE = "runs"
_GIT = "git.json"
"""Name of the note in a job's folder of what was checked out, for a run that is killed."""


class RunRecord:
    """What `runs` will say of a run that has begun; made when its job is open."""

    def __init__(
        self, dataset: Dataset, folder: Storage, request: IngestRequest, *, job_id: str, epoch: int
    ) -> None:
        """`folder` is the job's."""
        self._dataset = dataset
        self._request = request
        self._folder = folder
        self._job_id = job_id
        self._epoch = epoch
        self._started_at = time.time()
        self._before = dataset.snapshot()
        self._git: dict[str, GitState] = dict.fromkeys(repositories_of(request).values(), GitState())
        self._is_written = False
        # Beside the run's own start: git may have to look at every file.
        self._asking = Thread(target=self._ask_git, args=(repositories_of(request),), daemon=True)
        self._asking.start()

    def _ask_git(self, repositories: dict[str, str]) -> None:
        for folder, name in repositories.items():
            self._git[name] = read_git_state(Path(folder))
        states = {name: asdict(state) for name, state in self._git.items()}
        with suppress(OSError):  # a note that cannot be written is dropped, since a job is worth more
            self._folder.show(_GIT, orjson.dumps({"epoch": self._epoch, "repos": states}) + b"\n")

    @property
    def files_version(self) -> int:
        """The version of `files` that the run is compared with at its end."""
        return self._before.versions["files"]

    @property
    def started_at(self) -> float:
        """When it began, before git was asked; in seconds since 1970."""
        return self._started_at

    def git_state(self, repo: str) -> GitState:
        """What a repository was checked out at as the run began, once git has answered."""
        self.close()
        return self._git.get(repo, GitState())

    def close(self) -> None:
        """Wait until git has answered."""
        self._asking.join()

    def write(self, status: str) -> None:
        """Write the run's rows, once; StorageError if the disk refuses."""
        if self._is_written:
            return
        self.close()
        rows = _rows(
            self._dataset,
            self._request,
            self._before,
            self._git,
            job_id=self._job_id,
            epoch=self._epoch,
            status=status,
            started_at=self._started_at,
            ended_at=time.time(),
        )
        _commit(self._dataset, rows, _record(self._request, self._job_id, self._epoch))
        self._is_written = True


def repositories_of(request: IngestRequest) -> dict[str, str]:
    """The folders of a request's repositories and their names; of a list those that it can be about."""
    if request.file_list is None:
        return request.repos
    base = Path(request.list_base)
    return {
        folder: name
        for folder, name in request.repos.items()
        if base.is_relative_to(folder) or Path(folder).is_relative_to(base)
    }


def record_killed_run(
    dataset: Dataset, folder: Storage, job_id: str, request: IngestRequest, records: list[Record]
) -> None:
    """Write the rows of a job's last run if it was killed before it could.

    Nobody has written to its files since, so what the tables hold of them now is the state at its end.
    `records` are those of the journal in the job's `folder`.
    """
    start = next((record for record in reversed(records) if record.get("type") == "start"), None)
    if start is None or dataset.has(_record(request, job_id, start["epoch"]), _TABLE):
        return
    names = repositories_of(request).values()
    git = dict.fromkeys(names, GitState()) | _noted_git(folder, start["epoch"])
    own_ends = (r for r in records if r.get("type") == "end" and r["status"] != "superseded")
    end = next((r for r in own_ends if r["time"] >= start["time"]), None)
    rows = _rows(
        dataset,
        request,
        dataset.snapshot_at(start["files_version"]),
        git,
        job_id=job_id,
        epoch=start["epoch"],
        status=end["status"] if end else "interrupted",
        started_at=start["time"],
        ended_at=end["time"] if end else None,
        files_version=start["files_version"],
    )
    _commit(dataset, rows, _record(request, job_id, start["epoch"]))


def _noted_git(folder: Storage, epoch: int) -> dict[str, GitState]:
    try:
        note = orjson.loads(folder.read(_GIT))
        return {name: GitState(**state) for name, state in note["repos"].items() if note["epoch"] == epoch}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _rows(
    dataset: Dataset,
    request: IngestRequest,
    before: Snapshot | None,
    git: dict[str, GitState],
    *,
    job_id: str,
    epoch: int,
    status: str,
    started_at: float,
    ended_at: float | None,
    files_version: int | None = None,
) -> list[Row]:
    after = dataset.snapshot()
    files = count_files(dataset, after, request.holds if request.shard else None)
    changes = _changes(dataset, request, before, after)
    run = {
        "job_id": job_id,
        "epoch": epoch,
        "started_at": datetime.fromtimestamp(started_at, UTC),
        "ended_at": None if ended_at is None else datetime.fromtimestamp(ended_at, UTC),
        "status": status,
        "shard": request.shard or None,
        "files_version_before": files_version if before is None else before.versions["files"],
        "files_version": after.versions["files"],
        "program_version": __version__,
    }
    nothing = asdict(RepositoryChanges()) if changes is not None else {}
    rows: list[dict[str, Any]] = []
    for repo in sorted({*git, *(changes or ())}):
        state = git.get(repo, GitState())
        changed = changes.get(repo) if changes else None
        rows.append(
            {
                **run,
                "repo": repo,
                **{f"git_{name}": value for name, value in asdict(state).items()},
                **asdict(files.get(repo, RepositoryFiles())),
                **(asdict(changed) if changed else nothing),
            }
        )
    return rows


def _changes(
    dataset: Dataset, request: IngestRequest, before: Snapshot | None, after: Snapshot
) -> dict[str, RepositoryChanges] | None:
    """What differs between both moments in what the request is about: others may be at work on the rest.

    None where the moment before is no longer kept.
    """
    if before is None:
        return None
    if before.versions["files"] == after.versions["files"]:
        return {}
    try:
        repos = frozenset(request.repos.values())

        def is_own(repo: str, path: str) -> bool:
            return (request.file_list is not None or repo in repos) and request.holds(path)

        return count_changes(dataset, before, after, is_own)
    except (SnakePipeError, FileNotFoundError):
        return None


def _record(request: IngestRequest, job_id: str, epoch: int) -> Flush:
    """What a run adds to its table, which has no other flushes."""
    return Flush(job_id, 0, epoch=epoch, series=request.series)


def _commit(dataset: Dataset, rows: list[Row], record: Flush) -> None:
    # A name of its own for each attempt: a commit may be done although it fails, and then the part stays.
    writer = PartWriter(dataset.storage, f"{record.job_id}-{record.epoch}-run-{time.time_ns()}", (_TABLE,))
    try:
        writer.write(_TABLE, rows_to_batch(_TABLE, rows))
        parts = writer.close()
    except BaseException:
        writer.abort()
        raise
    dataset.log(_TABLE).append(parts, record.series, record.number)
