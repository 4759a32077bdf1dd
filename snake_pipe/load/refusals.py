"""What a dataset's place refuses, as an error that says what to do."""

from __future__ import annotations

import errno

from snake_pipe.errors import DatasetError, SnakePipeError, StorageError


def cannot(what: str, error: OSError) -> SnakePipeError:
    """A place that may not be written to, or has no locks, is refused; a disk that fails is a failed run."""
    text = f"{what}: {error.strerror or error}"
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return DatasetError(text, "name a place that you may write to with --dataset")
    if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
        return DatasetError(text, "name a folder on a file system that has locks with --dataset")
    return StorageError(text)
