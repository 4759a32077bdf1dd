"""Whether the plugins that the settings name can be had: asked before anything is begun."""

from __future__ import annotations

import multiprocessing
import os
from typing import TYPE_CHECKING

from snake_pipe.errors import PluginError
from snake_pipe.executors.parent_watch import end_with_parent
from snake_pipe.executors.process_pool import start_process
from snake_pipe.extract.worker.modules import WORKER_MODULES
from snake_pipe.plugins.sinks import load_sink

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from snake_pipe.extract.batch_config import BatchConfig

_PATIENCE = 60.0
"""Seconds for each plugin to be imported."""


def check_plugins(config: BatchConfig) -> None:
    """Import the plugins in a process of their own, which may hang or crash; PluginError for a bad one.

    Does nothing where the settings name none.
    """
    if not config.sinks:
        return
    ours, theirs = multiprocessing.Pipe()
    process = start_process(_import_all, (theirs, config), WORKER_MODULES)
    theirs.close()
    name = "a plugin"
    try:
        while ours.poll(_PATIENCE):
            name, refusal = ours.recv()
            if not name:
                return
            if refusal is not None:
                raise PluginError(*refusal)
        raise PluginError(f"{name} is not imported within {_PATIENCE:g} s", "import it by itself to see why")
    except EOFError:
        process.join()
        raise PluginError(
            f"{name} ends the process that imports it", "import it by itself to see why"
        ) from None
    finally:
        process.kill()
        process.join()


def _import_all(connection: Connection, config: BatchConfig) -> None:
    end_with_parent()
    os.dup2(2, 1)  # stdout is for the data of the command
    for text in config.sinks:
        connection.send((f"the sink {text.partition('=')[0]!r}", None))
        try:
            load_sink(text)
        except PluginError as error:
            connection.send(("refused", (error.message, error.hint)))
            return
    connection.send(("", None))
