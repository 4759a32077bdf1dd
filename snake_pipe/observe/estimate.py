"""What a run is expected to read, write and take, before it has done so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """Files and bytes that are to be read, and what is expected of them.

    `rows` are those of all tables, `output` bytes of their parts, `memory` the bytes of all processes
    together at their peak, `seconds` the time from start to end. `learned` is the part of the bytes, from 0
    to 1, whose cost earlier runs into the dataset told; the rest is by defaults.
    """

    files: int = 0
    bytes: int = 0
    rows: int = 0
    output: int = 0
    memory: int = 0
    seconds: float = 0.0
    learned: float = 0.0
