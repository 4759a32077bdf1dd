from __future__ import annotations

import pytest

from snake_pipe.errors import CheckpointError
from snake_pipe.utils.journal.append_file import FileJournal, read_file

RECORDS = [
    {"type": "flush", "seq": seq, "parts": [["nodes", f"part-{seq}.parquet", 10, 3]]} for seq in (1, 2, 3)
]


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "journal.jsonl"
    with FileJournal(target) as journal:
        for record in RECORDS:
            journal.append(record)
    return target


def test_records_come_back_in_order(path):
    assert read_file(path) == (RECORDS, path.stat().st_size)


def test_a_missing_journal_is_empty(tmp_path):
    assert read_file(tmp_path / "none") == ([], 0)


def test_an_end_torn_at_any_byte_is_set_aside(path):
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for cut in range(last + 1, len(whole)):
        path.write_bytes(whole[:cut])
        with FileJournal(path) as journal:
            assert journal.records == RECORDS[:2]
            journal.append({"type": "end"})
        assert read_file(path)[0] == [*RECORDS[:2], {"type": "end"}]
        assert path.with_name(f"journal.jsonl.torn-{last}").read_bytes() == whole[last:cut]


def test_a_tail_of_zeros_is_set_aside(path):
    with path.open("ab") as file:
        file.write(b"\0" * 4096)
    with FileJournal(path) as journal:
        assert journal.records == RECORDS
    assert read_file(path) == (RECORDS, path.stat().st_size)


def test_any_flipped_byte_before_the_last_line_is_refused(path):
    whole = bytearray(path.read_bytes())
    second = whole.index(b"\n") + 1
    for at in range(second):
        damaged = whole.copy()
        damaged[at] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match="damaged at byte"):
            FileJournal(path)
        assert path.read_bytes() == damaged  # left as it was
