"""Claims of parts of a dataset: whoever writes a repository, or a shard of it, has it alone.

What is claimed is listed, and what overlaps is refused, under one short claim, the registry. A killed process
gives up its claim by that; its note stays until somebody has settled what it promised.
"""

from __future__ import annotations

import os
import random
import secrets
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import DatasetBusyError, SnakePipeError
from snake_pipe.load.claims.writers import Writer, claim_name, is_live, note_name, read_writers
from snake_pipe.load.refusals import cannot
from snake_pipe.storage.storage import Claim
from snake_pipe.utils.lock_wait import LockWait
from snake_pipe.utils.scope import Scope, overlap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from snake_pipe.storage.storage import Storage

_MAKING, _REGISTRY, _RECOVERY, _UPKEEP = "making", "registry", "recovery", "upkeep"

_PATIENCE = 120.0
"""Seconds to wait for a claim that is always held for moments only."""

_PAUSE = 0.02
"""Seconds between two tries for one, on average."""


class Claims:
    """The claims of the dataset at `url`; `jobs` is the storage of its jobs' folder."""

    def __init__(self, jobs: Storage, url: str) -> None:
        self._jobs = jobs
        self._url = url

    def take(
        self,
        settle: Callable[[], Iterable[Scope]],
        wait: LockWait | None = None,
        *,
        job_id: str = "",
        on_taken: Callable[[], None] = lambda: None,
    ) -> Writing:
        """The right to write what `settle()` names, as soon as nobody has a part of it.

        `settle` and, when it is taken, `on_taken` run while nobody else takes or settles anything.
        DatasetBusyError if others have a part of it for longer than the `wait` allows; StoppedError if the
        waiting is ended.
        """
        wait = wait or LockWait()
        blocking: list[Writer] = []

        def attempt() -> Writing | None:
            with self.registry():
                scopes = tuple(settle())
                blocking[:] = [writer for writer in self.live() if overlap(scopes, writer.scopes)]
                if blocking:
                    return None
                writing = self._begin(scopes, job_id)
                try:
                    on_taken()
                except BaseException:
                    writing.release()
                    raise
                return writing

        taken = wait.until(attempt, lambda: str(blocking[0]))
        if taken is None:
            raise self._busy(f"{blocking[0]} is writing to {self._url}", wait)
        return taken

    def _begin(self, scopes: tuple[Scope, ...], job_id: str) -> Writing:
        writer = Writer(
            secrets.token_hex(8), os.getpid(), socket.gethostname(), time.time(), scopes, job_id=job_id
        )
        with self._locking():
            claim = self._jobs.claim(claim_name(writer.token))
            assert claim is not None, "a token was drawn twice"
            writing = Writing(self._jobs, claim, writer)
            writing.note()
        return writing

    def live(self) -> list[Writer]:
        """Those that are writing now; StorageError or DatasetError if one may have been overlooked."""
        with self._reading():
            return [writer for writer in read_writers(self._jobs) if is_live(self._jobs, writer)]

    def all(self) -> list[Writer]:
        """Those that are writing now, and those that ended and left something to be settled; as `live`."""
        with self._reading():
            return read_writers(self._jobs)

    def left_behind(self, own: Writing | None = None) -> list[Writer]:
        """Those that ended and left something to be settled, and of whose business nobody but `own` is."""
        with self._reading():
            writers = read_writers(self._jobs)
            live = [writer for writer in writers if is_live(self._jobs, writer)]
        others = [writer for writer in live if own is None or writer.token != own.token]
        scopes = [scope for writer in others for scope in writer.scopes]
        return [writer for writer in writers if writer not in live and not overlap(writer.scopes, scopes)]

    def forget(self, writer: Writer) -> None:
        """All that a writer left is settled."""
        for name in (note_name(writer.token), claim_name(writer.token)):
            self._jobs.remove(name)

    @contextmanager
    def making(self) -> Iterator[None]:
        """Nobody else makes the dataset in the `with` block."""
        with self._momentary(_MAKING):
            yield

    @contextmanager
    def registry(self) -> Iterator[None]:
        """Nobody else takes a claim, or changes what is known of repositories, in the `with` block."""
        with self._momentary(_REGISTRY):
            yield

    @contextmanager
    def recovery(self) -> Iterator[None]:
        """Nobody else settles what others left behind in the `with` block."""
        with self._momentary(_RECOVERY):
            yield

    def upkeep(self, wait: LockWait | None = None) -> Claim | None:
        """The right to tidy the dataset and to remove what nobody needs, which one has at a time.

        None if another has it, for longer than the `wait` allows.
        """
        with self._locking():
            return (wait or LockWait()).until(lambda: self._jobs.claim(_UPKEEP), lambda: "another process")

    @contextmanager
    def sole_upkeep(self, wait: LockWait | None = None) -> Iterator[None]:
        """The same for a `with` block; DatasetBusyError where `upkeep` gives None."""
        claim = self.upkeep(wait)
        if claim is None:
            raise self._busy(f"another process is tidying {self._url}", wait or LockWait())
        with claim:
            yield

    @contextmanager
    def _momentary(self, name: str) -> Iterator[None]:
        deadline = time.monotonic() + _PATIENCE
        with self._locking():
            while (claim := self._jobs.claim(name)) is None:
                if time.monotonic() > deadline:
                    raise DatasetBusyError(
                        f"another process holds {self._jobs.url}/{name} for {_PATIENCE:.0f} s",
                        "is it suspended? end it, and try again",
                    )
                time.sleep(random.uniform(0, 2 * _PAUSE))  # noqa: S311 - no secret
        with claim:
            yield

    @contextmanager
    def _locking(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise cannot(f"cannot lock {self._url}", error) from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise cannot(f"cannot tell who is writing to {self._url}", error) from error

    def _busy(self, message: str, wait: LockWait) -> SnakePipeError:
        if wait.seconds:
            return DatasetBusyError(f"{message}, still after {wait.seconds:g} s", "try again later")
        if self._jobs.killed_claim_seconds:
            lasts = f"{self._jobs.killed_claim_seconds:.0f} s"
            hint = f"--lock-timeout 10m waits for it; if it was killed, its lease ends within {lasts}"
        else:
            hint = "wait for it with --lock-timeout 10m, or name another folder with --dataset"
        return DatasetBusyError(message, hint)


class Writing(Claim):
    """The right to write some scopes.

    Whoever sets `is_settled` leaves nothing to whoever comes next; else the note stays, and says so. It is
    until there is a job.
    """

    def __init__(self, jobs: Storage, claim: Claim, writer: Writer) -> None:
        self._jobs = jobs
        self._claim: Claim | None = claim
        self.writer = writer
        self.is_settled = True

    @property
    def token(self) -> str:
        """What tells it from all others."""
        return self.writer.token

    def note(self, **changes: Any) -> None:
        """Tell others more of it: fields of its `Writer`."""
        self.writer = replace(self.writer, **changes)
        self.is_settled = self.is_settled and not self.writer.job_id
        try:
            self._jobs.replace(note_name(self.token), self.writer.to_bytes())
        except OSError as error:
            raise cannot(f"cannot write {self._jobs.url}/{note_name(self.token)}", error) from error

    def check(self) -> None:
        """StorageError if it is no longer certain that nobody else has it."""
        if self._claim is not None:
            self._claim.check()

    def release(self) -> None:
        """Let others write; may be called again."""
        if self._claim is None:
            return
        claim, self._claim = self._claim, None
        with suppress(SnakePipeError, OSError):
            if self.is_settled:
                self._jobs.remove(note_name(self.token))
            else:
                self.note(ended=self.writer.ended or "failed")
        claim.release()
        with suppress(OSError):
            self._jobs.remove(claim_name(self.token))
