"""The C sources of the compiled modules, and what they are compiled with."""

from __future__ import annotations

import hashlib

from testkit.places import PROJECT

NATIVE = PROJECT / "snake_pipe" / "transform" / "native"
MODULE_NAME = "loops.abi3.so"
DOCUMENTS_NAME = "documents.abi3.so"


def digest(*, documents: bool = False) -> str:
    """What a module of these sources has as its docstring."""
    own = [*(NATIVE / "documents").glob("*.[ch]")] if documents else [*NATIVE.glob("*.c")]
    sources = sorted([*own, *NATIVE.glob("*.h")])
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sources]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
