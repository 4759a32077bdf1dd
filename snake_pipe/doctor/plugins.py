"""What other packages add to the program, and whether it can be imported."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from snake_pipe.doctor.finding import Finding, Place, ok, warning
from snake_pipe.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_plugins(_: Place) -> Iterator[Finding]:
    """Each plugin that an installed package offers."""
    from snake_pipe.plugins.installed import load_entry
    from snake_pipe.plugins.offered import offered_plugins

    none = True
    for kind, plugin in offered_plugins():
        none = False
        try:
            load_entry(kind, plugin)
        except PluginError as failure:
            package = plugin.package.partition(" ")[0]
            advice = shlex.join([sys.executable, "-m", "pip", "install", "--upgrade", package])
            yield warning("plugins", failure.message, advice)
        else:
            yield ok("plugins", f"{kind} {plugin.name} of {plugin.package}, {plugin.place}")
    if none:
        yield ok("plugins", "no installed package offers one")


CHECKS = (check_plugins,)
