"""Estimates: by defaults at first, by what earlier batches took from then on."""

from __future__ import annotations

import pytest

from snake_pipe.extract.model.work import Work
from snake_pipe.extract.planning.costs import START_SECONDS, CostModel
from snake_pipe.extract.planning.default_costs import DEFAULT_COSTS
from snake_pipe.extract.planning.stretch import DEFAULT_STRETCH, read_stretch
from snake_pipe.load.batch_history import BatchTotals
from snake_pipe.plugins import AST_QUEUE, language_names
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager

MB = 1_000_000


def work(files: int, size: int) -> Work:
    return Work(files, size, size // files)


def test_the_defaults_are_of_queues_that_there_are():
    assert set(DEFAULT_COSTS) <= {*language_names(), AST_QUEUE}


def test_nothing_to_read_takes_the_start_alone():
    nothing = CostModel({}).estimate({}, 2)
    assert (nothing.files, nothing.rows, nothing.seconds) == (0, 0, START_SECONDS)


def test_defaults_count_until_something_is_learned():
    first = CostModel({}).estimate({"python": work(1000, 10 * MB)}, 2)
    assert first.learned == 0
    cost = DEFAULT_COSTS["python"]
    assert first.rows == 1000 + round(cost.rows_per_byte * 10 * MB)
    half = CostModel({}).estimate({"python": work(1000, 10 * MB)}, 4)
    assert first.seconds > 1.5 * half.seconds


def test_what_earlier_batches_took_counts_alone():
    """A machine of a tenth of the speed takes ten times as long, for files of another size, too."""
    default = DEFAULT_COSTS["python"]
    took = 10 * default.seconds(100, 2 * MB)
    history = {"python": BatchTotals(4, 100, 2 * MB, took, 90 * MB, 6 * MB, 400_100)}
    model = CostModel(history, stretch=1.0)
    again = model.estimate({"python": work(100, 2 * MB)}, 1)
    assert again.seconds == pytest.approx(took + START_SECONDS, rel=0.1)
    assert (again.learned, again.rows, again.output) == (1.0, 400_100, 6 * MB)
    many_small = model.estimate({"python": work(10_000, 2 * MB)}, 1)
    assert many_small.seconds > again.seconds + 10 * 9_900 * default.ms_per_file / 1000
    mixed = model.estimate({"python": work(10, 3 * MB), "go": work(10, MB)}, 1)
    assert mixed.learned == 0.75


def test_a_few_bytes_tell_nothing():
    """A batch of one tiny file is the time to load a grammar: estimates were a hundred times too high."""
    history = {"go": BatchTotals(1, 1, 200, 0.07, 0, 400, 50)}
    assert CostModel(history).estimate({"go": work(10, MB)}, 1).learned == 0


def test_small_batches_do_not_tell_what_large_ones_need():
    """The grammar's memory in batches of a few kB was taken for what each byte needs: 8 GB for 40 MB."""
    small = CostModel({"go": BatchTotals(10, 10, 40_000, 0.5, 80 * MB, 90_000, 9_000)})
    large = small.estimate({"go": work(1000, 40 * MB)}, 2)
    assert large.memory < 1000 * MB


def test_the_last_run_tells_what_comes_on_top_of_batches():
    estimate = {"python": work(100, 10 * MB)}
    plain = CostModel({}, stretch=1.0).estimate(estimate, 2)
    busy = CostModel({}, stretch=1.5).estimate(estimate, 2)
    assert busy.seconds == pytest.approx(1.5 * plain.seconds, rel=0.1)


def test_the_newest_job_that_read_enough_is_the_last_run(tmp_path):
    """Nothing is learned from a run that read nothing, was stopped, or was of another version."""
    manager = CheckpointManager(LocalStorage(tmp_path))
    done = {"status": "done", "workers": 2, "batch_seconds": 8.0, "elapsed": 6.0}
    statuses = {
        "20261129-000001-aaaaaa": {**done, "elapsed": 60.0},
        "20261129-000002-aaaaaa": done,
        "20261129-000003-aaaaaa": {**done, "batch_seconds": 0.1},
        "20261129-000004-aaaaaa": {**done, "status": "stopped"},
        "20261129-000005-aaaaaa": {"status": "done"},
    }
    assert read_stretch(manager) == DEFAULT_STRETCH
    for job_id, status in statuses.items():
        manager.write_status(job_id, status)
    assert read_stretch(manager) == 1.5


def test_one_file_is_one_worker_s():
    """Eight workers do not share a file."""
    alone = CostModel({}).estimate({"python": Work(1, 40 * MB, 40 * MB)}, 8)
    assert alone.seconds > DEFAULT_COSTS["python"].seconds(1, 40 * MB)
    several = CostModel({}).estimate({"python": Work(8, 40 * MB, 5 * MB)}, 8)
    assert several.seconds < alone.seconds / 4
    assert several.memory > alone.memory / 2


def test_a_cluster_without_a_worker_yet_is_estimated_as_one():
    """A run asked before its first Dask worker had come, and ended with a division by zero."""
    model = CostModel({})
    assert model.estimate({"python": work(10, 1000)}, 0) == model.estimate({"python": work(10, 1000)}, 1)
