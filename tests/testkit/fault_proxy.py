"""A proxy between a client and a server of HTTP that does to requests what networks do."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Fate(Enum):
    """What becomes of a request."""

    PASSES = "it passes"
    CUT = "the server gets half of it"
    ANSWER_LOST = "the server carries it out, the client does not learn of it"
    BUSY = "the server has no time"
    FORBIDDEN = "the server refuses"
    NO_ANSWER = "nobody answers"
    CONDITIONS_IGNORED = "the server has never heard of conditions"


@dataclass
class FaultProxy:
    """It listens on `port`; `fate` judges each request by its first line, and `seen` has all of these."""

    server: int
    port: int = 0
    fate: Callable[[str], Fate] = lambda _: Fate.PASSES
    seen: list[str] = field(default_factory=list)

    def next_fates(self, method: str, *fates: Fate) -> None:
        """The next requests of a method meet these fates, later ones pass."""
        left = list(fates)
        self.fate = lambda line: left.pop(0) if left and line.startswith(method) else Fate.PASSES

    def serve(self, client: socket.socket, ended: threading.Event) -> None:
        """Read one request of a connection, and close it after the answer."""
        with client, suppress(OSError):
            request = _read_request(client)
            line = request.partition(b"\r\n")[0].decode("latin-1")
            self.seen.append(line)
            fate = self.fate(line)
            if fate is Fate.NO_ANSWER:
                ended.wait()
            elif fate is Fate.BUSY:
                client.sendall(_BUSY)
            elif fate is Fate.FORBIDDEN:
                client.sendall(_FORBIDDEN)
            else:
                answer = self._forward(request, fate)
                if fate is not Fate.ANSWER_LOST:
                    client.sendall(answer)

    def _forward(self, request: bytes, fate: Fate) -> bytes:
        if fate is Fate.CONDITIONS_IGNORED:
            request = re.sub(rb"(?i)\r\nif-(none-)?match: [^\r]*", b"", request, count=1)
        request = request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        with socket.create_connection(("127.0.0.1", self.server)) as server:
            if fate is Fate.CUT:
                server.sendall(request[: len(request) - 1])
                return b""
            server.sendall(request)
            return b"".join(iter(lambda: server.recv(65536), b""))


def _read_request(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(client)
    head = data.partition(b"\r\n\r\n")[0]
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    whole = len(head) + 4 + (int(length[1]) if length else 0)
    while len(data) < whole:
        data += _some(client)
    return data


def _some(client: socket.socket) -> bytes:
    if not (data := client.recv(65536)):
        raise ConnectionResetError
    return data


@contextmanager
def fault_proxy(server: int) -> Iterator[FaultProxy]:
    """A proxy before the server on a port of this machine."""
    proxy, ended = FaultProxy(server), threading.Event()
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        proxy.port = listener.getsockname()[1]

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=proxy.serve, args=(client, ended), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(listener.shutdown, socket.SHUT_RDWR)
        stack.callback(ended.set)
        yield proxy
