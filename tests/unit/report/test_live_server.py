"""The server of a page, with figures of the test's own."""

from __future__ import annotations

import http.client
import socket
import threading
from urllib.parse import urlsplit

import pytest

from snake_pipe.report.live_server import LiveServer
from testkit.waiting import wait_for

LARGE = 64 << 20
"""Bytes; more than the buffers between two sockets hold."""


class Figures:
    def __init__(self) -> None:
        self.sent = threading.Event()

    def document(self) -> bytes:
        return b"page"

    def newer(self, query: str) -> tuple[bytes, bool]:
        return b"x" * LARGE, "have=1" in query

    def note_last_sent(self) -> None:
        self.sent.set()


@pytest.fixture
def figures():
    return Figures()


@pytest.fixture
def address(figures):
    with LiveServer(figures) as server:
        yield urlsplit(server.address)


def asking(address, path):
    connection = socket.create_connection((address.hostname, address.port), timeout=60)
    connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {address.netloc}\r\n\r\n".encode())
    return connection


def answer_to(address, path=None, method="GET", **headers):
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request(method, address.path if path is None else path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_only_who_knows_the_address_is_answered(address):
    known = address.path
    assert answer_to(address).status == 200
    wrong = known[:-2] + ("A/" if known[-2] != "A" else "B/")
    for path in ("/", "/figures", wrong, f"{wrong}figures", "//", "/../", f"/x{known}"):
        assert answer_to(address, path).status == 403, path
    for headers in (
        {"Host": "attacker.example"},
        {"Host": f"attacker.example:{address.port}"},
        {"Host": "127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        assert answer_to(address, **headers).status == 403, headers
    for method in ("HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
        assert answer_to(address, method=method).status == 403, method
    # Without its last slash the page would ask for its figures at another address.
    for path in (known.rstrip("/"), f"{known}other", f"{known}../../etc/passwd", f"{known}%2e%2e/x"):
        assert answer_to(address, path).status == 404, path


def test_browsers_are_told_to_keep_the_answers_apart(address):
    headers = answer_to(address).headers
    assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert "Access-Control-Allow-Origin" not in headers


def test_the_last_figures_are_sent_when_they_are_read(address, figures):
    """The command ended when it had begun to write them, and pages kept the figures of before."""
    with asking(address, f"{address.path}figures?have=1") as connection:
        assert connection.recv(12) == b"HTTP/1.0 200"
        assert not figures.sent.is_set()
        received = 0
        while chunk := connection.recv(1 << 20):
            received += len(chunk)
    assert received > LARGE
    assert figures.sent.wait(60)


def test_figures_that_are_not_the_last_end_nothing(address, figures):
    with asking(address, f"{address.path}figures?have=0") as connection:
        while connection.recv(1 << 20):
            pass
    assert not figures.sent.is_set()


def test_connections_are_few_and_the_next_ones_are_served_again(address):
    """Each held connection keeps a thread; without a limit they are as many as somebody opens."""
    held = [socket.create_connection((address.hostname, address.port), timeout=60) for _ in range(16)]
    try:
        with asking(address, address.path) as refused:
            assert is_closed(refused)
    finally:
        for connection in held:
            connection.close()
    wait_for(lambda: is_served(address))


def is_closed(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def is_served(address):
    with asking(address, address.path) as connection:
        return not is_closed(connection)
