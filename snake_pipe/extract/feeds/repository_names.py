"""The folders that a dataset's paths count from, by the names that it knows them by."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from snake_pipe.errors import StorageError, UsageError
from snake_pipe.extract.discovery.git_files import find_work_tree
from snake_pipe.extract.discovery.roots import real_path
from snake_pipe.extract.paths.names import escape_path, unescape_path
from snake_pipe.extract.paths.patterns import PathPatterns
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from snake_pipe.extract.discovery.request import IngestRequest
    from snake_pipe.storage.storage import Storage

_NOTE = f"{JOBS_FOLDER}/repositories.json"


def known_repositories(dataset: Storage) -> dict[str, Path]:
    """The folder of each `repo` name of a dataset; empty where there is none, or its note is damaged."""
    try:
        found = orjson.loads(dataset.read(_NOTE))
    except (OSError, orjson.JSONDecodeError):
        return {}
    with suppress(AttributeError, ValueError):  # what is no object, or holds what is no path
        return {name: Path(os.fsdecode(unescape_path(folder))) for name, folder in found.items()}
    return {}


def knows_all(dataset: Storage, folders: Iterable[Path]) -> bool:
    """Whether a dataset has names for all of some folders: they have been ingested, or that was begun."""
    real = {Path(os.path.realpath(folder)) for folder in folders}
    return real <= {*known_repositories(dataset).values()}


@dataclass(frozen=True, slots=True)
class NamedRequest:
    """A request with the names of its folders, and the folders of all names that the dataset then knows.

    `names_before` are those that it knew.
    """

    request: IngestRequest
    folders: Mapping[str, Path]
    names_before: frozenset[str]

    def record(self, dataset: Storage) -> None:
        """Make the names those of the dataset; the caller has the registry since they were chosen."""
        if self.folders == known_repositories(dataset):
            return
        document = {name: escape_path(os.fsencode(folder)) for name, folder in self.folders.items()}
        try:
            dataset.private().replace(_NOTE, orjson.dumps(document))
        except OSError as error:
            raise StorageError(f"cannot write {dataset.url}/{_NOTE}: {error.strerror or error}") from error


def name_repositories(dataset: Storage, request: IngestRequest) -> NamedRequest:
    """The request with the names of its folders in a dataset, which may not be there yet.

    A folder keeps the name that the dataset knows it by. Paths of named files count from the innermost known
    folder above them, else from the root of their git work tree, so that they are those of an ingestion of
    the whole.

    Of two folders of one name each would take the other's files for deleted ones: UsageError, unless one is
    no longer there. It may have been moved (each CI run has its own), so its name may be taken over.
    The same where a folder to be walked and a known one lie within each other: what is in both would be there
    twice.
    """
    known = known_repositories(dataset)
    names_before = frozenset(known)
    plan = replace(request, repos=_folders_of_named(request, known.values())).plan()
    if request.repo and len(plan) > 1:
        folders = ", ".join(str(root.folder) for root in plan)
        raise UsageError(f"--repo names one repository, not {len(plan)}: {folders}", "ingest each alone")
    name_of = {folder: name for name, folder in known.items()}
    for root in plan:
        if root.walked and not request.submitted:
            _check_nesting(root.folder, request.exclude, name_of)
    names = {root.folder: request.repo or name_of.get(root.folder) or root.name for root in plan}
    for folder, name in names.items():
        _check_name(folder, name, known, name_of)
        known[name] = folder
    if request.file_list is not None:  # what it names is not known yet, and may lie in any of them
        names = {folder: name for name, folder in known.items()}
    named = replace(request, repos={str(folder): name for folder, name in names.items()})
    return NamedRequest(named, known, names_before)


def _check_name(folder: Path, name: str, known: Mapping[str, Path], name_of: Mapping[Path, str]) -> None:
    other, other_name = known.get(name, folder), name_of.get(folder, name)
    if other != folder and other.exists():
        raise UsageError(
            f"{folder} would be {name!r} in this dataset, which holds {other} as {name!r}",
            "--repo NAME gives it another name, --dataset DIR another dataset",
        )
    if other_name != name:
        raise UsageError(
            f"this dataset holds {folder} as {other_name!r}, not as {name!r}",
            f"--repo {other_name}, or name another dataset with --dataset",
        )


def _check_nesting(folder: Path, exclude: Sequence[str], name_of: Mapping[Path, str]) -> None:
    """UsageError if a walk of the folder would meet files that the dataset has under another name."""
    excluded = PathPatterns(exclude)
    for other, name in name_of.items():
        if folder in other.parents and other.exists():
            inside = f"{other.relative_to(folder)}/"
            if not excluded.match_file(inside):
                raise UsageError(
                    f"{other} is in this dataset as {name!r}: below {folder} its files would be there twice",
                    f"--exclude '/{inside}' leaves them out, --dataset DIR is another dataset",
                )
        elif other in folder.parents and folder not in name_of:
            raise UsageError(
                f"{folder} is in this dataset as a part of {name!r}: its files would be there twice",
                f"ingest {other} with --include '/{folder.relative_to(other)}/', or name another dataset with"
                " --dataset",
            )


def folder_of_named(path: Path, known: Collection[Path]) -> Path | None:
    """The folder that the paths of a file, or of a list's folder, count from; None for what stands alone."""
    above = [path, *path.parents]
    return next((folder for folder in above if folder in known), None) or find_work_tree(path.parent)


def _folders_of_named(request: IngestRequest, known: Collection[Path]) -> dict[str, str]:
    """The folders that the named files of a request count from, without names yet."""
    if request.file_list is not None:
        base = Path(request.list_base).resolve()
        return {str(folder_of_named(base / "list", known) or base): ""}
    files = [real for root in request.roots if not (real := real_path(Path(root))).is_dir()]
    return {str(folder): "" for file in files if (folder := folder_of_named(file, known))}
