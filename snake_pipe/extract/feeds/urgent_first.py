"""A walk's files in the order of their urgency, for a run that may not come to all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.extract.feeds.feed import Chunk
from snake_pipe.extract.feeds.intake import CHUNK_FILES, Intake

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from typing import Any

    from snake_pipe.extract.batch_models import DiscoveredFile


class UrgentFirst(Intake):
    """An intake that waits for the end of the walk, and then gives all files by descending priority.

    Of those of one priority the smallest come first: as many files as can be are up to date when the time is
    used. All files that are to be read are held in memory, some 300 bytes each.
    """

    def __init__(
        self, *arguments: Any, prioritised: Callable[[DiscoveredFile], DiscoveredFile], **options: Any
    ) -> None:
        """`prioritised` gives a file its priority; the rest is as for an `Intake`."""
        super().__init__(*arguments, **options)
        self._prioritised = prioritised

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """What needs no worker as it is found, then the files."""
        files: list[DiscoveredFile] = []
        async for chunk in super().chunks():
            files += map(self._prioritised, chunk.files)
            if chunk.deleted or chunk.errors:
                yield Chunk(deleted=chunk.deleted, errors=chunk.errors)
        files.sort(key=lambda file: (-file.priority, file.size_bytes))
        for start in range(0, len(files), CHUNK_FILES):
            yield Chunk(files=files[start : start + CHUNK_FILES])
