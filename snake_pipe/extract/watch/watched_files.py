"""The files of a watch: all at first, those at some paths on request, all again when in doubt.

Looks and walks go through the same selection and the same intake as an ingestion, so that batch and
streaming give the same rows.
"""

from __future__ import annotations

import os
from asyncio import to_thread
from contextlib import aclosing
from itertools import islice
from typing import TYPE_CHECKING

from snake_pipe.extract.discovery.left_out import LeftOut
from snake_pipe.extract.feeds.equal_content import EqualContent, NotedTimes
from snake_pipe.extract.feeds.feed import Chunk, Discovered
from snake_pipe.extract.feeds.intake import Intake
from snake_pipe.extract.paths.names import escape_path, unescape_path
from snake_pipe.extract.watch.seen_files import KnownExcept, RecentVersions, SeenFiles
from snake_pipe.observe.events import Notice

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator, Sequence

    from snake_pipe.extract.discovery.recognition import WalkItem
    from snake_pipe.extract.discovery.request import IngestRequest
    from snake_pipe.extract.feeds.feed import Known
    from snake_pipe.extract.feeds.ids import FileIds
    from snake_pipe.extract.feeds.prior_files import PriorFiles
    from snake_pipe.extract.model.rows import Row
    from snake_pipe.load.known_files import KnownFiles
    from snake_pipe.observe.events import Listener

_DELETED_AT_ONCE = 5_000


class WatchedFiles:
    """Which files are known, and chunks of what is new, changed or deleted.

    One generator at a time, each read to its end. UsageError comes from one when a root is not there.
    """

    def __init__(
        self,
        request: IngestRequest,
        *,
        job_id: str,
        ids: FileIds,
        max_file_size: int,
        load_prior: Callable[[], PriorFiles],
        load_own: Callable[[], KnownFiles],
        reported: Iterable[tuple[str, str]],
        listener: Listener,
    ) -> None:
        """`load_prior` reads what the dataset holds, `load_own` what this job has committed of it.

        Both take their time. `reported` are (path, code) of errors that the job has recorded before.
        """
        self.request = request
        self.discovered = Discovered()
        self.roots = {os.fsencode(root.folder).rstrip(b"/") + b"/": root.name for root in request.plan()}
        """Names of the watched folders by their paths, which end with `/`."""
        self._job_id = job_id
        self._ids = ids
        self._max_file_size = max_file_size
        self._load_prior = load_prior
        self._load_own = load_own
        self._prior = load_prior()
        self._reported = set(reported)
        self._listener = listener
        self._seen = SeenFiles()
        self._changed: dict[tuple[str, str], bool] = {}  # since the last walk; False: deleted
        self._versions = RecentVersions()
        self._knows_versions = not request.full  # all that a full walk reads is newer than the dataset
        self.noted_times = NotedTimes()
        """Those of files that were saved as they were."""

    @property
    def changed_count(self) -> int:
        """Files that looks have yielded since the last walk."""
        return len(self._changed)

    def key(self, path: bytes) -> tuple[str, str] | None:
        """(repo, path) of an absolute path; None for one outside of the roots."""
        for root, repo in self.roots.items():
            if path.startswith(root):
                return repo, escape_path(path[len(root) :])
        return None

    def has_files(self, path: bytes) -> bool:
        """Whether files are known below an absolute path."""
        key = self.key(path)
        return key is not None and self._seen.has_folder(*key)

    # -- walks ---------------------------------------------------------------------------------------

    def walk(self) -> AsyncGenerator[Chunk, None]:
        """The first walk: as an ingestion."""
        source = self.request.discover(self._max_file_size, self.discovered.left_out)
        return self._walk(source, [self._prior.known], counts_again=True, even_if_none_seen=self.request.full)

    def _content(self) -> EqualContent | None:
        """What the dataset holds of files, but for those of which this job has yielded newer versions."""
        return self._prior.content(self.noted_times) if self._knows_versions else None

    async def rescan(
        self, changed: Collection[tuple[str, str]], *, is_replaced: bool
    ) -> AsyncGenerator[Chunk, None]:
        """What differs between disk and dataset, and files that `changed`, whatever their times say.

        All that was yielded must be committed. A walk that sees no file at all is believed, unless a root
        `is_replaced`.
        """
        prior, own = await to_thread(lambda: (self._load_prior(), self._load_own()))
        self._prior, self._seen, self._changed = prior, SeenFiles(), {}
        self._knows_versions = True

        walk = self._walk(
            self.request.discover(self._max_file_size, LeftOut()),
            [KnownExcept(own, changed), KnownExcept(prior.current, changed)],
            counts_again=False,
            even_if_none_seen=not is_replaced,
        )
        async with aclosing(walk) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _walk(
        self,
        source: Iterator[WalkItem],
        known: Sequence[Known],
        *,
        counts_again: bool,
        even_if_none_seen: bool,
    ) -> AsyncGenerator[Chunk, None]:
        """A walk, then the files that are gone or left out."""
        intake = self._intake(source, [self._seen, *known], counts_again=counts_again)
        async with aclosing(self._read(intake)) as chunks:
            async for chunk in chunks:
                yield chunk
        if intake.incomplete:
            return
        if not even_if_none_seen and self._prior.are_missing(found_others=intake.found_files):
            self._listener(Notice("nothing_found", "none of the dataset's files was found; they are kept"))
            return
        deleted = self._prior.find_deleted(self._ids, by_rules=not intake.rules_failed)
        while rows := await to_thread(lambda: list(islice(deleted, _DELETED_AT_ONCE))):
            self._prior.current.supersede((row["repo"], row["path"]) for row in rows)
            yield Chunk(deleted=rows)

    # -- looks ---------------------------------------------------------------------------------------

    async def look(self, paths: Iterable[bytes], *, again: bool = False) -> AsyncGenerator[Chunk, None]:
        """Look at absolute paths, of files or whole folders; `again`: at those looked at a moment ago.

        What is selected is yielded, whatever its time says, but for files that are as they were or, if
        `again`, as they were just now.
        What was known and is not there any more, or not selected any more, is deleted.
        """
        ordered = sorted(paths)
        seen = SeenFiles()
        incomplete = False
        if there := [path for path in ordered if os.path.lexists(path)]:
            known: list[Known] = [seen, self._versions] if again else [seen]
            intake = self._intake(self.request.look(there, self._max_file_size), known, counts_again=False)
            async with aclosing(self._read(intake)) as chunks:
                async for chunk in chunks:
                    for file in chunk.files:
                        self._changed[file.repo, file.path] = True
                        self._seen.add_folders(file.repo, file.path)
                    yield chunk
            incomplete = intake.incomplete
        if rows := [
            self._deleted(*key)
            for path in ordered
            if (key := self.key(path))
            and not seen.contains(*key)
            and self._is_gone(path, key, incomplete=incomplete)
        ]:
            yield Chunk(deleted=rows)

    def _is_gone(self, path: bytes, key: tuple[str, str], *, incomplete: bool) -> bool:
        """Whether a file that was not found was known; what could not be read may still be there."""
        if os.path.lexists(path):
            return not incomplete and self._changed.get(key, self._seen.contains(*key))
        return self._changed.get(key, self._seen.contains(*key) or self._prior.current.contains(*key))

    def _deleted(self, repo: str, path: str) -> Row:
        self._changed[repo, path] = False
        self._prior.current.supersede([(repo, path)])
        return self._prior.deleted_row(repo, unescape_path(path), self._ids.of_row())

    # -- both ----------------------------------------------------------------------------------------

    def _intake(
        self,
        source: Iterator[WalkItem],
        known: Sequence[Known],
        *,
        counts_again: bool,
    ) -> Intake:
        return Intake(
            source,
            job_id=self._job_id,
            ids=self._ids,
            discovered=self.discovered,
            known=known,
            content=self._content(),
            reported=frozenset(self._reported),
            counts_again=counts_again,
        )

    async def _read(self, intake: Intake) -> AsyncGenerator[Chunk, None]:
        """The chunks of an intake; its errors are reported once."""
        async with aclosing(intake.chunks()) as chunks:
            async for chunk in chunks:
                self._reported.update((row["path"], row["code"]) for row in chunk.errors)
                self._versions.add(chunk.files)
                yield chunk
