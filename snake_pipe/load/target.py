"""Where an answer or an export may be written: never over what is there unasked, never into the dataset."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import StorageError, UsageError
from snake_pipe.storage.atomic_file import whole_or_not_at_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from snake_pipe.storage.storage import Storage


@contextmanager
def new_target(
    target: Path, dataset: Storage, *, overwrite: bool, folder_of: Collection[str] | None = None
) -> Iterator[Path]:
    """A path to write a file to, or a folder of some `folder_of`, that becomes `target` in the end.

    Nothing is there if an exception comes.

    UsageError for a target in the dataset, or one that exists and is not to be replaced: unasked, a folder by
    a file, a folder that holds anything else. StorageError if the disk refuses. A pipe or a device
    (`/dev/null`) is written to as it is.
    """
    target = Path(os.path.realpath(target))
    if dataset.folder is not None and target.is_relative_to(os.path.realpath(dataset.folder)):
        raise UsageError(f"{target} is inside of the dataset", "choose a place outside of it")
    is_device = target.exists() and not target.is_file() and not target.is_dir()
    if (target.is_dir() and folder_of is None) or (folder_of is not None and (target.is_file() or is_device)):
        raise UsageError(f"{target} is {'a' if folder_of is None else 'no'} folder", "choose another name")
    if target.exists() and not is_device and not overwrite:
        raise UsageError(f"{target} already exists", "--overwrite replaces it")
    if target.is_dir() and folder_of is not None:
        others = sorted({path.name for path in target.iterdir()} - set(folder_of))
        if others:
            raise UsageError(f"{target} holds {others[0]} too", "choose another name, or remove the folder")
    try:
        if is_device:
            yield target
            return
        with whole_or_not_at_all(target) as temp:
            yield temp
    except BrokenPipeError:
        raise  # the reader of a pipe may go, as everywhere
    except OSError as error:
        raise StorageError(f"cannot write {target}: {error.strerror or error}") from error
