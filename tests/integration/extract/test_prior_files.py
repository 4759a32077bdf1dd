"""What a dataset has already: a second ingestion, of the same or of another place."""

from __future__ import annotations

import subprocess

import pytest

import snake_pipe
from snake_pipe.errors import UsageError
from testkit.tables import rows


def test_two_folders_of_one_name_do_not_share_a_dataset(tmp_path):
    # The second one's ingestion used to record the first one's files as deleted.
    for parent in "mn":
        (tmp_path / parent / "src").mkdir(parents=True)
        (tmp_path / parent / "src" / f"{parent}.py").write_text("x = 1\n")
    dataset = tmp_path / "ds"
    snake_pipe.ingest(tmp_path / "m" / "src", dataset=dataset)
    with pytest.raises(UsageError, match="would be 'src' in this dataset"):
        snake_pipe.ingest(tmp_path / "n" / "src", dataset=dataset)
    with pytest.raises(UsageError):
        snake_pipe.ingest(tmp_path / "m" / "src", tmp_path / "n" / "src", dataset=dataset)
    assert rows(dataset, "SELECT path FROM files") == [("m.py",)]
    (tmp_path / "m").rename(tmp_path / "moved")  # as the next CI run's folder
    result = snake_pipe.ingest(tmp_path / "moved" / "src", dataset=dataset)
    assert result.statistics.files_unchanged == 1


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
