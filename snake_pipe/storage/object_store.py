"""A dataset's files as objects of a bucket: conditional puts make one of many writers win."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from snake_pipe.storage.conditional_put import create_object
from snake_pipe.storage.object_errors import os_errors
from snake_pipe.storage.storage import StoredFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from snake_pipe.storage.bucket import Bucket
    from snake_pipe.storage.object_claim import ObjectClaim
    from snake_pipe.storage.object_writer import NewObject

_LOOK_SECONDS = 2.0
"""To look or to write every so often costs about a cent in three hours, at the prices of 2025."""

_TTL = 30.0
"""Seconds after the last sign of life at which a claim is anybody's."""


class ObjectStorage:
    """The objects below a prefix of a bucket.

    A request is tried for about a minute, and three times where an answer was lost: none takes longer than
    five minutes. `ttl` is how long a claim stays after its holder's last sign of life, in seconds.
    """

    def __init__(self, bucket: Bucket, prefix: str = "", *, ttl: float = _TTL) -> None:
        self._bucket = bucket
        self.prefix = "/".join(part for part in prefix.split("/") if part)
        self._ttl = ttl

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (self._bucket, self.prefix, self._ttl)

    @property
    def url(self) -> str:
        """The scheme, the bucket and the prefix."""
        return f"{self._bucket.url}/{self.prefix}" if self.prefix else self._bucket.url

    @property
    def folder(self) -> None:
        """It is not on this machine."""
        return

    @property
    def delta_url(self) -> str:
        """The same as `url`."""
        return self.url

    @property
    def delta_options(self) -> Mapping[str, str] | None:
        """What deltalake would not find by itself; not to be shown, keys of a profile are among it."""
        return self._bucket.delta_options

    @property
    def look_seconds(self) -> float:
        """Each look is a request."""
        return _LOOK_SECONDS

    @property
    def killed_claim_seconds(self) -> float:
        """A lease has a time to live."""
        return self._ttl

    def at(self, name: str) -> ObjectStorage:
        """The storage below a longer prefix."""
        return ObjectStorage(self._bucket, self._key(name), ttl=self._ttl)

    def private(self) -> ObjectStorage:
        """The same: who may read is for the bucket to say."""
        return self

    # -- reading -------------------------------------------------------------------------------------

    def read(self, name: str) -> bytes:
        """All of an object."""
        with self._errors(name):
            return bytes(self._bucket.store.get(self._key(name)).bytes())

    def open(self, name: str) -> Any:
        """An object to be read in any order, by ranges."""
        import pyarrow as pa

        from snake_pipe.storage.object_reader import ObjectReader

        with self._errors(name):
            reader = ObjectReader(self._bucket.store, self._key(name), self._url(name))
        return pa.PythonFile(reader, mode="r")

    def info(self, name: str) -> StoredFile:
        """Size and time of an object."""
        with self._errors(name):
            return _stored(self._bucket.store.head(self._key(name)), name)

    def exists(self, name: str) -> bool:
        """Whether an object is there."""
        try:
            self.info(name)
        except FileNotFoundError:
            return False
        return True

    def files(self, folder: str = "") -> list[StoredFile]:
        """The objects directly below a prefix."""
        return [_stored(about, about["path"].rpartition("/")[2]) for about in self._list(folder)["objects"]]

    def all_files(self, folder: str = "") -> Iterator[StoredFile]:
        """All objects below a prefix, a thousand with each request."""
        prefix = f"{key}/" if (key := self._key(folder)) else ""
        with self._errors(folder):
            for found in self._bucket.store.list(prefix or None, chunk_size=1000):
                for about in found:
                    yield _stored(about, about["path"][len(prefix) :])

    def folders(self, folder: str = "") -> list[str]:
        """The names that follow a prefix and have objects below them."""
        return [path.rpartition("/")[2] for path in self._list(folder)["common_prefixes"]]

    def _list(self, folder: str) -> Any:
        with self._errors(folder):
            return self._bucket.store.list_with_delimiter(self._key(folder))

    def open_to_sql(self, connection: Any) -> None:
        """Register a file system, which reads the objects by ranges as all other readers here do."""
        from snake_pipe.storage.object_files import ObjectFiles

        connection.register_filesystem(ObjectFiles(self._bucket))

    def sql_name(self, name: str) -> str:
        """An object's name in that file system."""
        from snake_pipe.storage.object_files import SCHEME

        return f"{SCHEME}://{self._key(name)}"

    # -- writing -------------------------------------------------------------------------------------

    def create(self, name: str, data: bytes) -> None:
        """Make an object; FileExistsError if one is there. See `create_object` for answers that are lost."""
        create_object(self._bucket.store, self._key(name), data, self._url(name))

    def replace(self, name: str, data: bytes) -> None:
        """Put an object in the place of the one that is there."""
        with self._errors(name):
            self._bucket.store.put(self._key(name), data, use_multipart=False)

    def show(self, name: str, data: bytes) -> None:
        """The same as `replace`: what a store has confirmed is durable."""
        self.replace(name, data)

    def write(self, name: str) -> NewObject:
        """A large object to be written piece by piece."""
        from snake_pipe.storage.object_writer import NewObject

        return NewObject(self._bucket.store, self._key(name), self._url(name))

    def make_durable(self, name: str) -> None:
        """Nothing is left to do: what a store has confirmed is durable."""

    def remove(self, name: str) -> None:
        """Remove an object, if it is there."""
        with suppress(FileNotFoundError), self._errors(name):
            self._bucket.store.delete(self._key(name))

    def remove_folder(self, folder: str = "") -> None:
        """Remove all objects below a prefix, as far as possible."""
        with suppress(OSError), self._errors(folder):
            prefix = self._key(folder)
            for found in self._bucket.store.list(f"{prefix}/" if prefix else None, chunk_size=1000):
                self._bucket.store.delete([about["path"] for about in found])

    def check_server(self, timeout: float) -> None:
        """Try out whether the store can be written to and keeps conditions; `timeout` seconds a request.

        DatasetError for a server that does not keep them; OSError.
        """
        from snake_pipe.storage.server_check import check_server

        check_server(self._bucket.impatient_store(timeout), self._bucket.url, self.prefix)

    # -- excluding others ----------------------------------------------------------------------------

    def claim(self, name: str) -> ObjectClaim | None:
        """The lease of a name; None if its holder seems to be at work.

        If the holder does not, this waits for a sign of life: as long as its time to live, at most.
        """
        from snake_pipe.storage.object_claim import claim_lease

        return claim_lease(self._bucket, self._key(name), self._ttl, probe_at=self.prefix)

    def is_claimed(self, name: str) -> bool:
        """Whether a process has the lease of a name now.

        For a holder that has given no sign of life for its time to live by this machine's clock, this waits
        for the time between two of them, since clocks may disagree.
        """
        from snake_pipe.storage.object_claim import is_held

        with self._errors(name):
            return is_held(self._bucket, self._key(name), self._ttl)

    def _key(self, name: str) -> str:
        return "/".join(part for part in (self.prefix, *name.split("/")) if part)

    def _url(self, name: str) -> str:
        return f"{self.url}/{name}" if name else self.url

    def _errors(self, name: str) -> AbstractContextManager[None]:
        return os_errors(self._url(name))


def _reopened(bucket: Bucket, prefix: str, ttl: float) -> ObjectStorage:
    return ObjectStorage(bucket, prefix, ttl=ttl)


def _stored(about: Mapping[str, Any], name: str) -> StoredFile:
    return StoredFile(name, about["size"], about["last_modified"].timestamp())
