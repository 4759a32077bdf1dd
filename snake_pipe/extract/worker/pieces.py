"""A tree's file that is too large to be held: read in pieces, with tries, its rows kept if it proves good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.extract.batching.memory import unpacked_size
from snake_pipe.extract.disk.reader import READ_TRIES, changed_error, open_file
from snake_pipe.transform.rows.contract import AST_QUEUE, FileFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.extract.batching.memory import MemoryPlan
    from snake_pipe.extract.disk.reader import OpenFile
    from snake_pipe.extract.worker.file_results import FileResult
    from snake_pipe.extract.worker.parts import BatchParts, DocumentParts
    from snake_pipe.transform.rows.contract import TransformOptions


class PieceReader:
    """Reads the large trees of one batch."""

    def __init__(
        self, parts: BatchParts, options: TransformOptions, memory: MemoryPlan, max_file_size: int
    ) -> None:
        self._parts = parts
        self._options = options
        self._memory = memory
        self._max_file_size = max_file_size

    def takes(self, file: DiscoveredFile) -> bool:
        """Whether a file is read in pieces, for the sake of memory."""
        size = unpacked_size(file.path, file.size_bytes)
        return file.queue == AST_QUEUE and size > self._memory.largest_at_once

    def read(self, result: FileResult, on_try: Callable[[], None]) -> bool:
        """Write a file's rows and fill in its result; UnreadableError as `read_file`, StorageError.

        `on_try` is called before each time that the file is read. False if it cannot be cut, for its depth,
        and can be read as a whole; nothing is written then.
        """
        file = result.file
        for _ in range(READ_TRIES):
            on_try()
            result.facts, result.figures, result.trees = FileFacts(), {}, {}
            with (
                open_file(file.root, file.relative, self._max_file_size) as opened,
                self._parts.open_document(self._memory.group_rows) as document,
            ):
                result.figures = {
                    "size_bytes": opened.size_bytes,
                    "mtime_ns": opened.mtime_ns,
                    "sha256": opened.sha256(),
                }
                self._write_rows(result, opened, document)
                if self._needs_whole(result, document):
                    return False
                if opened.is_unchanged():
                    if result.facts.status not in ("failed", "skipped"):
                        with result.failing():
                            document.keep()
                    return True
        result.fail_to_read(changed_error())
        return True

    def _write_rows(self, result: FileResult, opened: OpenFile, document: DocumentParts) -> None:
        from snake_pipe.transform.trees.large.blocks import JsonBlocks
        from snake_pipe.transform.trees.large.transformer import PieceSizes, stream

        def blocks() -> JsonBlocks:
            opened.rewind()
            return JsonBlocks(opened.read, opened.size_bytes)

        file, memory = result.file, self._memory
        sizes = PieceSizes(memory.piece_bytes, memory.largest_at_once, memory.piece_nodes)
        with result.failing():
            for piece in stream(file.file_id, file.path, blocks, self._options, sizes, file.most_trees):
                document.write(piece.tables)
                for file_id, facts in piece.facts.items():
                    result.note(file_id, facts)

    def _needs_whole(self, result: FileResult, document: DocumentParts) -> bool:
        file = result.file
        return (
            result.facts.reason == "too_deep"
            and not document.rows
            and unpacked_size(file.path, file.size_bytes) <= self._memory.largest_whole
        )
