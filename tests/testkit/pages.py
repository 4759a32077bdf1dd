"""Pages opened in a browser, each watched for what it must not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import snake_pipe
from snake_pipe.report import libraries
from testkit.command import Cli

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}


class OpenedPages:
    """What was asked for, said to the console, and thrown, of all pages together."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.addresses: list[str] = []

    def open(self, address: str, *, size: dict[str, int] = WIDE, scheme: str = "light") -> Page:
        context = self._browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
        self._contexts.append(context)
        self.addresses.append(address)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.complaints.append("dialog"), dialog.dismiss()))
        page.goto(address)
        return page

    def close(self) -> None:
        """Close them; AssertionError if one complained, or asked for more than itself."""
        for context in self._contexts:
            context.close()
        assert self.complaints == []
        foreign = [request for request in self.requests if not request.startswith(("data:", *self.addresses))]
        assert foreign == []


def ingested(root: Path) -> Path:
    result = snake_pipe.ingest(root, worker_count=2, batch_size=4)
    assert result.status == "done"
    return root / ".snake-pipe"


def written(dataset: Path) -> Path:
    """The page of a dataset, as the command makes it."""
    if (problem := libraries.missing()) is not None:
        pytest.skip(problem)
    target = dataset.parent.parent / "page.html"
    done = Cli(dataset.parent.parent).run("report", "-d", dataset, "-o", target)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return target
