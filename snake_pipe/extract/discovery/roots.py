"""The folders that paths count from, and their names in `files.repo`."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError
from snake_pipe.extract.paths.names import escape_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


@dataclass(slots=True)
class Root:
    """A folder that paths count from, its name, and what was named in it besides the folder itself."""

    folder: Path
    name: str = ""
    walked: bool = False
    inner: list[bytes] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)


def plan_roots(roots: Sequence[Path], repos: Mapping[str, str] | None = None) -> list[Root]:
    """The folders to count paths from, in the order of their paths, with what lies where.

    `repos` are names of folders, empty for that of the folder itself. The paths of a named file count from
    the folder above it that is walked, else from the innermost of `repos`, else from its own folder.
    UsageError for a root that is not there.
    """
    repos = repos or {}
    folders: set[Path] = set()
    files: set[Path] = set()
    for given in roots:
        real = real_path(given)
        (folders if real.is_dir() else files).add(real)
    plan: dict[Path, Root] = {}
    for folder in sorted(folders, key=os.fsencode):
        outer = next((above for above in folder.parents[::-1] if above in plan), None)
        if outer is None:
            plan[folder] = Root(folder, walked=True)
        else:
            plan[outer].inner.append(_relative(folder, outer) + b"/")
    for file in sorted(files, key=os.fsencode):
        outer = next(
            (above for above in file.parents[::-1] if above in plan and plan[above].walked),
            next((above for above in file.parents if str(above) in repos), file.parent),
        )
        plan.setdefault(outer, Root(outer)).files.append(_relative(file, outer))
    for folder, name in unique_names(plan).items():
        plan[folder].name = repos.get(str(folder)) or name
    return [plan[folder] for folder in sorted(plan, key=os.fsencode)]


def real_path(given: Path) -> Path:
    """The path without links; UsageError where nothing is there."""
    try:
        return given.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a loop of links"
        raise UsageError(
            f"{escape_path(os.fsencode(given))}: {reason}", "name a folder or file that exists"
        ) from None


def unique_names(folders: Iterable[Path]) -> dict[Path, str]:
    """A name for each root: that of its folder, with as many of those above as set it apart from the others.

    It does not depend on the order of the roots, so that a later job finds the same names.
    """
    names: dict[Path, str] = {}
    waiting = list(folders)
    count = 1
    while waiting:
        candidates = {
            folder: escape_path(os.fsencode("/".join(folder.parts[1:][-count:]) or "/")) for folder in waiting
        }
        often = Counter(candidates.values())
        done = {
            folder for folder, name in candidates.items() if often[name] == 1 or count >= len(folder.parts)
        }
        names.update((folder, candidates[folder]) for folder in done)
        waiting = [folder for folder in waiting if folder not in done]
        count += 1
    return names


def _relative(path: Path, base: Path) -> bytes:
    return os.fsencode(path.relative_to(base))
