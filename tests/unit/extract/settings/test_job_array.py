"""The shard of a job of an array, by what its scheduler says."""

from __future__ import annotations

import pytest

from snake_pipe.errors import UsageError
from snake_pipe.extract.settings.job_array import shard_of_array
from snake_pipe.utils.shard import Shard


def slurm(index, count, first, last):
    names = ("ID", "COUNT", "MIN", "MAX")
    return {
        f"SLURM_ARRAY_TASK_{name}": str(value)
        for name, value in zip(names, (index, count, first, last), strict=True)
    }


@pytest.mark.parametrize(
    ("environment", "shard"),
    [
        ({"JOB_COMPLETION_INDEX": "0", "JOB_COMPLETIONS": "16"}, Shard(1, 16)),
        ({"JOB_COMPLETION_INDEX": "15", "JOB_COMPLETIONS": "16"}, Shard(16, 16)),
        ({"AWS_BATCH_JOB_ARRAY_INDEX": "2", "AWS_BATCH_JOB_ARRAY_SIZE": "4"}, Shard(3, 4)),
        (slurm(0, 16, 0, 15), Shard(1, 16)),
        (slurm(16, 16, 1, 16), Shard(16, 16)),
    ],
)
def test_each_scheduler_counts_in_its_way(environment, shard):
    assert shard_of_array(environment) == shard


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "none of JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX, SLURM_ARRAY_TASK_ID is set"),
        ({"JOB_COMPLETION_INDEX": "3"}, "JOB_COMPLETIONS is not"),
        ({"JOB_COMPLETION_INDEX": "x", "JOB_COMPLETIONS": "4"}, "'x', which is no number"),
        ({"JOB_COMPLETION_INDEX": "4", "JOB_COMPLETIONS": "4"}, "is 4, which is none of 4 from 0"),
        (slurm(3, 1, 3, 3), "may be a part of a larger one"),
        (slurm(3, 4, 1, 7), "may be a part of a larger one"),
        (
            {"JOB_COMPLETION_INDEX": "0", "JOB_COMPLETIONS": "4"} | slurm(1, 2, 1, 2),
            "JOB_COMPLETION_INDEX and SLURM_ARRAY_TASK_ID are both set",
        ),
    ],
)
def test_what_cannot_be_told_for_certain_is_refused(environment, told):
    with pytest.raises(UsageError, match="--shard auto: ") as refused:
        shard_of_array(environment)
    assert told in refused.value.message
