"""Every name that the batch processing engine promises, importable and doing what it says."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import fields
from importlib import import_module

import pytest

PROMISED = {
    "snake_pipe.extract.batch_processor": [
        "BatchProcessingEngine",
        "process_batch",
        "create_optimal_batches",
        "execute_parallel_batches",
        "resume_failed_batch_job",
    ],
    "snake_pipe.extract.batch_config": ["BatchConfig"],
    "snake_pipe.extract.batch_models": [
        "FileBatch",
        "DiscoveredFile",
        "BatchPriority",
        "ProcessingResult",
        "BatchResult",
        "BatchExecutionResult",
        "BatchStatistics",
        "CheckpointData",
        "ProcessingProgress",
        "ProcessingState",
        "RepositoryProcessingResult",
    ],
    "snake_pipe.extract.batch_worker": ["BatchWorker", "WorkerStatistics"],
    "snake_pipe.extract.batch_coordinator": ["BatchCoordinator"],
    "snake_pipe.utils.batch_utils": ["memory_limit", "process_tree_memory"],
    "snake_pipe.utils.checkpoint_manager": ["CheckpointManager"],
    "snake_pipe": ["ingest", "resume", "connect", "BatchProcessingEngine", "BatchConfig"],
}


@pytest.mark.parametrize(("module", "name"), [(m, n) for m, names in PROMISED.items() for n in names])
def test_promised_names_can_be_imported(module, name):
    assert getattr(import_module(module), name) is not None


@pytest.mark.parametrize(
    "path",
    [
        "batch_processor.process_batch",
        "batch_processor.create_optimal_batches",
        "batch_processor.execute_parallel_batches",
        "batch_processor.resume_failed_batch_job",
        "batch_processor.BatchProcessingEngine.process_repository",
        "batch_processor.BatchProcessingEngine.get_processing_statistics",
        "batch_processor.BatchProcessingEngine.create_checkpoint",
        "batch_worker.BatchWorker.process_batch",
    ],
)
def test_promised_coroutines_are_coroutines(path):
    module, *attributes = path.split(".")
    found = import_module(f"snake_pipe.extract.{module}")
    for attribute in attributes:
        found = getattr(found, attribute)
    assert inspect.iscoroutinefunction(found)


def test_the_settings_of_the_document():
    from snake_pipe.extract.batch_config import BatchConfig

    assert {
        "batch_size",
        "max_concurrent_batches",
        "worker_count",
        "memory_limit_mb",
        "checkpoint_interval",
        "retry_attempts",
        "timeout_seconds",
    } <= {field.name for field in fields(BatchConfig)}


def test_a_hundred_thousand_files_become_batches_without_loss():
    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import DiscoveredFile
    from snake_pipe.extract.batch_processor import create_optimal_batches

    files = [
        DiscoveredFile("/r", f"{i}.py", (i * 7919) % 40_000, 0, ("python", "go", "rust")[i % 3], file_id=i)
        for i in range(100_000)
    ]
    config = BatchConfig(batch_size=200)
    batches = asyncio.run(create_optimal_batches(files, config))
    assert sorted(f.file_id for batch in batches for f in batch.files) == list(range(100_000))
    assert max(map(len, batches)) <= 200
    assert all(len({f.queue for f in batch.files}) == 1 for batch in batches)
    assert all(batch.total_size <= config.batch_bytes for batch in batches)
