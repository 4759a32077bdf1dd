"""Each run leaves a row for each repository in `runs`, however it ended, and only one."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

import snake_pipe
from snake_pipe.errors import StorageError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.extract.job import upkeep
from snake_pipe.extract.job.job import Job
from snake_pipe.load.dataset import Dataset
from snake_pipe.load.diff.comparison import Comparison
from snake_pipe.load.diff.states import connect_states
from snake_pipe.load.sql.views import connect, connect_tables
from snake_pipe.load.tidy import parts_plan
from snake_pipe.storage.local import LocalStorage
from testkit.repositories import git, git_repository, python_files
from testkit.tables import rows

if TYPE_CHECKING:
    from pathlib import Path

CHANGES = "files, files_read, files_added, files_removed, files_changed, files_moved"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return python_files(tmp_path / "repo", 4)


def ingest(*roots: Path, **settings: Any) -> Path:
    settings = {"executor": "serial", "dataset": roots[0].parent / "ds"} | settings
    return snake_path(snake_pipe.ingest(*roots, **settings))


def snake_path(result: Any) -> Path:
    from pathlib import Path

    return Path(result.dataset)


def of_runs(dataset: Path, columns: str) -> list[tuple[Any, ...]]:
    return rows(dataset, f"SELECT {columns} FROM runs ORDER BY epoch, repo")


def begin_and_die(root: Path) -> str:
    """A run that is killed before it did anything: its journal and checkpoint say that it runs."""
    request = IngestRequest(roots=(str(root),), dataset=str(root.parent / "ds"))
    with ExitStack() as stack:
        return Job.begin(request, BatchConfig(worker_count=1), stack).job_id


def test_a_row_says_what_the_run_changed(root: Path) -> None:
    dataset = ingest(root)
    ingest(root)
    (root / "m00.py").write_text("def other(): pass\n")
    (root / "m01.py").unlink()
    (root / "m02.py").rename(root / "moved.py")
    (root / "new.py").write_text("x = 1\n")
    ingest(root)
    assert of_runs(dataset, CHANGES) == [(4, 4, 4, 0, 0, 0), (4, 0, 0, 0, 0, 0), (4, 3, 1, 1, 1, 1)]
    assert (
        of_runs(dataset, "status, git_commit, git_dirty, ended_at > started_at")
        == [("done", None, None, True)] * 3
    )
    versions = of_runs(dataset, "files_version_before, files_version")
    assert [before for before, _ in versions[1:]] == [after for _, after in versions[:-1]]
    assert versions[0][0] == 0
    assert versions[1][0] == versions[1][1]


def test_a_row_for_each_repository_with_its_commit(tmp_path: Path) -> None:
    one, two = git_repository(tmp_path / "one", "a.py"), python_files(tmp_path / "two", 2)
    git(one, "checkout", "-q", "-b", "topic")
    dataset = ingest(one, two)
    (one / "a.py").write_text("x = 1\n")
    ingest(one, dataset=dataset)
    found = of_runs(dataset, "epoch, repo, git_branch, git_dirty, length(git_commit), files, files_changed")
    assert found == [
        (1, "one", "topic", False, 40, 1, 0),
        (1, "two", None, None, None, 2, 0),
        (2, "one", "topic", True, 40, 1, 1),
    ]


def test_an_earlier_state_knows_the_runs_up_to_it(root: Path) -> None:
    dataset = ingest(root)
    (root / "new.py").write_text("x = 1\n")
    ingest(root)
    ((first,), (last,)) = of_runs(dataset, "files_version")
    for version, files, runs in ((first, 4, 1), (last, 5, 2)):
        with connect_tables(LocalStorage(dataset), files_version=version) as connection:
            found = connection.execute("SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM runs)")
            assert found.fetchall() == [(files, runs)]


def test_the_next_start_writes_the_row_of_a_run_that_was_killed(root: Path) -> None:
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "start")
    killed = begin_and_die(root)
    dataset = ingest(root)
    found = of_runs(dataset, "job_id, status, ended_at IS NULL, git_commit IS NULL, files, files_added")
    assert found[0] == (killed, "interrupted", True, False, 0, 0)
    assert found[1][1:] == ("done", False, False, 4, 4)
    with connect_states(
        LocalStorage(dataset), *(version for (version,) in of_runs(dataset, "files_version"))
    ) as states:
        assert Comparison(states, ["files"]).counts()["files"]["added"] == 4
    ingest(root)
    assert len(of_runs(dataset, "job_id")) == 3


def test_a_resume_is_a_run_of_its_own(root: Path) -> None:
    killed = begin_and_die(root)
    dataset = snake_path(snake_pipe.resume(killed, root.parent / "ds"))
    assert of_runs(dataset, "job_id, status, files_added") == [
        (killed, "interrupted", 0),
        (killed, "done", 4),
    ]


def test_a_row_is_not_written_twice_where_the_end_was_not_recorded(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Job.save

    def save(self: Job, status: str, statistics: Any) -> Any:
        if status == "done":
            raise StorageError("the disk is full")
        return whole(self, status, statistics)

    with monkeypatch.context() as patched:
        patched.setattr(Job, "save", save)
        with pytest.raises(StorageError):
            ingest(root)
    dataset = ingest(root)
    assert of_runs(dataset, "epoch, status, files_added") == [(1, "done", 4), (2, "done", 0)]


def test_rows_outlive_a_commit_that_was_cut_off(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from snake_pipe.load.delta.log import DeltaLog

    whole = DeltaLog.append

    def append(self: DeltaLog, *arguments: Any) -> None:
        if self.table == "runs":
            raise StorageError("the disk is full")
        whole(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(DeltaLog, "append", append)
        with pytest.raises(StorageError):
            ingest(root)
    dataset = ingest(root)
    assert of_runs(dataset, "epoch, status, files_added") == [(1, "failed", 4), (2, "done", 0)]


def test_the_columns_have_their_meaning_in_sql(root: Path) -> None:
    with connect(LocalStorage(ingest(root))) as connection:
        said = connection.execute(
            "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'runs' AND comment IS NULL"
        ).fetchall()
    assert said == [(0,)]


def test_runs_that_change_nothing_leave_few_parts(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_RUNS_BETWEEN", 3)
    monkeypatch.setattr(parts_plan, "MOST_SMALL_PARTS", 2)
    dataset = ingest(root)
    for _ in range(7):
        ingest(root, executor="serial")
    assert of_runs(dataset, "status") == [("done",)] * 8
    assert len(Dataset.open(LocalStorage(dataset)).parts("runs")) < 6
    assert len({version for (version,) in of_runs(dataset, "files_version")}) == 1
