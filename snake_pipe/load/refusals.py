"""What a dataset's place refuses, as an error that says what to do."""

from __future__ import annotations

import errno

from snake_pipe.errors import DatasetError, SnakePipeError, StorageError


def what_to_do(*, is_on_disk: bool) -> str:
    """What to do where a dataset's place does not take what is written."""
    if is_on_disk:
        return "free space or repair the disk, then resume the job"
    return "see to it that the bucket can be reached and written to, then resume the job"


def cannot(what: str, error: OSError) -> SnakePipeError:
    """A place that may not be written to, or has no locks, is refused; a disk that fails is a failed run."""
    text = f"{what}: {error.strerror or error}"
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return DatasetError(text, "name a place that you may write to with --dataset")
    if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
        return DatasetError(text, "name a folder on a file system that has locks with --dataset")
    return StorageError(text)
