"""Sizes that a user fixed for queues: `python=100` in files, `ast=16MiB` in bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.errors import ConfigError
from snake_pipe.extract.settings.priority_rules import check_queue_name
from snake_pipe.utils.units import parse_bytes, parse_count

if TYPE_CHECKING:
    from collections.abc import Iterable

MIXED_QUEUE = "mixed"
"""The one queue where there is not one for each language."""

_IN_BYTES = re.compile(r"[^bB]*\d[^bB]*[bB]")
_HINT = "written like python=100 (files) or ast=16MiB (bytes)"


@dataclass(frozen=True, slots=True)
class QueueSize:
    """What a user fixed for one queue: files and bytes at which a batch leaves; None: adapted."""

    files: int | None = None
    bytes: int | None = None


def parse_queue_sizes(texts: Iterable[str]) -> dict[str, QueueSize]:
    """The sizes by queue, which may have both. ConfigError for what cannot be read."""
    sizes: dict[str, QueueSize] = {}
    for text in texts:
        name, separator, value = (part.strip() for part in text.partition("="))
        try:
            in_bytes = _IN_BYTES.fullmatch(value) is not None
            size = parse_bytes(value) if in_bytes else parse_count(value)
        except ValueError as error:
            raise ConfigError(f"the size {text!r} cannot be read: {error}", _HINT) from None
        if not (name and separator) or size < 1:
            raise ConfigError(f"the size {text!r} names no queue with at least 1", _HINT)
        known = sizes.get(name, QueueSize())
        sizes[name] = QueueSize(known.files, size) if in_bytes else QueueSize(size, known.bytes)
    return sizes


def check_queue_sizes(texts: Iterable[str]) -> None:
    """ConfigError for a size that cannot be read, ValueError for a queue that there never will be."""
    for name in parse_queue_sizes(texts):
        if name != MIXED_QUEUE:
            check_queue_name(name)
