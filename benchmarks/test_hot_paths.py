"""The hot parts one by one: `pytest benchmarks --benchmark-only`.

Inputs come from the running Python's standard library, so that the suites need no corpus.
"""

from __future__ import annotations

import ast
import gc
import inspect
import sysconfig
import textwrap
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
import pytest

from snake_pipe.extract import batch_coordinator
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_coordinator import BatchCoordinator
from snake_pipe.extract.batch_models import DiscoveredFile, FileBatch, Trigger
from snake_pipe.extract.batching.ready import ReadyBatches
from snake_pipe.load.part_writer import PartWriter
from snake_pipe.storage.local import LocalStorage
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.transformer import open_transformer
from snake_pipe.utils.journal.append_file import FileJournal

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
        writer = PartWriter(LocalStorage(tmp_path), f"job-{next(count)}", tables)
        for table, rows in tables.items():
            writer.write(table, rows)
        writer.close()

    benchmark(write)


OFFERED = [
    DiscoveredFile("/r", f"{i}.py", i * 7919 % 40_000, 0, ("python", "go")[i % 2]) for i in range(20_000)
]


def offer_each(latency: float | None, coordinator_type: type[BatchCoordinator] = BatchCoordinator) -> None:
    coordinator = coordinator_type(BatchConfig(max_latency=latency))
    for index, file in enumerate(OFFERED):
        coordinator.offer(file, index * 1e-5)
    coordinator.close(1.0)


def without_timer_check() -> type[BatchCoordinator]:
    """The coordinator as it would be if `offer` never looked at the time."""
    source = textwrap.dedent(inspect.getsource(BatchCoordinator.offer))
    check = "self.due(now) if now >= self._earliest else []"
    assert source.count(check) == 1
    names: dict[str, Any] = {}
    exec(source.replace(check, "[]"), dict(vars(batch_coordinator)), names)
    return type("Unchecked", (BatchCoordinator,), names)


@pytest.mark.benchmark(group="coordinator")
@pytest.mark.parametrize("latency", [None, 10.0], ids=["without-timer", "with-timer"])
def test_offers(benchmark, latency):
    benchmark(offer_each, latency)
    benchmark.extra_info["offers_per_second"] = round(len(OFFERED) / benchmark.stats.stats.min)


@pytest.mark.benchmark(group="coordinator")
def test_offers_in_chunks(benchmark):
    """As the walk brings them."""

    def offer() -> None:
        coordinator = BatchCoordinator(BatchConfig())
        for start in range(0, len(OFFERED), 500):
            coordinator.offer_all(OFFERED[start : start + 500], start * 1e-5)
        coordinator.close(1.0)

    benchmark(offer)


@pytest.mark.benchmark(group="coordinator")
def test_cost_of_timer_checks(benchmark, capsys):
    """All variants in turns, so that they meet the same machine; the best turn of each counts."""
    unchecked = without_timer_check()
    variants = {
        "on": lambda: offer_each(10.0),
        "off": lambda: offer_each(None),
        "no check": lambda: offer_each(None, unchecked),
    }
    best = dict.fromkeys(variants, float("inf"))

    def turn() -> None:
        for name, variant in variants.items():
            started = perf_counter()
            variant()
            best[name] = min(best[name], perf_counter() - started)

    benchmark.pedantic(turn, rounds=100, warmup_rounds=2)
    ratios = {name: best["on"] / best[name] for name in ("off", "no check")}
    benchmark.extra_info |= ratios
    with capsys.disabled():
        print(
            f"\n{len(OFFERED) / best['on']:,.0f} offers/s with timers; time against timers off:"
            f" {ratios['off']:.3f}, against no check in the code: {ratios['no check']:.3f}"
        )


@pytest.mark.benchmark(group="coordinator")
def test_ready_batches(benchmark):
    """A backlog of 1,000 batches of all priorities, each put and taken once."""
    batches = [
        FileBatch(i, (), 0, "python", Trigger.SIZE, i * 7 % 11, created_at=i * 1e-3) for i in range(1_000)
    ]

    def pass_through() -> None:
        ready = ReadyBatches(30.0)
        ready.put(batches)
        while ready.take(2.0) is not None:
            pass

    benchmark(pass_through)


@pytest.mark.benchmark(group="journal")
def test_append(benchmark, tmp_path):
    record = {
        "type": "flush",
        "seq": 1,
        "parts": [["nodes", f"part-{i}.parquet", 1000, 10, 1, 2] for i in range(40)],
    }
    with FileJournal(tmp_path / "journal.jsonl") as journal:
        benchmark(journal.append, record)
