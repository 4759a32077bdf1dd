"""A Dask worker on this machine that ends with the process that started it, even if that is killed.

It is started with what `dask spec` is started with, and a pipe as its standard input, which nobody writes to:
its end is the other process's.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from typing import Any

from distributed.deploy.subprocess import SubprocessWorker


class LocalWorker(SubprocessWorker):
    """The coordinator's side, for a `SpecCluster`."""

    async def _start(self) -> None:
        spec: dict[str, Any] = {"cls": self.worker_class, "opts": self.worker_kwargs}
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__, self.scheduler, "--spec", json.dumps(spec)),
            stdin=asyncio.subprocess.PIPE,
        )


def _end_with_starter() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def main() -> None:
    """Be a Dask worker."""
    from distributed.cli.dask_spec import main as dask_spec

    threading.Thread(target=_end_with_starter, name="starter-watch", daemon=True).start()
    dask_spec()


if __name__ == "__main__":
    main()
