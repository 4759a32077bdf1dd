"""What the engine tells its listener. The engine itself never prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snake_pipe.observe.status import JobStatus


@dataclass(frozen=True, slots=True)
class DatasetAwaited:
    """The job has not begun, since `holder` is writing to the dataset; so for `waited` of `limit` seconds."""

    holder: str
    waited: float
    limit: float


@dataclass(frozen=True, slots=True)
class JobStarted:
    """A job began, or goes on with `resumed`; `done_before` counts files committed earlier.

    With `is_done` there was nothing left to resume.
    """

    job_id: str
    dataset: str
    resumed: bool
    done_before: int = 0
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How things stand; sent about twice a second. `status` is the job's own, not to be changed."""

    status: JobStatus


@dataclass(frozen=True, slots=True)
class BatchFinished:
    """A batch's parts are on disk, not yet committed; seconds and bytes.

    `started_at` is when its worker began, which is `worker` (host:pid), in seconds since 1970.
    """

    batch_id: int
    queue: str
    trigger: str
    files: int
    failed: int
    rows: int
    bytes: int
    seconds: float
    started_at: float
    worker: str


@dataclass(frozen=True, slots=True)
class Flushed:
    """A commit made the rows of these files visible; it began at `started_at`, in seconds since 1970."""

    flush_seq: int
    files: int
    parts: int
    seconds: float
    started_at: float


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know while the job goes on; `path` names the file it is about, if any."""

    code: str
    message: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """A setting of the running job was changed; `time` in seconds since 1970."""

    time: float
    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class ChangesVisible:
    """A watch's changes can be queried now, `seconds` after the first of them was noticed."""

    files: int
    deleted: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Rescan:
    """A watch walks its folders again, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Commanded:
    """Somebody asked something of the running job; `ok` tells whether it was done, `message` what."""

    action: str
    ok: bool
    message: str


@dataclass(frozen=True, slots=True)
class Stopping:
    """The job is to end, and `reason` by what; then comes JobEnded.

    First `batches` in flight are finished, for so many `seconds` at most; None if the job ends by itself with
    all that it took in.
    """

    reason: str
    batches: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class JobEnded:
    """The job's end; `status` is done, stopped or failed."""

    job_id: str
    status: str
    message: str


Event = (
    DatasetAwaited
    | JobStarted
    | Progress
    | BatchFinished
    | Flushed
    | Notice
    | SettingChanged
    | Commanded
    | ChangesVisible
    | Rescan
    | Stopping
    | JobEnded
)
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener of whoever does not want to know."""


def all_of(*listeners: Listener) -> Listener:
    """A listener that tells several, in this order."""

    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell
