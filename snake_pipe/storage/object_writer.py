"""An object that is written piece by piece: one put if it is small, an upload in parts if it is not."""

from __future__ import annotations

import errno
import io
import os
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from snake_pipe.storage.conditional_put import WRITER, create_object, was_made_by
from snake_pipe.storage.object_errors import os_errors

if TYPE_CHECKING:
    from collections.abc import Iterator


_PIECE = 8 * 1024 * 1024
"""Bytes of an upload's part; what is smaller is put as a whole. 10,000 of them are the most that S3 takes."""

_AT_ONCE = 2
"""Parts on their way at the same time; one more is in the queue, and one is being filled."""


class NewObject(io.RawIOBase):
    """An object that nobody sees before `finish`; it is its own `stream`.

    Holds some 40 MB at most. A put is refused by the store if the object is there. For an upload in parts
    that is looked up before its end, so of two that end at the same moment the later one would win: large
    objects need names that no two writers give.
    """

    def __init__(self, store: Any, key: str, url: str) -> None:
        self._store = store
        self._key = key
        self._url = url
        self._token = uuid4().hex
        self._buffer = bytearray()
        self._size = 0
        self._upload: _Upload | None = None
        self._is_over = False

    @property
    def stream(self) -> NewObject:
        """What to write to."""
        return self

    def writable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Bytes that were written."""
        return self._size

    def write(self, data: Any) -> int:
        """Add bytes. OSError if the store has refused earlier ones."""
        view = memoryview(data).cast("B")
        self._buffer += view
        self._size += len(view)
        while len(self._buffer) > _PIECE:
            if self._upload is None:
                self._upload = _Upload(self._store, self._key, self._token, self._url)
            self._upload.send(bytes(memoryview(self._buffer)[:_PIECE]))
            del self._buffer[:_PIECE]
        return len(view)

    def finish(self) -> int:
        """Give it its name; its size in bytes. FileExistsError if that is taken; `discard` what fails."""
        if self._upload is None:
            create_object(self._store, self._key, bytes(self._buffer), self._url)
        else:
            self._complete(self._upload)
        self._is_over = True
        return self._size

    def _complete(self, upload: _Upload) -> None:
        if self._is_there():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), self._url)
        upload.send(bytes(self._buffer))
        try:
            upload.complete()
        except OSError:  # the last answer may have been lost
            if not was_made_by(self._token, self._store, self._key, self._url):
                raise

    def discard(self) -> None:
        """Forget what was written, also what was uploaded."""
        if not self._is_over and self._upload is not None:
            self._upload.abort()
        self._is_over = True
        self._buffer.clear()

    def _is_there(self) -> bool:
        try:
            with os_errors(self._url):
                self._store.head(self._key)
        except FileNotFoundError:
            return False
        return True


class _GivenUpError(Exception):
    """Makes the library abort an upload."""


class _Upload:
    """An upload in parts, by a thread that takes them from a queue; each request of it has a time limit."""

    def __init__(self, store: Any, key: str, token: str, url: str) -> None:
        self._url = url
        self._error: BaseException | None = None
        self._is_told = False  # how it is to end
        self._pieces: Queue[bytes | _GivenUpError | None] = Queue(maxsize=1)
        self._thread = Thread(target=self._run, args=(store, key, token), name="upload", daemon=True)
        self._thread.start()

    def send(self, piece: bytes) -> None:
        """Send a part when there is room for it; OSError if an earlier one was refused."""
        if self._error is None:
            self._pieces.put(piece)
        if self._error is not None:
            raise self._error

    def complete(self) -> None:
        """Make the object visible; OSError if it is not, or if nobody knows."""
        self._pieces.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def abort(self) -> None:
        """Remove what was sent; does nothing where the upload has come to its end."""
        if self._thread.is_alive():
            self._pieces.put(_GivenUpError())
            self._thread.join()

    def _run(self, store: Any, key: str, token: str) -> None:
        try:
            with os_errors(self._url):
                store.put(
                    key,
                    self._take(),
                    use_multipart=True,
                    chunk_size=_PIECE,
                    max_concurrency=_AT_ONCE,
                    attributes={WRITER: token},
                )
        except _GivenUpError:
            return
        except BaseException as error:  # noqa: BLE001 - for the thread that writes
            self._error = error
        while not self._is_told:  # so that nobody waits for room
            self._is_told = not isinstance(self._pieces.get(), bytes)

    def _take(self) -> Iterator[bytes]:
        while isinstance(piece := self._pieces.get(), bytes):
            yield piece
        self._is_told = True
        if piece is not None:
            raise piece
