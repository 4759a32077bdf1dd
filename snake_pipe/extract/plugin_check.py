"""Whether the plugins that the settings name can be had: asked before anything is begun."""

from __future__ import annotations

import multiprocessing
import os
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import ConfigError, PluginError, UsageError
from snake_pipe.executors.parent_watch import end_with_parent
from snake_pipe.executors.process_pool import start_process
from snake_pipe.extract.worker.modules import WORKER_MODULES
from snake_pipe.plugins.batching import BUILT_IN_STRATEGIES, load_strategy
from snake_pipe.plugins.processors import load_processor
from snake_pipe.plugins.sinks import load_sink, split_sink

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    from snake_pipe.extract.batch_config import BatchConfig

PATIENCE = 60.0
"""Seconds for each plugin to be imported."""


def check_plugins(config: BatchConfig) -> None:
    """Import the plugins in a process of their own, which may hang or crash; PluginError for a bad one.

    A sink that has a function `check` is asked what it thinks of its argument. Does
    nothing where the settings name none.
    """
    if config.processors_only and not config.processors:
        raise ConfigError("processors_only without a processor leaves nothing", "name one with --processor")
    plugins = _named_in(config)
    if not plugins:
        return
    ours, theirs = multiprocessing.Pipe()
    process = start_process(_import_all, (theirs, plugins), WORKER_MODULES)
    theirs.close()
    name = "a plugin"
    try:
        while ours.poll(PATIENCE):
            name, refusal = ours.recv()
            if not name:
                return
            if refusal is not None:
                raise PluginError(*refusal)
        raise PluginError(f"{name} is not imported within {PATIENCE:g} s", "import it by itself to see why")
    except EOFError:
        process.join()
        raise PluginError(
            f"{name} ends the process that imports it", "import it by itself to see why"
        ) from None
    finally:
        process.kill()
        process.join()


def _named_in(config: BatchConfig) -> list[tuple[str, str, str]]:
    """The kind, the name and the argument of each plugin that is not of every run."""
    named = [("sink", *split_sink(text)) for text in config.sinks]
    named += (("processor", name, "") for name in config.processors)
    if config.batching not in BUILT_IN_STRATEGIES:
        named.append(("batching strategy", config.batching, ""))
    return named


def _import_all(connection: Connection, plugins: Sequence[tuple[str, str, str]]) -> None:
    end_with_parent()
    os.dup2(2, 1)  # stdout is for the data of the command
    for kind, name, argument in plugins:
        connection.send((f"the {kind} {name!r}", None))
        try:
            found = _LOADERS[kind](name)
            if not callable(found):
                raise PluginError(f"the {kind} {name!r} cannot be called")
            if kind == "sink" and hasattr(found, "check"):
                found.check(argument)
        except UsageError as error:
            connection.send(("refused", (error.message, error.hint)))
            return
    connection.send(("", None))


_LOADERS: dict[str, Callable[[str], Any]] = {
    "sink": load_sink,
    "processor": load_processor,
    "batching strategy": load_strategy,
}
