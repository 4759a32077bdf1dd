"""How a watch finds changes, and what can be watched."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import PluginError, UsageError

if TYPE_CHECKING:
    from snake_pipe.extract.discovery.request import IngestRequest


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How a watch finds changes.

    `debounce` is the quiet in seconds that ends a group of changes. `poll`: only walk, without notifications
    from the kernel. `rescan_seconds` is the longest time between two walks that find what was not notified.
    """

    debounce: float = 0.05
    poll: bool = False
    rescan_seconds: float = 600.0


def check_watch(request: IngestRequest) -> None:
    """UsageError for a request that cannot be watched, PluginError where watchfiles is not installed."""
    if find_spec("watchfiles") is None:
        raise PluginError("watchfiles is not installed", "pip install 'snake-pipe[watch]'")
    if request.file_list is not None or not request.roots:
        raise UsageError("watch needs folders, not a list of files")
    for root in request.roots:
        if not Path(root).is_dir():
            raise UsageError(f"not a folder: {root}", "watch the folder the file is in, with --include")
