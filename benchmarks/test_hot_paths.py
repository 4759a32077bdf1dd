"""The hot parts one by one: `pytest benchmarks --benchmark-only`.

Inputs come from the running Python's standard library, so that the suites need no corpus.
"""

from __future__ import annotations

import ast
import gc
import sysconfig
from pathlib import Path
from typing import Any

import orjson
import pytest

from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_coordinator import BatchCoordinator
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.load.part_writer import PartWriter
from snake_pipe.transform.transformer import TransformOptions, open_transformer
from snake_pipe.utils.journal import Journal

STDLIB = Path(sysconfig.get_paths()["stdlib"])


@pytest.fixture(autouse=True)
def _no_collector():
    """As in a worker while it has a batch."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module")
def sources() -> list[bytes]:
    return [path.read_bytes() for path in sorted(STDLIB.glob("*.py"))[:80]]


def _as_json(node: Any) -> Any:
    if isinstance(node, ast.AST):
        fields = {name: _as_json(value) for name, value in ast.iter_fields(node)}
        places = {name: getattr(node, name) for name in node._attributes if hasattr(node, name)}
        return {"_type": type(node).__name__, **fields, **places}
    if isinstance(node, list):
        return [_as_json(item) for item in node]
    return node if isinstance(node, str | int | float | bool | None) else repr(node)


@pytest.fixture(scope="module")
def dumps(sources: list[bytes]) -> list[bytes]:
    return [orjson.dumps(_as_json(ast.parse(source))) for source in sources[:30]]


def transform(queue: str, documents: list[bytes], options: TransformOptions) -> Any:
    transformer = open_transformer(queue, options)
    for index, data in enumerate(documents):
        transformer.add(index, f"{index}.x", data)
    return transformer.drain()


@pytest.mark.benchmark(group="source")
def test_parse_alone(benchmark, sources):
    import tree_sitter_python
    from tree_sitter import Language, Parser

    parser = Parser(Language(tree_sitter_python.language()))
    benchmark(lambda: [parser.parse(source) for source in sources])


@pytest.mark.benchmark(group="source")
@pytest.mark.parametrize(
    "tables", [("nodes",), ("symbols", "refs", "imports"), ("nodes", "symbols", "refs", "imports")]
)
def test_source_to_rows(benchmark, sources, tables):
    benchmark(transform, "python", sources, TransformOptions(tables=frozenset(tables)))


@pytest.mark.benchmark(group="ast")
def test_decode_alone(benchmark, dumps):
    benchmark(lambda: [orjson.loads(dump) for dump in dumps])


@pytest.mark.benchmark(group="ast")
def test_ast_to_rows(benchmark, dumps):
    benchmark(transform, "ast", dumps, TransformOptions())


@pytest.mark.benchmark(group="parts")
def test_write_parts(benchmark, sources, tmp_path):
    tables = transform("python", sources, TransformOptions()).tables
    count = iter(range(1_000_000))
    for table in tables:
        (tmp_path / table).mkdir()

    def write() -> None:
        writer = PartWriter(tmp_path, f"job-{next(count)}", tables)
        for table, rows in tables.items():
            writer.write(table, rows)
        writer.close()

    benchmark(write)


@pytest.mark.benchmark(group="coordinator")
@pytest.mark.parametrize("latency", [None, 10.0], ids=["without-timer", "with-timer"])
def test_offers(benchmark, latency):
    files = [
        DiscoveredFile("/r", f"{i}.py", i * 7919 % 40_000, 0, ("python", "go")[i % 2]) for i in range(20_000)
    ]

    def offer() -> None:
        coordinator = BatchCoordinator(BatchConfig(max_latency=latency))
        for index, file in enumerate(files):
            coordinator.offer(file, index * 1e-5)
        coordinator.close(1.0)

    benchmark(offer)


@pytest.mark.benchmark(group="journal")
def test_append(benchmark, tmp_path):
    record = {
        "type": "flush",
        "seq": 1,
        "parts": [["nodes", f"part-{i}.parquet", 1000, 10, 1, 2] for i in range(40)],
    }
    with Journal(tmp_path / "journal.jsonl") as journal:
        benchmark(journal.append, record)
