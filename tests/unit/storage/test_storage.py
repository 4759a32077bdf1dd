"""What every storage keeps to, whatever it is made of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from snake_pipe.storage.open import open_storage

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.storage.storage import Storage


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return open_storage(str(tmp_path / "dataset"))
    return open_storage(request.getfixturevalue("bucket"))


def test_what_was_written_is_read_again(storage: Storage) -> None:
    storage.create("a/b/c.json", b"1")
    storage.replace("a/b/c.json", b"22")
    storage.show("a/d.json", b"333")
    assert storage.read("a/b/c.json") == b"22"
    assert storage.at("a").read("d.json") == b"333"
    assert storage.info("a/d.json").size_bytes == 3
    assert [file.name for file in storage.files("a")] == ["d.json"]
    assert storage.folders("a") == ["b"]
    assert (storage.files("none"), storage.folders("none")) == ([], [])


def test_a_file_is_made_by_one_of_many(storage: Storage) -> None:
    def make(number: int) -> bool:
        try:
            storage.create("log/1.json", b"%d" % number)
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(make, range(8)))
    assert made.count(True) == 1
    assert storage.read("log/1.json") == b"%d" % made.index(True)
    assert [file.name for file in storage.files("log")] == ["1.json"]


def test_what_is_not_there_is_told(storage: Storage) -> None:
    for look in (storage.read, storage.info, storage.open):
        with pytest.raises(FileNotFoundError):
            look("none")
    storage.remove("none")
    storage.remove_folder("none")
    assert not storage.exists("none")


def test_a_large_file_is_seen_when_it_is_finished(storage: Storage) -> None:
    storage.create("nodes/first", b"")
    file = storage.write("nodes/part-1.parquet")
    file.stream.write(b"abc")
    assert not storage.exists("nodes/part-1.parquet")
    assert file.finish() == 3
    file.discard()
    with storage.open("nodes/part-1.parquet") as stored:
        stored.seek(1)
        assert stored.read() == b"bc"
    with pytest.raises(FileExistsError):
        storage.write("nodes/part-1.parquet").finish()


def test_a_large_file_that_is_given_up_leaves_nothing(storage: Storage) -> None:
    storage.create("nodes/first", b"")
    file = storage.write("nodes/part-2.parquet")
    file.stream.write(b"abc")
    file.discard()
    assert [file.name for file in storage.files("nodes")] == ["first"]


def test_a_claim_is_of_one_at_a_time(storage: Storage) -> None:
    claim = storage.claim("locks/a")
    assert claim is not None
    assert storage.claim("locks/a") is None
    assert storage.is_claimed("locks/a")
    claim.check()
    claim.release()
    claim.release()
    assert not storage.is_claimed("locks/a")
    with storage.claim("locks/a"):  # type: ignore[union-attr]
        assert storage.is_claimed("locks/a")
    assert not storage.is_claimed("locks/a")


def test_folders_go_with_all_that_is_in_them(storage: Storage) -> None:
    storage.create("jobs/1/a", b"")
    storage.create("jobs/1/b/c", b"")
    storage.create("jobs/2/a", b"")
    storage.remove_folder("jobs/1")
    assert storage.folders("jobs") == ["2"]
