"""One batch of files, from bytes on disk to Parquet parts and rows of `files` and `errors`."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import SinkError, SnakePipeError
from snake_pipe.extract.batch_models import BatchResult
from snake_pipe.extract.file_reader import TooLargeError, UnreadableError, read_file
from snake_pipe.extract.file_rows import Row, error_row, file_row, rows_to_batch, to_ipc
from snake_pipe.load.part_writer import PartWriter
from snake_pipe.transform.languages import EXTRACTION_VERSION
from snake_pipe.transform.transformer import (
    AST_QUEUE,
    FileFacts,
    Problem,
    TransformOptions,
    open_transformer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch
    from snake_pipe.extract.batch_worker import WorkerSetup
    from snake_pipe.transform.transformer import Transformer


@dataclass(slots=True)
class _Entry:
    """A file of the batch with what is known of it so far."""

    file: DiscoveredFile
    facts: FileFacts
    figures: Row = field(default_factory=dict)
    retriable: bool = False


class Extraction:
    """One batch, run once. `enter_file(batch, index)` is called before each file is touched."""

    def __init__(
        self, setup: WorkerSetup, batch: FileBatch, enter_file: Callable[[FileBatch, int], None]
    ) -> None:
        config = setup.config
        if setup.dataset is None:
            raise SnakePipeError("a worker without a processor needs a dataset")
        self._enter_file = enter_file
        self._batch = batch
        self._job_id = setup.job_id
        self._max_size = config.max_file_size
        self._nodes_in_memory = setup.nodes_in_memory
        self._options = TransformOptions(
            tables=frozenset(config.tables), anonymous=config.anonymous, attrs=config.attrs
        )
        self._setup = setup
        self._writer = self._open_writer()
        self._transformers: dict[str, Transformer] = {}
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
        """Read, transform and write all files; a disk that refuses is the result's `failure`."""
        result = BatchResult(self._batch.batch_id, self._batch.attempt)
        try:
            try:
                self._run_together()
            except (MemoryError, Exception) as error:
                if isinstance(error, SinkError):
                    raise
                self._writer.abort()
                self._writer, self._transformers, self._rows = self._open_writer(), {}, {}
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
            self._enter_file(self._batch, index)
            self._take(file)
            if sum(each.pending_nodes for each in self._transformers.values()) >= self._nodes_in_memory:
                self._drain()
        self._drain()

    def _run_one_by_one(self) -> None:
        """Each file with a transformer of its own, so that a defect costs the rows of one."""
        for index, file in enumerate(self._batch.files):
            self._enter_file(self._batch, index)
            self._transformers.clear()
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
            entry.facts = self._transformer_of(file.queue).add(file.file_id, file.path, content.data)
        except MemoryError:
            entry.facts = _failed("parse", "out_of_memory", _TOO_LITTLE_MEMORY)
        except Exception as error:  # noqa: BLE001 - a defect met by one file must not cost the others
            entry.facts = _failed("extract", "internal_error", f"{type(error).__name__}: {error}")
        entry.figures["duration_ms"] = (time.perf_counter() - started) * 1000

    def _transformer_of(self, queue: str) -> Transformer:
        """One for each language that the batch holds: a batch of the mixed queue holds several."""
        transformer = self._transformers.get(queue)
        if transformer is None:
            transformer = self._transformers[queue] = open_transformer(queue, self._options)
        return transformer

    def _drain(self) -> None:
        for transformer in self._transformers.values():
            transformed = transformer.drain()
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
