from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batching.memory import BATCH_MEMORY
from snake_pipe.extract.batching.sizing import (
    BatchSizing,
    BatchTarget,
    TimeModel,
)
from snake_pipe.extract.settings.queue_sizes import QueueSize
from snake_pipe.load.batch_history import BatchTotals

FREE = QueueSize()
CONFIG = BatchConfig(batch_size=10, max_batch_size=1000, batch_bytes=10**6, target_seconds=2.0)


def learned(seconds: float = 1.0, memory: int = 0, output: int = 0) -> BatchSizing:
    """After one batch of 100 files and 1000 bytes."""
    sizing = BatchSizing()
    sizing.observe(100, 1000, seconds, BATCH_MEMORY + memory, output)
    return sizing


def test_before_anything_was_measured_the_settings_count():
    assert BatchSizing().target(CONFIG, FREE).files == 10
    assert BatchSizing().expected_seconds(10, 10) == 0.0
    assert BatchSizing().expected_memory(10) == BATCH_MEMORY + 300
    assert BatchSizing().expected_io(10) == 20


def test_targets_take_the_wanted_time():
    assert learned(seconds=0.5).target(CONFIG, FREE) == BatchTarget(400, 4000)


def test_pressure_shrinks_both():
    assert learned(seconds=0.5).target(CONFIG, FREE, 0.1) == BatchTarget(40, 400)


def test_a_batch_fits_into_the_memory_of_a_worker():
    assert learned(seconds=0.001, memory=50_000).target(CONFIG, FREE, memory=BATCH_MEMORY + 5000).bytes == 100


def test_what_is_fixed_is_not_adapted_but_still_shrinks():
    sizing = learned(seconds=0.5)
    fixed = QueueSize(files=7, bytes=5 * 10**6)
    assert sizing.target(CONFIG, fixed) == BatchTarget(7, 5 * 10**6)
    assert sizing.target(CONFIG, fixed, 0.5) == BatchTarget(4, 25 * 10**5)
    assert sizing.target(CONFIG, fixed).bytes == 5 * 10**6
    assert BatchSizing().target(CONFIG, fixed, memory=BATCH_MEMORY + 3000).bytes == 100


def test_estimates():
    sizing = learned(seconds=1.0, memory=5000, output=500)
    assert sizing.expected_seconds(10, 10_000) == pytest.approx(10.0)
    assert sizing.expected_memory(200) == BATCH_MEMORY + 1000
    assert sizing.expected_io(200) == 300


def test_times_of_files_and_bytes_are_told_apart():
    # 393 empty files, after batches of 80 full ones, were once expected to take 2 s; they took 0.03 s.
    model = TimeModel()
    for files, size in ((80, 1_000_000), (400, 800_000), (10, 900_000), (200, 100_000)):
        model.observe(files, size, files * 0.0001 + size * 1e-6)
    assert model.expected(393, 0) == pytest.approx(0.0393)
    assert model.expected(0, 10**6) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        ([], 0.0),
        ([(10, 0, 1.0)], 2.0),
        ([(0, 0, 1.0)], 0.0),
        ([(10, 1000, 1.0), (20, 2000, 2.0)], 0.5),  # always files of one size: by their bytes
        ([(10, 1000, 1.0), (20, 900, 0.8), (30, 1000, 0.9)], 0.5),  # more files, less time: by bytes alone
        ([(10, 1000, 1.0), (20, 500, 2.0)], 2.0),  # more bytes, less time: by files alone
    ],
)
def test_what_cannot_be_told_apart_gives_no_absurd_time(batches, expected):
    model = TimeModel()
    for files, size, seconds in batches:
        model.observe(files, size, seconds)
    assert model.expected(20, 500) == pytest.approx(expected, rel=0.15)


def test_a_history_of_one_tiny_file_does_not_make_batches_tiny():
    # What any batch takes was once charged to the bytes of the file: 9,700 bytes of memory for each.
    sizing = BatchSizing()
    sizing.seed(BatchTotals(1, 1, 500, 0.009, 4_000_000, 30_000))
    assert sizing.target(CONFIG, FREE, memory=16 << 20).bytes > 50_000


def test_a_queue_that_writes_nothing_is_expected_to_write_nothing():
    # 0 is a rate like any other, not "unknown": it used to be replaced by the first guess.
    assert learned(output=0).expected_io(200) == 200


def test_a_long_history_is_soon_corrected():
    sizing = BatchSizing()
    sizing.seed(BatchTotals(1000, 100_000, 10**6, 1000.0, 0, 0))  # 0.01 s a file
    assert sizing.target(CONFIG, FREE).files == 200
    for _ in range(12):
        sizing.observe(100, 1000, 0.1, 0, 0)  # now 0.001 s a file
    assert sizing.target(CONFIG, FREE).files > 500


def test_no_history_teaches_nothing():
    sizing = BatchSizing()
    sizing.seed(BatchTotals())
    assert sizing == BatchSizing()


def test_files_that_take_no_time_at_all():
    # A rate next to 0 made the wanted number of files infinite, which cannot be rounded.
    sizing = BatchSizing()
    sizing.observe(1, 0, 2.2250738585e-313, 0, 0)
    assert sizing.target(CONFIG, FREE).files == CONFIG.max_batch_size


@given(
    batches=st.lists(
        st.tuples(
            st.integers(0, 10**4),
            st.integers(0, 10**9),
            st.floats(0, 10**4),
            st.integers(0, 10**10),
            st.integers(0, 10**10),
        ),
        max_size=20,
    ),
    pressure=st.floats(0.01, 1.0),
    memory=st.one_of(st.none(), st.integers(0, 10**10)),
    hard=st.integers(1, 10**4),
)
def test_targets_are_within_their_limits_whatever_was_measured(batches, pressure, memory, hard):
    sizing = BatchSizing()
    for figures in batches:
        sizing.observe(*figures)
    files, size = sizing.target(replace(CONFIG, max_batch_size=hard), FREE, pressure, memory)
    assert 1 <= files <= hard
    assert 1 <= size <= CONFIG.batch_bytes
