"""What became of each file of a batch, and the rows of `files` and `errors` that say it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from snake_pipe import plugins
from snake_pipe.errors import StorageError
from snake_pipe.extract.disk.reader import UnreadableError
from snake_pipe.extract.model.rows import Row, error_row, file_row, rows_to_batch, to_ipc, tree_in
from snake_pipe.transform.rows.contract import AST_QUEUE, FileFacts, Problem
from snake_pipe.utils.batch_utils import add_counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from snake_pipe.extract.batch_models import BatchResult, DiscoveredFile
    from snake_pipe.transform.dialects.dialect import Dialect

_TOO_LITTLE_MEMORY = "not enough memory for this file; raise --memory-limit or exclude it"


@dataclass(slots=True)
class FileResult:
    """What is known of one file so far.

    `figures` are columns of its row that no transformer knows. `trees` are, by their own ids, the facts of
    the trees in a document that holds several. `retriable` is whether another run may read it. `processing`
    is what a user's processors failed at.
    """

    file: DiscoveredFile
    facts: FileFacts = field(default_factory=FileFacts)
    figures: Row = field(default_factory=dict)
    trees: dict[int, FileFacts] = field(default_factory=dict)
    retriable: bool = False
    processing: list[Problem] = field(default_factory=list)

    def note(self, file_id: int, facts: FileFacts) -> None:
        """Keep what a transformer says of the file, or of a tree in it."""
        if facts.container_id is None:
            self.facts = facts
        else:
            self.trees[file_id] = facts

    def closing_facts(self) -> FileFacts:
        """The facts with what processors failed at: the file is `partial` if all else is well with it."""
        if not self.processing:
            return self.facts
        problems = [*self.facts.problems, *self.processing]
        if self.facts.status != "ok":
            return replace(self.facts, problems=problems)
        return replace(self.facts, status="partial", reason=self.processing[0].code, problems=problems)

    def fail(self, phase: str, code: str, message: str, *, retriable: bool = False) -> None:
        """Nothing is to be had of the file."""
        self.facts = FileFacts("failed", code, problems=[Problem(phase, code, message)])
        self.trees = {}
        self.retriable = retriable

    def fail_to_read(self, error: UnreadableError) -> None:
        """The disk did not give its bytes."""
        self.fail("read", error.code, error.message, retriable=error.retriable)

    @contextmanager
    def failing(self, memory_phase: str = "extract") -> Iterator[None]:
        """What goes wrong in the block is this file's failure alone; StorageError is not."""
        try:
            yield
        except StorageError:
            raise
        except UnreadableError as error:
            self.fail_to_read(error)
        except Exception as error:  # noqa: BLE001 - a defect, or memory that ran short in `memory_phase`
            self._fail_by(error, memory_phase)

    def _fail_by(self, error: Exception, memory_phase: str) -> None:
        if isinstance(error, MemoryError):
            self.fail(memory_phase, "out_of_memory", _TOO_LITTLE_MEMORY)
        else:
            self.fail("extract", "internal_error", f"{type(error).__name__}: {error}")


class FileResults:
    """Those of all files of one batch."""

    def __init__(self, job_id: str, attempt: int, dialects: Sequence[Dialect]) -> None:
        """`dialects` are the user's own."""
        self._job_id = job_id
        self._attempt = attempt
        self._dialects = tuple(dialects)
        self._of_files: dict[int, FileResult] = {}

    def begin(self, file: DiscoveredFile) -> FileResult:
        """The result of a file that is read now."""
        file_result = self._of_files[file.file_id] = FileResult(file)
        return file_result

    def note(self, facts: Mapping[int, FileFacts]) -> None:
        """Keep what a transformer says of files, and of trees with the file that holds them."""
        for file_id, each in facts.items():
            container_id = each.container_id
            self._of_files[file_id if container_id is None else container_id].note(file_id, each)

    def report(self, result: BatchResult, rows: Mapping[str, int]) -> None:
        """Add everything to the batch's result; `rows` counts those in its parts."""
        file_rows: list[Row] = []
        error_rows: list[Row] = []
        for file_result in self._of_files.values():
            facts, file = file_result.closing_facts(), file_result.file
            file_rows.append(self._file_row(file, facts, file_result.figures))
            error_rows += self._error_rows(file, facts, file_result.retriable)
            for tree_id, tree in file_result.trees.items():
                part = tree_in(file, tree_id, tree.fragment)
                figures = {
                    **file_result.figures,
                    "size_bytes": None,
                    "duration_ms": None,
                    "container_id": file.file_id,
                }
                file_rows.append(self._file_row(part, tree, figures))
                error_rows += self._error_rows(part, tree, file_result.retriable)
            result.trees += len(file_result.trees)
            result.containers += bool(file_result.trees)
            add_counts(result.outcomes, {(facts.status, facts.language or facts.dialect or file.queue): 1})
            if facts.reason is not None and facts.status != "ok":
                add_counts(result.reasons, {(facts.status, facts.reason): 1})
            result.byte_count += file_result.figures.get("size_bytes", file.size_bytes) or 0
        result.files = to_ipc(rows_to_batch("files", file_rows))
        result.errors = to_ipc(rows_to_batch("errors", error_rows)) if error_rows else b""
        result.rows = {**rows, "files": len(file_rows), "errors": len(error_rows)}

    def _file_row(self, file: DiscoveredFile, facts: FileFacts, figures: Row) -> Row:
        if facts.status == "quarantined":  # nothing is told of it, as where it has ended its worker
            return file_row(
                file,
                self._job_id,
                status=facts.status,
                reason=facts.reason,
                attempts=self._attempt,
                error_count=len(facts.problems),
            )
        if file.queue == AST_QUEUE and facts.parser is None:  # also what is no tree was looked at
            facts.parser = AST_QUEUE
            facts.parser_version = plugins.ast_version(self._dialects)
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
                "attempts": self._attempt,
                "traits": facts.traits,
                "source_path": facts.source_path,
                **figures,
            },
        )

    def _error_rows(self, file: DiscoveredFile, facts: FileFacts, retriable: bool) -> Iterator[Row]:
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
                attempt=self._attempt,
                retriable=retriable or facts.status == "quarantined",
            )
