"""The C sources of the compiled loops, and what they are compiled with."""

from __future__ import annotations

import hashlib

from testkit.places import PROJECT

NATIVE = PROJECT / "snake_pipe" / "transform" / "native"
MODULE_NAME = "loops.abi3.so"


def digest() -> str:
    """What a module of these sources has as its docstring."""
    sources = sorted([*NATIVE.glob("*.c"), *NATIVE.glob("*.h")])
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sources]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
