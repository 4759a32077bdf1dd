"""Which commit the rows of a repository are of, as far as a dataset can say.

A job that begins takes a repository's commit away, and one that has met all that the dataset has of the
repository, in a work tree without changes, notes a new one. So there is one only where nothing has
touched the rows since: neither a job that failed nor one of some files alone.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import orjson

from snake_pipe.errors import StorageError
from snake_pipe.extract.discovery.changed_files import clean_commit
from snake_pipe.extract.feeds.shard_revisions import Known, Revision, revision_of, with_revision
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from snake_pipe.extract.discovery.git_state import GitState
    from snake_pipe.extract.discovery.request import IngestRequest
    from snake_pipe.extract.discovery.roots import Root
    from snake_pipe.storage.storage import Storage
    from snake_pipe.utils.shard import Shard

_NOTE = f"{JOBS_FOLDER}/revisions.json"

_CLOCK_NS = 10_000_000
"""How far the times of files may be behind the clock: a tick of the kernel."""


def read_revisions(dataset: Storage, shard: Shard | None = None) -> dict[str, Revision]:
    """What is known of repositories, or of a shard of each, by their names; nothing of some."""
    found = {name: revision_of(known, shard) for name, known in _read(dataset).items()}
    return {name: revision for name, revision in found.items() if revision is not None}


def note_revisions(dataset: Storage, changes: Mapping[str, Revision], shard: Shard | None = None) -> None:
    """Note what is known of some repositories, or of a shard of each; the caller has the registry."""
    before = _read(dataset)
    changed = {name: with_revision(before.get(name, {}), shard, known) for name, known in changes.items()}
    after = {**before, **changed}
    if after == before:
        return
    document = {
        name: {text: asdict(revision) for text, revision in known.items()} for name, known in after.items()
    }
    try:
        dataset.private().replace(_NOTE, orjson.dumps(document))
    except OSError as error:
        raise StorageError(f"cannot write {dataset.url}/{_NOTE}: {error.strerror or error}") from error


def forget_commits(dataset: Storage, request: IngestRequest) -> None:
    """Take note that the rows of a request may come to be of other commits; the caller has the registry."""
    known = read_revisions(dataset, request.own_shard)
    names = [root.name for root in request.plan()]
    changes = {name: replace(known.get(name, Revision()), commit=None) for name in names}
    note_revisions(dataset, changes, request.own_shard)


def settle_revisions(
    dataset: Storage, request: IngestRequest, repos_before: Collection[str]
) -> tuple[IngestRequest, dict[str, str]]:
    """The request with the commits since which files count as changed, and those that the rows are of.

    The latter are noted no more from here on; the caller has the registry. A repository that is not among
    `repos_before` is begun.
    """
    if request.changed_since:
        request = replace(request, since=request.resolve_since())
    revisions = revisions_of(dataset, request, repos_before)
    changes = {name: replace(known, commit=None) for name, known in revisions.items()}
    note_revisions(dataset, changes, request.own_shard)
    return request, {name: known.commit for name, known in revisions.items() if known.commit}


def revisions_of(
    dataset: Storage, request: IngestRequest, repos_before: Collection[str]
) -> dict[str, Revision]:
    """What is known of the rows of a request's repositories, by name; all are in it.

    One that is not among `repos_before` is begun by the request, and so is a shard of which nothing is known.
    """
    before = read_revisions(dataset, request.own_shard)
    begun = Revision(is_partial=bool(request.changed_since))
    unknown = begun if request.shard else Revision()
    return {
        root.name: before.get(root.name, unknown) if root.name in repos_before else begun
        for root in request.plan()
    }


class Checkouts:
    """The commits that folders are as in when a run begins, found out in a thread beside the walk."""

    def __init__(
        self, plan: Collection[Root], started_at: float, state_of: Callable[[str], GitState]
    ) -> None:
        """`state_of(repo)` is what was checked out at or after `started_at`, in seconds since 1970."""
        self._commits: dict[str, str | None] = {}
        self._state_of = state_of
        self._asked_ns = int(started_at * 1e9) - _CLOCK_NS
        self._folders = {root.name: root.folder for root in plan if root.walked}
        self._thread = threading.Thread(target=self._ask, name="checkouts", daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        for name, folder in self._folders.items():
            self._commits[name] = clean_commit(folder, self._state_of(name))

    def revisions(
        self,
        before: Mapping[str, Revision],
        has_met_all: Callable[[str], bool],
        newest_ns: int,
        *,
        is_whole: bool,
    ) -> dict[str, Revision]:
        """What is known of the repositories' rows at the end, where that is of one commit.

        `before` is what was known at its beginning. `has_met_all(repo)`: whether the walk has seen or deleted
        all files that the dataset has of it.
        `newest_ns` is when the file was changed that was changed last of those that were read: one that was
        changed since git was asked may not be as it was then. `is_whole`: all files were this job's business.
        """
        self._thread.join()
        revisions = {}
        for name, commit in self._commits.items():
            if has_met_all(name):
                is_partial = not is_whole and before.get(name, Revision()).is_partial
                revisions[name] = Revision(commit if newest_ns < self._asked_ns else None, is_partial)
        return revisions


def _read(dataset: Storage) -> dict[str, Known]:
    """By repository; nothing where the note is not there or damaged."""
    try:
        found = orjson.loads(dataset.read(_NOTE))
        return {
            name: {text: Revision(**values) for text, values in known.items()}
            for name, known in found.items()
        }
    except (OSError, orjson.JSONDecodeError, AttributeError, TypeError):
        return {}
