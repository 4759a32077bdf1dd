"""Functions that tests hand to worker processes; importable there by this module's name."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
import time
from pathlib import Path


def count_lines(path: Path) -> int:
    return len(path.read_bytes().splitlines())


async def count_lines_async(path: Path) -> int:
    await asyncio.sleep(0)
    return count_lines(path)


class TwoArgumentsError(Exception):
    def __init__(self, one, two):
        super().__init__(one)


def by_name(path: Path) -> object:
    """What the file's name says shall happen."""
    match path.stem.split("-")[0]:
        case "crash":
            ctypes.string_at(0)
        case "exit":
            sys.exit(0)
        case "_exit":
            os._exit(0)
        case "interrupt":
            raise KeyboardInterrupt
        case "unpicklable":
            raise TwoArgumentsError(1, 2)
        case "lambda":
            return lambda: None
        case "hang":
            # In C, with the interpreter lock held, out of reach of Python's signal handlers.
            ctypes.PyDLL(None).sleep(1000)
        case "sleep":
            time.sleep(1000)
    return path.name


def a_twentieth(path: Path) -> int:
    """Takes that part of a second."""
    time.sleep(0.05)
    return 1
