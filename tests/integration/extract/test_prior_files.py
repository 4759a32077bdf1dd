"""What a dataset has already: a second ingestion, of the same or of another place."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

import snake_pipe
from snake_pipe.errors import UsageError
from testkit.repositories import git_repository, write
from testkit.tables import rows


def test_two_folders_of_one_name_do_not_share_a_dataset(tmp_path):
    # The second one's ingestion used to record the first one's files as deleted.
    for parent in "mn":
        (tmp_path / parent / "src").mkdir(parents=True)
        (tmp_path / parent / "src" / f"{parent}.py").write_text("x = 1\n")
    dataset = tmp_path / "ds"
    snake_pipe.ingest(tmp_path / "m" / "src", dataset=dataset)
    with pytest.raises(UsageError, match="would be 'src' in this dataset") as refused:
        snake_pipe.ingest(tmp_path / "n" / "src", dataset=dataset)
    assert "--repo NAME gives it another name" in refused.value.hint
    assert rows(dataset, "SELECT path FROM files") == [("m.py",)]
    (tmp_path / "m").rename(tmp_path / "moved")  # as the next CI run's folder
    result = snake_pipe.ingest(tmp_path / "moved" / "src", dataset=dataset)
    assert result.statistics.files_unchanged == 1


REPO_AND_PATH = "SELECT repo, path FROM files ORDER BY ALL"


def test_two_repositories_in_one_dataset_leave_each_other_alone(cli, tmp_path):
    """The second one's ingestion warned that none of the dataset's files was found."""
    dataset = tmp_path / "ds"
    for name in ("one", "two"):
        write(tmp_path / name, "a.py", "b.py")
        done = cli.run("ingest", tmp_path / name, "-d", dataset)
        assert (done.returncode, "warning" in done.stderr) == (0, False)
    (tmp_path / "one" / "b.py").unlink()
    write(tmp_path / "two", "c.py")
    assert "2 unchanged" in cli.run("ingest", tmp_path / "two", "-d", dataset).stderr
    assert len(rows(dataset, REPO_AND_PATH)) == 5
    assert "1 deleted" in cli.run("ingest", tmp_path / "one", "-d", dataset).stderr
    assert rows(dataset, REPO_AND_PATH) == [("one", "a.py"), *(("two", f"{n}.py") for n in "abc")]


def test_folders_within_each_other_do_not_share_a_dataset(cli, tmp_path):
    """The files of the inner one were there twice, under both names, and nobody was told."""
    dataset = tmp_path / "ds"
    for path in ("all/one/a.py", "all/two/b.py"):
        write(tmp_path, path)
    outer, inner = tmp_path / "all", tmp_path / "all" / "one"
    assert cli.run("ingest", inner, "-d", dataset).returncode == 0
    for command in ("ingest", "plan"):
        refused = cli.run(command, outer, "-d", dataset)
        assert (refused.returncode, "its files would be there twice" in refused.stderr) == (2, True)
        assert "--exclude '/one/'" in refused.stderr
    assert cli.run("ingest", outer, "-d", dataset, "--exclude", "/one/").returncode == 0
    refused = cli.run("ingest", outer / "two", "-d", dataset)
    assert (refused.returncode, f"ingest {outer} with --include '/two/'" in refused.stderr) == (2, True)
    assert cli.run("ingest", outer, "-d", dataset, "--exclude", "/one/", "--include", "/two/").returncode == 0
    assert rows(dataset, REPO_AND_PATH) == [("all", "two/b.py"), ("one", "a.py")]


def test_a_file_in_whose_place_there_is_something_else_is_deleted(tmp_path):
    """It stayed for ever, as its path was still there."""
    root = write(tmp_path / "repo", "a.py", "b.py", "c.py", "d.py")
    snake_pipe.ingest(root, dataset=tmp_path / "ds", executor="serial")
    for name in ("a.py", "b.py", "c.py"):
        (root / name).unlink()
    write(root, "a.py/inner.py")
    (root / "b.py").symlink_to("/etc/hostname")
    os.mkfifo(root / "c.py")
    snake_pipe.ingest(root, dataset=tmp_path / "ds", executor="serial")
    assert rows(tmp_path / "ds", "SELECT path FROM files ORDER BY path") == [("a.py/inner.py",), ("d.py",)]


def test_a_repository_keeps_the_name_that_it_was_given(cli, tmp_path):
    dataset = tmp_path / "ds"
    for parent in "xy":
        write(tmp_path / parent / "app", "a.py")
    assert cli.run("ingest", tmp_path / "x" / "app", "-d", dataset).returncode == 0
    assert cli.run("ingest", tmp_path / "y" / "app", "-d", dataset, "--repo", "other").returncode == 0
    again = cli.run("ingest", tmp_path / "y" / "app", tmp_path / "x" / "app", "-d", dataset)
    assert "2 unchanged" in again.stderr
    assert rows(dataset, REPO_AND_PATH) == [("app", "a.py"), ("other", "a.py")]
    for arguments, message in [
        ((tmp_path / "y" / "app", "--repo", "third"), "as 'other', not as 'third'"),
        ((tmp_path / "y" / "app", "--repo", "app"), "would be 'app' in this dataset"),
        ((tmp_path / "x" / "app", tmp_path / "y" / "app", "--repo", "app"), "--repo names one repository"),
    ]:
        refused = cli.run("ingest", *arguments, "-d", dataset)
        assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr
    (tmp_path / "y").rename(tmp_path / "z")
    moved = cli.run("ingest", tmp_path / "z" / "app", "-d", dataset, "--repo", "other")
    assert "1 unchanged" in moved.stderr


@pytest.mark.parametrize("is_git", [True, False])
def test_named_files_are_those_of_the_whole_repository(cli, tmp_path, is_git):
    """They made a dataset of their own beside them, in which they were called otherwise."""
    make = git_repository if is_git else write
    root = make(tmp_path / "shop", "a.py", "src/b.py", "src/deep/c.py", "src/d.js", "e.yaml", "vendor/f.py")
    (root / "snake-pipe.toml").write_text('exclude = ["vendor/"]\n')
    assert cli.run("ingest", root).returncode == 0
    (root / "src" / "deep" / "c.py").write_text("def changed(): pass\n")
    (root / "a.py").unlink()
    write(root, "src/new.py")
    names = ["deep/c.py", "b.py", "new.py", "../e.yaml", "../vendor/f.py"]
    done = cli.run("ingest", *names, cwd=root / "src")
    assert done.returncode == 0
    for line in (
        "files    2 ok, 1 unchanged",
        "left out 1 file named, but not selected by --include and --exclude",
        "left out 1 file of languages that are read on request (see --languages): 1 yaml",
    ):
        assert line in done.stderr
    assert [path.name for path in root.rglob(".snake-pipe")] == [".snake-pipe"]
    found = [("shop", path) for path in ("a.py", "src/b.py", "src/d.js", "src/deep/c.py", "src/new.py")]
    assert rows(root / ".snake-pipe", REPO_AND_PATH) == found
    assert rows(root / ".snake-pipe", "SELECT name FROM symbols") == [("changed",)]
    whole = cli.run("ingest", root)
    assert "files    4 unchanged, 1 deleted" in whole.stderr


def test_named_files_found_their_repository_s_dataset_where_there_is_none(cli, tmp_path):
    root = git_repository(tmp_path / "shop", "src/b.py")
    assert cli.run("ingest", root / "src" / "b.py").returncode == 0
    assert rows(root / ".snake-pipe", REPO_AND_PATH) == [("shop", "src/b.py")]
    assert "1 unchanged" in cli.run("ingest", root).stderr


def test_a_program_s_named_files_do_so_too(tmp_path):
    root = git_repository(tmp_path / "shop", "src/b.py", "c.py")
    result = snake_pipe.ingest(root / "src" / "b.py", repo="store", executor="serial")
    assert result.dataset == str(root / ".snake-pipe")
    assert rows(result.dataset, REPO_AND_PATH) == [("store", "src/b.py")]
    assert snake_pipe.ingest(root, executor="serial").statistics.files_unchanged == 1
    assert rows(result.dataset, REPO_AND_PATH) == [("store", "c.py"), ("store", "src/b.py")]


def test_a_folder_and_a_file_may_have_any_name(cli, tmp_path):
    """Names that are not UTF-8 ended a job with a traceback before it began."""
    root = tmp_path / os.fsdecode(b"caf\xe9")
    write(root, "b.py")
    odd, dataset = root / os.fsdecode(b"na\xefve.py"), tmp_path / "ds"
    odd.write_text("x = 1\n")
    assert cli.run("ingest", root, "-d", dataset).returncode == 0
    odd.write_text("def changed(): pass\n")
    assert cli.run("ingest", odd, "-d", dataset).returncode == 0
    assert rows(dataset, REPO_AND_PATH) == [(r"caf\xe9", "b.py"), (r"caf\xe9", r"na\xefve.py")]
    assert cli.run("status", "-d", dataset).returncode == 0
    resumed = cli.run("resume", json.loads(cli.run("status", "-d", dataset, "--json").stdout)["job_id"])
    assert resumed.returncode == 0


def test_a_list_belongs_to_the_repository_that_it_is_given_in(cli, tmp_path):
    root = git_repository(tmp_path / "shop", "src/b.py", "src/c.py", "d.py")
    assert cli.run("ingest", root).returncode == 0
    (root / "src" / "b.py").unlink()
    (root / "src" / "c.py").write_text("def changed(): pass\n")
    done = cli.run("ingest", "--files-from", "-", cwd=root / "src", input="b.py\nc.py\n../d.py\n")
    assert "files    1 ok, 1 unchanged, 1 deleted" in done.stderr
    assert rows(root / ".snake-pipe", REPO_AND_PATH) == [("shop", "d.py"), ("shop", "src/c.py")]


def test_files_of_a_list_belong_to_the_repositories_that_the_dataset_knows(cli, tmp_path):
    """A list given above two repositories made their files those of a third one: each was there twice."""
    for name in ("one", "two"):
        write(tmp_path / "all" / name, "a.py", "b.py")
        assert cli.run("ingest", tmp_path / "all" / name, "-d", tmp_path / "ds").returncode == 0
    (tmp_path / "all" / "two" / "b.py").unlink()
    listed = "one/a.py\ntwo/a.py\ntwo/b.py\nc.py\n"
    write(tmp_path / "all", "c.py")
    done = cli.run("ingest", "-d", tmp_path / "ds", "--files-from", "-", cwd=tmp_path / "all", input=listed)
    assert done.returncode == 0, done.stderr
    found = rows(tmp_path / "ds", "SELECT repo, path FROM files ORDER BY ALL")
    assert found == [("all", "c.py"), ("one", "a.py"), ("one", "b.py"), ("two", "a.py")]
    assert "1 ok, 2 unchanged, 1 deleted" in done.stderr


def test_files_of_two_repositories_need_a_dataset(cli, tmp_path):
    files = [git_repository(tmp_path / name, f"{name}.py") / f"{name}.py" for name in ("one", "two")]
    refused = cli.run("ingest", *files)
    assert refused.returncode == 2
    assert "belong to two repositories" in refused.stderr
    assert "--dataset" in refused.stderr
    assert cli.run("ingest", *files, "-d", tmp_path / "ds").returncode == 0
    assert rows(tmp_path / "ds", REPO_AND_PATH) == [("one", "one.py"), ("two", "two.py")]


def test_files_outside_of_any_repository_stand_alone(cli, tmp_path):
    write(tmp_path, "here/a.py", "there/b.py")
    assert cli.run("ingest", "here/a.py", "there/b.py", cwd=tmp_path).returncode == 0
    assert rows(tmp_path / "here" / ".snake-pipe", REPO_AND_PATH) == [("here", "a.py"), ("there", "b.py")]


def test_an_emptied_root_deletes_nothing_unless_asked_to(cli, repository, tmp_path):
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset).returncode == 0
    for path in repository.iterdir():
        path.unlink()
    kept = cli.run("ingest", repository, "-d", dataset)
    assert "none of the dataset's files was found" in kept.stderr
    assert rows(dataset, "SELECT count(*) FROM files") == [(40,)]
    assert cli.run("ingest", repository, "-d", dataset, "--full").returncode == 0
    assert rows(dataset, "SELECT count(*) FROM files") == [(0,)]


def test_a_list_may_be_a_pipe_and_name_what_is_gone(cli, repository, tmp_path):
    dataset = tmp_path / "ds"
    assert cli.run("ingest", repository, "-d", dataset).returncode == 0
    (repository / "m03.py").unlink()
    (repository / "m04.py").write_text("def changed(): pass\n")
    command = " ".join(cli.command("ingest", "-d", dataset, "--files-from", "<(printf 'm03.py\\nm04.py\\n')"))
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=repository,
        env=cli.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1 deleted" in done.stderr
    assert rows(dataset, "SELECT count(*) FROM files") == [(39,)]
    assert rows(dataset, "SELECT name FROM symbols WHERE name = 'changed'") == [("changed",)]
