"""The storage that a text names: a folder, or a prefix of a bucket."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError
from snake_pipe.storage.local import LocalStorage

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage

SCHEMES = ("s3", "gs", "az")
"""How URLs of S3 (and servers that speak like it), Google Cloud Storage and Azure Blob Storage begin."""


def is_object_store(text: str) -> bool:
    """Whether a text names a place in an object store."""
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme in SCHEMES


def open_storage(name: str | Path) -> Storage:
    """The folder, or the place in a bucket, of that name; nothing is asked of a network yet.

    UsageError for another kind of URL, for one without a bucket, and where the extra is not installed.
    """
    text = str(name)
    scheme, separator, place = text.partition("://")
    if not separator:
        return LocalStorage(Path(text))
    if scheme not in SCHEMES:
        known = ", ".join(f"{each}://" for each in SCHEMES)
        raise UsageError(f"{scheme}:// is no storage that is known", f"name a folder, or a URL with {known}")
    bucket, _, prefix = place.partition("/")
    if not bucket or any(mark in place for mark in "?#@"):
        raise UsageError(
            f"a URL of an object store is {scheme}://BUCKET/PREFIX, without credentials or options",
            "credentials come from the environment",
        )
    if importlib.util.find_spec("obstore") is None:
        raise UsageError(
            f"{scheme}:// needs a library that is not installed", "pip install 'snake-pipe[object-store]'"
        )
    return _open_bucket(scheme, bucket, prefix)


@lru_cache(maxsize=16)
def _open_bucket(scheme: str, bucket: str, prefix: str) -> Storage:
    """Kept, with its connections, for all in a process that ask for the same."""
    from snake_pipe.storage.bucket import Bucket
    from snake_pipe.storage.object_store import ObjectStorage

    return ObjectStorage(Bucket(scheme, bucket), prefix)
