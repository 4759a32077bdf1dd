"""What the page's search field finds: the largest files and the most used definitions, within a size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.report.table import short, size_in_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

_BYTES_FOR_FILES = 900_000
_BYTES_FOR_DEFINITIONS = 1_100_000
_MOST_ROWS = 60_000
"""More than fit into the bytes."""

_FILES = "SELECT repo, path, lines FROM report_files ORDER BY lines DESC, repo, path LIMIT $most"

_DEFINITIONS = """
    WITH chosen AS (
        SELECT file_id, name, kind, start_line, coalesce(uses, 0) AS uses
        FROM symbols LEFT JOIN report_uses USING (name)
        WHERE kind IN ('class', 'interface', 'enum', 'function', 'method', 'type_alias', 'macro')
        ORDER BY uses DESC, file_id, node_id LIMIT $most
    )
    SELECT repo, path, name, kind, start_line FROM chosen JOIN files USING (file_id)
    ORDER BY uses DESC, repo, path, start_line
    """

_COUNT_DEFINITIONS = "SELECT count(*) FROM symbols"


class _Words:
    """Words that repeat, each written once."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._codes: dict[str, int] = {}
        self.bytes = 0

    def code(self, word: str) -> int:
        """The index of a word; `bytes` grows by what a new one takes."""
        if (code := self._codes.get(word)) is None:
            code = self._codes[word] = len(self.words)
            self.words.append(word)
            self.bytes += size_in_page(word) + 1
        return code


def search_index(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Files as [repo, folder, name], definitions as [name, kind, repo, folder, file name, line].

    Repositories, folders and kinds are numbers that stand for `words`. The tables `report_files` and
    `report_uses` must be there.
    """
    words = _Words()

    def file(repo: str, path: str) -> list[Any]:
        folder, _, name = path.rpartition("/")
        return [words.code(short(repo)), words.code(short(folder)), short(name)]

    most = {"most": _MOST_ROWS}
    files = _within(
        _BYTES_FOR_FILES,
        words,
        (file(repo, path) for repo, path, _ in connection.execute(_FILES, most).fetchall()),
    )
    definitions = _within(
        _BYTES_FOR_DEFINITIONS,
        words,
        (
            [short(name), words.code(kind), *file(repo, path), line]
            for repo, path, name, kind, line in connection.execute(_DEFINITIONS, most).fetchall()
        ),
    )
    (file_total,) = connection.execute("SELECT count(*) FROM report_files").fetchone() or (0,)
    (definition_total,) = connection.execute(_COUNT_DEFINITIONS).fetchone() or (0,)
    return {
        "words": words.words,
        "files": files,
        "file_total": file_total,
        "definitions": definitions,
        "definition_total": definition_total,
    }


def _within(most_bytes: int, words: _Words, entries: Iterable[list[Any]]) -> list[list[Any]]:
    """As many entries as fit, the words that they are the first to use included."""
    kept: list[list[Any]] = []
    used, before = 0, words.bytes
    for entry in entries:
        used += size_in_page(entry) + 1
        if used + words.bytes - before > most_bytes:
            break
        kept.append(entry)
    return kept
