"""The files that a list names: streamed, in the list's order, each once."""

from __future__ import annotations

import os
from collections import Counter
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
from snake_pipe.extract.discovery.roots import unique_names
from snake_pipe.extract.discovery.sieve import Sieve, check_patterns
from snake_pipe.extract.paths.names import escape_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.extract.discovery.sieve import Selection

LONGEST_LISTED_PATH = 1 << 16
_LIST_READ = 1 << 16


def listed_files(
    source: BinaryIO,
    separator: bytes,
    selection: Selection,
    base: Path,
    unrecognised: Counter[str] | None = None,
) -> Iterator[DiscoveredFile | DiscoveryError]:
    """The files that a list names, in its order, each once; paths in it are relative to `base` or absolute.

    They go around gitignore, patterns and size. Those below `base` count from it, others from their own
    folder; links are resolved. The list is read as a stream; of each path 16 bytes are kept, to know it
    again.
    """
    check_patterns(selection)
    counts = unrecognised if unrecognised is not None else Counter()
    return _items(_records(source, separator), selection, base, counts)


def _items(
    records: Iterator[bytes | None], selection: Selection, base: Path, unrecognised: Counter[str]
) -> Iterator[DiscoveredFile | DiscoveryError]:
    root = os.fsencode(base.resolve())
    inside = root.rstrip(b"/") + b"/"
    sieve = Sieve(root, unique_names([base.resolve()])[base.resolve()], selection, unrecognised)
    seen: set[bytes] = set()
    for record in records:
        if record is None:
            yield DiscoveryError(
                "", "not_found", f"a listed path is longer than {LONGEST_LISTED_PATH:,} bytes"
            )
            continue
        real = _real_path(record, root)
        mark = blake2b(real or record, digest_size=16).digest()
        if mark in seen:
            continue
        seen.add(mark)
        if real is None:
            yield DiscoveryError(escape_path(record), "not_found", "no such file")
        elif os.path.isdir(real):  # noqa: PTH112 - bytes
            yield DiscoveryError(escape_path(record), "not_a_file", "a folder; a list names files")
        elif real.startswith(inside):
            yield from sieve.named(real[len(inside) :])
        else:
            parent = Path(os.fsdecode(real)).parent
            own = Sieve(os.fsencode(parent), unique_names([parent])[parent], selection, unrecognised)
            yield from own.named(os.path.basename(real))  # noqa: PTH119 - bytes


def _records(source: BinaryIO, separator: bytes) -> Iterator[bytes | None]:
    """The list's paths without empty ones; None for one that is too long to be a path."""
    rest = b""
    overlong = False
    while chunk := source.read(_LIST_READ):
        *records, rest = (rest + chunk).split(separator)
        for record in records:
            if overlong or len(record) > LONGEST_LISTED_PATH:
                yield None
                overlong = False
            elif record:
                yield record
        if len(rest) > LONGEST_LISTED_PATH:
            rest, overlong = b"", True
    if overlong:
        yield None
    elif rest:
        yield rest


def _real_path(record: bytes, base: bytes) -> bytes | None:
    """The absolute path without links; None where there is nothing."""
    try:
        return os.path.realpath(os.path.join(base, record), strict=True)  # noqa: PTH118 - bytes
    except (OSError, ValueError):  # ValueError: a NUL within
        return None
