"""The objects of a bucket as a file system of fsspec's, by which DuckDB reads Parquet files.

DuckDB's own extension for object stores is fetched from the net, which cannot be everywhere, and finds
credentials in another way than everything else here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fsspec import AbstractFileSystem

from snake_pipe.storage.object_errors import os_errors
from snake_pipe.storage.object_reader import ObjectReader

if TYPE_CHECKING:
    from snake_pipe.storage.bucket import Bucket

SCHEME = "snakepipe"

_LITERAL = re.compile(r"\[([*?\[])\]")


class ObjectFiles(AbstractFileSystem):  # type: ignore[misc]
    """Read only. An object that is opened is known to stay as it is."""

    protocol = SCHEME
    cachable = False

    def __init__(self, bucket: Bucket) -> None:
        super().__init__()
        self._bucket = bucket
        self._abouts: dict[str, dict[str, Any]] = {}

    def open(self, path: str, mode: str = "rb", **_: Any) -> ObjectReader:
        """An object to be read in any order; FileNotFoundError, OSError."""
        if mode != "rb":
            raise OSError(f"{path} is opened to be read only")
        key = self._strip_protocol(path)
        return ObjectReader(self._bucket.store, key, f"{self._bucket.url}/{key}")

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """What is known of an object, asked once."""
        key = self._strip_protocol(path)
        if key not in self._abouts:
            with os_errors(f"{self._bucket.url}/{key}"):
                found = self._bucket.store.head(key)
            self._abouts[key] = {
                "name": key,
                "size": found["size"],
                "type": "file",
                "created": found["last_modified"],
                "mtime": found["last_modified"],
            }
        return self._abouts[key]

    def modified(self, path: str) -> Any:
        """When an object was made."""
        return self.info(path)["mtime"]

    def glob(self, path: str, **_: Any) -> list[str]:
        """The one object of a name, which is given in full: `[*]` stands for a star, and so on."""
        key = _LITERAL.sub(r"\1", self._strip_protocol(path))
        return [f"{SCHEME}://{key}"]
