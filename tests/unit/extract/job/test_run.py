"""One run of a job from its feed to the last commit, with tables and an executor that the test is."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor, Future

import pytest

from snake_pipe.errors import EngineStateError, StorageError
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile
from snake_pipe.extract.commit.delivery import Delivery
from snake_pipe.extract.commit.flush_writer import FlushInfo
from snake_pipe.extract.dispatch.breakers import open_breakers
from snake_pipe.extract.dispatch.dispatcher import Dispatcher
from snake_pipe.extract.dispatch.local_workers import LocalWorkers
from snake_pipe.extract.feeds.feed import Chunk, Feed
from snake_pipe.extract.job.admission import Admission
from snake_pipe.extract.job.backlog import Backlog
from snake_pipe.extract.job.control.folder import ControlFolder
from snake_pipe.extract.job.control.inbox import Inbox
from snake_pipe.extract.job.monitor import JobMonitor
from snake_pipe.extract.job.run import JobRun
from snake_pipe.extract.model.rows import error_row, file_row, rows_to_batch, to_ipc
from snake_pipe.extract.sinks.delivery import SinkDeliveries
from snake_pipe.observe.estimate import Estimate
from snake_pipe.observe.events import Notice, SettingChanged
from snake_pipe.observe.status import JobStatus
from testkit.engines import within
from testkit.waiting import until

QUIET = BatchConfig(worker_count=2, batch_size=2, flush_interval=3600.0, max_latency=None)
"""Nothing happens by time."""


class Hands(Executor):
    """Finishes every batch, at once or when it is released."""

    def __init__(self):
        self.is_held = False
        self.held = []

    def submit(self, fn, batch):
        future = Future()
        self.held.append((batch, future))
        if not self.is_held:
            self.release()
        return future

    def release(self):
        held, self.held, self.is_held = self.held, [], False
        for batch, future in held:
            rows = to_ipc(rows_to_batch("files", [file_row(file, "j", status="ok") for file in batch.files]))
            future.set_result(
                BatchResult(
                    batch.batch_id,
                    batch.attempt,
                    files=rows,
                    outcomes={("ok", file.queue): 1 for file in batch.files[:1]}
                    | {("ok", batch.queue): len(batch)},
                    byte_count=batch.total_size,
                )
            )

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.is_held = False


class Table:
    """What was committed, by the ids of files."""

    def __init__(self):
        self.pending, self.ids, self.rows, self.errors = [], [], [], []
        self.flushes = self.tidied = 0
        self.may_try_again = True
        self.is_closed = False
        self.failures = 0
        self.refused = None

    @property
    def files_committed(self):
        return len(self.ids)

    @property
    def pending_files(self):
        return len(self.pending)

    @property
    def has_pending(self):
        return bool(self.pending)

    def add(self, batch, result):
        if self.refused is not None:
            raise self.refused
        self.pending += [file.file_id for file in batch.files]

    def add_rows(self, files, errors):
        self.rows += files
        self.errors += errors
        self.pending += [row["file_id"] for row in files]

    async def tidy(self, *, is_last):
        self.tidied += 1

    async def flush(self):
        if not self.pending:
            return None
        if self.failures:
            self.failures -= 1
            raise StorageError("no room")
        added, self.pending = self.pending, []
        self.ids += added
        self.flushes += 1
        return FlushInfo(self.flushes, len(added), [], 0.0, 0.0)

    def close(self):
        self.is_closed = True


class Listed(Feed):
    """A feed of chunks that were made before, and of more where it is kept open."""

    def __init__(self, *chunks, is_open=False, deleted=()):
        super().__init__()
        self._chunks = list(chunks)
        self._arrived = asyncio.Event()
        self.is_open = is_open
        self._deleted = deleted
        self.settled = []
        for chunk in chunks:
            self._count(chunk)

    def _count(self, chunk):
        self.discovered.files += len(chunk.files)
        self.discovered.bytes += sum(file.size_bytes for file in chunk.files)
        self.received += len(chunk.files)

    def bring(self, chunk):
        self._count(chunk)
        self._chunks.append(chunk)
        self._arrived.set()

    async def chunks(self):
        while self._chunks or self.is_open:
            if not self._chunks:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            chunk = self._chunks.pop(0)
            self.yielded += len(chunk.files)
            yield chunk
        self.complete = True

    def end(self):
        was_open, self.is_open = self.is_open, False
        self._arrived.set()
        return was_open

    def find_deleted(self):
        return iter(self._deleted)

    def settle(self, rows):
        self.settled += [row["file_id"] for row in rows]


class Scene:
    """A run and its surroundings."""

    def __init__(self, tmp_path, feed, config=QUIET, patience=0.0):
        self.feed, self.table, self.hands = feed, Table(), Hands()
        self.events, self.status = [], JobStatus(workers=2, memory_limit=1 << 40)
        self.written = []
        self.changes = {}
        breakers = open_breakers(config, patience=patience)
        backlog = Backlog(config)
        workers = LocalWorkers(
            config,
            open_executor=lambda _: self.hands,
            slots=None,
            memory_limit=1 << 40,
            breaker=breakers.pool,
        )
        dispatcher = Dispatcher(config, workers=workers, cut=backlog.cut_again, breaker=breakers.storage)
        delivery = Delivery(
            self.table,
            job_id="j",
            statistics=self.status.statistics,
            listener=self.events.append,
            breaker=breakers.storage,
            on_flush=lambda _: None,
            on_rows=feed.settle,
            on_commit=feed.committed,
            tidy_every=None,
            sinks=SinkDeliveries(),
            to_flush=lambda info: None,
        )
        self.run = JobRun(
            config,
            self.status,
            feed=feed,
            admission=Admission(
                feed,
                backlog,
                delivery,
                priorities=config.priority,
                statistics=self.status.statistics,
                listener=self.events.append,
            ),
            backlog=backlog,
            dispatcher=dispatcher,
            delivery=delivery,
            monitor=JobMonitor(
                self.status,
                feed=feed,
                backlog=backlog,
                dispatcher=dispatcher,
                delivery=delivery,
                breakers=breakers,
                listener=self.events.append,
                warnings=(),
                expect=lambda work: Estimate(sum(one.files for one in work.values())),
                write_status=lambda status: self.written.append(status.state),
            ),
            controls=Inbox(ControlFolder(tmp_path / "control")),
            keep_changes=self.changes.update,
            listener=self.events.append,
        )


def files(*numbers):
    return [DiscoveredFile("/r", f"{n}.py", 10, 0, "python", "r", file_id=n) for n in numbers]


def test_all_that_the_feed_gives_is_committed(tmp_path):
    async def go():
        deleted = [file_row(file, "j", status="deleted") for file in files(90)]
        feed = Listed(Chunk(files(1, 2, 3)), Chunk(files(4, 5)), deleted=deleted)
        scene = Scene(tmp_path, feed)
        assert await scene.run.run() is None
        assert sorted(scene.table.ids) == [1, 2, 3, 4, 5, 90]
        assert scene.table.is_closed
        statistics = scene.status.statistics
        assert (statistics.files_offered, statistics.files_done, statistics.files_committed) == (5, 5, 6)
        assert (statistics.files_discovered, statistics.files_deleted) == (5, 1)
        assert sorted(feed.settled) == [1, 2, 3, 4, 5]
        assert scene.written[0] == "running"

    within(go())


def test_errors_of_the_walk_are_rows_and_notices(tmp_path):
    async def go():
        error = error_row("locked", "j", phase="discover", code="unreadable_folder", message="no")
        scene = Scene(tmp_path, Listed(Chunk(files(1), errors=[error])))
        await scene.run.run()
        assert scene.table.errors == [error]
        assert [event.message for event in scene.events if isinstance(event, Notice)] == ["locked: no"]

    within(go())


async def stopped_with_some_in_flight(tmp_path):
    """A run of forty files that was stopped when at least two batches were in flight, which are held."""
    scene = Scene(tmp_path, Listed(*(Chunk(files(2 * n, 2 * n + 1)) for n in range(20))))
    scene.hands.is_held = True
    task = asyncio.create_task(scene.run.run())
    await until(lambda: len(scene.hands.held) >= 2)
    scene.run.stop("SIGINT")
    return scene, task


def test_a_stop_keeps_what_is_in_flight_and_drops_what_waits(tmp_path):
    async def go():
        scene, task = await stopped_with_some_in_flight(tmp_path)
        scene.hands.release()
        assert await task == "SIGINT"
        assert 4 <= len(scene.table.ids) < 40
        assert scene.status.statistics.files_committed == len(scene.table.ids)

    within(go())


def test_a_feed_that_can_end_does_so_and_all_it_took_in_is_processed(tmp_path):
    async def go():
        feed = Listed(Chunk(files(1, 2)), is_open=True)
        scene = Scene(tmp_path, feed)
        task = asyncio.create_task(scene.run.run())
        await until(lambda: scene.status.statistics.files_done == 2)
        feed.bring(Chunk(files(3)))
        scene.run.stop("shutdown")
        assert await task is None
        assert scene.run.end_reason == "shutdown"
        assert sorted(scene.table.ids) == [1, 2, 3]

    within(go())


def test_flush_now_waits_for_all_that_came_before_it_and_for_nothing_else(tmp_path):
    async def go():
        feed = Listed(Chunk(files(1, 2, 3)), is_open=True)
        scene = Scene(tmp_path, feed)
        scene.hands.is_held = True
        task = asyncio.create_task(scene.run.run())
        await until(lambda: scene.hands.held)
        flush = asyncio.create_task(scene.run.flush_now())
        await until(lambda: len(scene.hands.held) == 2)  # the third file did not fill its batch
        assert not flush.done()
        scene.hands.release()
        await flush
        assert sorted(scene.table.ids) == [1, 2, 3]
        scene.run.stop("enough")
        await task
        with pytest.raises(EngineStateError, match="ended before"):
            await scene.run.flush_now()

    within(go())


def test_while_paused_nothing_begins_and_a_flush_waits_for_nobody(tmp_path):
    async def go():
        feed = Listed(is_open=True)
        scene = Scene(tmp_path, feed)
        task = asyncio.create_task(scene.run.run())
        await asyncio.sleep(0)
        scene.run.pause()
        assert scene.status.state == "paused"
        feed.bring(Chunk(files(1, 2)))
        await until(lambda: scene.status.statistics.files_offered == 2)
        await scene.run.flush_now()
        assert scene.table.ids == []
        scene.run.unpause()
        await until(lambda: scene.status.statistics.files_done == 2)
        scene.run.stop("enough")
        await task
        with pytest.raises(EngineStateError, match="ending"):
            scene.run.pause()

    within(go())


def test_what_is_cancelled_is_skipped_now_and_later(tmp_path):
    async def go():
        feed = Listed(Chunk(files(1)), is_open=True)
        scene = Scene(tmp_path, feed)
        task = asyncio.create_task(scene.run.run())
        await until(lambda: scene.status.statistics.files_offered == 1)
        assert scene.run.cancel(lambda file: file.path in ("1.py", "3.py")) == 1
        feed.bring(Chunk(files(2, 3)))
        scene.run.stop("enough")
        await task
        assert [(row["path"], row["reason"]) for row in scene.table.rows] == [
            ("1.py", "cancelled"),
            ("3.py", "cancelled"),
        ]
        assert sorted(scene.table.ids) == [1, 2, 3]

    within(go())


def test_changed_settings_are_told_and_noted(tmp_path):
    async def go():
        scene = Scene(tmp_path, Listed(is_open=True))
        task = asyncio.create_task(scene.run.run())
        await asyncio.sleep(0)
        scene.run.update_config({"batch_size": 7, "flush_interval": 3600.0})
        assert scene.run.config.batch_size == 7
        assert scene.changes["batch_size"] == 7
        changes = [event for event in scene.events if isinstance(event, SettingChanged)]
        assert [(change.name, change.old, change.new) for change in changes] == [("batch_size", 2, 7)]
        assert [change["name"] for change in scene.status.changes] == ["batch_size"]
        scene.run.stop("enough")
        await task

    within(go())


def test_a_feed_that_fails_ends_the_run_with_its_error(tmp_path):
    class Broken(Listed):
        async def chunks(self):
            yield Chunk(files(1))
            raise OSError("the disk is gone")

    async def go():
        scene = Scene(tmp_path, Broken())
        with pytest.raises(OSError, match="the disk is gone"):
            await scene.run.run()
        assert scene.table.is_closed

    within(go())


def test_a_chunk_may_ask_for_a_commit_before_the_next(tmp_path):
    async def go():
        feed = Listed(Chunk(files(1), flush=True), Chunk(files(2)))
        seen = []
        feed.committed = lambda rows: seen.append((rows, feed.yielded))
        await Scene(tmp_path, feed).run.run()
        assert seen == [(1, 1), (2, 2)]

    within(go())


def test_a_chunk_asks_for_a_commit_as_far_as_can_be(tmp_path):
    """A disk that was full for a moment ended a watch as it walked again, though a watch waits for room."""

    async def go():
        feed = Listed(Chunk(files(1), flush=True), Chunk(files(2)))
        scene = Scene(tmp_path, feed, patience=3600.0)
        scene.table.failures = 1
        assert await scene.run.run() is None
        assert [event.message for event in scene.events if isinstance(event, Notice)] == ["no room"]
        assert sorted(scene.table.ids) == [1, 2]

    within(go())


def test_who_asks_for_a_flush_learns_that_it_failed(tmp_path):
    async def go():
        scene = Scene(tmp_path, Listed(Chunk(files(1)), is_open=True), patience=3600.0)
        task = asyncio.create_task(scene.run.run())
        await until(lambda: scene.status.statistics.files_offered == 1)
        scene.table.failures = 1
        with pytest.raises(StorageError, match="no room"):
            await scene.run.flush_now()
        await scene.run.flush_now()
        assert scene.table.ids == [1]
        scene.run.stop("enough")
        await task

    within(go())


def test_what_fails_after_a_stop_ends_the_run_with_its_error(tmp_path):
    """The batch left the dispatcher and never reached the flush writer; the run ended as stopped."""

    async def go():
        scene, task = await stopped_with_some_in_flight(tmp_path)
        last, scene.hands.held = scene.hands.held[1:], scene.hands.held[:1]
        (outcomes,) = [each for each in asyncio.all_tasks() if each.get_name() == "outcomes"]
        scene.table.refused = ZeroDivisionError("a defect")
        scene.hands.release()
        await until(lambda: outcomes.done())
        scene.table.refused = None
        scene.hands.held = last
        scene.hands.release()
        with pytest.raises(ZeroDivisionError, match="a defect"):
            await task

    within(go())
