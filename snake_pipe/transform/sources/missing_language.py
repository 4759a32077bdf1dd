"""Files of a language whose grammar is not installed: each is recorded, and says how to get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages import LANGUAGES
from snake_pipe.transform.rows.builder import empty_batch
from snake_pipe.transform.rows.contract import FileFacts, Problem, Transformed

if TYPE_CHECKING:
    from snake_pipe.transform.rows.contract import TransformOptions

REASON = "language_not_installed"


class MissingLanguageTransformer:
    """Skips every file with the reason `language_not_installed`.

    The version it notes is of no wheel, so that the files are read once the grammar is there.
    """

    def __init__(self, language: str, options: TransformOptions) -> None:
        self._entry = LANGUAGES[language]
        self._tables = options.tables
        self._facts: dict[int, FileFacts] = {}

    @property
    def pending_nodes(self) -> int:
        """None ever wait."""
        return 0

    def add(
        self,
        file_id: int,
        path: str,  # noqa: ARG002 - see Transformer
        data: bytes,  # noqa: ARG002
        *,
        most_trees: int = 0,  # noqa: ARG002
    ) -> FileFacts:
        """Note that the file was found; its content is not looked at."""
        message = f"the grammar of {self._entry.name} is not installed: {self._entry.install_command}"
        facts = self._facts[file_id] = FileFacts(
            "skipped",
            REASON,
            language=self._entry.name,
            parser=self._entry.parser,
            parser_version=self._entry.parser_version,
            problems=[Problem("parse", REASON, message)],
        )
        return facts

    def drain(self) -> Transformed:
        """No rows; the facts since the last drain."""
        facts, self._facts = self._facts, {}
        return Transformed({table: empty_batch(table) for table in sorted(self._tables)}, facts)
