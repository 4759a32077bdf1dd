"""Which shard a job is about that a scheduler has started as one of many: what its environment says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError
from snake_pipe.utils.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Mapping

_INSTEAD = "--shard K/N names it"


@dataclass(frozen=True, slots=True)
class _Scheduler:
    """The variables by which a scheduler numbers the jobs of an array, and which numbers may be the first."""

    name: str
    index: str
    count: str
    first: str = ""
    last: str = ""
    count_is_set_by: str = "the scheduler"


_SCHEDULERS = (
    _Scheduler(
        "Kubernetes",
        "JOB_COMPLETION_INDEX",
        "JOB_COMPLETIONS",
        count_is_set_by="the manifest, under env, with the number of completions",
    ),
    _Scheduler("AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE"),
    _Scheduler(
        "Slurm",
        "SLURM_ARRAY_TASK_ID",
        "SLURM_ARRAY_TASK_COUNT",
        "SLURM_ARRAY_TASK_MIN",
        "SLURM_ARRAY_TASK_MAX",
    ),
)


def shard_of_array(environment: Mapping[str, str] | None = None) -> Shard:
    """The shard of this job; UsageError where it is none of an array, or which one is not certain."""
    variables = os.environ if environment is None else environment
    found = [scheduler for scheduler in _SCHEDULERS if scheduler.index in variables]
    if not found:
        names = ", ".join(scheduler.index for scheduler in _SCHEDULERS)
        raise UsageError(f"--shard auto: none of {names} is set", _INSTEAD)
    if len(found) > 1:
        names = " and ".join(scheduler.index for scheduler in found)
        raise UsageError(f"--shard auto: {names} are both set", _INSTEAD)
    (scheduler,) = found
    if scheduler.count not in variables:
        raise UsageError(
            f"--shard auto: {scheduler.index} is set and {scheduler.count} is not",
            f"it is set by {scheduler.count_is_set_by}",
        )
    index, count = _number(variables, scheduler.index), _number(variables, scheduler.count)
    first = _first(scheduler, variables, count)
    if not first <= index < first + count:
        text = f"--shard auto: {scheduler.index} is {index}, which is none of {count} from {first}"
        raise UsageError(text, _INSTEAD)
    return Shard.parse(f"{index - first + 1}/{count}")


def _first(scheduler: _Scheduler, variables: Mapping[str, str], count: int) -> int:
    """The number of the array's first job; UsageError where the array may be a part of one."""
    if not scheduler.first or not scheduler.last:
        return 0
    first = _number(variables, scheduler.first)
    last = _number(variables, scheduler.last)
    if first > 1 or last - first + 1 != count:
        raise UsageError(
            f"--shard auto: an array of {count} from {first} to {last} may be a part of a larger one",
            f"number its tasks from 0 or 1 without gaps; {_INSTEAD} for tasks that are repeated",
        )
    return first


def _number(variables: Mapping[str, str], name: str) -> int:
    text = variables.get(name, "")
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"--shard auto: {name} is {text!r}, which is no number", _INSTEAD)
    return int(text)
