"""What the dataset holds before a job, as far as it decides what the job reads and what is deleted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe import plugins
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.feeds.equal_content import EqualContent
from snake_pipe.extract.model.rows import file_row
from snake_pipe.extract.paths.names import escape_path
from snake_pipe.load.known_files import KnownFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.discovery.request import IngestRequest
    from snake_pipe.extract.feeds.equal_content import NotedTimes
    from snake_pipe.extract.feeds.feed import Known
    from snake_pipe.extract.feeds.ids import FileIds
    from snake_pipe.extract.model.rows import Row
    from snake_pipe.load.dataset import Dataset


class PriorFiles:
    """The dataset's current files, for one walk of one job."""

    def __init__(self, dataset: Dataset, job_id: str, config: BatchConfig, request: IngestRequest) -> None:
        self._job_id = job_id
        self._max_file_size = config.max_file_size
        self._request = request
        plan = request.plan()
        self._roots = {root.name: root.folder for root in plan}
        self._walked = {root.name for root in plan if root.walked}
        self._kept: set[str] | None = None
        own_dialects = plugins.own_dialects(config.dialects)
        self._current = KnownFiles.current(
            dataset,
            repos=self._roots if request.file_list is None else None,  # a list may name files anywhere
            parsers=lambda: plugins.parser_versions(own_dialects),
            read_with=config.read_with,
        )

    @property
    def known(self) -> Known:
        """Tells the walk what need not be read again: with `full` nothing, but seen files are noted."""
        return _SeenOnly(self._current) if self._request.full else self._current

    def content(self, noted: NotedTimes) -> EqualContent:
        """Tells which of the other files have the content that the dataset has; their times are `noted`."""
        return EqualContent(self._current, self._max_file_size, noted)

    @property
    def current(self) -> KnownFiles:
        """The newest row of each file, as committed when this object was made."""
        return self._current

    def row_if_deleted(self, path: str, take_id: Callable[[], int]) -> Row | None:
        """A row that a listed path is deleted, if the dataset holds it and the disk does not."""
        absolute = Path(os.path.normpath(Path(self._request.list_base).resolve() / path))
        for repo, root in self._roots.items():
            if not absolute.is_relative_to(root):
                continue
            inner = absolute.relative_to(root).as_posix()
            if self._current.holds(repo, inner):
                return self._deleted(repo, root, inner, None, None, take_id())
        return None

    def find_deleted(
        self,
        ids: FileIds,
        *,
        is_deselected: Callable[[str, str], bool] = lambda *_: False,
        even_if_none_seen: bool = False,
    ) -> Iterator[Row]:
        """Rows for files below walked roots that the walk has not seen and that are gone from the disk.

        Those of which `is_deselected(repo, path)` says that the request no longer selects them are deleted
        too. A walk that has seen none of the dataset's files says more about the disk than about the files
        (a mount that is missing): then nothing is deleted, unless `full` or `even_if_none_seen`.
        """
        if not self._walked or not (self.any_seen or self._request.full or even_if_none_seen):
            return
        kept: set[str] = set()
        for file in self._current.unseen():
            root = self._roots[file.repo] if file.repo in self._walked else None
            name = os.fsdecode(file.path_bytes) if file.path_bytes else file.path
            if root is not None and (_is_gone(root / name) or is_deselected(file.repo, file.path)):
                yield self._deleted(file.repo, root, file.path, file.path_bytes, file.language, ids.of_row())
            else:
                kept.add(file.repo)
        self._kept = kept

    def has_met_all(self, repo: str) -> bool:
        """Whether all files of a repository were seen or are deleted, once `find_deleted` is read."""
        return self._kept is not None and repo in self._walked - self._kept

    def deleted_row(self, repo: str, raw: bytes, file_id: int) -> Row:
        """A row that the file at the raw path `raw` of a root is deleted."""
        path = escape_path(raw)
        path_bytes = None if path.encode() == raw else raw
        return self._deleted(repo, self._roots[repo], path, path_bytes, None, file_id)

    @property
    def any_seen(self) -> bool:
        """Whether the walk has seen any of the files, or there are none to see, or nothing is walked."""
        return not (self._walked and len(self._current)) or self._current.seen_count > 0

    def _deleted(
        self,
        repo: str,
        root: Path,
        path: str,
        path_bytes: bytes | None,
        language: str | None,
        file_id: int,
    ) -> Row:
        queue = language or plugins.queue_of_name(path) or plugins.AST_QUEUE
        file = DiscoveredFile(str(root), path, 0, 0, queue, repo, path_bytes=path_bytes, file_id=file_id)
        return file_row(file, self._job_id, status="deleted", size_bytes=None, mtime_ns=None)


def _is_gone(path: Path) -> bool:
    """Whether a path is certainly not there; one that may not be looked at is not gone."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


@dataclass(frozen=True, slots=True)
class _SeenOnly:
    """Known files that are read again all the same; noted is what is still there."""

    files: KnownFiles

    def match(self, files: Sequence[DiscoveredFile]) -> list[bool]:
        """False for each; but they count as seen."""
        self.files.match(files)
        return [False] * len(files)
