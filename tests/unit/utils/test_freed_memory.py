"""Blocks that are freed and asked for again are no new pages of the kernel's."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

ROUNDS = 20
BLOCKS = """
import resource, sys
from snake_pipe.utils.freed_memory import keep_freed_memory

if sys.argv[1] == "kept":
    keep_freed_memory(1 << 30)
if sys.argv[1] == "few kept":
    keep_freed_memory(1 << 20)

def faults(rounds):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        blocks = [bytearray(b"x" * (1 << 20)) for _ in range(20)]
        del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults(2)
print(faults(int(sys.argv[2])))
"""


def faults(memory: str) -> int:
    """Page faults of taking and freeing 20 MB again and again, 5,000 pages a round where they are new."""
    command = [sys.executable, "-c", BLOCKS, memory, str(ROUNDS)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="not the C library of GNU"
)
def test_freed_blocks_are_taken_again_without_a_page_fault() -> None:
    assert faults("given back") > ROUNDS * 1000
    assert faults("few kept") > ROUNDS * 1000
    assert faults("kept") < ROUNDS * 10


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from snake_pipe.utils import freed_memory

    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    freed_memory.keep_freed_memory(1 << 20)
