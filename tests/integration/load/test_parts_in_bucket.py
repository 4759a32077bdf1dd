"""Parts that a bucket does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from snake_pipe.errors import StorageError
from snake_pipe.load.part_writer import PartWriter
from snake_pipe.schemas import arrow_schema
from snake_pipe.storage.open import open_storage
from testkit.fault_proxy import Fate, fault_proxy

if TYPE_CHECKING:
    from testkit.object_servers import ObjectServer


def test_who_may_not_write_hears_what_to_do(
    object_server: ObjectServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fault_proxy(object_server.port) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        proxy.fate = lambda _: Fate.FORBIDDEN
        writer = PartWriter(open_storage(bucket), "stem", ("imports",))
        row = {"file_id": 1, "node_id": 1, "module": "os", "is_relative": False, "is_wildcard": False}
        writer.write("imports", pa.RecordBatch.from_pylist([row], arrow_schema("imports")))
        with pytest.raises(
            StorageError, match=r"credentials come from AWS_ACCESS_KEY_ID.* the bucket can be"
        ):
            writer.close()
