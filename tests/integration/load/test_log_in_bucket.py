"""A table's log in a bucket: each look is a request, and nothing that stays as it is is asked for twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from snake_pipe.load.delta.log import DeltaLog
from snake_pipe.load.part_writer import Part
from snake_pipe.storage.open import open_storage
from testkit.fault_proxy import FaultProxy, fault_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testkit.object_servers import ObjectServer


@pytest.fixture
def proxy(object_server: ObjectServer, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    assert bucket
    with fault_proxy(object_server.port) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        yield proxy


def asked(proxy: FaultProxy) -> list[str]:
    """What was asked for since the last time: LIST, or the method and the last part of the name."""
    lines = [line.split() for line in proxy.seen]
    proxy.seen.clear()
    return ["LIST" if "list-type" in url else f"{method} {int(url[-12:-5])}" for method, url, _ in lines]


def part(name: str) -> Part:
    return Part("nodes", name, 10, 1, 1, 1)


def test_a_log_is_listed_once(bucket: str, proxy: FaultProxy) -> None:
    mine, other = (DeltaLog(open_storage(bucket), "nodes") for _ in range(2))
    mine.create()
    asked(proxy)
    assert mine.current_version() == 0
    assert asked(proxy) == ["LIST"]
    assert mine.current_version() == 0
    assert asked(proxy) == ["HEAD 1"]
    assert mine.last_number("repo") == 0
    mine.append([part("one")], "repo", 1)
    assert asked(proxy) == ["HEAD 1", "PUT 1"]
    assert (mine.current_version(), mine.part_names()) == (1, ["one"])
    assert asked(proxy) == ["HEAD 2", "HEAD 2", "GET 1"]

    other.append([part("two")], "another", 1)
    other.append([part("three")], "another", 2)
    asked(proxy)
    assert mine.current_version() == 3
    assert asked(proxy) == ["HEAD 2", "HEAD 3", "HEAD 4"]
    assert sorted(mine.part_names()) == ["one", "three", "two"]
    assert asked(proxy) == ["HEAD 4", "GET 2", "GET 3"]
    assert [len(parts) for _, parts in mine.parts_at([1, 2])] == [3, 2, 1]
    assert asked(proxy) == ["HEAD 4"]
    assert DeltaLog(open_storage(bucket), "nodes").last_number("another") == 2


def test_what_the_entries_tell_is_what_deltalake_reads(bucket: str) -> None:
    mine = DeltaLog(open_storage(bucket), "nodes")
    mine.create()
    for number in range(1, 6):
        mine.append([part(f"{number}a"), part(f"{number}b")], "repo", number)
    before = mine.state()
    mine.replace(before.parts[:4], [part("small")], base=before.version, changes_rows=True)
    told = mine.part_names()
    mine.checkpoint()
    mine.trim([])
    fresh = DeltaLog(open_storage(bucket), "nodes")
    assert sorted(told) == sorted(fresh.part_names()) == [one.name for one in fresh.state().parts]
    assert fresh.last_number("repo") == 5
