"""What is known of shards' rows, whatever the number of shards from one night to the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.extract.feeds.shard_revisions import Revision, revision_of, with_revision
from snake_pipe.utils.shard import Shard

COUNTS = st.integers(1, 5)
SHARDS = st.none() | COUNTS.flatmap(lambda count: st.builds(Shard, st.integers(1, count), st.just(count)))
REVISIONS = st.builds(Revision, st.sampled_from([None, "c1", "c2"]), st.booleans())


def all_of(count):
    return [Shard(number, count) for number in range(1, count + 1)]


def after(steps):
    known = {}
    for shard, revision in steps:
        known = with_revision(known, shard, revision)
    return known


def test_sixteen_shards_of_one_commit_are_the_whole_of_it():
    known = after((shard, Revision("c1")) for shard in all_of(16))
    assert known == {"": Revision("c1")}
    assert revision_of(known, Shard(3, 8)) == Revision("c1")
    known = with_revision(known, Shard(3, 8), Revision(None))
    assert revision_of(known, None) == Revision(None)
    assert revision_of(known, Shard(4, 8)) == Revision("c1")


def test_a_shard_that_none_has_begun_is_told_from_one_without_a_commit():
    known = after([(Shard(1, 2), Revision(None, is_partial=True))])
    assert revision_of(known, Shard(1, 2)) == Revision(None, is_partial=True)
    assert revision_of(known, Shard(2, 2)) is None
    assert revision_of({}, None) is None


@given(st.lists(st.tuples(SHARDS, REVISIONS), min_size=1, max_size=12), SHARDS, st.binary(max_size=4))
def test_no_file_is_said_to_be_of_a_commit_that_it_is_not(steps, asked, path):
    """Against what is plainly so: each file is of the last step that was about it."""
    known = after(steps)
    told = revision_of(known, asked)
    of_path = [revision for shard, revision in steps if shard is None or shard.holds(path)]
    if told is not None and told.commit is not None and (asked is None or asked.holds(path)):
        assert of_path
        assert of_path[-1].commit == told.commit
    if steps[-1][0] == asked:
        assert told == steps[-1][1]
