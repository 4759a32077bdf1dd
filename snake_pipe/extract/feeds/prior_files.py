"""What the dataset holds before a job, as far as it decides what the job reads and what is deleted."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe import plugins
from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
from snake_pipe.extract.discovery.narrowing import Narrowing
from snake_pipe.extract.feeds.equal_content import EqualContent
from snake_pipe.extract.feeds.intake import HIDING, RULES_FAILED
from snake_pipe.extract.model.rows import file_row
from snake_pipe.extract.paths.names import escape_path
from snake_pipe.load.known_files import KnownFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.discovery.request import IngestRequest
    from snake_pipe.extract.feeds.equal_content import NotedTimes
    from snake_pipe.extract.feeds.feed import Known
    from snake_pipe.extract.feeds.ids import FileIds
    from snake_pipe.extract.model.rows import Row
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.known_files import KnownFile

_LOOKED_AT_TOGETHER = 256
"""Files whose names one command line of git can bear, however long."""


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
        self._narrowing = Narrowing(request)
        queues = request.queues
        repos = self._roots if request.file_list is None else None  # a list may name files anywhere
        self._current = KnownFiles.current(
            dataset,
            repos=repos,
            holds=request.holds if request.shard else None,
            is_current=lambda name, version: plugins.is_current_parser(name, version, config.dialects),
            read_with=config.read_with,
            is_asked=lambda kind, language: _queue_of(kind, language) in queues,
            is_told=partial(_is_told, queues) if queues >= plugins.DATA_OR_TREES else None,
        )
        self._load_all = partial(KnownFiles.current, dataset, repos=repos)

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
                queue = plugins.queue_of_name(inner) or plugins.AST_QUEUE
                file = DiscoveredFile(str(root), inner, 0, 0, queue, repo)
                return self._deleted(file, "gone", take_id())
        return None

    def find_deleted(self, ids: FileIds, *, by_rules: bool = True) -> Iterator[Row]:
        """Rows for files below walked roots that the walk has not seen.

        They are `gone` from the disk or, if `by_rules`, are `left_out` by the rules of the project, as they
        would be in a fresh ingestion. What the request itself does not reach stays.
        """
        if not self._walked:
            return
        kept: set[str] = set()
        unseen = self._current.unseen()
        while files := list(islice(unseen, _LOOKED_AT_TOGETHER)):
            walked = list(filter(self._is_walked, files))
            gone = {file for file in walked if _is_gone(self._path(file))}
            there = [file for file in walked if file not in gone]
            left_out = self._left_out(there) if by_rules else set()
            for file in files:
                if file in gone or file in left_out:
                    reason = "gone" if file in gone else "left_out"
                    yield self._deleted(self._discovered(file), reason, ids.of_row())
                else:
                    kept.add(file.repo)
        self._kept = kept

    def _left_out(self, files: Iterable[KnownFile]) -> set[KnownFile]:
        """Those that the rules leave out, of some that are there and that the walk has not seen.

        They are looked at again: a file that was just being replaced may have been overlooked.
        """
        reached = {
            (file.repo, file.path): file
            for file in files
            if self._narrowing.reaches(os.fsdecode(_raw(file)), _queue(file))
        }
        if not reached:
            return set()
        paths = sorted(os.fsencode(self._path(file)) for file in reached.values())
        for found in self._request.look(paths, self._max_file_size):
            if isinstance(found, DiscoveredFile):
                reached.pop((found.repo, found.path), None)
            elif isinstance(found, DiscoveryError) and found.code in HIDING | RULES_FAILED:
                return set()
        return set(reached.values())

    def _path(self, file: KnownFile) -> Path:
        return self._roots[file.repo] / os.fsdecode(_raw(file))

    def _discovered(self, file: KnownFile) -> DiscoveredFile:
        root = str(self._roots[file.repo])
        return DiscoveredFile(root, file.path, 0, 0, _queue(file), file.repo, path_bytes=file.path_bytes)

    def has_met_all(self, repo: str) -> bool:
        """Whether all files of a repository were seen or are deleted, once `find_deleted` is read."""
        return self._kept is not None and repo in self._walked - self._kept

    def deleted_row(self, repo: str, raw: bytes, file_id: int) -> Row:
        """A row that the file at the raw path `raw` of a root is deleted: gone, or there and left out."""
        path = escape_path(raw)
        queue = plugins.queue_of_name(path) or plugins.AST_QUEUE
        path_bytes = None if path.encode() == raw else raw
        file = DiscoveredFile(str(self._roots[repo]), path, 0, 0, queue, repo, path_bytes=path_bytes)
        is_gone = _is_gone(self._roots[repo] / os.fsdecode(raw))
        return self._deleted(file, "gone" if is_gone else "left_out", file_id)

    def are_missing(self, *, found_others: bool) -> bool:
        """Whether none of the files can be found, though there are some to find.

        That says more about the disk than about them: a mount may be missing. Where the walk `found_others`,
        those count as found that are there and left out; else a stray rule may have left out everything.
        """
        if not self._walked or not len(self._current) or self._current.seen_count:
            return False
        if not found_others:
            return True
        if not self._are_gone(self._current):
            return False
        return not self._request.shard or self._are_gone(self._load_all())

    def _are_gone(self, files: KnownFiles) -> bool:
        return all(_is_gone(self._path(file)) for file in files.unseen() if self._is_walked(file))

    def _is_walked(self, file: KnownFile) -> bool:
        return file.repo in self._walked

    def _deleted(self, file: DiscoveredFile, reason: str, file_id: int) -> Row:
        numbered = file.numbered(file_id)
        return file_row(
            numbered, self._job_id, status="deleted", reason=reason, size_bytes=None, mtime_ns=None
        )


def _raw(file: KnownFile) -> bytes:
    return file.path_bytes or file.path.encode()


def _queue(file: KnownFile) -> str:
    return _queue_of(file.input_kind, file.language)


def _queue_of(input_kind: str, language: str | None) -> str:
    return plugins.AST_QUEUE if input_kind == plugins.AST_QUEUE or language is None else language


def _is_told(asked: Collection[str], path: str, input_kind: str, language: str | None) -> bool:
    """Whether a file still belongs to the queue it was read in, as far as what is asked for decides that."""
    queue = _queue_of(input_kind, language)
    name = path.rpartition("/")[2]
    return queue not in plugins.DATA_OR_TREES or plugins.queue_of_name(name, asked) in (queue, None)


def _is_gone(path: Path) -> bool:
    """Whether there is certainly no file; one that may not be looked at is not gone."""
    try:
        return not stat.S_ISREG(path.lstat().st_mode)  # a folder, or a link, took its place
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class _SeenOnly:
    """Known files that are read again all the same; noted is what is still there."""

    files: KnownFiles

    def match(self, files: Sequence[DiscoveredFile]) -> list[bool]:
        """False for each; but they count as seen."""
        self.files.match(files)
        return [False] * len(files)
