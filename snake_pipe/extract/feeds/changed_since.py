"""Which files of a job need no look, since git says that they have not changed.

Two things must hold for it: the file is as in some commit, and so are the dataset's rows of it. So changes
count since the commit that the user names, and since the one that the rows are of; where that is not known,
each file is compared with the dataset as in any ingestion.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.errors import SnakePipeError
from snake_pipe.extract.discovery.changed_files import changed_since, work_tree_of
from snake_pipe.extract.discovery.git_process import GitError
from snake_pipe.extract.discovery.git_state import find_commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.extract.discovery.left_out import LeftOut
    from snake_pipe.extract.discovery.roots import Root
    from snake_pipe.extract.feeds.feed import Known
    from snake_pipe.extract.feeds.shard_revisions import Revision
    from snake_pipe.extract.paths.scope import PathScope
    from snake_pipe.load.known_files import KnownFiles


@dataclass(frozen=True, slots=True)
class _Changes:
    """What may have changed in one repository: `scope` is relative to the work tree, `prefix` leads there."""

    scope: PathScope
    prefix: bytes
    trusts_rows: bool
    is_partial: bool

    def hold(self, file: DiscoveredFile) -> bool:
        return self.scope.holds(self.prefix + file.relative)


class ChangedSince:
    """Tells of the files of a walk which are this job's business, and which are known as they are."""

    def __init__(
        self,
        plan: Sequence[Root],
        since: Mapping[str, str],
        commits: Mapping[str, str],
        revisions: Mapping[str, Revision],
        current: KnownFiles,
        left_out: LeftOut,
    ) -> None:
        """For each repository of `plan` by its name: the commit `since` which changes count, and the one
        that the rows of the dataset's `current` files are of, where it is known.

        SnakePipeError where git cannot compare.
        """
        self._current = current
        self._left_out = left_out
        self._changes = {
            root.name: _changes(
                root.folder, since[root.name], commits.get(root.name), revisions[root.name].is_partial
            )
            for root in plan
        }

    @property
    def warning(self) -> str | None:
        """What a person should know: that git's word does not help."""
        names = sorted(name for name, changes in self._changes.items() if not changes.trusts_rows)
        if not names or not len(self._current):
            return None
        files = f"the dataset's files of {', '.join(names)}"
        return f"{files} are of no one commit that git knows: each is compared with the disk"

    def known(self, others: Known) -> Known:
        """Asks git's word first, and `others` about the files of which it says nothing."""
        return _Unchanged(self._changes, self._current, others)

    def wanted(self, files: list[DiscoveredFile]) -> list[DiscoveredFile]:
        """Without those that the dataset does not have since it was begun with changes alone."""
        if not any(changes.is_partial for changes in self._changes.values()):
            return files
        kept = [
            file
            for file, is_there in zip(files, self._current.contain(files), strict=True)
            if is_there or not (changes := self._changes[file.repo]).is_partial or changes.hold(file)
        ]
        self._left_out.not_changed += len(files) - len(kept)
        return kept


@dataclass(frozen=True, slots=True)
class _Unchanged:
    changes: Mapping[str, _Changes]
    files: KnownFiles
    others: Known

    def match(self, files: Sequence[DiscoveredFile]) -> list[bool]:
        """True for what git says has not changed, and the dataset has in that size."""
        same = [self._is_unchanged(file) for file in files]
        sizes = iter(self.files.match_sizes(list(_where(files, same))))
        same = [is_same and next(sizes) for is_same in same]
        rest = iter(self.others.match(list(_where(files, (not is_same for is_same in same)))))
        return [is_same or bool(next(rest)) for is_same in same]

    def _is_unchanged(self, file: DiscoveredFile) -> bool:
        changes = self.changes[file.repo]
        return changes.trusts_rows and not changes.hold(file)


def _where(files: Sequence[DiscoveredFile], flags: Iterable[bool]) -> Iterable[DiscoveredFile]:
    return (file for file, flag in zip(files, flags, strict=True) if flag)


def _changes(folder: Path, since: str, commit: str | None, is_partial: bool) -> _Changes:
    work_tree = work_tree_of(folder)
    trusts_rows = commit is not None and find_commit(work_tree, commit) is not None
    try:
        scope = changed_since(work_tree, {since, commit} if commit is not None and trusts_rows else {since})
    except GitError as error:
        raise SnakePipeError(f"git cannot say what has changed in {work_tree}: {error}") from error
    inner = os.fsencode(folder.relative_to(work_tree))
    return _Changes(scope, b"" if inner == b"." else inner + b"/", trusts_rows, is_partial)
