"""A page that follows a running job, and who may see it."""

from __future__ import annotations

import http.client
import re
import signal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson
import pytest

from snake_pipe.report import libraries
from testkit.waiting import wait_for

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]{32}/")


@pytest.fixture
def followed(cli, repository):
    """The address of the page of a watch, the watch's process, and the report's."""
    if (problem := libraries.missing()) is not None:
        pytest.skip(problem)
    pytest.importorskip("watchfiles")
    watch = cli.start("watch", repository, "-q", "--flush-interval", "0.2", "--max-latency", "0.2")
    dataset = repository / ".snake-pipe"
    wait_for(lambda: cli.run("status", "-d", dataset, "--json").stdout.find('"files_committed":40') > 0)
    report = cli.start("report", "--follow", "-d", dataset)
    address = report.stdout.readline().strip()
    assert ADDRESS.fullmatch(address)
    return address, watch, report


def ask(address: str, path: str | None = None, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    url = urlsplit(address)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    connection.request(method, url.path if path is None else path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_the_page_follows_the_job_without_being_loaded_again(cli, repository, followed, pages):
    address, watch, report = followed
    page = pages.open(address)
    files = page.locator("#totals dd").first
    assert files.inner_text() == "40"
    page.locator("#languages th button", has_text="files").click()
    page.evaluate("window.stays = true")
    (repository / "added.py").write_text("def added():\n    pass\n")
    wait_for(lambda: files.inner_text() == "41")
    assert page.locator('#languages th[aria-sort="descending"]').inner_text().startswith("files")
    assert cli.run("control", "stop", "-d", repository / ".snake-pipe").returncode == 0
    wait_for(lambda: "has ended" in page.locator("#live").inner_text())
    assert page.evaluate("window.stays")
    assert ": done (control)" in page.locator("#run-state").inner_text()
    assert (watch.wait(60), report.wait(60)) == (0, 0), report.stderr.read()


def test_only_who_knows_the_address_is_answered(cli, repository, followed):
    address, _, report = followed
    url = urlsplit(address)
    assert ask(address)[0] == 200
    status, body = ask(address, f"{url.path}figures?have=0")
    assert (status, orjson.loads(body)["ended"]) == (200, False)
    wrong = url.path[:-2] + ("A/" if url.path[-2] != "A" else "B/")
    for path in ("/", "/figures", wrong, f"{wrong}figures", "//", "/../", f"/x{url.path}"):
        assert ask(address, path)[0] == 403, path
    for headers in (
        {"Host": "attacker.example"},
        {"Host": f"attacker.example:{url.port}"},
        {"Host": "127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        assert ask(address, **headers)[0] == 403, headers
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert ask(address, method=method)[0] == 403, method
    assert ask(address, f"{url.path}other")[0] == 404
    cli.run("control", "stop", "-d", repository / ".snake-pipe")
    assert report.wait(60) == 0


def test_the_server_tells_browsers_to_keep_its_answers_apart(followed):
    address, _, _ = followed
    url = urlsplit(address)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    connection.request("GET", url.path)
    headers = connection.getresponse().headers
    connection.close()
    assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert "Access-Control-Allow-Origin" not in headers


def test_ctrl_c_ends_the_page_and_not_the_job(followed):
    _, watch, report = followed
    report.send_signal(signal.SIGINT)
    assert report.wait(60) == 130
    assert "Traceback" not in report.stderr.read()
    assert watch.poll() is None


def test_without_a_running_job_there_is_nothing_to_follow(cli, polyglot: Path):
    done = cli.run("report", "--follow", "-d", polyglot)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no job is writing to" in done.stderr
