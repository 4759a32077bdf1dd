"""A commit is there once, and not lost, however much others have done since this process last looked."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from snake_pipe.errors import StorageError
from snake_pipe.load.delta.log import DeltaLog
from snake_pipe.storage.local import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class CutOff(LocalStorage):
    """Files are listed and made, and cannot be read."""

    def read(self, name: str) -> bytes:
        raise OSError(errno.EIO, "the network is gone")

    def at(self, name: str) -> CutOff:
        return CutOff(self.folder / name)


def begun(storage: LocalStorage) -> DeltaLog:
    """A log of the empty table, as a process has it that has looked at it."""
    log = DeltaLog(storage, "nodes")
    log.create()
    assert (log.newest_version(), log.last_number("repo")) == (0, 0)
    return log


def test_an_entry_that_cannot_be_read_is_not_taken_for_another_commit(tmp_path: Path) -> None:
    late = begun(CutOff(tmp_path))
    DeltaLog(LocalStorage(tmp_path), "nodes").append([], "repo", 1)
    with pytest.raises(StorageError, match="the network is gone"):
        late.append([], "repo", 1)
    assert late.entry_versions() == [0, 1]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets so many seconds pass."""
    seconds = [1e6]
    monkeypatch.setattr("snake_pipe.load.delta.log.awake_or_not", lambda: seconds[0])
    return lambda passed: seconds.append(seconds.pop() + passed)


def gone_on(folder: Path, *series: str) -> None:
    """Another process commits, and what a reader of the newest version does not need is removed."""
    log = DeltaLog(LocalStorage(folder), "nodes")
    for each in series:
        log.append([], each, 1)
    log.checkpoint()
    log.trim([])
    assert log.entry_versions() == [2]


def test_a_trimmed_entry_is_asked_of_the_table(tmp_path: Path, later: Callable[[float], None]) -> None:
    late = begun(LocalStorage(tmp_path))
    gone_on(tmp_path, "repo", "another")
    later(300)
    late.append([], "repo", 1)
    assert late.entry_versions() == [2]


def test_a_number_that_was_trimmed_is_not_taken_again(tmp_path: Path, later: Callable[[float], None]) -> None:
    late = begun(LocalStorage(tmp_path))
    gone_on(tmp_path, "one", "another")
    later(300)
    late.append([], "repo", 1)
    assert late.entry_versions() == [2, 3]
    assert DeltaLog(LocalStorage(tmp_path), "nodes").last_number("repo") == 1


def test_a_commit_that_took_too_long_is_not_counted_on(
    tmp_path: Path, later: Callable[[float], None]
) -> None:
    class StandsStill(LocalStorage):
        def create(self, name: str, data: bytes) -> None:
            later(1000)
            super().create(name, data)

        def at(self, name: str) -> StandsStill:
            return StandsStill(self.folder / name)

    late = begun(StandsStill(tmp_path))
    with pytest.raises(StorageError, match="may have come too late"):
        late.append([], "repo", 1)
