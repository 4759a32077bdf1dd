"""What tells a machine of a cluster that it must not take part."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from snake_pipe.errors import ConfigError, UsageError
from snake_pipe.executors.dask_address import check_dask, scheduler_address
from snake_pipe.extract.batch_config import check_settings
from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.dispatch.cluster.sight import cannot_write, look_at, unseen, write_token
from snake_pipe.extract.dispatch.cluster.tries import begin_try, forget_try
from snake_pipe.extract.dispatch.cluster.versions import first_difference, versions_here
from snake_pipe.storage.local import LocalStorage

if TYPE_CHECKING:
    from pathlib import Path


def test_versions_are_compared_both_ways() -> None:
    here = versions_here()
    assert first_difference(here, here) is None
    older = here | {"tree-sitter-python": "0.1+r1"}
    assert "tree-sitter-python is 0.1+r1 there" in str(first_difference(here, older))
    more = here | {"dialect mine": "mine 1.0"}
    assert first_difference(here, more) == "dialect mine is mine 1.0 there and missing here"
    assert first_difference(more, here) == "dialect mine is missing there and mine 1.0 here"


def test_a_folder_is_seen_by_its_entries(tmp_path: Path) -> None:
    folder = tmp_path / "repo"
    (folder / "src").mkdir(parents=True)
    for name in ("a.py", "b.py"):
        (folder / name).write_text("x = 1\n")
    sample = look_at([str(folder)])
    assert unseen(sample, patience=0) is None
    (folder / "a.py").write_text("x = 1\ny = 2\n")  # as it is read, somebody edits it
    assert unseen(sample, patience=0) is None
    os.utime(folder / "b.py", (1, 1))  # a copy: no file is the same
    assert unseen(sample, patience=0) in {str(folder / "a.py"), str(folder / "b.py")}
    folder.rename(tmp_path / "elsewhere")
    assert unseen(sample, patience=0) == str(folder)


def test_the_dataset_is_known_by_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snake_pipe.extract.dispatch.cluster.sight._AGAIN_FOR", 0.0)
    storage = LocalStorage(tmp_path)
    write_token(storage, "ours")
    assert cannot_write(storage, "ours") is None
    assert cannot_write(storage, "theirs") == "it is another one there"
    assert cannot_write(storage.at("missing"), "ours") == "No such file or directory"


def test_a_try_is_begun_once(tmp_path: Path) -> None:
    file = DiscoveredFile("/r", "a.py", 1, 0, "python")
    batch = FileBatch(7, (file,), 1, "python", Trigger.SIZE)
    tries = LocalStorage(tmp_path)
    assert begin_try(tries, batch, "10.0.0.1")
    assert not begin_try(tries, batch, "10.0.0.2")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["10.0.0.1"]
    forget_try(tries, batch)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("executor", "address"),
    [
        ("dask://h:8786", "tcp://h:8786"),
        ("tls://h.example:1/", "tls://h.example:1"),
        ("dask://[fe80::1]:9", "tcp://[fe80::1]:9"),
    ],
)
def test_addresses_of_schedulers(executor: str, address: str) -> None:
    assert scheduler_address(executor) == address
    assert check_settings({"executor": executor}, "test") == {"executor": executor}


@pytest.mark.parametrize("executor", ["dask://", "dask://h", "http://h:1", "threads", "dask://h:port"])
def test_what_is_no_executor_is_refused(executor: str) -> None:
    with pytest.raises(ConfigError):
        check_settings({"executor": executor}, "test")


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError) as refused:
        check_dask()
    assert refused.value.hint == "pip install 'snake-pipe[dask]'"
