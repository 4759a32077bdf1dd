"""What `doctor` says of a place in an object store."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from snake_pipe.doctor.finding import Level
from snake_pipe.doctor.object_store import check_object_store
from snake_pipe.storage.open import open_storage
from testkit.fault_proxy import Fate, fault_proxy

if TYPE_CHECKING:
    from pathlib import Path

    from snake_pipe.doctor.finding import Finding
    from testkit.object_servers import ObjectServer


def found(text: str) -> list[Finding]:
    place: Any = SimpleNamespace(dataset=open_storage(text))
    return list(check_object_store(place))


def test_a_sound_server_is_fine_and_left_as_it_was(bucket: str, tmp_path: Path) -> None:
    (finding,) = found(bucket)
    assert finding.level is Level.OK
    assert open_storage(bucket).files() == []
    assert found(str(tmp_path)) == []


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        (Fate.FORBIDDEN, "credentials come from"),
        (Fate.BUSY, "503"),
        (Fate.CONDITIONS_IGNORED, "ignores If-None-Match"),
    ],
)
def test_what_would_keep_a_job_from_running_is_an_error(
    object_server: ObjectServer, bucket: str, monkeypatch: pytest.MonkeyPatch, fate: Fate, words: str
) -> None:
    with fault_proxy(object_server.port) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        proxy.fate = lambda _: fate
        (finding,) = found(bucket)
    assert finding.level is Level.ERROR
    assert words in finding.found
    assert finding.fix


def test_a_missing_bucket_is_an_error(bucket: str) -> None:
    (finding,) = found("s3://missing-bucket/x")
    assert (finding.level, "does not exist" in finding.found) == (Level.ERROR, True)
