"""Leases over a real server: one holder at a time, also when hosts stand still or are cut off."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from snake_pipe.errors import StorageError
from snake_pipe.storage.bucket import Bucket
from snake_pipe.storage.object_store import ObjectStorage
from testkit.fault_proxy import Fate, fault_proxy
from testkit.processes import suspended
from testkit.waiting import wait_for

if TYPE_CHECKING:
    from testkit.object_servers import ObjectServer

TTL = 3.0

_HOLD = """
import sys
from snake_pipe.errors import StorageError
from snake_pipe.storage.bucket import Bucket
from snake_pipe.storage.object_store import ObjectStorage
claim = ObjectStorage(Bucket("s3", sys.argv[1]), sys.argv[2], ttl=float(sys.argv[3])).claim("lock")
print("held", flush=True)
for line in sys.stdin:
    try:
        claim.check()
    except StorageError as error:
        print(error, flush=True)
    else:
        print("still held", flush=True)
"""


def leases(url: str, ttl: float = TTL) -> ObjectStorage:
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    return ObjectStorage(Bucket("s3", bucket), prefix, ttl=ttl)


def test_a_holder_that_stood_still_finds_that_it_lost(bucket: str) -> None:
    storage = leases(bucket)
    command = [sys.executable, "-c", _HOLD, *bucket.removeprefix("s3://").split("/"), str(TTL)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        assert storage.claim("lock") is None
        assert storage.is_claimed("lock")
        with suspended([psutil.Process(holder.pid)]):
            claim = wait_for(lambda: storage.claim("lock"))
        print("check", file=holder.stdin, flush=True)
        assert "another process has taken over" in holder.stdout.readline()
        claim.check()
        holder.stdin.close()
    claim.release()
    assert not storage.is_claimed("lock")


def test_a_holder_that_is_cut_off_stops_before_another_begins(
    object_server: ObjectServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = leases(bucket)
    assert others.files() == []  # its connection is the server's own from here on
    with fault_proxy(object_server.port) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        claim = leases(bucket).claim("lock")
        assert claim is not None
        proxy.next_fates("PUT", Fate.ANSWER_LOST, Fate.BUSY)  # a beat now and then does no harm
        wait_for(lambda: len([line for line in proxy.seen if line.startswith("PUT")]) > 10)
        claim.check()
        proxy.fate = lambda _: Fate.BUSY

        def is_doubted() -> bool:
            try:
                claim.check()
            except StorageError as error:
                return "could not be renewed" in str(error)
            assert others.claim("lock") is None
            return False

        wait_for(is_doubted)
        proxy.fate = lambda _: Fate.PASSES
        claim.check()  # nobody has taken it meanwhile
        proxy.fate = lambda _: Fate.BUSY
        later = wait_for(lambda: others.claim("lock"))
        proxy.fate = lambda _: Fate.PASSES
        with pytest.raises(StorageError, match="taken over"):
            claim.check()
        claim.release()
    later.check()
    later.release()


def test_a_holder_that_died_does_not_count(bucket: str) -> None:
    storage = leases(bucket)
    claim = storage.claim("lock")
    assert claim is not None
    claim._ended.set()  # no more signs of life
    wait_for(lambda: not storage.is_claimed("lock"))
    wait_for(lambda: storage.claim("lock")).release()


def test_what_is_no_lease_is_told(bucket: str) -> None:
    storage = leases(bucket)
    storage.create("lock", b"something else")
    with pytest.raises(OSError, match="no lease"):
        storage.claim("lock")
