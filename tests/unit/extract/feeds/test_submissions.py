"""What is left of a queue after a crash, from its journal alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.extract.feeds.submissions import left_over


def offered(*files):
    return {"type": "offered", "files": [list(file) for file in files]}


def test_what_is_not_committed_comes_back_in_order():
    records = [
        offered(("a.py", 5, 1, None), ("b.py", 9, 2, None)),
        {"type": "flush", "seq": 1, "parts": []},
        offered(("a.py", 5, 3, None)),
    ]
    left = left_over(records, {1}.__contains__)
    assert [(s.path, s.priority, s.earlier_id) for s in left] == [("b.py", 9, 2), ("a.py", 5, 3)]


def test_what_a_resume_offered_again_counts_once():
    records = [offered(("a.py", 5, 1, None)), offered(("a.py", 5, 7, 1))]
    assert [s.earlier_id for s in left_over(records, set().__contains__)] == [7]
    assert left_over(records, {7}.__contains__) == []


@given(st.lists(st.lists(st.booleans(), max_size=5), max_size=5))
def test_each_submission_is_committed_or_left_whatever_the_crashes(runs):
    """Each run offers what is left and one new file, commits some of it, and is killed."""
    records, committed, next_id, made = [], set(), 0, 0
    done = []
    for run in runs:
        files = [(s.path, s.priority, s.earlier_id) for s in left_over(records, committed.__contains__)]
        files.append((f"{made}.py", 5, None))
        made += 1
        numbered = [(path, priority, next_id + i, again) for i, (path, priority, again) in enumerate(files)]
        next_id += len(files)
        records.append(offered(*numbered))
        for (path, _, file_id, _), is_committed in zip(numbered, run, strict=False):
            if is_committed:
                committed.add(file_id)
                done.append(path)
    left = [s.path for s in left_over(records, committed.__contains__)]
    assert sorted(done + left) == sorted(f"{i}.py" for i in range(made))
