"""A browser, and pages to open in it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from snake_pipe.report import libraries
from testkit.pages import OpenedPages, ingested, written
from testkit.places import POLYGLOT
from testkit.repositories import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

REMOTE = "https://somebody:secret@github.com/example/polyglot.git"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of one module: while it is there a loop runs in this thread, in which other tests could run none."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium here (apt-get install chromium)")
    if (problem := libraries.missing()) is not None:
        pytest.skip(problem)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def pages(browser: Browser) -> Iterator[OpenedPages]:
    """Opens pages; at the end each must have kept to itself and complained of nothing."""
    opened = OpenedPages(browser)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def polyglot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of the sample repository, which is a work tree with a remote."""
    root = tmp_path_factory.mktemp("report") / "polyglot"
    ignored = shutil.ignore_patterns(".snake-pipe", "__pycache__")
    shutil.copytree(POLYGLOT, root, ignore=ignored)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "start")
    git(root, "remote", "add", "origin", REMOTE)
    return ingested(root)


@pytest.fixture(scope="session")
def polyglot_page(polyglot: Path) -> Path:
    return written(polyglot)
