"""What a watch finds on disk: all files at first, some paths on request, all again when in doubt.

Whatever it hands over, a look or a walk, goes through the same selection and the same intake as an
ingestion; so batch and streaming give the same rows.
"""

from __future__ import annotations

import os
from asyncio import to_thread
from collections import Counter
from contextlib import aclosing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.extract.discovery.walk import repositories
from snake_pipe.extract.feeds.feed import Chunk
from snake_pipe.extract.feeds.intake import Intake
from snake_pipe.extract.paths.names import escape_path, unescape_path
from snake_pipe.extract.watch.met_files import MetFiles, Unless, Versions
from snake_pipe.observe.events import Notice

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator, Sequence

    from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
    from snake_pipe.extract.discovery.request import IngestRequest
    from snake_pipe.extract.feeds.feed import Discovered, Known
    from snake_pipe.extract.feeds.ids import FileIds
    from snake_pipe.extract.feeds.prior_files import PriorFiles
    from snake_pipe.extract.model.rows import Row
    from snake_pipe.load.known_files import KnownFiles
    from snake_pipe.observe.events import Listener

_DELETED_AT_ONCE = 5_000


class Survey:
    """The watched files: which are known, and chunks of what is new, changed or gone.

    One generator at a time, each read to its end. UsageError comes from one when a root is not there.
    """

    def __init__(
        self,
        request: IngestRequest,
        *,
        job_id: str,
        ids: FileIds,
        max_file_size: int,
        prior: PriorFiles,
        discovered: Discovered,
        reported: Iterable[tuple[str, str]],
        listener: Listener,
    ) -> None:
        """`prior` is what the dataset holds before the job, `reported` (path, code) of errors recorded."""
        self._request = request
        self._job_id = job_id
        self._max_file_size = max_file_size
        self._prior = prior
        self.discovered = discovered
        self._reported = set(reported)
        self._tell = listener
        self._ids = ids
        self._met = MetFiles()
        self._given: dict[tuple[str, str], bool] = {}
        self._versions = Versions()
        self.roots = {
            os.fsencode(folder).rstrip(b"/") + b"/": repo
            for repo, folder in repositories([Path(root) for root in request.roots]).items()
        }
        """Names of the watched folders by their paths, which end with `/`."""

    @property
    def given(self) -> int:
        """Paths handed over since the last walk."""
        return len(self._given)

    def key(self, path: bytes) -> tuple[str, str] | None:
        """(repo, path) of an absolute path; None for one outside of the roots."""
        for root, repo in self.roots.items():
            if path.startswith(root):
                return repo, escape_path(path[len(root) :])
        return None

    def has_files(self, path: bytes) -> bool:
        """Whether files are known below an absolute path."""
        key = self.key(path)
        return key is not None and self._met.has_folder(*key)

    # -- walks ---------------------------------------------------------------------------------------

    async def walk(self) -> AsyncGenerator[Chunk, None]:
        """The first walk: as an ingestion."""
        source = self._request.discover(self._max_file_size, self.discovered.unrecognised)
        walk = self._walk(source, [self._prior.known], counts_again=True, even_all=self._request.full)
        async with aclosing(walk) as chunks:
            async for chunk in chunks:
                yield chunk

    async def walk_again(
        self,
        prior: PriorFiles,
        own: KnownFiles,
        changed: Collection[tuple[str, str]],
        *,
        replaced: bool,
    ) -> AsyncGenerator[Chunk, None]:
        """What is otherwise on disk than in the dataset, and what `changed`, whatever its time says.

        `prior` is what the dataset holds now, `own` what this job has committed of it: all that was handed
        over. A walk that meets nothing at all is believed, unless a root was `replaced`.
        """
        source = self._request.discover(self._max_file_size, Counter())
        met, given = self._met, self._given
        self._prior, self._met, self._given = prior, MetFiles(), {}

        def was_selected(repo: str, path: str) -> bool:
            return given.get((repo, path), met.contains(repo, path))

        known = [Unless(own, changed), Unless(prior.current, changed)]
        walk = self._walk(source, known, counts_again=False, was_selected=was_selected, even_all=not replaced)
        async with aclosing(walk) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _walk(
        self,
        source: Iterator[DiscoveredFile | DiscoveryError],
        known: Sequence[Known],
        *,
        counts_again: bool,
        even_all: bool,
        was_selected: Callable[[str, str], bool] = lambda *_: False,
    ) -> AsyncGenerator[Chunk, None]:
        """A walk, then the files that are gone, and those that only `was_selected` still knows."""
        intake = self._intake(source, [self._met, *known], counts_again=counts_again)
        async with aclosing(self._take(intake)) as chunks:
            async for chunk in chunks:
                yield chunk
        if intake.incomplete:
            return
        if not (self._prior.met_any or even_all):
            self._tell(Notice("nothing_found", "none of the dataset's files was found; they are kept"))
        gone = self._prior.find_deleted(self._ids, left_out=was_selected, even_all=even_all)
        while rows := await to_thread(lambda: list(islice(gone, _DELETED_AT_ONCE))):
            yield Chunk(deleted=rows)

    # -- looks ---------------------------------------------------------------------------------------

    async def look(self, paths: Iterable[bytes], *, again: bool = False) -> AsyncGenerator[Chunk, None]:
        """Look at absolute paths, of files or whole folders; `again`: at those looked at a moment ago.

        What is selected is handed over, whatever its size and time say, only not `again` as it was just now.
        What was known and is not there any more, or not selected any more, is deleted.
        """
        ordered = sorted(paths)
        met = MetFiles()
        incomplete = False
        if there := [path for path in ordered if os.path.lexists(path)]:
            known: list[Known] = [met, self._versions] if again else [met]
            intake = self._intake(self._request.look(there, self._max_file_size), known)
            async with aclosing(self._take(intake)) as chunks:
                async for chunk in chunks:
                    for file in chunk.files:
                        self._given[file.repo, file.path] = True
                        self._met.add_folders(file.repo, file.path)
                    yield chunk
            incomplete = intake.incomplete
        if rows := [
            self._deleted(*key)
            for path in ordered
            if (key := self.key(path))
            and not met.contains(*key)
            and self._is_gone(path, key, incomplete=incomplete)
        ]:
            yield Chunk(deleted=rows)

    def _is_gone(self, path: bytes, key: tuple[str, str], *, incomplete: bool) -> bool:
        """Whether a file that was not found was known; what could not be read may still be there."""
        if os.path.lexists(path):
            return not incomplete and self._given.get(key, self._met.contains(*key))
        return self._given.get(key, self._met.contains(*key) or self._prior.current.contains(*key))

    def _deleted(self, repo: str, path: str) -> Row:
        self._given[repo, path] = False
        return self._prior.deleted_row(repo, unescape_path(path), self._ids.of_row())

    # -- shared --------------------------------------------------------------------------------------

    def _intake(
        self,
        source: Iterator[DiscoveredFile | DiscoveryError],
        known: Sequence[Known],
        *,
        counts_again: bool = False,
    ) -> Intake:
        return Intake(
            source,
            job_id=self._job_id,
            ids=self._ids,
            discovered=self.discovered,
            known=known,
            reported=frozenset(self._reported),
            counts_again=counts_again,
        )

    async def _take(self, intake: Intake) -> AsyncGenerator[Chunk, None]:
        """The chunks of an intake; its errors are told once."""
        async with aclosing(intake.chunks()) as chunks:
            async for chunk in chunks:
                self._reported.update((row["path"], row["code"]) for row in chunk.errors)
                self._versions.add(chunk.files)
                yield chunk
