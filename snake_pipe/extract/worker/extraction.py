"""One batch of files, from bytes on disk to Parquet parts and rows of `files` and `errors`."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe import plugins
from snake_pipe.errors import SinkError, SnakePipeError
from snake_pipe.extract.batch_models import BatchResult
from snake_pipe.extract.worker.outcomes import Outcomes
from snake_pipe.extract.worker.parts import BatchParts
from snake_pipe.extract.worker.pieces import PieceReader
from snake_pipe.extract.worker.reader import TooLargeError, UnreadableError, read_file
from snake_pipe.transform.rows.contract import AST_QUEUE, FileFacts, TransformOptions
from snake_pipe.transform.transformer import open_transformer

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch
    from snake_pipe.extract.worker.outcomes import FileOutcome
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
        )
        stem = f"{setup.job_id}-{setup.epoch}-{batch.batch_id}-{batch.attempt}"
        self._parts = BatchParts(Path(setup.dataset), stem, config)
        self._pieces = PieceReader(self._parts, self._options, memory, config.max_file_size)
        self._transformers: dict[str, Transformer] = {}
        self._outcomes = self._no_outcomes()

    def run(self) -> BatchResult:
        """Read, transform and write all files; a disk that refuses is the result's `failure`."""
        result = BatchResult(self._batch.batch_id, self._batch.attempt)
        try:
            try:
                self._run_together()
            except SinkError:
                raise
            except Exception:  # noqa: BLE001 - which file is to blame turns out one by one
                self._parts.restart()
                self._outcomes = self._no_outcomes()
                self._run_one_by_one()
            result.parts = self._parts.close()
        except SinkError as error:
            self._parts.abort()
            result.failure = str(error)
            return result
        except BaseException:
            self._parts.abort()
            raise
        self._outcomes.report(result, self._parts.rows)
        return result

    def _run_together(self) -> None:
        for index, file in enumerate(self._batch.files):
            self._enter_file(self._batch, index)
            self._take(index, file)
            if sum(each.pending_nodes for each in self._transformers.values()) >= self._most_nodes:
                self._drain()
        self._drain()

    def _run_one_by_one(self) -> None:
        """Each file with a transformer of its own, so that a defect costs the rows of one."""
        for index, file in enumerate(self._batch.files):
            self._enter_file(self._batch, index)
            self._transformers.clear()
            outcome = self._take(index, file)
            try:
                self._drain()
            except SinkError:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                outcome.fail_by(error)

    def _take(self, index: int, file: DiscoveredFile) -> FileOutcome:
        """Read a file and transform it; its rows may wait for `_drain`."""
        started = time.perf_counter()
        outcome = self._outcomes.begin(file)
        if file.skip_reason is not None:
            outcome.facts = FileFacts("skipped", file.skip_reason)
            return outcome
        try:
            if not (self._pieces.takes(file) and self._take_in_pieces(index, outcome)):
                self._take_whole(outcome)
        except TooLargeError as error:
            outcome.facts = FileFacts("skipped", error.code)
            outcome.figures = {"size_bytes": error.size_bytes}
        except UnreadableError as error:
            outcome.fail_to_read(error)
        else:
            outcome.figures["duration_ms"] = (time.perf_counter() - started) * 1000
        return outcome

    def _take_in_pieces(self, index: int, outcome: FileOutcome) -> bool:
        """False if it is to be read as a whole after all."""
        self._drain()  # its pieces need the memory
        return self._pieces.read(outcome, lambda: self._enter_file(self._batch, index))

    def _take_whole(self, outcome: FileOutcome) -> None:
        file = outcome.file
        content = read_file(file.root, file.relative, self._max_file_size)
        outcome.figures = {
            "size_bytes": content.size_bytes,
            "mtime_ns": content.mtime_ns,
            "sha256": hashlib.sha256(content.data).hexdigest(),
        }
        try:
            transformer = self._transformer_of(file.queue)
            outcome.facts = transformer.add(file.file_id, file.path, content.data, most_trees=file.most_trees)
        except Exception as error:  # noqa: BLE001 - a defect met by one file must not cost the others
            outcome.fail_by(error, memory_phase="parse")

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
            self._outcomes.note(transformed.facts)

    def _no_outcomes(self) -> Outcomes:
        return Outcomes(self._job_id, self._batch.attempt, self._options.dialects)
