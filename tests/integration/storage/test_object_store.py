"""Objects through a network that fails: made once or refused clearly, and nobody waits for ever."""

from __future__ import annotations

import pickle
import threading
import urllib.request
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from snake_pipe.errors import DatasetError, UsageError
from snake_pipe.storage import bucket as bucket_module
from snake_pipe.storage import conditional_put
from snake_pipe.storage.open import open_storage
from testkit.fault_proxy import Fate, FaultProxy, fault_proxy
from testkit.object_servers import BUCKET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.storage.storage import Storage
    from testkit.object_servers import ObjectServer

MB = 1024 * 1024


@pytest.fixture
def proxy(object_server: ObjectServer, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    monkeypatch.setattr(conditional_put, "_PAUSE", 0.0)
    monkeypatch.setattr(bucket_module, "_RETRIES", 1)
    with fault_proxy(object_server.port) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        yield proxy


@pytest.fixture
def storage(bucket: str, proxy: FaultProxy) -> Storage:
    return open_storage(bucket)


@pytest.mark.parametrize(
    "fates",
    [
        [Fate.ANSWER_LOST],
        [Fate.CUT],
        [Fate.BUSY],
        [Fate.ANSWER_LOST, Fate.BUSY, Fate.CUT, Fate.ANSWER_LOST],
    ],
)
def test_what_is_made_once_is_made_once(storage: Storage, proxy: FaultProxy, fates: list[Fate]) -> None:
    proxy.next_fates("PUT", *fates)
    storage.create("journal/1", b"one")
    with pytest.raises(FileExistsError):
        storage.create("journal/1", b"one")
    assert storage.read("journal/1") == b"one"


def test_a_lost_answer_hides_no_other_writer(storage: Storage, proxy: FaultProxy) -> None:
    """Equal bytes are no proof of who wrote them."""
    storage.create("epoch", b"")
    proxy.next_fates("PUT", Fate.ANSWER_LOST, Fate.CUT)
    with pytest.raises(FileExistsError):
        storage.create("epoch", b"")


@pytest.mark.parametrize("fate", [Fate.BUSY, Fate.CUT, Fate.NO_ANSWER])
def test_a_server_that_stays_away_is_an_error(
    storage: Storage, proxy: FaultProxy, fate: Fate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_module, "REQUEST_TIMEOUT", 0.2)
    proxy.fate = lambda _: fate
    for attempt in (lambda: storage.create("a", b""), lambda: storage.read("a"), storage.files):
        with pytest.raises(OSError, match="s3://") as failure:
            attempt()
        assert not isinstance(failure.value, FileNotFoundError | FileExistsError | PermissionError)
        assert "\n" not in str(failure.value)
        assert "only-for-tests" not in str(failure.value)


def test_who_is_refused_hears_where_credentials_come_from(storage: Storage, proxy: FaultProxy) -> None:
    proxy.fate = lambda _: Fate.FORBIDDEN
    for attempt in (lambda: storage.create("a", b""), lambda: storage.read("a"), storage.files):
        with pytest.raises(PermissionError, match="AWS_PROFILE"):
            attempt()


def test_a_server_that_ignores_conditions_is_refused(storage: Storage, proxy: FaultProxy) -> None:
    proxy.fate = lambda _: Fate.CONDITIONS_IGNORED
    with pytest.raises(DatasetError, match="ignores If-None-Match"):
        storage.claim("lock")
    assert storage.files() == []


def test_a_missing_bucket_is_told(bucket: str) -> None:
    missing = open_storage("s3://missing-bucket/x")
    for attempt in (lambda: missing.create("a", b""), lambda: missing.read("a"), missing.files):
        with pytest.raises(FileNotFoundError, match="the bucket does not exist"):
            attempt()


def test_a_large_object_is_read_as_it_was_written(storage: Storage, proxy: FaultProxy) -> None:
    """It comes in parts, and Parquet asks for pieces of it."""
    table = pa.table({"a": pa.array(range(1_200_000)), "b": pa.array(range(1_200_000, 0, -1))})
    file = storage.write("part.parquet")
    with pq.ParquetWriter(file.stream, table.schema, compression="none", use_dictionary=False) as writer:
        for batch in table.to_batches(max_chunksize=200_000):
            writer.write_batch(batch)
    assert not storage.exists("part.parquet")
    size = file.finish()
    assert size == storage.info("part.parquet").size_bytes > 16 * MB
    assert storage.read("part.parquet")[-4:] == b"PAR1"
    for options in ({"pre_buffer": True}, {"pre_buffer": False, "buffer_size": 65536}):
        proxy.seen.clear()
        with storage.open("part.parquet") as stored:
            assert pq.ParquetFile(stored, **options).read(["b"]).equals(table.select(["b"]))
        assert len(proxy.seen) < 60


def test_a_small_part_is_one_request(storage: Storage, proxy: FaultProxy) -> None:
    file = storage.write("part.parquet")
    pq.write_table(pa.table({"a": [1, 2, 3]}), file.stream)
    file.finish()
    assert [line.split()[0] for line in proxy.seen] == ["PUT"]
    proxy.seen.clear()
    with storage.open("part.parquet") as stored:
        assert pq.ParquetFile(stored, pre_buffer=True).read().num_rows == 3
    assert len(proxy.seen) == 1


def test_an_upload_that_is_given_up_leaves_nothing(storage: Storage, object_server: ObjectServer) -> None:
    file = storage.write("large")
    file.stream.write(b"x" * (20 * MB))
    file.discard()
    assert storage.files() == []
    uploads = f"http://127.0.0.1:{object_server.port}/{BUCKET}?uploads"
    assert b"<Upload>" not in urllib.request.urlopen(uploads).read()


def test_an_upload_is_refused_where_an_object_is(storage: Storage) -> None:
    storage.create("large", b"first")
    file = storage.write("large")
    file.stream.write(b"x" * (20 * MB))
    with pytest.raises(FileExistsError):
        file.finish()
    file.discard()
    assert storage.read("large") == b"first"


def test_an_upload_that_cannot_end_leaves_nothing(
    storage: Storage, proxy: FaultProxy, object_server: ObjectServer
) -> None:
    file = storage.write("large")
    file.stream.write(b"x" * (20 * MB))
    proxy.fate = lambda line: Fate.BUSY if line.startswith("HEAD") else Fate.PASSES
    with pytest.raises(OSError, match="503"):
        file.finish()
    file.discard()
    assert storage.files() == []
    uploads = f"http://127.0.0.1:{object_server.port}/{BUCKET}?uploads"
    assert b"<Upload>" not in urllib.request.urlopen(uploads).read()
    assert not [thread for thread in threading.enumerate() if thread.name == "upload"]


def test_an_upload_that_fails_says_so(storage: Storage, proxy: FaultProxy) -> None:
    file = storage.write("large")
    proxy.fate = lambda _: Fate.FORBIDDEN
    pieces = iter(lambda: file.stream.write(b"x" * (8 * MB)), None)
    with pytest.raises(PermissionError):
        list(pieces)  # it is told at one of the next
    file.discard()


def test_another_process_opens_the_same_place(storage: Storage) -> None:
    storage.at("jobs").create("a", b"1")
    assert pickle.loads(pickle.dumps(storage.at("jobs"))).read("a") == b"1"


@pytest.mark.parametrize(
    "text", ["http://host/x", "s3://", "s3:///x", "s3://key:secret@bucket/x", "gs://b/x?y=1"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        open_storage(text)
