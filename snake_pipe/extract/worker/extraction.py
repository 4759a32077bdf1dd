"""One batch of files, from bytes on disk to Parquet parts and rows of `files` and `errors`."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe import plugins
from snake_pipe.errors import SinkError, SnakePipeError
from snake_pipe.extract.batch_models import BatchResult
from snake_pipe.extract.batching.memory import plan_memory
from snake_pipe.extract.model.rows import Row, error_row, file_row, rows_to_batch, to_ipc, tree_in
from snake_pipe.extract.worker.reader import TRIES, TooLargeError, UnreadableError, open_file, read_file
from snake_pipe.load.part_writer import PartWriter
from snake_pipe.transform.rows.contract import AST_QUEUE, FileFacts, Problem, TransformOptions
from snake_pipe.transform.transformer import open_transformer
from snake_pipe.utils.batch_utils import add_counts, memory_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pyarrow as pa

    from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch
    from snake_pipe.extract.worker.setup import WorkerSetup
    from snake_pipe.transform.rows.contract import Transformer


@dataclass(slots=True)
class _Entry:
    """A file of the batch with what is known of it so far."""

    file: DiscoveredFile
    facts: FileFacts
    figures: Row = field(default_factory=dict)
    retriable: bool = False
    trees: dict[int, FileFacts] = field(default_factory=dict)
    """Of a document that holds several: the facts of each by its own id."""


class _VoidRowsError(Exception):
    """Rows were written of a file that turned out to be bad: the batch is to be written again without it."""


class _Waiting:
    """Rows of pieces that are put together to groups of `size` rows: a group costs memory until the end."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._batches: dict[str, list[pa.RecordBatch]] = {}
        self._rows: dict[str, int] = {}

    def add(self, tables: Mapping[str, pa.RecordBatch]) -> dict[str, pa.RecordBatch]:
        """Take more rows; those of tables that have enough now."""
        for table, rows in tables.items():
            if rows.num_rows:
                self._batches.setdefault(table, []).append(rows)
                self._rows[table] = self._rows.get(table, 0) + rows.num_rows
        return {table: self._take(table) for table, rows in self._rows.items() if rows >= self._size}

    def rest(self) -> dict[str, pa.RecordBatch]:
        """All that is left."""
        return {table: self._take(table) for table, batches in self._batches.items() if batches}

    def _take(self, table: str) -> pa.RecordBatch:
        import pyarrow as pa

        rows = pa.concat_batches(self._batches[table])
        self._batches[table], self._rows[table] = [], 0
        return rows


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
        limit = memory_limit(config.memory_limit_bytes)
        self._batch_memory = plan_memory(limit, config.workers).batch_memory
        self._options = TransformOptions(
            tables=frozenset(config.tables),
            anonymous=config.anonymous,
            attrs=config.attrs,
            dialects=plugins.own_dialects(config.dialects),
        )
        self._setup = setup
        self._writer = self._open_writer()
        self._transformers: dict[str, Transformer] = {}
        self._entries: dict[int, _Entry] = {}
        self._rows: dict[str, int] = {}
        self._void: set[int] = set()
        self._tries: dict[int, int] = {}

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
        run_all = self._run_together
        try:
            while True:
                try:
                    run_all()
                    break
                except SinkError:
                    raise
                except _VoidRowsError:
                    pass  # what is known of that file is kept, and it is passed over
                except (MemoryError, Exception):
                    if run_all == self._run_one_by_one:
                        raise
                    run_all = self._run_one_by_one
                self._writer.abort()
                self._writer, self._transformers, self._rows = self._open_writer(), {}, {}
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
        most = self._nodes_in_memory
        if self._batch.queue == AST_QUEUE:
            most = min(most, _MOST_TREE_NODES)
        for index, file in enumerate(self._batch.files):
            self._enter_file(self._batch, index)
            self._take(file)
            if sum(each.pending_nodes for each in self._transformers.values()) >= most:
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
        if file.file_id in self._void:
            return
        started = time.perf_counter()
        entry = self._entries[file.file_id] = _Entry(file, FileFacts())
        if file.skip_reason is not None:
            entry.facts = FileFacts("skipped", file.skip_reason)
            return
        try:
            if self._is_large(file) and self._take_large(entry):
                entry.figures["duration_ms"] = (time.perf_counter() - started) * 1000
                return
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
            entry.facts = self._transformer_of(file.queue).add(
                file.file_id, file.path, content.data, most_trees=file.most_trees
            )
        except MemoryError:
            entry.facts = _failed("parse", "out_of_memory", _TOO_LITTLE_MEMORY)
        except Exception as error:  # noqa: BLE001 - a defect met by one file must not cost the others
            entry.facts = _failed("extract", "internal_error", f"{type(error).__name__}: {error}")
        entry.figures["duration_ms"] = (time.perf_counter() - started) * 1000

    def _is_large(self, file: DiscoveredFile) -> bool:
        """Whether it is a tree's file that is read in pieces, for the sake of memory."""
        return file.queue == AST_QUEUE and _unpacked(file) > min(
            self._nodes_in_memory * _LARGE, self._batch_memory / _MEMORY
        )

    def _take_large(self, entry: _Entry) -> bool:
        """Read a tree's file in pieces, and write their rows at once; UnreadableError as `read_file`.

        False if it cannot be cut, for its depth, and can be read as a whole.
        """
        from snake_pipe.transform.trees.large.blocks import JsonBlocks
        from snake_pipe.transform.trees.large.transformer import stream

        file = entry.file
        self._drain()
        with open_file(file.root, file.relative, self._max_size) as opened:
            entry.figures = {
                "size_bytes": opened.size_bytes,
                "mtime_ns": opened.mtime_ns,
                "sha256": opened.sha256(),
            }

            def blocks() -> JsonBlocks:
                opened.rewind()
                return JsonBlocks(opened.read, opened.size_bytes)

            piece = self._nodes_in_memory * _PIECE
            parts = stream(file.file_id, file.path, blocks, self._options, piece, file.most_trees)
            has_rows = False
            waiting = _Waiting(self._nodes_in_memory // 2)
            try:
                for part in parts:
                    self._note(part.facts)
                    has_rows |= bool(part.tables)
                    self._write(waiting.add(part.tables))
                self._write(waiting.rest())
            except UnreadableError as error:
                entry.facts, entry.retriable = _failed("read", error.code, error.message), error.retriable
            except SinkError:
                raise
            except MemoryError:
                entry.facts = _failed("extract", "out_of_memory", _TOO_LITTLE_MEMORY)
            except Exception as error:  # noqa: BLE001 - as with files that are read as a whole
                entry.facts = _failed("extract", "internal_error", f"{type(error).__name__}: {error}")
            changed = not opened.is_unchanged()
        if (
            entry.facts.reason == "too_deep"
            and not has_rows
            and _unpacked(file) <= self._batch_memory / _MEMORY
        ):
            return False
        if changed:
            self._tries[file.file_id] = self._tries.get(file.file_id, 0) + 1
            if self._tries[file.file_id] < TRIES:
                raise _VoidRowsError
            entry.facts, entry.retriable = _failed("read", "changed_while_reading", _CHANGED), True
        if has_rows and (changed or entry.facts.status in ("failed", "skipped")):
            self._void.add(file.file_id)
            entry.trees.clear()
            raise _VoidRowsError
        return True

    def _transformer_of(self, queue: str) -> Transformer:
        """One for each language that the batch holds: a batch of the mixed queue holds several."""
        transformer = self._transformers.get(queue)
        if transformer is None:
            transformer = self._transformers[queue] = open_transformer(queue, self._options)
        return transformer

    def _drain(self) -> None:
        for transformer in self._transformers.values():
            transformed = transformer.drain()
            self._write(transformed.tables)
            self._note(transformed.facts)

    def _note(self, facts: Mapping[int, FileFacts]) -> None:
        """Keep what is known of files, and of trees with the file that holds them."""
        for file_id, each in facts.items():
            if each.container_id is None:
                self._entries[file_id].facts = each
            else:
                self._entries[each.container_id].trees[file_id] = each

    def _write(self, tables: Mapping[str, pa.RecordBatch]) -> None:
        for table, rows in tables.items():
            self._writer.write(table, rows)
            self._rows[table] = self._rows.get(table, 0) + rows.num_rows

    def _report(self, result: BatchResult) -> None:
        file_rows = []
        error_rows: list[Row] = []
        for entry in self._entries.values():
            facts, file = entry.facts, entry.file
            file_rows.append(self._file_row(file, facts, entry.figures))
            error_rows += self._error_rows(file, entry, facts)
            for tree_id, tree in entry.trees.items():
                part = tree_in(file, tree_id, tree.fragment)
                figures = {
                    **entry.figures,
                    "size_bytes": None,
                    "duration_ms": None,
                    "container_id": file.file_id,
                }
                file_rows.append(self._file_row(part, tree, figures))
                error_rows += self._error_rows(part, entry, tree)
            result.trees += len(entry.trees)
            result.containers += bool(entry.trees)
            outcome = (facts.status, facts.language or facts.dialect or file.queue)
            add_counts(result.outcomes, {outcome: 1})
            if facts.reason is not None and facts.status != "ok":
                add_counts(result.reasons, {(facts.status, facts.reason): 1})
            result.byte_count += entry.figures.get("size_bytes", file.size_bytes) or 0
        result.files = to_ipc(rows_to_batch("files", file_rows))
        result.errors = to_ipc(rows_to_batch("errors", error_rows)) if error_rows else b""
        result.rows = {**self._rows, "files": len(file_rows), "errors": len(error_rows)}

    def _file_row(self, file: DiscoveredFile, facts: FileFacts, figures: Row) -> Row:
        if file.queue == AST_QUEUE and facts.parser is None:  # also what is no tree was looked at
            facts.parser = AST_QUEUE
            facts.parser_version = plugins.ast_version(self._options.dialects)
        return file_row(
            file,
            self._job_id,
            **{
                "language": facts.language or (None if file.queue == AST_QUEUE else file.queue),
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
                **figures,
            },
        )

    def _error_rows(self, file: DiscoveredFile, entry: _Entry, facts: FileFacts) -> Iterator[Row]:
        for problem in facts.problems:
            yield error_row(
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


_MOST_TREE_NODES = 50_000
"""Nodes of decoded trees that wait: what is kept of more scatters the memory of the trees that follow."""
_LARGE = 60
"""Bytes of a tree's file for each node that may be held, above which it is read in pieces."""
_PIECE = 6
"""Bytes of such a piece for each node that may be held."""
_MEMORY = 30
"""Bytes of memory that a byte of JSON may need while it becomes rows; real trees need ten to twenty."""
_PACKED = 15
"""How many times its packed size a tree has, more or less."""


def _unpacked(file: DiscoveredFile) -> int:
    return file.size_bytes * (_PACKED if file.path.lower().endswith(".gz") else 1)


_CHANGED = f"the file changed during each of {TRIES} reads"
_TOO_LITTLE_MEMORY = "not enough memory for this file; raise --memory-limit or exclude it"


def _failed(phase: str, code: str, message: str) -> FileFacts:
    return FileFacts("failed", code, problems=[Problem(phase, code, message)])
