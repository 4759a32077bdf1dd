"""The feed of an ingestion: what a walk finds, against what the dataset holds and what git says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.extract.feeds.changed_since import ChangedSince
from snake_pipe.extract.feeds.equal_content import NotedTimes
from snake_pipe.extract.feeds.feed import Discovered
from snake_pipe.extract.feeds.intake import Intake
from snake_pipe.extract.feeds.revisions import read_revisions
from snake_pipe.observe.events import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping

    from snake_pipe.extract.discovery.request import IngestRequest
    from snake_pipe.extract.feeds.feed import Known
    from snake_pipe.extract.feeds.ids import FileIds
    from snake_pipe.extract.feeds.prior_files import PriorFiles
    from snake_pipe.extract.feeds.revisions import Checkouts
    from snake_pipe.extract.feeds.shard_revisions import Revision
    from snake_pipe.extract.model.rows import Row
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.observe.events import Listener


def open_walk(
    request: IngestRequest,
    dataset: Dataset,
    prior: PriorFiles,
    checkouts: Checkouts,
    *,
    job_id: str,
    ids: FileIds,
    max_file_size: int,
    own_files: Known | None,
    commits: Mapping[str, str],
    reported: Container[tuple[str, str]],
    on_first: Callable[[], None],
    listener: Listener,
) -> Intake:
    """The files that a request names, by a walk or from its list.

    `checkouts` tell what the rows are of when all is done. `own_files` are those that earlier runs of the job
    have committed; `commits` those that the rows of repositories are of, where that is known. `on_first` is
    called when there is a file that may have to be read.
    SnakePipeError where git cannot say what has changed.
    """
    discovered, noted = Discovered(), NotedTimes()
    known, changes = prior.known, None
    revisions = read_revisions(dataset.storage, request.own_shard)
    if request.changed_since:
        changes = ChangedSince(
            request.plan(), request.since, commits, revisions, prior.current, discovered.left_out
        )
        known = changes.known(known)
        if (warning := changes.warning) is not None:
            listener(Notice("rows_of_no_commit", warning))

    def find_deleted() -> Iterator[Row]:
        found_others = intake.found_files or discovered.left_out.found_elsewhere
        if not request.full and prior.are_missing(found_others=found_others):
            text = (
                "none of the dataset's files was found; they are kept (--full would record them as deleted)"
            )
            listener(Notice("nothing_found", text))
            return iter(())
        return prior.find_deleted(ids, by_rules=not intake.rules_failed)

    def revisions_at_end() -> dict[str, Revision]:
        return checkouts.revisions(revisions, prior.has_met_all, intake.newest_ns, is_whole=changes is None)

    # A run that reads all again, asks git or goes on with an earlier one has more to ask about each file.
    is_plain = own_files is None and changes is None and not request.full
    recogniser = prior.current if is_plain and len(prior.current) else None
    intake = Intake(
        request.discover(max_file_size, discovered.left_out, recogniser),
        job_id=job_id,
        ids=ids,
        discovered=discovered,
        known=[known] if own_files is None else [own_files, known],
        content=None if request.full else prior.content(noted),
        noted=noted,
        wanted=(lambda files: files) if changes is None else changes.wanted,
        reported=reported,
        is_own=request.holds,
        row_if_deleted=prior.row_if_deleted,
        find_deleted=find_deleted,
        on_first=on_first,
        revisions=revisions_at_end,
    )
    return intake
