"""Pools of worker processes that start clean and fast.

`forkserver` where there is one: its children hold no locks and threads of the coordinator, and it imports
what workers need once, so that a pool is replaced in a fraction of a second. `max_tasks_per_child` is not
used: it deadlocks on several Python versions. Pools are replaced whole instead.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def open_process_pool(
    workers: int, initializer: Callable[..., None], initargs: tuple[Any, ...], preload: Sequence[str] = ()
) -> ProcessPoolExecutor:
    """A pool whose processes have run `initializer(*initargs)`; `preload` names modules to import once."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's idle threads would cost 5 % of each core
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(list(preload))
    return ProcessPoolExecutor(workers, mp_context=context, initializer=initializer, initargs=initargs)
