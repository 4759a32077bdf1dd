"""Who is writing to a dataset, asked without standing in anybody's way.

Each run that writes has a claim of its own and a note beside it. The claim decides, not the process id in the
note: a killed job leaves the note behind, and its id may be another process's by now.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from snake_pipe.errors import SnakePipeError
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER
from snake_pipe.utils.scope import Scope

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage

FOLDER = "_writers"
"""Of the jobs' folder, and no job's id: a claim and a note for each run."""

_NOTE = ".note"


@dataclass(frozen=True, slots=True)
class Writer:
    """A run that writes, or that ended and left something to be settled.

    `token` names its claim. `job_id` is empty until it has a job; `since` is in seconds since 1970. `reads`
    is the version of `files` that it began with and compares with at its end. `is_ending` is one that will
    not look again whether the dataset is tidy. `ended` says how one ended that is over.
    """

    token: str
    pid: int
    host: str
    since: float
    scopes: tuple[Scope, ...] = ()
    job_id: str = ""
    reads: int | None = None
    is_ending: bool = False
    ended: str = ""

    def __str__(self) -> str:
        job = f"job {self.job_id}" if self.job_id else "another process"
        return f"{job} (pid {self.pid} on {self.host})"

    def to_bytes(self) -> bytes:
        """Its note."""
        document = asdict(replace(self, scopes=())) | {"scopes": [scope.to_json() for scope in self.scopes]}
        return orjson.dumps(document) + b"\n"

    @classmethod
    def from_bytes(cls, note: bytes) -> Writer | None:
        """What a note says; None for one that cannot be read."""
        try:
            document: dict[str, Any] = orjson.loads(note)
            return cls(**document | {"scopes": tuple(map(Scope.from_json, document["scopes"]))})
        except (ValueError, KeyError, TypeError, SnakePipeError):
            return None


def live_writers(dataset: Storage) -> list[Writer]:
    """The runs that write to a dataset now, by their beginning; none where that may not be known."""
    jobs = dataset.at(JOBS_FOLDER)
    try:
        return [writer for writer in read_writers(jobs) if is_live(jobs, writer)]
    except OSError:
        return []


def live_writer(dataset: Storage, job_id: str) -> Writer | None:
    """The run of a job that writes now; None if it does not run, or may not be known to this user."""
    return next((writer for writer in live_writers(dataset) if writer.job_id == job_id), None)


def read_writers(jobs: Storage) -> list[Writer]:
    """All that have a note, also those that ended, by their beginning; `jobs` is the jobs' folder.

    OSError where one of them may have been overlooked.
    """
    found = []
    for name in [file.name for file in jobs.files(FOLDER) if file.name.endswith(_NOTE)]:
        try:
            writer = Writer.from_bytes(jobs.read(f"{FOLDER}/{name}"))
        except FileNotFoundError:  # it has just ended
            continue
        if writer is not None and note_name(writer.token) == f"{FOLDER}/{name}":
            found.append(writer)
    return sorted(found, key=lambda writer: (writer.since, writer.token))


def is_live(jobs: Storage, writer: Writer) -> bool:
    """Whether a writer's run is under way."""
    return jobs.is_claimed(claim_name(writer.token))


def claim_name(token: str) -> str:
    """The name of a writer's claim."""
    return f"{FOLDER}/{token}"


def note_name(token: str) -> str:
    """The name of a writer's note."""
    return f"{FOLDER}/{token}{_NOTE}"
