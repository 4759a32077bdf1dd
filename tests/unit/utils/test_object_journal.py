"""A journal of objects: numbered records, of which each number is given to one process."""

from __future__ import annotations

import pytest

from snake_pipe.errors import CheckpointError, StorageError
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.journal.objects import FOLDER, ObjectJournal, read_objects

RECORDS = [{"type": "flush", "seq": number} for number in range(1, 4)]


@pytest.fixture
def job(tmp_path):
    return LocalStorage(tmp_path / "job")


def told(records):
    return [{name: value for name, value in record.items() if name != "writer"} for record in records]


def test_records_are_read_in_their_order(job):
    with ObjectJournal(job) as journal:
        for record in RECORDS:
            journal.append(record)
    assert told(read_objects(job)) == RECORDS
    assert sorted(file.name for file in job.files(FOLDER)) == [f"0000000{n}.json" for n in (1, 2, 3, 4)]
    assert told(ObjectJournal(job).records) == RECORDS


def test_a_process_that_lost_its_job_can_promise_nothing_any_more(job):
    lost = ObjectJournal(job)
    lost.append(RECORDS[0])
    with ObjectJournal(job) as following:
        following.append({"type": "start"})
        for _ in range(2):  # also not the second time
            with pytest.raises(StorageError):
                lost.append(RECORDS[1])
        following.append(RECORDS[2])
    assert told(read_objects(job)) == [RECORDS[0], {"type": "start"}, RECORDS[2]]


def test_a_process_that_stood_still_promises_nothing_once_its_job_was_looked_at(job):
    """Whoever settled the job found no promise, and so appended nothing."""
    lost = ObjectJournal(job)
    with ObjectJournal(job) as settling:
        assert settling.records == []
    with pytest.raises(StorageError, match="another process goes on"):
        lost.append(RECORDS[0])
    assert read_objects(job) == []


def test_what_is_promised_while_another_opens_the_journal_is_read_by_it(job):
    """The number that it asks for is taken just then."""
    lost = ObjectJournal(job)

    class Slow(LocalStorage):
        def create(self, name, data):
            if not read_objects(job):
                lost.append(RECORDS[0])
            super().create(name, data)

        def at(self, name):
            return Slow(self.folder / name)

    assert told(ObjectJournal(Slow(job.folder)).records) == RECORDS[:1]
    with pytest.raises(StorageError):
        lost.append(RECORDS[1])


def test_a_rewritten_journal_takes_no_promise_of_a_process_that_stood_still_before(job):
    lost = ObjectJournal(job)
    lost.append(RECORDS[0])
    for record in RECORDS[1:]:
        with ObjectJournal(job) as journal:
            journal.append(record)
            journal.rewrite(lambda records: records)
    with pytest.raises(StorageError, match="another process goes on"):
        lost.append({"type": "flush", "seq": 9})
    assert told(read_objects(job)) == RECORDS


def test_a_rewritten_journal_has_what_was_selected_and_goes_on(job):
    with ObjectJournal(job) as journal:
        for record in RECORDS:
            journal.append(record)
        journal.rewrite(lambda records: records[1:2])
        journal.append({"type": "end"})
    assert told(read_objects(job)) == [RECORDS[1], {"type": "end"}]
    assert len(job.files(FOLDER)) == 3  # with the fence


def test_what_a_rewriting_left_does_not_count(job):
    """It was killed before it had removed what came before."""
    with ObjectJournal(job) as journal:
        for record in RECORDS:
            journal.append(record)
        first = job.read(f"{FOLDER}/00000002.json")
        journal.rewrite(lambda records: records[2:])
    job.create(f"{FOLDER}/00000002.json", first)
    assert told(read_objects(job)) == [RECORDS[2]]


@pytest.mark.parametrize("damage", [b"", b"{}", b"x"])
def test_a_damaged_record_refuses_the_journal(job, damage):
    with ObjectJournal(job) as journal:
        for record in RECORDS:
            journal.append(record)
    job.replace(f"{FOLDER}/00000003.json", damage)
    with pytest.raises(CheckpointError, match="damaged at 00000003"):
        read_objects(job)


def test_a_record_that_is_missing_refuses_the_journal(job):
    with ObjectJournal(job) as journal:
        for record in RECORDS:
            journal.append(record)
    job.remove(f"{FOLDER}/00000003.json")
    with pytest.raises(CheckpointError, match="damaged at 00000003"):
        read_objects(job)
