"""The runs that a dataset has had, and which of them a word means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import DatasetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from snake_pipe.load.dataset import Dataset

_SHORTEST = 4
"""Characters that a commit is told by, as in git."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run by its rows of `runs`, one for each repository in the order of their names."""

    rows: tuple[dict[str, Any], ...]

    @property
    def job_id(self) -> str:
        """The job that ran."""
        return str(self.rows[0]["job_id"])

    @property
    def epoch(self) -> int:
        """The number of the run."""
        return int(self.rows[0]["epoch"])

    @property
    def files_version(self) -> int:
        """The version of the Delta table `files` at its end."""
        return int(self.rows[0]["files_version"])

    def total(self, column: str) -> int | None:
        """The sum over all repositories; None where it is not known of one of them."""
        values = [row[column] for row in self.rows]
        return None if None in values else sum(values)


def read_runs(dataset: Dataset) -> list[Run]:
    """All runs that the table still has, the oldest first."""
    rows = [row for part in dataset.parts("runs") for row in part.open().read().to_pylist()]
    runs: dict[int, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: (row["epoch"], row["repo"])):
        runs.setdefault(row["epoch"], []).append(row)
    return [Run(tuple(rows)) for rows in runs.values()]


def find_run(runs: Sequence[Run], word: str, commit_of: Callable[[str], Iterable[str]]) -> Run:
    """The last run that a word means: a job's id, a commit, a branch; UsageError if there is none.

    Ids and commits may be cut short; of a commit, runs without changed files come first. `commit_of` gives
    the commits that git takes the word for.
    """
    for candidates in (
        [run for run in runs if run.job_id == word],
        _named(runs, word),
        _of_commits(runs, [word] if len(word) >= _SHORTEST else []),
        [run for run in runs if any(row["git_branch"] == word for row in run.rows)],
        _of_commits(runs, commit_of(word)),
    ):
        if candidates:
            return candidates[-1]
    raise UsageError(f"no run is called {word!r}", "a job's id, a commit or a branch of `snake-pipe jobs`")


def check_kept(dataset: Dataset, runs: Sequence[Run], run: Run) -> None:
    """DatasetError where the state at a run's end is no longer kept, with those that are."""
    if _is_kept(dataset, run.files_version):
        return
    versions = {each.files_version for each in runs}
    kept_versions = {version for version in versions if _is_kept(dataset, version)}
    kept = [each.job_id for each in runs if each.files_version in kept_versions]
    names = ", ".join(dict.fromkeys(kept)) or "none"
    raise DatasetError(
        f"what the dataset held after {run.job_id} is no longer kept",
        f"kept: {names}; --keep-runs N and --keep-days N of ingest keep more",
    )


def _is_kept(dataset: Dataset, files_version: int) -> bool:
    """As far as two tables tell, which lose what is no longer kept together with the others."""
    snapshot = dataset.snapshot_at(files_version)
    if snapshot is None:
        return False
    try:
        parts = [
            part for table in ("files", "symbols") for part in dataset.parts(table, snapshot.versions[table])
        ]
    except DatasetError:
        return False
    return dataset.holds(parts)


def _named(runs: Sequence[Run], word: str) -> list[Run]:
    """Runs of the job whose id begins with the word; UsageError if several do."""
    found = [run for run in runs if len(word) > _SHORTEST and run.job_id.startswith(word)]
    jobs = list(dict.fromkeys(run.job_id for run in found))
    if len(jobs) > 1:
        raise UsageError(f"{word!r} begins the ids of {len(jobs)} jobs", f"such as {jobs[-2]}, {jobs[-1]}")
    return found


def _of_commits(runs: Sequence[Run], commits: Iterable[str]) -> list[Run]:
    wanted = tuple(commit.lower() for commit in commits)
    found = [run for run in runs if any((row["git_commit"] or "").startswith(wanted) for row in run.rows)]
    return [run for run in found if not any(row["git_dirty"] for row in run.rows)] or found
