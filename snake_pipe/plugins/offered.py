"""All that installed packages offer, of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.plugins.batching import BATCHING_GROUP
from snake_pipe.plugins.dialects import DIALECT_GROUP
from snake_pipe.plugins.installed import installed
from snake_pipe.plugins.processors import PROCESSOR_GROUP
from snake_pipe.plugins.sinks import SINK_GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.plugins.installed import Installed

GROUPS = {
    "dialect": DIALECT_GROUP,
    "processor": PROCESSOR_GROUP,
    "batching strategy": BATCHING_GROUP,
    "sink": SINK_GROUP,
}
"""The group of entry points of each kind of plugin."""


def offered_plugins() -> Iterator[tuple[str, Installed]]:
    """Each plugin with its kind; nothing of it is imported."""
    for kind, group in GROUPS.items():
        for plugin in installed(group):
            yield kind, plugin
