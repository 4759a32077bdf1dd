"""The C sources of the compiled modules, and what they are compiled with."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import sys
from typing import TYPE_CHECKING

from testkit.places import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable

NATIVE = PROJECT / "snake_pipe" / "transform" / "native"
MODULE_NAME = "loops.abi3.so"
DOCUMENTS_NAME = "documents.abi3.so"
ROWS_NAME = "rows.abi3.so"


def digest(folder: str = "") -> str:
    """What the module has as its docstring whose sources are in a folder of `NATIVE`, or in itself."""
    own = [*(NATIVE / folder).glob("*.[ch]")] if folder else [*NATIVE.glob("*.c")]
    sources = sorted([*own, *NATIVE.glob("*.h")])
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sources]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def blocks_kept(trial: Callable[[], object]) -> int:
    """How many blocks of memory stay after a thousand trials; what they raise is passed over."""

    def blocks(times: int) -> int:
        for _ in range(times):
            with contextlib.suppress(LookupError, SystemError, TypeError, ValueError):
                trial()
        gc.collect()
        return sys.getallocatedblocks()

    blocks(20)
    before = blocks(20)
    return blocks(1000) - before
