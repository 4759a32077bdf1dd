"""One batch of files, from bytes on disk to Parquet parts and rows of `files` and `errors`."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from snake_pipe import plugins
from snake_pipe.errors import SnakePipeError, StorageError
from snake_pipe.extract.batch_models import BatchResult
from snake_pipe.extract.disk.folders import LastFolder
from snake_pipe.extract.disk.reader import TooLargeError, UnreadableError, read_file
from snake_pipe.extract.worker.file_results import FileResults
from snake_pipe.extract.worker.parts import BatchParts
from snake_pipe.extract.worker.pieces import PieceReader
from snake_pipe.extract.worker.processing import Processing
from snake_pipe.storage.open import open_storage
from snake_pipe.transform.rows.contract import AST_QUEUE, FileFacts, TransformOptions
from snake_pipe.transform.transformer import open_transformer

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.extract.batch_models import FileBatch
    from snake_pipe.extract.worker.file_results import FileResult
    from snake_pipe.extract.worker.setup import WorkerSetup
    from snake_pipe.transform.rows.contract import Transformer


class Extraction:
    """One batch, run once. `enter_file(batch, index)` is called before each file is touched.

    Files are transformed together and their rows written whenever many nodes wait. Where that meets a
    defect, the batch is read again, one file at a time.
    """

    def __init__(
        self, setup: WorkerSetup, batch: FileBatch, enter_file: Callable[[FileBatch, int], None]
    ) -> None:
        if setup.dataset is None or setup.memory is None:
            raise SnakePipeError("a worker without a processor needs a dataset and a share of the memory")
        config, memory = setup.config, setup.memory
        self._enter_file = enter_file
        self._batch = batch
        self._job_id = setup.job_id
        self._max_file_size = config.max_file_size
        self._most_nodes = memory.tree_nodes_in_memory if batch.queue == AST_QUEUE else memory.nodes_in_memory
        self._options = TransformOptions(
            tables=frozenset(config.tables),
            anonymous=config.anonymous,
            attrs=config.attrs,
            dialects=plugins.own_dialects(config.dialects),
            seconds=config.file_timeout_seconds,
        )
        stem = f"{setup.job_id}-{setup.epoch}-{batch.batch_id}-{batch.attempt}"
        self._parts = BatchParts(open_storage(setup.dataset), stem, config)
        self._pieces = PieceReader(self._parts, self._options, memory, config.max_file_size)
        self._processing = Processing(config.processors, self._parts.write)
        self._parses = not config.processors_only
        self._transformers: dict[str, Transformer] = {}
        self._file_results = self._no_results()
        self._folder = LastFolder()

    def run(self) -> BatchResult:
        """Read, transform and write all files; a disk that refuses is the result's `failure`."""
        try:
            return self._run()
        finally:
            self._folder.close()

    def _run(self) -> BatchResult:
        result = BatchResult(self._batch.batch_id, self._batch.attempt)
        try:
            try:
                self._run_together()
            except StorageError:
                raise
            except Exception:  # noqa: BLE001 - which file is to blame turns out one by one
                self._parts.restart()
                self._processing.restart()
                self._file_results = self._no_results()
                self._run_one_by_one()
            self._processing.drain()
            result.parts = self._parts.close()
        except StorageError as error:
            self._parts.abort()
            result.failure = str(error)
            return result
        except BaseException:
            self._parts.abort()
            raise
        self._file_results.report(result, self._parts.rows)
        return result

    def _run_together(self) -> None:
        for index, file in enumerate(self._batch.files):
            self._enter_file(self._batch, index)
            self._take(index, self._file_results.begin(file))
            if sum(each.pending_nodes for each in self._transformers.values()) >= self._most_nodes:
                self._drain()
        self._drain()

    def _run_one_by_one(self) -> None:
        """Each file with a transformer of its own, so that a defect costs the rows of one."""
        for index, file in enumerate(self._batch.files):
            self._enter_file(self._batch, index)
            self._transformers.clear()
            file_result = self._file_results.begin(file)
            with file_result.failing():
                self._take(index, file_result)
                self._drain()

    def _take(self, index: int, file_result: FileResult) -> None:
        """Read a file and transform it; its rows may wait for `_drain`."""
        started = time.perf_counter()
        file = file_result.file
        if file.skip_reason is not None:
            file_result.facts = FileFacts("skipped", file.skip_reason)
            return
        try:
            if not (self._parses and self._pieces.takes(file) and self._take_in_pieces(index, file_result)):
                self._take_whole(file_result)
            if file_result.facts.status not in ("skipped", "quarantined"):
                self._processing.process(file_result)
        except TooLargeError as error:
            file_result.facts = FileFacts("skipped", error.code)
            file_result.figures = {"size_bytes": error.size_bytes}
        except UnreadableError as error:
            file_result.fail_to_read(error)
        else:
            file_result.figures["duration_ms"] = (time.perf_counter() - started) * 1000

    def _take_in_pieces(self, index: int, file_result: FileResult) -> bool:
        """False if it is to be read as a whole after all."""
        self._drain()  # its pieces need the memory
        return self._pieces.read(file_result, lambda: self._enter_file(self._batch, index))

    def _take_whole(self, file_result: FileResult) -> None:
        file = file_result.file
        content = read_file(file.root, file.relative, self._max_file_size, self._folder)
        file_result.figures = {
            "size_bytes": content.size_bytes,
            "mtime_ns": content.mtime_ns,
            "sha256": hashlib.sha256(content.data).hexdigest(),
        }
        if not self._parses:
            return
        with file_result.failing("parse"):
            transformer = self._transformer_of(file.queue)
            file_result.facts = transformer.add(
                file.file_id, file.path, content.data, most_trees=file.most_trees
            )

    def _transformer_of(self, queue: str) -> Transformer:
        """One for each language that the batch holds: a batch of the mixed queue holds several."""
        transformer = self._transformers.get(queue)
        if transformer is None:
            transformer = self._transformers[queue] = open_transformer(queue, self._options)
        return transformer

    def _drain(self) -> None:
        for transformer in self._transformers.values():
            transformed = transformer.drain()
            self._parts.write(transformed.tables)
            self._file_results.note(transformed.facts)

    def _no_results(self) -> FileResults:
        return FileResults(self._job_id, self._batch.attempt, self._options.dialects)
