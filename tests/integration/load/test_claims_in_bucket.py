"""Who writes to a dataset in a bucket is known for certain, or nothing is done that rests on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from snake_pipe.errors import DatasetBusyError, SnakePipeError, StorageError
from snake_pipe.load.claims.writers import live_writers
from snake_pipe.load.dataset import Dataset
from snake_pipe.load.tidy.retention import Retention, Vacuum
from snake_pipe.storage import bucket as bucket_module
from snake_pipe.storage.open import open_storage
from snake_pipe.utils.scope import Scope
from testkit.fault_proxy import Fate, fault_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.load.claims.claims import Writing
    from testkit.fault_proxy import FaultProxy
    from testkit.object_servers import ObjectServer

SCOPE = Scope("repo", None)
PART = "nodes/part-20260101-000000-abcdef-1-1.parquet"


@pytest.fixture
def proxy(object_server: ObjectServer, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    monkeypatch.setattr(bucket_module, "_RETRIES", 0)
    with fault_proxy(object_server.port) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        yield proxy


@pytest.fixture
def dataset(bucket: str, proxy: FaultProxy) -> Dataset:
    return Dataset.create(open_storage(bucket))


@pytest.fixture
def running(dataset: Dataset) -> Iterator[Writing]:
    """A job at work, which has written a part that it has not promised yet."""
    with dataset.claims.take(lambda: [SCOPE]) as writing:
        writing.note(job_id="20260101-000000-abcdef")
        dataset.storage.create(PART, b"rows")
        yield writing


@pytest.mark.parametrize("lost", ["list", "note"])
def test_a_writer_that_cannot_be_seen_is_not_passed_over(
    dataset: Dataset, running: Writing, proxy: FaultProxy, lost: str
) -> None:
    asked = "_writers%2F" if lost == "list" else f"_writers/{running.token}.note"
    proxy.fate = lambda line: Fate.BUSY if line.startswith("GET") and asked in line else Fate.PASSES
    with pytest.raises(StorageError, match="cannot tell who is writing"):
        dataset.claims.take(lambda: [SCOPE])
    with pytest.raises(SnakePipeError, match="cannot tell who is writing"):
        Vacuum(dataset, Retention()).remove()
    assert dataset.storage.exists(PART)
    assert live_writers(dataset.storage) == []  # which is for people alone

    proxy.fate = lambda _: Fate.PASSES
    with pytest.raises(DatasetBusyError, match="is writing to"):
        dataset.claims.take(lambda: [SCOPE])
