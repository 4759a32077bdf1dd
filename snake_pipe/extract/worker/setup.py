"""What a worker is given when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batching.memory import MemoryPlan


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker needs beyond its batches; plain data, given once when the process starts.

    `slots` is the folder where worker processes show what they have in hand; None means that the batch
    runs in the coordinator's process, which must not be ended by a file's time limit. `memory` says how
    much may be held at once, so that a batch's memory does not grow with its bytes. It and `dataset` are
    None where a user's own `processor` does the work. `host` is how the machine is called in `batches`, by
    default by its own name.
    """

    config: BatchConfig
    job_id: str = ""
    epoch: int = 0
    dataset: str | None = None
    slots: str | None = None
    processor: Callable[[Path], Any] | None = None
    memory: MemoryPlan | None = None
    host: str = ""
