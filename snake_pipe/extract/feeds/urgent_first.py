"""A feed's files in the order of their urgency, for a run that may not come to all of them."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from snake_pipe.extract.feeds.feed import Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from snake_pipe.extract.batch_models import DiscoveredFile

CHUNK_FILES = 500


async def urgent_first(
    chunks: AsyncGenerator[Chunk, None], prioritised: Callable[[list[DiscoveredFile]], list[DiscoveredFile]]
) -> AsyncGenerator[Chunk, None]:
    """What needs no worker as it comes, and at the end of it all files by descending priority.

    Of those of one priority the smallest come first: as many files as can be are up to date when the time is
    used. `prioritised` gives files their priorities. All that are to be read are held in memory, some 300
    bytes each.
    """
    files: list[DiscoveredFile] = []
    async with aclosing(chunks):
        async for chunk in chunks:
            files += prioritised(chunk.files)
            if chunk.deleted or chunk.errors:
                yield Chunk(deleted=chunk.deleted, errors=chunk.errors)
    files.sort(key=lambda file: (-file.priority, file.size_bytes))
    for start in range(0, len(files), CHUNK_FILES):
        yield Chunk(files=files[start : start + CHUNK_FILES])
