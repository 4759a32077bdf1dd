"""A page that follows a running job."""

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


def ask(address: str) -> tuple[int, bytes]:
    url = urlsplit(address)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    connection.request("GET", f"{url.path}?{url.query}")
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


def test_the_page_is_served_until_the_last_figures_are_read(cli, repository, followed):
    address, _, report = followed
    assert ask(address)[0] == 200
    status, body = ask(f"{address}figures?have=0")
    assert (status, orjson.loads(body)["ended"]) == (200, False)
    cli.run("control", "stop", "-d", repository / ".snake-pipe")
    wait_for(lambda: orjson.loads(ask(f"{address}figures?have=0")[1])["ended"])
    assert report.wait(60) == 0


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
