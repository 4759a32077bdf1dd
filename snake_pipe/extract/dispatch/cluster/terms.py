"""What a Dask worker is told of a run before it takes a batch of it, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snake_pipe.extract.dispatch.cluster.sight import Seen


@dataclass(frozen=True, slots=True)
class Terms:
    """The same for all workers of a run; `run_id` tells it from all others.

    `setup` is the pickled `WorkerSetup` of its processes, without what each machine decides. `versions` are
    the coordinator's. `tries` is the URL of the storage for notes of tries, None if nothing is written;
    `token` is what a file in it says, and `sample` what the coordinator sees of the folders that are read.
    `memory_limit` in bytes bounds what a Dask worker's processes take together; None: Dask's limit alone.
    """

    run_id: str
    setup: bytes
    versions: Mapping[str, str]
    tries: str | None = None
    token: str = ""
    sample: tuple[Seen, ...] = ()
    memory_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a Dask worker must not take part."""

    worker: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A Dask worker that takes part, with so many processes, each with `batch_memory` bytes for a batch."""

    workers: int
    memory_limit: int
    batch_memory: int
