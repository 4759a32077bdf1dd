"""An object as a file that is read in any order, by as few requests as Parquet's way of reading allows."""

from __future__ import annotations

import io
from typing import Any

from snake_pipe.storage.object_errors import os_errors

_TAIL = 1024 * 1024
"""Bytes that come with the first request: all of a small part, the footer of a large one."""

_AHEAD = 1024 * 1024
"""The fewest bytes that any later request asks for."""

_AT_ONCE = 8 * 1024 * 1024
"""The most bytes of one request: a longer read is several, each with a time limit of its own."""


class ObjectReader(io.RawIOBase):
    """The bytes of an object, which is not changed while it is read. Not for threads; pyarrow has a lock.

    Holds the last megabyte, and the last piece that was read ahead.
    """

    def __init__(self, store: Any, key: str, url: str) -> None:
        self._store = store
        self._key = key
        self._url = url
        self._position = 0
        self._size, self._tail = self._fetch_tail()
        self._ahead, self._ahead_at = b"", 0

    def _fetch_tail(self) -> tuple[int, bytes]:
        from obstore.exceptions import BaseError, NotSupportedError

        try:
            answer = self._store.get(self._key, options={"range": {"suffix": _TAIL}})
            return answer.meta["size"], bytes(answer.bytes())
        except FileNotFoundError:
            raise
        except (NotSupportedError, OSError, ValueError):  # Azure has no ranges from the end
            pass
        except BaseError as error:  # some servers say that an empty object has no range at all
            if "416" not in str(error):
                raise
        size = self._store.head(self._key)["size"]
        length = min(size, _TAIL)
        return size, bytes(self._store.get_range(self._key, start=size - length, end=size)) if size else b""

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def size(self) -> int:
        """Bytes of the object."""
        return self._size

    def tell(self) -> int:
        """Where the next read begins."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Where the next read is to begin."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes, as many as are wanted unless the object ends."""
        left = max(0, self._size - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        data = self._bytes(self._position, self._position + wanted) if wanted else b""
        self._position += len(data)
        return data

    def readall(self) -> bytes:
        """All bytes from here on."""
        return self.read()

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, as far as the object goes."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _bytes(self, start: int, end: int) -> bytes:
        tail_at = self._size - len(self._tail)
        if start >= tail_at:
            return self._tail[start - tail_at : end - tail_at]
        if end > tail_at:
            return self._bytes(start, tail_at) + self._tail[: end - tail_at]
        ahead_end = self._ahead_at + len(self._ahead)
        if self._ahead_at <= start and end <= ahead_end:
            return self._ahead[start - self._ahead_at : end - self._ahead_at]
        if end - start >= _AHEAD:
            return self._fetch(start, end)
        self._ahead = self._fetch(start, min(start + _AHEAD, tail_at))
        self._ahead_at = start
        return self._ahead[: end - start]

    def _fetch(self, start: int, end: int) -> bytes:
        starts = range(start, end, _AT_ONCE)
        ends = [min(each + _AT_ONCE, end) for each in starts]
        with os_errors(self._url):
            return b"".join(self._store.get_ranges(self._key, starts=list(starts), ends=ends, coalesce=0))
