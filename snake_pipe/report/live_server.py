"""Serves a page to browsers of this machine: loopback alone, and only to who knows its address.

The address holds a token that nobody guesses. Other pages cannot read what is served (no CORS), a name that
leads to 127.0.0.1 does not help them (the Host header is checked), and no request changes anything.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType

    from snake_pipe.report.live_figures import LiveFigures

_HOST = "127.0.0.1"
_MOST_CONNECTIONS = 16
_SECONDS = 10.0
"""What a browser may take to ask, and to take an answer."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",  # added to the page's own, which cannot say it
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class LiveServer:
    """Serves in threads of its own from `with` to the end of the block."""

    def __init__(self, figures: LiveFigures) -> None:
        self._server = _Server(figures)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), daemon=True)

    @property
    def address(self) -> str:
        """Where the page is; whoever knows it can read it."""
        return f"http://{_HOST}:{self._server.server_port}/{self._server.token}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def __init__(self, figures: LiveFigures) -> None:
        super().__init__((_HOST, 0), _Handler)
        self.figures = figures
        self.token = secrets.token_urlsafe(24)
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """In a thread of its own, or not at all where there are too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One connection, to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SECONDS

    def do_GET(self) -> None:
        """Answer one of two questions: the page, and what is newer than it."""
        url = urlsplit(self.path)
        token, slash, name = url.path.removeprefix("/").partition("/")
        if not self._may_ask(token):
            self._refuse()
        elif slash and name == "":
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", self.server.figures.document())
        elif name == "figures":
            body, is_last = self.server.figures.newer(url.query)
            self._answer(HTTPStatus.OK, "application/json", body)
            if is_last:
                self.server.figures.note_last_sent()
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"not found\n")

    def _refuse(self) -> None:
        self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"forbidden\n")

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse  # noqa: N815 - as above

    def _may_ask(self, token: str) -> bool:
        host, port = self.headers.get("Host", ""), self.server.server_port
        return (
            host in (f"{_HOST}:{port}", f"localhost:{port}")
            and self.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
            and hmac.compare_digest(token.encode(), self.server.token.encode())
        )

    def _answer(self, status: HTTPStatus, type_: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": type_, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        """What the Server header says: nothing of use."""
        return "snake-pipe"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base names it
        """Say nothing of requests."""
