"""The dataset that files and folders go to if nobody says otherwise, and the folder whose settings count."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from snake_pipe.errors import UsageError
from snake_pipe.extract.feeds.repository_names import folder_of_named, known_repositories
from snake_pipe.extract.paths.datasets import DATASET_NAME
from snake_pipe.storage.local import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Sequence


class Home(NamedTuple):
    """Where paths belong: a folder, and its dataset."""

    folder: Path
    dataset: Path


def find_home(paths: Sequence[Path]) -> Home:
    """The home of what is to be ingested; none is a list of files, which belongs to the current folder.

    A folder is its own home. A file belongs to the nearest dataset above it that holds its repository, else
    to that of its git work tree, else to its folder. UsageError for files of two repositories.
    """
    if not paths:
        here = Path.cwd()
        return _home_of(here / "list") or _own(here)
    homes = {home: file for file in paths if not file.is_dir() and (home := _home_of(file))}
    if len(homes) > 1:
        (one, first), (two, second), *_ = homes.items()
        raise UsageError(
            f"{first} and {second} belong to two repositories: {one.folder} and {two.folder}",
            "ingest each alone, or name one dataset for both with --dataset",
        )
    first = paths[0]
    if first.is_dir():
        return _own(first)
    return next(iter(homes), None) or _own(first.parent)


def _own(folder: Path) -> Home:
    return Home(folder.absolute(), folder.absolute() / DATASET_NAME)


def _home_of(file: Path) -> Home | None:
    """The repository and the dataset of a file; None for one that belongs to none."""
    real = file.resolve()
    for above in real.parents:
        dataset = above / DATASET_NAME
        if (dataset / "dataset.json").exists():
            known = known_repositories(LocalStorage(dataset)).values()
            if any(real.is_relative_to(folder) for folder in known):
                return Home(folder_of_named(real, known) or above, dataset)
    work_tree = folder_of_named(real, ())
    return None if work_tree is None else _own(work_tree)
