"""What a run writes for machines when it has ended, as options.

The dataclass here is neither frozen nor slotted: making it so takes milliseconds, and `--help` waits for it.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from typer import Option

from snake_pipe.errors import StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from snake_pipe.observe.events import Listener
    from snake_pipe.outcome.summary import RunSummary
    from snake_pipe.storage.storage import Storage

_STDOUT = Path("-")


@dataclass
class RunOutputs:
    """What machines are told of a run; files are written at its end, also if it failed."""

    heading: ClassVar = "For machines"

    summary_json: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="Write how the run went to FILE as JSON, also if it failed; - for stdout. See"
            " docs/reference/summary.md.",
        ),
    ] = None
    metrics_file: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="Write figures of the run and the dataset to FILE, for the textfile collector of Prometheus'"
            " node_exporter, also if it failed. See docs/reference/metrics.md.",
        ),
    ] = None

    metrics_port: Annotated[
        str | None,
        Option(
            metavar="PORT",
            help="Serve figures for Prometheus while it runs, at PORT of this machine alone or at HOST:PORT.",
        ),
    ] = None

    @property
    def takes_stdout(self) -> bool:
        """Whether something of it goes to stdout, which then has room for nothing else."""
        return self.summary_json == _STDOUT

    def check(self) -> None:
        """UsageError, before anything else is done, for a file that cannot be written at the end."""
        if self.metrics_file == _STDOUT:
            raise UsageError("--metrics-file - is no file", "name a file that ends with .prom")
        for path in self._files():
            check_output(path)
        self._address()

    @contextmanager
    def open_listeners(self, tell: Callable[[str], None]) -> Iterator[list[Listener]]:
        """Listeners that bring a run's figures to other programs, until the end of the block.

        They are those that were asked for, by option or by `OTEL_*` variables. `tell` is given a line for
        people now and then. UsageError if a port cannot be had.
        """
        from snake_pipe.observe.telemetry.export import open_telemetry

        listeners: list[Listener] = []
        with ExitStack() as stack:
            if (address := self._address()) is not None:
                from snake_pipe.observe.metrics.server import MetricsServer

                server = MetricsServer(*address)
                stack.callback(server.close)
                tell(f"metrics at {server.address}")
                listeners.append(server)
            telemetry = open_telemetry(os.environ, lambda text: tell(f"warning: {text}"))
            if telemetry is not None:
                stack.callback(telemetry.close)
                listeners.append(telemetry)
            yield listeners

    def _address(self) -> tuple[str, int] | None:
        if self.metrics_port is None:
            return None
        from snake_pipe.observe.metrics.server import parse_address

        try:
            return parse_address(self.metrics_port)
        except ValueError as error:
            raise UsageError(f"--metrics-port {self.metrics_port}: {error}") from None

    def write(self, summary: RunSummary, dataset: Storage) -> None:
        """Write all that was asked for of a run into `dataset`; StorageError if the disk refuses."""
        if self.summary_json == _STDOUT:
            sys.stdout.write(summary.to_bytes().decode())
            sys.stdout.flush()
        elif self.summary_json is not None:
            write_output(self.summary_json, summary.to_bytes())
        if self.metrics_file is not None:
            from snake_pipe.outcome.metrics.textfile import metrics_text, text_before

            before = text_before(self.metrics_file)
            write_output(self.metrics_file, metrics_text(summary, dataset, before).encode())

    def _files(self) -> list[Path]:
        given = (self.summary_json, self.metrics_file)
        return [path for path in given if path is not None and path != _STDOUT]


def check_output(path: Path) -> None:
    """UsageError for a file that could not be written."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UsageError(f"cannot write to {path}", "name a file in a folder that is there")


def write_output(path: Path, data: bytes) -> None:
    """Write a file for other programs, which may read it at any time: they see the old one or the new one.

    StorageError if the disk refuses.
    """
    from snake_pipe.storage.atomic_file import replace_atomic

    try:
        if path.exists() and not path.is_file():  # /dev/stderr or a pipe, which is not to be replaced
            path.write_bytes(data)
        else:
            replace_atomic(path, data, mode=0o644)
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}", "the tables are not affected"
        ) from error
