"""The way out of a run: what is counted, what is told, and when it is committed."""

from __future__ import annotations

import asyncio

import pytest

from snake_pipe.errors import StorageError
from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.commit.delivery import Delivery
from snake_pipe.extract.commit.flush_writer import FlushInfo
from snake_pipe.extract.model.lost import lost_file
from snake_pipe.extract.model.rows import error_row, file_row, rows_to_batch, to_ipc
from snake_pipe.extract.sinks.delivery import SinkDeliveries
from snake_pipe.observe.events import BatchFinished, Flushed, Notice
from snake_pipe.observe.statistics import BatchStatistics
from snake_pipe.utils.circuit_breaker import Breaker
from testkit.engines import within
from testkit.waiting import until


class Writer:
    """Keeps rows, and commits them unless it is told to fail."""

    def __init__(self):
        self.pending_files = self.files_committed = self.flushes = 0
        self.file_rows, self.error_rows, self.retried = [], [], []
        self.failures = self.tidied = 0
        self.may_try_again = True

    @property
    def has_pending(self):
        return bool(self.pending_files)

    def add(self, batch, result):
        self.pending_files += result.file_count

    def add_rows(self, files, errors):
        self.file_rows += files
        self.error_rows += errors
        self.pending_files += len(files)

    def add_retried(self, batch):
        self.retried.append(batch)

    async def flush(self):
        if self.failures:
            self.failures -= 1
            raise StorageError("no room")
        if not self.pending_files:
            return None
        files, self.pending_files = self.pending_files, 0
        self.files_committed += files
        self.flushes += 1
        return FlushInfo(self.flushes, files, [], 0.0, 0.0)

    async def tidy(self, *, is_last):
        self.tidied += 1
        if self.failures:
            self.failures -= 1
            raise StorageError("no room to write parts anew")

    def close(self):
        """Nothing is under way."""


class Scene:
    def __init__(self, patience=0.0, failures=1, tidy_every=None):
        self.writer, self.statistics = Writer(), BatchStatistics()
        self.events, self.rows, self.commits = [], [], []
        self.delivery = Delivery(
            self.writer,
            job_id="j",
            statistics=self.statistics,
            listener=self.events.append,
            breaker=Breaker(
                "storage", failures=failures, reset_seconds=0.01, patience=patience, on_change=lambda *_: None
            ),
            on_flush=lambda statistics: None,
            on_rows=lambda rows: self.rows.extend(rows),
            on_commit=self.commits.append,
            tidy_every=tidy_every,
            sinks=SinkDeliveries(),
            to_flush=lambda info: None,
        )

    def told(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def file(number):
    return DiscoveredFile("/r", f"{number}.py", 10, 0, "python", "r", file_id=number)


def finished(*numbers):
    batch = FileBatch(1, tuple(map(file, numbers)), 10 * len(numbers), "python", Trigger.SIZE)
    rows = to_ipc(rows_to_batch("files", [file_row(file(n), "j", status="ok") for n in numbers]))
    result = BatchResult(
        1, files=rows, outcomes={("ok", "python"): len(numbers)}, byte_count=batch.total_size
    )
    return batch, result


def test_a_finished_batch_is_counted_told_and_handed_to_whoever_waits():
    scene = Scene()
    scene.delivery.take_result(*finished(1, 2), most_pending=10)
    assert (scene.statistics.files_done, scene.statistics.bytes_done) == (2, 20)
    assert (scene.statistics.files_batched, scene.statistics.files_alone) == (2, 0)
    assert [row["file_id"] for row in scene.rows] == [1, 2]
    assert [(event.files, event.trigger) for event in scene.told(BatchFinished)] == [(2, "size")]


def test_a_lost_file_is_a_row_an_error_and_a_notice():
    scene = Scene()
    scene.delivery.take_lost(lost_file(file(1), "worker_died", 3, file_timeout=60.0, memory_limit=1 << 30))
    assert [(row["status"], row["reason"], row["attempts"]) for row in scene.writer.file_rows] == [
        ("quarantined", "worker_died", 3)
    ]
    assert [(row["phase"], row["file_id"]) for row in scene.writer.error_rows] == [("worker", 1)]
    assert scene.statistics.outcomes == {("quarantined", "python"): 1}
    assert scene.statistics.files_failed == 1
    assert "in each of 3 tries" in scene.told(Notice)[0].message
    assert len(scene.rows) == 1


def test_a_file_whose_time_is_over_is_told_of_whether_its_worker_has_ended_or_not():
    """Who watches a long run, or `snake-pipe watch`, heard of it only where a worker had ended."""
    lost, stopped = Scene(), Scene()
    given_up = lost_file(file(1), "timeout", 1, file_timeout=60.0, memory_limit=1 << 30)
    lost.delivery.take_lost(given_up)
    batch, result = finished(1, 2)
    result.reasons = {("quarantined", "timeout"): 1}
    other = error_row("2.py", "j", file_id=2, phase="parse", code="syntax_error", message="cannot be parsed")
    result.errors = to_ipc(rows_to_batch("errors", [*lost.writer.error_rows, other]))
    stopped.delivery.take_result(batch, result, most_pending=10)
    assert (
        stopped.told(Notice) == lost.told(Notice) == [Notice("timeout", f"1.py: {given_up.message}", "1.py")]
    )


def test_cancelled_files_are_skipped_rows():
    scene = Scene()
    scene.delivery.take_cancelled([file(1), file(2)])
    assert [(row["status"], row["reason"]) for row in scene.writer.file_rows] == [
        ("skipped", "cancelled")
    ] * 2
    assert (scene.statistics.files_cancelled, scene.statistics.files_done) == (2, 2)


def test_deleted_files_are_counted_wherever_they_come_from():
    scene = Scene()
    gone = [file_row(file(n), "j", status="deleted") for n in (1, 2)]
    scene.delivery.take_unread(gone, ())
    assert scene.statistics.files_deleted == 2
    assert scene.writer.file_rows == gone


def test_a_retried_batch_goes_to_the_writer_and_counts_no_file():
    scene = Scene()
    scene.delivery.take_retried(finished(1)[0])
    assert len(scene.writer.retried) == 1
    assert scene.statistics.files_done == 0


def test_a_commit_is_made_before_its_time_when_much_waits():
    async def go():
        scene = Scene()
        regular = asyncio.create_task(scene.delivery.commit_regularly(lambda: 3600.0))
        scene.delivery.take_result(*finished(1), most_pending=2)
        await asyncio.sleep(0)
        assert scene.writer.flushes == 0
        scene.delivery.take_result(*finished(2), most_pending=2)
        await until(lambda: scene.told(Flushed))
        assert scene.commits == [2]
        assert scene.statistics.files_committed == 2
        scene.delivery.end()
        await regular

    within(go())


def test_a_job_without_an_end_tidies_as_it_goes_on():
    async def go():
        scene = Scene(tidy_every=0.0)
        regular = asyncio.create_task(scene.delivery.commit_regularly(lambda: 0.001))
        await until(lambda: scene.writer.tidied > 1)
        scene.delivery.end()
        await regular

    within(go())


def test_tables_that_cannot_be_tidied_end_no_job():
    scene = Scene()
    scene.writer.failures = 1
    within(scene.delivery.tidy())
    (notice,) = scene.told(Notice)
    assert notice.code == "tidy"
    assert "no room to write parts anew" in notice.message
    assert "the next run tries again" in notice.message
    within(scene.delivery.tidy())
    assert scene.writer.tidied == 2
    assert len(scene.told(Notice)) == 1


def test_what_cannot_be_committed_is_told_and_tried_again():
    async def go():
        scene = Scene(patience=3600.0)
        scene.writer.failures = 3
        regular = asyncio.create_task(scene.delivery.commit_regularly(lambda: 0.001))
        scene.delivery.take_result(*finished(1), most_pending=10)
        await until(lambda: scene.writer.flushes)
        assert [event.message for event in scene.told(Notice)] == ["no room"] * 3
        scene.delivery.end()
        await regular

    within(go())


def test_without_patience_commits_that_keep_failing_end_the_run():
    async def go():
        scene = Scene()
        scene.writer.failures = 9
        scene.delivery.take_result(*finished(1), most_pending=1)
        with pytest.raises(StorageError, match="no room"):
            await scene.delivery.commit_regularly(lambda: 0.001)

    within(go())


def test_at_the_end_a_failure_is_final_however_patient_it_was():
    async def go():
        scene = Scene(patience=3600.0, failures=5)
        scene.writer.failures = 1
        scene.delivery.take_result(*finished(1), most_pending=10)
        scene.delivery.end()
        await scene.delivery.commit_regularly(lambda: 0.001)  # has ended already
        with pytest.raises(StorageError):
            await scene.delivery.commit()

    within(go())


def test_a_promise_that_was_not_kept_is_final():
    async def go():
        scene = Scene(patience=3600.0)
        scene.writer.failures, scene.writer.may_try_again = 1, False
        scene.delivery.take_result(*finished(1), most_pending=1)
        with pytest.raises(StorageError):
            await scene.delivery.commit_regularly(lambda: 0.001)

    within(go())
