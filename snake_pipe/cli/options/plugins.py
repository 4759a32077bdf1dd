"""What others add to a run, as options.

The dataclass here is neither frozen nor slotted: making it so takes milliseconds, and `--help` waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from typer import Option

from snake_pipe.cli import completers


@dataclass
class PluginOptions:
    """Processors, batching strategies and sinks; see docs/how-to/plugins.md."""

    heading: ClassVar = "Plugins"

    processor: Annotated[
        list[str] | None,
        Option(
            metavar="NAME",
            help="Call a function of your own for each file, for the table processed: one of an installed"
            " package, or module:name; repeatable.",
            autocompletion=completers.processors,
        ),
    ] = None
    processors_only: Annotated[
        bool | None,
        Option("--processors-only", help="Do not parse files: write only what processors say of them."),
    ] = None
    batching: Annotated[
        str | None,
        Option(
            metavar="NAME",
            help="How batches are made: adaptive, fixed, by-folder, a strategy of an installed package, or"
            " module:name. Default: adaptive.",
            autocompletion=completers.batching,
        ),
    ] = None
    sink: Annotated[
        list[str] | None,
        Option(
            metavar="NAME[=ARGUMENT]",
            help="Give each committed flush to a sink: postgresql, iceberg, one of an installed package, or"
            " module:name; repeatable.",
            autocompletion=completers.sinks,
        ),
    ] = None
    sink_failures: Annotated[
        str | None,
        Option(
            metavar="POLICY",
            help="stop: a sink that keeps failing ends the run. warn: the next run delivers. Default: stop.",
            autocompletion=completers.sink_failures,
        ),
    ] = None

    @property
    def given(self) -> dict[str, Any]:
        """The settings that were given."""
        given = {
            "processors": self.processor,
            "processors_only": self.processors_only,
            "batching": self.batching,
            "sinks": self.sink,
            "sink_failures": self.sink_failures,
        }
        return {name: value for name, value in given.items() if value is not None}
