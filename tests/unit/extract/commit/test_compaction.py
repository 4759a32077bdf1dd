"""A journal that forgets: what a resume reads in it stays the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.errors import StorageError
from snake_pipe.extract.commit.compaction import compact_journal, still_needed
from snake_pipe.extract.feeds.submissions import left_over
from snake_pipe.extract.sinks.ledger import last_delivered
from snake_pipe.utils.journal import append_file
from snake_pipe.utils.journal.append_file import FileJournal, read_file

if TYPE_CHECKING:
    from pathlib import Path


def offered(*ids: int, again: int | None = None) -> dict[str, Any]:
    return {"type": "offered", "files": [[f"f{number}.py", 5, number, again] for number in ids]}


SINKS = ("lines", "totals")


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dict[str, Any]], set[int]]:
    """Runs of a job that submit, commit, die and offer again what was left."""
    records: list[dict[str, Any]] = []
    committed: set[int] = set()
    seq = number = 0
    for run in range(draw(st.integers(1, 3))):
        records.append({"type": "start", "epoch": run})
        for left in left_over(records, committed.__contains__):
            number += 1
            records.append(
                {"type": "offered", "files": [[left.path, left.priority, number, left.earlier_id]]}
            )
        for size in draw(st.lists(st.integers(1, 3), max_size=4)):
            records.append(offered(*range(number + 1, number + size + 1)))
            number += size
            if draw(st.booleans()):
                seq += 1
                records.append({"type": "flush", "seq": seq, "epoch": run, "parts": []})
                committed |= set(draw(st.sets(st.integers(1, number))))
                if draw(st.booleans()):
                    records.append({"type": "committed", "seq": seq})
                for sink in draw(st.sets(st.sampled_from(SINKS))):
                    records.append({"type": "delivered", "sink": sink, "seq": seq})
    return records, committed


def test_a_file_that_was_read_since_is_not_read_again() -> None:
    """Its earlier rows have left the tables, so no id of them is among those that are committed."""
    records = [{"type": "offered", "files": [["a.py", 5, number, None]]} for number in (1, 2, 3)]
    assert [left.earlier_id for left in left_over(records, {2}.__contains__)] == [3]
    assert still_needed(records, {2}) == records[2:]


@given(histories())
def test_a_resume_finds_the_same(history: tuple[list[dict[str, Any]], set[int]]) -> None:
    records, committed = history
    kept = still_needed(records, committed)

    def facts(records: list[dict[str, Any]]) -> object:
        flushes = {record["seq"] for record in records if record["type"] == "flush"}
        done = {record["seq"] for record in records if record["type"] == "committed"}
        left = [
            (file.path, file.priority, file.earlier_id) for file in left_over(records, committed.__contains__)
        ]
        return left, flushes - done, max(flushes, default=0)

    assert facts(kept) == facts(records)
    assert still_needed(kept, committed) == kept
    assert len(kept) <= 2 + len(records)


@given(histories())
def test_what_a_sink_lacks_is_kept_and_what_was_dropped_is_known(
    history: tuple[list[dict[str, Any]], set[int]],
) -> None:
    records, committed = history
    kept = still_needed(records, committed, SINKS[:1])
    for sink in SINKS:
        delivered = last_delivered(records, sink)
        assert last_delivered(kept, sink) == delivered

        def lacks(records: list[dict[str, Any]], kind: str, delivered: int = delivered) -> set[int]:
            return {r["seq"] for r in records if r["type"] == kind and r["seq"] > delivered}

        if sink in SINKS[:1]:
            assert lacks(kept, "flush") == lacks(records, "flush")
            assert not lacks(kept, "compacted")
        elif lacks(kept, "flush") != lacks(records, "flush"):
            assert lacks(kept, "compacted")
    assert still_needed(kept, committed, SINKS[:1]) == kept


def test_what_was_submitted_and_committed_does_not_pile_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that takes submissions wrote each path into its journal, and none ever left it."""
    monkeypatch.setattr(append_file, "SMALLEST", 2000)
    path = tmp_path / "journal.jsonl"
    committed: set[int] = set()
    with FileJournal(path) as journal:
        for number in range(1, 200):
            journal.append(offered(number))
            journal.append(
                {"type": "flush", "seq": number, "epoch": 1, "parts": [["nodes", f"p{number}", 1, 1]]}
            )
            journal.append({"type": "committed", "seq": number})
            if number != 7:
                committed.add(number)
            compact_journal(journal, lambda: committed)
            assert path.stat().st_size < 3000
    records, good = read_file(path)
    assert good == path.stat().st_size
    assert [file.path for file in left_over(records, committed.__contains__)] == ["f7.py"]
    assert max(record["seq"] for record in records if record["type"] == "flush") == 199


def test_a_disk_that_refuses_leaves_the_journal_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "journal.jsonl"
    with FileJournal(path) as journal:
        journal.append(offered(1))
        with monkeypatch.context() as patch:
            patch.setattr(append_file, "write_atomic", full)
            with pytest.raises(OSError, match="No space"):
                journal.rewrite(lambda records: records[:0])
        journal.append(offered(2))
    assert read_file(path)[0] == [offered(1), offered(2)]


def test_a_journal_that_was_replaced_uncertainly_takes_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new file is there, but a crash may bring the old one back: nothing may be promised in it."""

    def uncertain(path: Path, data: bytes) -> None:
        path.with_name("new").write_bytes(data)
        path.with_name("new").replace(path)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(append_file, "write_atomic", uncertain)
    with FileJournal(tmp_path / "journal.jsonl") as journal:
        journal.append(offered(1))
        with pytest.raises(OSError, match="Input/output"):
            journal.rewrite(lambda records: records)
        with pytest.raises(StorageError, match="no longer be relied on"):
            journal.append(offered(2))
