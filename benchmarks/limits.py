"""The two limits an ingestion is measured against: the same files and processes, and parsing alone.

    python -m benchmarks.limits FOLDER --processes 2

Source limit: read and `tree_sitter.Parser.parse`. AST-file limit: read and `orjson.loads`. Garbage
collector off in both. Files are shared out among the processes in small chunks, as they become free.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from snake_pipe import plugins
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.discovery.selection import Selection
from snake_pipe.extract.discovery.walk import walk

_CHUNK_BYTES = 500_000


@dataclass(frozen=True)
class Limit:
    """What the limit run did; seconds of wall time."""

    seconds: float
    files: int
    bytes: int


def measure_limit(root: Path, processes: int, languages: frozenset[str] | None = None) -> Limit:
    """Parse every file that an ingestion of `root` would read, and nothing else; processes are warm."""
    chunks = _chunks(root, languages)
    context = multiprocessing.get_context("forkserver")
    with context.Pool(processes, _warm_up) as pool:
        pool.map(_parse, [(queue, paths[:1]) for queue, paths in chunks[: 4 * processes]], chunksize=1)
        started = time.perf_counter()
        sizes = pool.map(_parse, chunks, chunksize=1)
        seconds = time.perf_counter() - started
    return Limit(seconds, sum(len(paths) for _, paths in chunks), sum(sizes))


def files_to_read(root: Path, languages: frozenset[str] | None = None) -> dict[str, list[DiscoveredFile]]:
    """What an ingestion of `root` would read, by queue: the language, or that of AST files."""
    selection = Selection(
        detector=plugins.queue_of_name,
        detector_head=plugins.queue_of_head,
        languages=languages or plugins.default_languages() | {plugins.AST_QUEUE},
    )
    files: dict[str, list[DiscoveredFile]] = defaultdict(list)
    for item in walk([root], selection):
        if isinstance(item, DiscoveredFile):
            files[item.queue].append(item)
    return files


def _chunks(root: Path, languages: frozenset[str] | None) -> list[tuple[str, list[str]]]:
    chunks = []
    for queue, found in files_to_read(root, languages).items():
        chunk: list[str] = []
        size = 0
        for file in found:
            chunk.append(file.os_path)
            size += file.size_bytes
            if size >= _CHUNK_BYTES:
                chunks.append((queue, chunk))
                chunk, size = [], 0
        if chunk:
            chunks.append((queue, chunk))
    return chunks


_parsers: dict[str, Any] = {}


def _warm_up() -> None:
    gc.disable()


def _parse(chunk: tuple[str, list[str]]) -> int:
    queue, paths = chunk
    if queue == plugins.AST_QUEUE:
        return _decode(paths)
    if queue not in _parsers:
        from tree_sitter import Language, Parser

        from snake_pipe.transform.languages import LANGUAGES

        language = LANGUAGES[queue]
        _parsers[queue] = Parser(Language(getattr(import_module(language.module), language.function)()))
    parse = _parsers[queue].parse
    size = 0
    for path in paths:
        data = Path(path).read_bytes()
        parse(data)
        size += len(data)
    return size


def _decode(paths: list[str]) -> int:
    import gzip

    import orjson

    size = 0
    for path in paths:
        data = Path(path).read_bytes()
        size += len(data)
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        try:
            orjson.loads(data)
        except orjson.JSONDecodeError:
            continue
    return size


def main() -> None:
    """Print what the limit is, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    print(json.dumps(asdict(measure_limit(asked.folder, asked.processes))))


if __name__ == "__main__":
    main()
