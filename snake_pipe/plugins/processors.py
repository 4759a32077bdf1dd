"""Processors: functions of a user that are called for each file, beside the tree's rows or instead of them.

    from pathlib import Path

    def line_lengths(path: Path) -> dict[str, int]:
        lengths = [len(line) for line in path.read_bytes().splitlines()]
        return {"lines": len(lengths), "longest": max(lengths, default=0)}

What one gives becomes rows of the table `processed`, as JSON: a row for a value such as a dict, several for a
list, none for None.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from snake_pipe.plugins.installed import load_plugin

Processor = Callable[[Path], Any]
"""Called in a worker process with the path of a file that was read; sync or async.

It gives whatever JSON can say, dataclasses and dates among it, or an iterator of such values. What it raises
is a row of `errors`, and the file is `partial`; one that does not return is ended by the file's time limit,
which quarantines the file.
"""

PROCESSOR_GROUP = "snake_pipe.processors"
"""The group of entry points of processors: each is the function itself."""


def load_processor(name: str) -> Processor:
    """The processor of that name; PluginError where there is none, or it cannot be imported."""
    found: Processor = load_plugin("processor", PROCESSOR_GROUP, name, {})
    return found
