"""The earlier run that a word means: a job's id, a commit, a branch, or what git takes for a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.extract.discovery.git_state import find_commit
from snake_pipe.extract.feeds.repository_names import known_repositories
from snake_pipe.load.dataset import Dataset
from snake_pipe.load.runs import check_kept, find_run, read_runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snake_pipe.load.runs import Run
    from snake_pipe.storage.storage import Storage


def find_named_run(dataset: Storage, runs: Sequence[Run], word: str) -> Run:
    """The last of the runs that a word means; UsageError if it means none."""

    def commits(revision: str) -> Iterator[str]:
        for folder in known_repositories(dataset).values():
            if (commit := find_commit(folder, revision)) is not None:
                yield commit

    return find_run(runs, word, commits)


def version_as_of(dataset: Storage, word: str | None) -> int | None:
    """The version of the Delta table `files` at the end of the run that a word means; None for no word.

    UsageError for a word that means none, DatasetError where that state is no longer kept.
    """
    if word is None:
        return None
    opened = Dataset.open(dataset)
    runs = read_runs(opened)
    run = find_named_run(dataset, runs, word)
    check_kept(opened, runs, run)
    return run.files_version
