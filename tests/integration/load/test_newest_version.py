"""How the newest version of a table is found while others commit to it, and what that costs."""

from __future__ import annotations

import shutil

import pytest

from snake_pipe.errors import StorageError
from snake_pipe.load.delta.log import DeltaLog
from snake_pipe.storage.local import LocalStorage


class CountsListings(LocalStorage):
    """A folder that counts how often its files, or those of a folder in it, are listed."""

    listings = 0

    def at(self, name):
        return CountsListings(self.folder / name)

    def files(self, folder=""):
        CountsListings.listings += 1
        return super().files(folder)


@pytest.fixture
def log(tmp_path):
    made = DeltaLog(CountsListings(tmp_path), "nodes")
    made.create()
    assert made.newest_version() == 0
    CountsListings.listings = 0
    return made


def commits(tmp_path, count):
    """Of another process."""
    other = DeltaLog(LocalStorage(tmp_path), "nodes")
    for number in range(count):
        other.append([], f"{other.newest_version()}", number + 1)


def test_a_run_does_not_list_the_log_at_each_commit(log, tmp_path):
    """It did, for each table: a listing that takes longer the longer the run goes on."""
    for expected in (2, 4, 6, 8):
        commits(tmp_path, 2)
        assert log.current_version() == expected
        assert log.current_version() == expected
    assert CountsListings.listings == 0


def test_many_commits_of_others_are_listed(log, tmp_path):
    commits(tmp_path, 30)
    assert log.current_version() == 30
    assert CountsListings.listings == 1


def test_a_version_that_is_trimmed_is_no_beginning(log, tmp_path):
    commits(tmp_path, 5)
    DeltaLog(LocalStorage(tmp_path), "nodes").checkpoint()
    for version in range(4):
        (tmp_path / f"nodes/_delta_log/{version:020}.json").unlink()
    assert log.current_version() == 5


def test_a_table_that_was_removed_is_missed(log, tmp_path):
    shutil.rmtree(tmp_path / "nodes")
    with pytest.raises(StorageError):
        log.current_version()
