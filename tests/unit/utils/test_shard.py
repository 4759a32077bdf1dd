"""Shards: the same on every machine and for ever, and each file in exactly one of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.errors import UsageError
from snake_pipe.utils.scope import Scope, overlap
from snake_pipe.utils.shard import MOST_SHARDS, Shard

COUNTS = st.integers(1, 40)
SHARDS = COUNTS.flatmap(lambda count: st.builds(Shard, st.integers(1, count), st.just(count)))
SCOPES = st.builds(Scope, st.sampled_from(["a", "b"]), st.none() | SHARDS)
PATHS = st.binary(min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("path", "number"),
    [(b"src/main.py", 13), (b"README.md", 10), ("schön/ß.ts".encode(), 13), (b"caf\xe9.py", 10), (b"a", 11)],
)
def test_a_path_is_of_the_same_shard_for_ever(path, number):
    """One more than the 16th digit that `sha256sum` gives. With others, files would be nobody's, or two's."""
    assert [each for each in range(1, 17) if Shard(each, 16).holds(path)] == [number]


@given(PATHS, COUNTS)
def test_each_path_is_of_one_shard(path, count):
    assert sum(Shard(number, count).holds(path) for number in range(1, count + 1)) == 1


@given(SHARDS)
def test_what_is_written_is_read(shard):
    assert Shard.parse(str(shard)) == shard


@pytest.mark.parametrize(
    "text", ["", "3", "3/", "/16", "0/16", "17/16", "-1/16", "1/0", "3 of 16", "³/16", f"1/{MOST_SHARDS + 1}"]
)
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(UsageError):
        Shard.parse(text)


@given(SCOPES, SCOPES, PATHS)
def test_scopes_that_share_a_file_overlap(one, other, path):
    shares = one.repo == other.repo and all(
        scope.shard is None or scope.shard.holds(path) for scope in (one, other)
    )
    assert one.overlaps(other) or not shares
    assert one.overlaps(other) == other.overlaps(one)


@given(SHARDS)
def test_shards_of_one_count_are_apart_and_the_whole_is_none_of_others_business(shard):
    others = [Scope("a", Shard(number, shard.count)) for number in range(1, shard.count + 1)]
    assert [scope for scope in others if scope.overlaps(Scope("a", shard))] == [Scope("a", shard)]
    assert all(scope.overlaps(Scope("a")) for scope in others)
    assert not overlap(others, [Scope("b")])
    assert overlap([Scope("a", shard)], [Scope("a", Shard(1, shard.count + 1))])


@given(st.lists(SCOPES, max_size=3))
def test_scopes_are_read_from_notes(scopes):
    assert [Scope.from_json(scope.to_json()) for scope in scopes] == scopes
