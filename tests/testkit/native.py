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
FOLDERS = {"loops": NATIVE} | {name: NATIVE / name for name in ("documents", "rows", "sources")}
"""By module: where its C files are."""


def digest(module: str) -> str:
    """What a module of these sources has as its docstring."""
    sources = sorted({*FOLDERS[module].glob("*.[ch]"), *NATIVE.glob("*.h")})
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
