"""The files that a list names: streamed, in the list's order, each once."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
from snake_pipe.extract.discovery.left_out import LeftOut
from snake_pipe.extract.discovery.roots import unique_names
from snake_pipe.extract.discovery.selection import check_patterns
from snake_pipe.extract.discovery.sieve import Sieve
from snake_pipe.extract.paths.names import escape_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from snake_pipe.extract.discovery.selection import Selection

LONGEST_LISTED_PATH = 1 << 16
_LIST_READ = 1 << 16


def listed_files(
    source: BinaryIO,
    separator: bytes,
    selection: Selection,
    base: Path,
    left_out: LeftOut | None = None,
    repos: Mapping[str, str] | None = None,
) -> Iterator[DiscoveredFile | DiscoveryError]:
    """The files that a list names, in its order, each once; paths in it are relative to `base` or absolute.

    They go around gitignore and size. Paths count from the innermost folder of `repos`, which are names of
    folders, by default of `base`; those of files elsewhere from their own folder; links are resolved. The
    list is read as a stream; of each path 16 bytes are kept, to know it again.
    """
    check_patterns(selection)
    real = base.resolve()
    named = {Path(folder): name for folder, name in repos.items()} if repos else unique_names([real])
    counts = left_out if left_out is not None else LeftOut()
    sieves = {folder: Sieve(os.fsencode(folder), name, selection, counts) for folder, name in named.items()}

    def sieve_of(folder: Path) -> tuple[Path, Sieve]:
        for above in (folder, *folder.parents):
            if above in sieves:
                return above, sieves[above]
        return folder, Sieve(os.fsencode(folder), unique_names([folder])[folder], selection, counts)

    return _items(_records(source, separator), os.fsencode(real), sieve_of)


def _items(
    records: Iterator[bytes | None], base: bytes, sieve_of: Callable[[Path], tuple[Path, Sieve]]
) -> Iterator[DiscoveredFile | DiscoveryError]:
    seen: set[bytes] = set()
    for record in records:
        if record is None:
            yield DiscoveryError(
                "", "not_found", f"a listed path is longer than {LONGEST_LISTED_PATH:,} bytes"
            )
            continue
        real = _real_path(record, base)
        mark = blake2b(real or record, digest_size=16).digest()
        if mark in seen:
            continue
        seen.add(mark)
        if real is None:
            yield DiscoveryError(escape_path(record), "not_found", "no such file")
        elif os.path.isdir(real):  # noqa: PTH112 - bytes
            yield DiscoveryError(escape_path(record), "not_a_file", "a folder; a list names files")
        else:
            folder, sieve = sieve_of(Path(os.fsdecode(real)).parent)
            yield from sieve.named(real[len(os.fsencode(folder).rstrip(b"/")) + 1 :])


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
