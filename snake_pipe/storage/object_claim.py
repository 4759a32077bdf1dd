"""A lease in an object store: taken, kept by a thread, given back. What it rests on is told in `lease.py`."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from snake_pipe.errors import StorageError
from snake_pipe.storage.clock import awake_or_not
from snake_pipe.storage.conditional_put import version_of
from snake_pipe.storage.lease import BEATS, Contender, Holder, LeaseRecord, Version, seems_alive
from snake_pipe.storage.object_errors import os_errors
from snake_pipe.storage.server_check import check_server_once
from snake_pipe.storage.storage import Claim

if TYPE_CHECKING:
    from snake_pipe.storage.bucket import Bucket

_LOOKS = 10
"""How often a contender looks within a time to live."""

_BEAT_TIMEOUT = 1 / 6
"""The share of the time to live that a beat may take until it is sent again."""


@dataclass(frozen=True, slots=True)
class _Sight:
    """A lease as it was read: its record, what names its version, and its age by two clocks, in seconds."""

    record: LeaseRecord
    version: Version
    age: float


class _LeaseObject:
    """The object of a lease, read and swapped."""

    def __init__(self, bucket: Bucket, key: str) -> None:
        self._store = bucket.store
        self._key = key
        self.url = f"{bucket.url}/{key}"

    def read(self, store: Any = None) -> _Sight | None:
        """The lease as it is now; None if there has never been one. OSError if that can't be told."""
        try:
            with os_errors(self.url):
                found = (store or self._store).get(self._key)
                data = bytes(found.bytes())
        except FileNotFoundError:
            return None
        try:
            record = LeaseRecord.from_bytes(data)
        except ValueError as error:
            raise OSError(f"{self.url} is {error}") from None
        about = found.meta
        return _Sight(record, version_of(about), time.time() - about["last_modified"].timestamp())

    def swap(self, record: LeaseRecord, expected: Version | None, store: Any = None) -> Version | None:
        """The version of `record` in the place of the expected one; None if another was there.

        OSError if nobody knows: it may have taken its place, or still take it.
        """
        store = store or self._store
        try:
            with os_errors(self.url):
                put = store.put(self._key, record.to_bytes(), mode=expected or "create", use_multipart=False)
                return version_of(put)
        except FileExistsError:  # or it is ours already, and an answer was lost
            seen = self.read(store)
            return seen.version if seen is not None and seen.record == record else None


def claim_lease(bucket: Bucket, key: str, ttl: float, *, probe_at: str) -> ObjectClaim | None:
    """Take the lease of a name; None if its holder is at work. OSError; DatasetError for an unfit server."""
    check_server_once(bucket, probe_at)
    lease = _LeaseObject(bucket, key)
    contender = Contender(ttl)
    seen = lease.read()
    while seen is not None and not contender.may_take(seen.version, seen.record, awake_or_not()):
        if seems_alive(seen.record, seen.age):
            return None
        time.sleep(ttl / _LOOKS * (0.5 + random.random()))  # noqa: S311
        earlier, seen = seen, lease.read()
        if seen is not None and seen.record.held and seen.version != earlier.version:
            return None
    sent_at = awake_or_not()
    mine = LeaseRecord(uuid4().hex, 0, ttl)
    version = lease.swap(mine, seen.version if seen else None)
    if version is None:
        return None
    return ObjectClaim(bucket, lease, Holder(mine, version, sent_at))


def is_held(bucket: Bucket, key: str, ttl: float) -> bool:
    """Whether a lease has a holder; see `ObjectStorage.is_claimed`."""
    lease = _LeaseObject(bucket, key)
    first = seen = lease.read()
    if seen is None or seems_alive(seen.record, seen.age) or not seen.record.held:
        return seen is not None and seen.record.held
    assert first is not None
    deadline = awake_or_not() + first.record.ttl / BEATS * 1.5
    while seen is not None and seen.version == first.version and awake_or_not() < deadline:
        time.sleep(ttl / _LOOKS)
        seen = lease.read()
    return seen is not None and seen.record.held and seen.version != first.version


class ObjectClaim(Claim):
    """A lease that this process holds; a thread gives signs of life until it is released."""

    def __init__(self, bucket: Bucket, lease: _LeaseObject, holder: Holder) -> None:
        self._lease = lease
        self._impatient = bucket.impatient_store(holder.record.ttl * _BEAT_TIMEOUT)
        self._holder = holder
        self._swapping = Lock()
        self._ended = Event()
        self._thread = Thread(target=self._beat, name="lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """StorageError if another may hold it by now; asks the store only if that is in doubt."""
        for _ in range(2):  # an earlier beat that only now turns out to have arrived, and one of now
            if self._holder.is_certain(awake_or_not()):
                return
            self._renew()
        if not self._holder.is_certain(awake_or_not()):
            raise self._lost()

    def _lost(self) -> StorageError:
        if self._holder.is_lost:
            return StorageError(
                f"another process has taken over {self._lease.url}: this one gave no sign of life in time",
                "resume the job when the other one has ended",
            )
        silent = self._holder.since_renewed(awake_or_not())
        return StorageError(
            f"{self._lease.url} could not be renewed for {silent:.0f} s, so another may take it over",
            "resume the job when the object store can be reached",
        )

    def _beat(self) -> None:
        while not self._holder.is_lost:
            if self._ended.wait(max(0.0, self._holder.due_at() - awake_or_not())):
                return
            self._renew()

    def _renew(self) -> None:
        """Send the next beat; the holder is told what became of it."""
        with self._swapping:
            if self._holder.is_lost or self._ended.is_set():
                return
            record = self._holder.beat(awake_or_not())
            try:
                version = self._lease.swap(record, self._holder.version, self._impatient)
            except OSError:
                self._holder.unanswered(awake_or_not())
                return
            if version is None:
                self._holder.refused()
            else:
                self._holder.accepted(version)

    def release(self) -> None:
        """Let others have it, at once if the store can be reached, else after the time to live."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._thread.join()
        if self._holder.is_lost:
            return
        with suppress(OSError):
            self._lease.swap(self._holder.record.released(), self._holder.version)
