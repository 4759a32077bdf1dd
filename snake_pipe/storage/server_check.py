"""Whether a server keeps the promise on which everything rests: that one of several writers wins."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from snake_pipe.errors import DatasetError
from snake_pipe.storage.conditional_put import WRITER, version_of
from snake_pipe.storage.object_errors import os_errors

if TYPE_CHECKING:
    from snake_pipe.storage.bucket import Bucket

_KNOWN = "docs/how-to/object-store.md lists servers that do"


def check_server_once(bucket: Bucket, prefix: str) -> None:
    """`check_server`, unless that was done for the bucket before."""
    if not bucket.is_checked:
        check_server(bucket.store, bucket.url, prefix)
        bucket.is_checked = True


def check_server(store: Any, url: str, prefix: str) -> None:
    """Try it out with an object that is removed again, in six requests.

    DatasetError for a server that makes an object although it is there (ignores `If-None-Match`), replaces
    one that has changed (`If-Match`), or forgets metadata; OSError if it can't be reached or refuses.
    """
    from obstore.exceptions import AlreadyExistsError, PreconditionError

    key = "/".join(part for part in (prefix, f".conditional-writes-{uuid4().hex}") if part)
    try:
        with os_errors(url):
            first = store.put(key, b"1", mode="create", attributes={WRITER: "1"}, use_multipart=False)
            with suppress(AlreadyExistsError, PreconditionError):
                store.put(key, b"2", mode="create", use_multipart=False)
                raise _unfit(url, "makes an object although it is there (ignores If-None-Match)")
            if store.get(key, options={"head": True}).attributes.get(WRITER) != "1":
                raise _unfit(url, "forgets the metadata of objects")
            store.put(key, b"3", mode=version_of(first), use_multipart=False)
            with suppress(AlreadyExistsError, PreconditionError):
                store.put(key, b"4", mode=version_of(first), use_multipart=False)
                raise _unfit(url, "replaces an object that has changed meanwhile (ignores If-Match)")
    finally:
        with suppress(OSError), os_errors(url):
            store.delete(key)


def _unfit(url: str, what: str) -> DatasetError:
    return DatasetError(f"the server of {url} {what}: writers would overwrite each other", _KNOWN)
