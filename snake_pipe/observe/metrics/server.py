"""A job's figures for Prometheus to fetch while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.errors import UsageError
from snake_pipe.observe.events import JobEnded, JobStarted, Progress
from snake_pipe.observe.metrics.live import live_families

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.observe.events import Event
    from snake_pipe.observe.metrics.family import Family
    from snake_pipe.observe.status import JobStatus

_MISSING = "--metrics-port needs prometheus-client"


class MetricsServer:
    """A listener that serves the newest figures at `/metrics` until `close`."""

    def __init__(self, host: str, port: int) -> None:
        """Serve from now on; UsageError where the port is taken, or the library is not there.

        Port 0 is any that is free.
        """
        try:
            from prometheus_client import start_http_server
            from prometheus_client.registry import CollectorRegistry
        except ImportError:
            raise UsageError(_MISSING, "pip install 'snake-pipe[metrics]'") from None
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        self._families: list[Family] = []
        self._status: JobStatus | None = None
        self._dataset = ""
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except OSError as error:
            raise UsageError(
                f"cannot serve metrics at {host}:{port}: {error.strerror or error}",
                "--metrics-port takes another PORT or HOST:PORT",
            ) from error

    @property
    def address(self) -> str:
        """Where the figures are."""
        host, port = map(str, self._server.server_address[:2])
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/metrics"

    def __call__(self, event: Event) -> None:
        """Take in one event; the figures are copied, as they are fetched by another thread."""
        if isinstance(event, JobStarted):
            self._dataset = event.dataset.encode("utf-8", "backslashreplace").decode()
        elif isinstance(event, Progress):
            self._status = event.status
        if self._status is not None and isinstance(event, Progress | JobEnded):
            self._families = live_families(self._status, self._dataset)

    def collect(self) -> Iterator[Any]:
        """The figures as prometheus-client wants them, which calls this for each request."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        kinds = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily}
        for family in self._families:
            if family.samples:
                metric = family.metric
                found = kinds[metric.type](metric.name, metric.help, labels=metric.labels)
                for labels, value in family.samples:
                    found.add_metric([labels[name] for name in metric.labels], value)
                yield found

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of `PORT`, `HOST:PORT` or `[HOST]:PORT`; ValueError if it is none.

    Without a host it is this machine's loopback, which others cannot reach.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if not (port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise ValueError("PORT or HOST:PORT is expected, such as 9464 or 0.0.0.0:9464")
    return host, int(port)
