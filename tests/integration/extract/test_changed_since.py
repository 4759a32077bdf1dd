"""`--changed-since`: only changes are read, and the rows are those of a fresh ingestion all the same."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import snake_pipe
from snake_pipe.cli.output.jobs.summary import summary_lines
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.observe.events import Event, JobStarted, Notice
from testkit.engines import within
from testkit.repositories import git, git_repository, write
from testkit.tables import paths, rows

ROWS = """
    SELECT path, language, status, size_bytes, sha256, symbol_count, name, kind, start_line
    FROM files LEFT JOIN symbols USING (file_id) ORDER BY ALL
"""
SERIAL = BatchConfig(executor="serial")
NO_COMMIT = "are of no one commit that git knows"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = git_repository(tmp_path / "shop", ".gitignore")
    for name in ("a.py", "b.py", "src/c.py", "src/d.js", "gone.py", "old.py"):
        code(root / name, 1)
    commit(root)
    git(root, "branch", "-M", "main")
    return root


def code(path: Path, version: int) -> None:
    """A file of one function; all versions are as long as each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    word = "function" if path.suffix == ".js" else "def"
    path.write_text(f"{word} f{version}() {{}}\n" if word == "function" else f"def f{version}(): pass\n")


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "more")


def clone(root: Path, target: Path, *options: str) -> Path:
    git(root.parent, "clone", "-q", *options, f"file://{root}", str(target))
    return target


def ingested(root: Path, dataset: Path, since: str = "", **selection: tuple[str, ...]) -> str:
    """What a person is told of an ingestion, warnings included."""
    warnings: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Notice):
            warnings.append(event.message)

    request = IngestRequest(
        roots=(str(root),), dataset=str(dataset), repo="shop", changed_since=since, **selection
    )
    result = within(BatchProcessingEngine(SERIAL, listener=listen).ingest(request))
    return "\n".join((*summary_lines(result), *warnings))


def is_as_fresh(root: Path, dataset: Path) -> bool:
    fresh = dataset.with_name("fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    ingested(root, fresh)
    return rows(dataset, ROWS) == rows(fresh, ROWS)


def test_a_fresh_checkout_reads_changes_alone(root, tmp_path):
    dataset = tmp_path / "ds"
    ingested(root, dataset)
    git(root, "checkout", "-q", "-b", "feature")
    code(root / "a.py", 2)
    git(root, "rm", "-q", "gone.py")
    git(root, "mv", "old.py", "src/new.py")
    commit(root)
    other = clone(root, tmp_path / "elsewhere" / "shop")
    root.rename(tmp_path / "away")
    told = ingested(other, dataset, "origin/main...")
    assert "2 ok, 3 unchanged, 2 deleted" in told
    assert NO_COMMIT not in told
    assert is_as_fresh(other, dataset)


def test_what_changed_since_the_dataset_was_made_is_read_too(root, tmp_path):
    """REV is newer than what the dataset holds: the changes between them would be missed."""
    dataset = tmp_path / "ds"
    ingested(root, dataset)
    code(root / "a.py", 2)
    commit(root)
    code(root / "b.py", 2)
    commit(root)
    assert "2 ok, 4 unchanged" in ingested(root, dataset, "HEAD~1")
    assert is_as_fresh(root, dataset)
    assert "6 unchanged" in ingested(root, dataset, "HEAD~1")


def test_all_that_may_differ_from_a_commit_is_looked_at(root, tmp_path):
    dataset = tmp_path / "ds"
    ingested(root, dataset)
    code(root / "a.py", 2)
    git(root, "add", "a.py")
    code(root / "a.py", 3)
    code(root / "src" / "d.js", 2)
    git(root, "add", "src/d.js")
    code(root / "untracked.py", 1)
    (root / "gone.py").unlink()
    assert "3 ok, 3 unchanged, 1 deleted" in ingested(root, dataset, "HEAD")
    assert is_as_fresh(root, dataset)
    # All of it is taken back: the rows are of no commit, so that what git says does not help.
    git(root, "reset", "-q", "--hard")
    (root / "untracked.py").unlink()
    told = ingested(root, dataset, "HEAD")
    assert f"the dataset's files of shop {NO_COMMIT}" in told
    assert is_as_fresh(root, dataset)
    assert NO_COMMIT not in ingested(root, dataset, "HEAD")


@pytest.mark.parametrize("flag", ["assume-unchanged", "skip-worktree"])
def test_a_file_that_git_was_told_to_overlook_is_not_taken_for_that_of_the_commit(root, tmp_path, flag):
    """It was changed when it was read, and is as in the commit again: git says that nothing has changed."""
    dataset = tmp_path / "ds"
    git(root, "update-index", f"--{flag}", "a.py")
    code(root / "a.py", 2)
    ingested(root, dataset)
    git(root, "update-index", f"--no-{flag}", "a.py")
    git(root, "checkout", "-q", "a.py")
    ingested(root, dataset, "HEAD")
    assert is_as_fresh(root, dataset)


def test_a_repository_within_that_is_no_submodule_by_name_is_looked_into(root, tmp_path):
    """It is a commit to git, as a submodule is, but there is no `.gitmodules`."""
    dataset = tmp_path / "ds"
    inner = git_repository(root / "inner", "x.py")
    code(inner / "x.py", 1)
    commit(inner)
    commit(root)
    code(inner / "x.py", 2)
    ingested(root, dataset)
    git(inner, "checkout", "-q", "x.py")
    ingested(root, dataset, "HEAD")
    assert is_as_fresh(root, dataset)


@pytest.mark.parametrize("between", ["some files", "a list", "a narrower selection", "a stop"])
def test_rows_that_another_job_made_are_not_taken_for_those_of_the_commit(cli, root, tmp_path, between):
    dataset = tmp_path / "ds"
    ingested(root, dataset)
    code(root / "a.py", 2)
    if between == "some files":
        ingested(root / "a.py", dataset)
    elif between == "a list":
        cli.run("ingest", "-d", dataset, "--files-from", "-", cwd=root, input="a.py\n")
    elif between == "a stop":

        def stop(event):
            if isinstance(event, JobStarted):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            snake_pipe.ingest(root, dataset=dataset, repo="shop", listener=stop, executor="serial")
        ingested(root / "a.py", dataset)
    else:
        commit(root)
        ingested(root, dataset, include=("a.py",))
        git(root, "reset", "-q", "--hard", "HEAD~1")
    git(root, "checkout", "-q", "a.py")
    os.utime(root / "a.py")
    assert NO_COMMIT in ingested(root, dataset, "HEAD")
    assert is_as_fresh(root, dataset)


def test_a_dataset_of_changes_alone_has_nothing_else(root, tmp_path):
    dataset = tmp_path / "ds"
    git(root, "checkout", "-q", "-b", "feature")
    code(root / "a.py", 2)
    commit(root)
    told = ingested(root, dataset, "main...")
    assert "left out 5 files that have not changed and are not in the dataset" in told
    assert paths(dataset) == ["a.py"]
    code(root / "b.py", 2)
    assert "1 ok, 1 unchanged" in ingested(root, dataset, "main...")
    assert paths(dataset) == ["a.py", "b.py"]
    git(root, "checkout", "-q", "b.py")
    ingested(root, dataset)
    assert is_as_fresh(root, dataset)
    ingested(root, dataset, "main...")
    assert len(paths(dataset)) == 6


def test_nothing_changed_is_nothing_found_wrong(root, tmp_path):
    told = ingested(root, tmp_path / "ds", "HEAD")
    assert "left out 6 files" in told


def test_a_dataset_of_all_gets_what_another_selection_brings(root, tmp_path):
    dataset = tmp_path / "ds"
    ingested(root, dataset, languages=("python",))
    assert "src/d.js" not in paths(dataset)
    ingested(root, dataset, "HEAD", exclude=("b.py",))
    assert is_as_fresh(root, dataset)


def test_new_ignore_rules_are_heeded(root, tmp_path):
    dataset = tmp_path / "ds"
    write(root, "made/x.py", "made/y.py")
    ingested(root, dataset)
    (root / ".gitignore").write_text("made/x.py\n")
    commit(root)
    ingested(root, dataset, "HEAD~1")
    (root / ".gitignore").write_text("")
    commit(root)
    ingested(root, dataset, "HEAD~1")
    assert is_as_fresh(root, dataset)


def test_submodules_keep_up_too(root, tmp_path):
    dataset = tmp_path / "ds"
    library = git_repository(tmp_path / "library", "lib.py", "same.py")
    git(root, "submodule", "add", "-q", str(library), "sub")
    commit(root)
    ingested(root, dataset)
    (root / "sub" / "lib.py").write_text("# lib.px\n")
    git(root / "sub", "commit", "-qam", "more")
    commit(root)
    assert "1 ok, 7 unchanged" in ingested(root, dataset, "HEAD~1")
    assert is_as_fresh(root, dataset)


def test_a_folder_below_the_work_tree_and_dumps_beside_sources(root, tmp_path):
    dataset = tmp_path / "ds"
    dump = '{"type": "Program", "sourceType": "module", "body": [], "start": 0, "end": 0}'
    (root / "src" / "d.js.ast.json").write_text(dump)
    commit(root)
    ingested(root / "src", dataset)
    code(root / "src" / "c.py", 2)
    (root / "src" / "d.js.ast.json").write_text(dump.replace("0}", "1}"))
    told = ingested(root / "src", dataset, "HEAD", exclude=("c.py",))
    assert "1 ok, 1 unchanged" in told
    assert NO_COMMIT not in told


def test_what_cannot_be_is_refused_before_anything_is_written(cli, root, tmp_path):
    for options, message in (
        (["nothing"], "has no such commit"),
        ([" "], "--changed-since names no commit"),
        (["HEAD", "--full"], "cannot be given together"),
    ):
        refused = cli.run("ingest", root, "-d", tmp_path / "ds", "--changed-since", *options)
        assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr
        assert not (tmp_path / "ds").exists()


def test_without_the_commit_it_says_the_way_out(cli, root, tmp_path):
    code(root / "a.py", 2)
    commit(root)
    shallow = clone(root, tmp_path / "shallow", "--depth", "1")
    for folder, message in (
        (write(tmp_path / "plain", "a.py"), "is in no git work tree"),
        (shallow, "fetch-depth: 0"),
    ):
        refused = cli.run("ingest", folder, "--changed-since", "HEAD~1")
        assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr
    listed = cli.run("ingest", "--files-from", "-", "--changed-since", "HEAD", cwd=root, input="a.py\n")
    assert listed.returncode == 2


def test_the_commit_of_the_dataset_may_be_unknown_to_a_clone(root, tmp_path):
    dataset = tmp_path / "ds"
    ingested(root, dataset)
    code(root / "a.py", 2)
    commit(root)
    shallow = clone(root, tmp_path / "shallow", "--depth", "1")
    root.rename(tmp_path / "away")
    assert NO_COMMIT in ingested(shallow, dataset, "HEAD")
    assert is_as_fresh(shallow, dataset)


def test_files_that_failed_are_tried_again(root, tmp_path):
    """They had not changed, so git did not name them."""
    dataset = tmp_path / "ds"
    (root / "cut.ast.json").write_text('{"type": "Program", "body": [')
    commit(root)
    assert "1 failed" in ingested(root, dataset)
    told = ingested(root, dataset, "HEAD")
    assert ("1 failed" in told, NO_COMMIT in told) == (True, False)
