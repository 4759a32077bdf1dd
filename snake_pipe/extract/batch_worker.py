"""The child side: one batch in, Parquet parts and a few figures out.

Everything here runs in a worker process, or in the coordinator's with the serial executor. Nothing that
one file does ends the batch: its failure is a row. What no file is to blame for, such as a full disk, is
reported as the batch's `failure`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import inspect
import os
import pickle
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import SinkError, SnakePipeError
from snake_pipe.extract.batch_models import BatchResult, ProcessingResult
from snake_pipe.extract.file_reader import TooLargeError, UnreadableError, read_file
from snake_pipe.extract.file_rows import Row, error_row, file_row, rows_to_batch, to_ipc
from snake_pipe.extract.worker_slot import WorkerSlot
from snake_pipe.load.part_writer import PartWriter
from snake_pipe.transform.languages import EXTRACTION_VERSION
from snake_pipe.transform.transformer import AST_QUEUE, FileFacts, Problem, TransformOptions, open_transformer
from snake_pipe.utils.batch_utils import PeakMemory

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch
    from snake_pipe.transform.transformer import Transformer


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker needs beyond its batches; plain data, given once when the process starts.

    `dataset` is None where a user's own `processor` does the work. `slots` is the folder where worker
    processes show what they have in hand; None means that the batch runs in the coordinator's process,
    which must not be ended by a file's time limit. Rows are written whenever `nodes_in_memory` nodes wait,
    so that a batch's memory does not grow with its bytes.
    """

    config: BatchConfig
    job_id: str = ""
    epoch: int = 0
    dataset: str | None = None
    slots: str | None = None
    processor: Callable[[Path], Any] | None = None
    nodes_in_memory: int = 200_000


@dataclass(slots=True)
class WorkerStatistics:
    """What one worker has done so far; time in seconds."""

    batches: int = 0
    files: int = 0
    failed: int = 0
    bytes: int = 0
    busy_seconds: float = 0.0


class BatchWorker:
    """Processes batches one after the other."""

    def __init__(self, worker_id: str, config: BatchConfig, setup: WorkerSetup | None = None) -> None:
        self.worker_id = worker_id
        self.config = config
        self.setup = setup or WorkerSetup(config)
        self.stats = WorkerStatistics()
        self._slot = WorkerSlot(Path(self.setup.slots)) if self.setup.slots else None

    async def process_batch(self, batch: FileBatch) -> BatchResult:
        """Process a batch in a thread, so that the caller's loop goes on."""
        return await asyncio.to_thread(self.run, batch)

    def run(self, batch: FileBatch) -> BatchResult:
        """Process a batch; never raises for what a file contains."""
        started, cpu = time.perf_counter(), time.process_time()
        memory = PeakMemory()
        collecting = gc.isenabled()
        gc.disable()
        try:
            if self.setup.processor is not None:
                result = self._call_processor(batch, self.setup.processor)
            else:
                result = _Extraction(self, batch).run()
        finally:
            self._leave_file()
            if collecting:
                gc.enable()
        result.duration = time.perf_counter() - started
        result.cpu_seconds = time.process_time() - cpu
        result.memory_before, result.memory_after, result.memory_peak = memory.read()
        self.stats.batches += 1
        self.stats.files += result.file_count
        self.stats.failed += result.failure_count
        self.stats.bytes += result.byte_count
        self.stats.busy_seconds += result.duration
        return result

    def enter_file(self, batch: FileBatch, index: int) -> None:
        """Show the file in hand, and see to it that it cannot hold the process for ever.

        The timer's signal has its default action: it ends the process even while native code runs that
        never returns to Python. The coordinator then finds the file in the slot.
        """
        if self._slot is not None:
            self._slot.enter(batch.batch_id, index)
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, self.config.file_timeout_seconds)

    def _leave_file(self) -> None:
        if self._slot is not None:
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, 0)
            self._slot.leave()

    def _call_processor(self, batch: FileBatch, processor: Callable[[Path], Any]) -> BatchResult:
        result = BatchResult(batch.batch_id, batch.attempt, byte_count=batch.total_size)
        for index, file in enumerate(batch.files):
            self.enter_file(batch, index)
            outcome = call_processor(processor, Path(file.os_path))
            if self._slot is not None:
                outcome = _that_travels(outcome)
            result.results.append(outcome)
            key = (outcome.status, file.queue)
            result.outcomes[key] = result.outcomes.get(key, 0) + 1
        return result


def call_processor(processor: Callable[[Path], Any], path: Path) -> ProcessingResult:
    """One call of a user's function, sync or async; what it raises becomes a failed result."""
    started = time.perf_counter()
    try:
        value = processor(path)
        if inspect.isawaitable(value):
            value = asyncio.run(_wait(value))
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - a user's code may raise anything
        spent = (time.perf_counter() - started) * 1000
        return ProcessingResult(str(path), "failed", f"{type(error).__name__}: {error}", spent)
    if isinstance(value, ProcessingResult):
        return value
    return ProcessingResult(str(path), "ok", None, (time.perf_counter() - started) * 1000, value)


def _that_travels(result: ProcessingResult) -> ProcessingResult:
    """The result, or a failed one where its value does not pickle: that would fail the whole batch."""
    try:
        pickle.dumps(result.value)
    except Exception as error:  # noqa: BLE001 - pickling runs the user's code
        return ProcessingResult(
            result.path, "failed", f"the value returned cannot be pickled: {error}", result.duration_ms
        )
    return result


async def _wait(value: Any) -> Any:
    return await value


@dataclass(slots=True)
class _Entry:
    """A file of the batch with what is known of it so far."""

    file: DiscoveredFile
    facts: FileFacts
    figures: Row = field(default_factory=dict)
    retriable: bool = False


class _Extraction:
    """One batch on its way from bytes to parts."""

    def __init__(self, worker: BatchWorker, batch: FileBatch) -> None:
        setup, config = worker.setup, worker.config
        if setup.dataset is None:
            raise SnakePipeError("a worker without a processor needs a dataset")
        self._worker = worker
        self._batch = batch
        self._job_id = setup.job_id
        self._max_size = config.max_file_size
        self._nodes_in_memory = setup.nodes_in_memory
        self._options = TransformOptions(
            tables=frozenset(config.tables), anonymous=config.anonymous, attrs=config.attrs
        )
        self._setup = setup
        self._writer = self._open_writer()
        self._transformer: Transformer | None = None
        self._entries: dict[int, _Entry] = {}
        self._rows: dict[str, int] = {}

    def _open_writer(self) -> PartWriter:
        setup, config, batch = self._setup, self._setup.config, self._batch
        assert setup.dataset is not None
        return PartWriter(
            Path(setup.dataset),
            f"{setup.job_id}-{setup.epoch}-{batch.batch_id}-{batch.attempt}",
            config.tables,
            codec=config.compression,
            level=config.compression_level,
        )

    def run(self) -> BatchResult:
        result = BatchResult(self._batch.batch_id, self._batch.attempt)
        try:
            try:
                self._run_together()
            except (MemoryError, Exception) as error:
                if isinstance(error, SinkError):
                    raise
                self._writer.abort()
                self._writer, self._transformer, self._rows = self._open_writer(), None, {}
                self._run_one_by_one()
            result.parts = self._writer.close()
        except SinkError as error:
            self._writer.abort()
            result.failure = str(error)
            return result
        except BaseException:
            self._writer.abort()
            raise
        self._report(result)
        return result

    def _run_together(self) -> None:
        for index, file in enumerate(self._batch.files):
            self._worker.enter_file(self._batch, index)
            self._take(file)
            if self._transformer is not None and self._transformer.pending_nodes >= self._nodes_in_memory:
                self._drain()
        self._drain()

    def _run_one_by_one(self) -> None:
        """Each file with a transformer of its own, so that a defect costs the rows of one."""
        for index, file in enumerate(self._batch.files):
            self._worker.enter_file(self._batch, index)
            self._transformer = None
            self._take(file)
            try:
                self._drain()
            except SinkError:
                raise
            except MemoryError:
                self._entries[file.file_id].facts = _failed("extract", "out_of_memory", _TOO_LITTLE_MEMORY)
            except Exception as error:  # noqa: BLE001 - as above
                text = f"{type(error).__name__}: {error}"
                self._entries[file.file_id].facts = _failed("extract", "internal_error", text)

    def _take(self, file: DiscoveredFile) -> None:
        started = time.perf_counter()
        entry = self._entries[file.file_id] = _Entry(file, FileFacts())
        if file.skip_reason is not None:
            entry.facts = FileFacts("skipped", file.skip_reason)
            return
        try:
            content = read_file(file.root, file.relative, self._max_size)
        except TooLargeError as error:
            entry.facts = FileFacts("skipped", error.code)
            entry.figures = {"size_bytes": error.size_bytes}
            return
        except UnreadableError as error:
            entry.facts = _failed("read", error.code, error.message)
            entry.retriable = error.retriable
            return
        entry.figures = {
            "size_bytes": content.size_bytes,
            "mtime_ns": content.mtime_ns,
            "sha256": hashlib.sha256(content.data).hexdigest(),
        }
        try:
            if self._transformer is None:
                self._transformer = open_transformer(self._batch.queue, self._options)
            entry.facts = self._transformer.add(file.file_id, file.path, content.data)
        except MemoryError:
            entry.facts = _failed("parse", "out_of_memory", _TOO_LITTLE_MEMORY)
        except Exception as error:  # noqa: BLE001 - a defect met by one file must not cost the others
            entry.facts = _failed("extract", "internal_error", f"{type(error).__name__}: {error}")
        entry.figures["duration_ms"] = (time.perf_counter() - started) * 1000

    def _drain(self) -> None:
        if self._transformer is None:
            return
        transformed = self._transformer.drain()
        for table, rows in transformed.tables.items():
            self._writer.write(table, rows)
            self._rows[table] = self._rows.get(table, 0) + rows.num_rows
        for file_id, facts in transformed.facts.items():
            self._entries[file_id].facts = facts

    def _report(self, result: BatchResult) -> None:
        file_rows = []
        error_rows = []
        for entry in self._entries.values():
            facts, file = entry.facts, entry.file
            if file.queue == AST_QUEUE and facts.parser is None:  # also what is no tree was looked at
                facts.parser, facts.parser_version = AST_QUEUE, f"r{EXTRACTION_VERSION}"
            file_rows.append(
                file_row(
                    file,
                    self._job_id,
                    **{
                        "language": facts.language or (None if file.queue == "ast" else file.queue),
                        "dialect": facts.dialect,
                        "parser": facts.parser,
                        "parser_version": facts.parser_version,
                        "status": facts.status,
                        "reason": facts.reason,
                        "node_count": facts.node_count,
                        "symbol_count": facts.symbol_count,
                        "ref_count": facts.ref_count,
                        "import_count": facts.import_count,
                        "error_count": len(facts.problems),
                        "max_depth": facts.max_depth,
                        "line_count": facts.line_count,
                        "offset_unit": facts.offset_unit,
                        "attempts": self._batch.attempt,
                        "traits": facts.traits,
                        "source_path": facts.source_path,
                        **entry.figures,
                    },
                )
            )
            error_rows += [
                error_row(
                    file.path,
                    self._job_id,
                    file_id=file.file_id,
                    phase=problem.phase,
                    code=problem.code,
                    message=problem.message,
                    start_line=problem.start_line,
                    start_col=problem.start_col,
                    attempt=self._batch.attempt,
                    retriable=entry.retriable,
                )
                for problem in facts.problems
            ]
            outcome = (facts.status, facts.language or facts.dialect or file.queue)
            result.outcomes[outcome] = result.outcomes.get(outcome, 0) + 1
            result.byte_count += file_rows[-1]["size_bytes"] or 0
        result.files = to_ipc(rows_to_batch("files", file_rows))
        result.errors = to_ipc(rows_to_batch("errors", error_rows)) if error_rows else b""
        result.rows = {**self._rows, "files": len(file_rows), "errors": len(error_rows)}


_TOO_LITTLE_MEMORY = "not enough memory for this file; raise --memory-limit or exclude it"


def _failed(phase: str, code: str, message: str) -> FileFacts:
    return FileFacts("failed", code, problems=[Problem(phase, code, message)])


_worker: BatchWorker | None = None


def start_worker(setup: WorkerSetup) -> None:
    """Initializer of a worker process: make it end with its parent, and keep it quiet for the terminal."""
    global _worker
    if setup.slots is not None:
        _end_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides what Ctrl-C means
        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        import pyarrow as pa

        pa.set_cpu_count(1)  # one process a core already
        gc.freeze()
    _worker = BatchWorker(f"{setup.job_id}-{os.getpid()}", setup.config, setup)


def run_batch(batch: FileBatch) -> BatchResult:
    """Process one batch in this worker process; what goes wrong comes back as data, never as an exception."""
    if _worker is None:
        return BatchResult(batch.batch_id, batch.attempt, failure="the worker was not started")
    try:
        return _worker.run(batch)
    except BaseException as error:  # noqa: BLE001 - an exception may not unpickle, SystemExit ends the pool
        return BatchResult(batch.batch_id, batch.attempt, failure=f"{type(error).__name__}: {error}")


def _end_with_parent() -> None:
    """End this process when the coordinator is gone: an orphan would write parts that nobody names."""
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        with contextlib.suppress(OSError):
            connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()
