"""Where a job keeps its state: checkpoint, journal, status, log.

Knows ids and JSON, not the engine's models. JSON only: a state file is never unpickled.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import orjson

from snake_pipe.errors import CheckpointError, JobNotFoundError, SnakePipeError, StorageError
from snake_pipe.utils.journal.open import open_journal

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.journal.journal import Journal

CHECKPOINT_VERSION = 1
_JOB_ID = re.compile(r"[0-9a-z]{4,20}(-[0-9a-z]{1,20}){0,4}")

JOBS_FOLDER = "_jobs"

CHECKPOINT_FILE, STATUS_FILE = "checkpoint.json", "status.json"


@dataclass(frozen=True, slots=True)
class ProcessingProgress:
    """How far a job is: what `create_checkpoint` records. Counts are of files and rows."""

    files_done: int = 0
    files_failed: int = 0
    rows: int = 0
    bytes_done: int = 0
    flush_seq: int = 0
    epoch: int = 0
    status: str = "running"

    @property
    def is_unfinished(self) -> bool:
        """Whether the job has something left to do: it can be resumed, or is running."""
        return self.status not in ("done", "superseded")


@dataclass(frozen=True, slots=True)
class CheckpointData:
    """A job's `checkpoint.json`: enough to go on without the command that began it.

    `request` is what the user asked for (roots, selection), `config` the settings as built, both plain
    JSON. `status` is running, done, stopped, failed or superseded (given up for a later
    job); times are seconds since 1970.
    """

    job_id: str
    request: dict[str, Any]
    config: dict[str, Any]
    progress: ProcessingProgress = field(default_factory=ProcessingProgress)
    created_at: float = 0.0
    updated_at: float = 0.0
    version: int = CHECKPOINT_VERSION


@dataclass(frozen=True, slots=True)
class ProcessingState:
    """What a resumed job starts from: flushes journaled but perhaps not committed, and the last sequence."""

    checkpoint: CheckpointData
    flushes: tuple[dict[str, Any], ...]
    last_flush_seq: int


def new_job_id(now: float | None = None) -> str:
    """An id that sorts by time of creation, such as `20261122-101530-4f9a1c`."""
    moment = time.gmtime(time.time() if now is None else now)
    return f"{time.strftime('%Y%m%d-%H%M%S', moment)}-{secrets.token_hex(3)}"


class CheckpointManager:
    """Reads and writes the state of jobs below one dataset's `_jobs` folder."""

    def __init__(self, dataset: Storage) -> None:
        self.dataset = dataset
        self._jobs = dataset.at(JOBS_FOLDER).private()

    def job_folder(self, job_id: str) -> Storage:
        """Where a job keeps its state; UsageError for what can't be an id, such as `../x`."""
        if not _JOB_ID.fullmatch(job_id):
            raise JobNotFoundError(f"{job_id!r} is not a job id", "snake-pipe jobs lists them")
        return self._jobs.at(job_id)

    def holds(self, job_id: str) -> bool:
        """Whether a job keeps its state here."""
        return self.job_folder(job_id).exists(CHECKPOINT_FILE)

    def save(self, data: CheckpointData) -> None:
        """Replace the job's checkpoint; the folder is made where it is missing."""
        folder = self.job_folder(data.job_id)
        try:
            folder.replace(CHECKPOINT_FILE, orjson.dumps(asdict(data), option=orjson.OPT_INDENT_2) + b"\n")
        except OSError as error:
            raise StorageError(
                f"cannot write the checkpoint in {folder.url}: {error.strerror or error}",
                "make room, then resume",
            ) from error

    def load(self, job_id: str) -> CheckpointData:
        """A job's checkpoint; JobNotFoundError, or CheckpointError if it is damaged or of another version.

        StorageError if it cannot be read now, which says nothing of it.
        """
        folder = self.job_folder(job_id)
        path = f"{folder.url}/{CHECKPOINT_FILE}"
        try:
            document = orjson.loads(folder.read(CHECKPOINT_FILE))
        except FileNotFoundError:
            raise JobNotFoundError(
                f"no job {job_id} in {self.dataset.url}", "snake-pipe jobs lists them"
            ) from None
        except OSError as error:
            text = f"the checkpoint {path} cannot be read: {error.strerror or error}"
            raise StorageError(text, "try again") from error
        except orjson.JSONDecodeError as error:
            raise CheckpointError(
                f"the checkpoint {path} cannot be read: {error}", "ingest again with a new job"
            ) from None
        return _checkpoint_of(document, path, job_id)

    def can_go_on(self, job_id: str) -> bool:
        """Whether a job has something left to do, as far as its checkpoint can be read."""
        try:
            return self.load(job_id).progress.is_unfinished
        except JobNotFoundError:
            return False
        except CheckpointError:
            return True

    def job_ids(self) -> list[str]:
        """The ids of all jobs, oldest first."""
        return sorted(filter(_JOB_ID.fullmatch, self._jobs.folders()))

    def newest(self) -> str | None:
        """The job that was started or resumed last; None if there is none to be read.

        Ids sort by the second; of the last few, the epoch decides.
        """
        newest: tuple[int, str] | None = None
        for job_id in self.job_ids()[-20:]:
            try:
                epoch = self.load(job_id).progress.epoch
            except SnakePipeError:
                continue
            newest = max(newest or (epoch, job_id), (epoch, job_id))
        return None if newest is None else newest[1]

    def journal(self, job_id: str) -> Journal:
        """The job's journal, open for appending; JobNotFoundError, CheckpointError or StorageError."""
        return open_journal(self.job_folder(job_id))

    def write_status(self, job_id: str, status: dict[str, Any]) -> None:
        """Replace `status.json`; a status that cannot be written is dropped, since a job is worth more."""
        try:
            self.job_folder(job_id).show(STATUS_FILE, orjson.dumps(status) + b"\n")
        except OSError:
            return

    def read_status(self, job_id: str) -> dict[str, Any]:
        """The last status; empty where there is none or it can't be read."""
        try:
            status = orjson.loads(self.job_folder(job_id).read(STATUS_FILE))
        except (OSError, orjson.JSONDecodeError):
            return {}
        return status if isinstance(status, dict) else {}

    async def create_checkpoint(self, job_id: str, progress: ProcessingProgress) -> CheckpointData:
        """Record how far the job is; durable when this returns."""
        from asyncio import to_thread

        data = replace(await to_thread(self.load, job_id), progress=progress, updated_at=time.time())
        await to_thread(self.save, data)
        return data

    async def resume_from_checkpoint(self, checkpoint_data: CheckpointData) -> ProcessingState:
        """What the job had promised when it ended: its journaled flushes, in order."""
        from asyncio import to_thread

        with await to_thread(self.journal, checkpoint_data.job_id) as journal:
            flushes = tuple(record for record in journal.records if record.get("type") == "flush")
        return ProcessingState(checkpoint_data, flushes, max((f["seq"] for f in flushes), default=0))


def _checkpoint_of(document: Any, path: str, job_id: str) -> CheckpointData:
    hint = "ingest again with a new job"
    if not isinstance(document, dict):
        raise CheckpointError(f"the checkpoint {path} is not an object", hint)
    if document.get("version") != CHECKPOINT_VERSION:
        raise CheckpointError(
            f"the checkpoint {path} has version {document.get('version')!r}, not {CHECKPOINT_VERSION}",
            hint,
        )
    if document.get("job_id") != job_id:
        raise CheckpointError(f"the checkpoint {path} is of another job: {document.get('job_id')!r}", hint)
    try:
        progress = ProcessingProgress(**document.pop("progress"))
        data = CheckpointData(progress=progress, **document)
    except (TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(f"the checkpoint {path} has wrong fields: {error}", hint) from None
    for part, types in ((progress, _PROGRESS_TYPES), (data, _CHECKPOINT_TYPES)):
        for name, type_ in types.items():
            if not isinstance(getattr(part, name), type_):
                raise CheckpointError(f"the checkpoint {path} has a wrong {name}", hint)
    return data


_PROGRESS_TYPES = {item.name: str if item.name == "status" else int for item in fields(ProcessingProgress)}
_CHECKPOINT_TYPES = {"request": dict, "config": dict, "created_at": float | int, "updated_at": float | int}
