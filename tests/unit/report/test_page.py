"""The document around the figures, and its scripts."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import orjson
import pytest

from snake_pipe.report import libraries, page

WEB = Path(page.__file__).parent / "web"


@pytest.fixture
def _made_up_libraries(tmp_path, monkeypatch):
    for name in (*libraries.SCRIPTS, libraries.STYLE, *libraries.LICENCES):
        (tmp_path / name).write_text(f"/* {name} */")
    monkeypatch.setattr(libraries, "FOLDER", tmp_path)


@pytest.mark.usefixtures("_made_up_libraries")
def test_no_figure_can_end_the_block_that_it_stands_in():
    names = ["</title><script>", "b"]
    figures = {
        "name": "</script><!--<script>\u2028&amp;", "deep": [{"<": "]]>"}], "repositories": names
    }  # fmt: skip
    document = page.page(figures).decode()
    block = re.search(r'<script type="application/json" id="figures">(.*?)</script>', document)[1]
    assert "<" not in block
    assert orjson.loads(block) == figures
    assert document.count("<script") == 1 + len(libraries.SCRIPTS) + 1
    assert "<title>&lt;/title&gt;&lt;script&gt;, b: snake-pipe report</title>" in document


@pytest.mark.usefixtures("_made_up_libraries")
@pytest.mark.parametrize("live", [None, 3])
def test_the_policy_lets_run_what_is_in_the_document_and_nothing_else(live):
    document = page.page({"repositories": []}, live=live).decode()
    policy = dict(
        rule.split(" ", 1)
        for rule in unescape(re.search(r'Policy" content="(.*?)"', document)[1]).split("; ")
    )
    scripts = re.findall(r"<script>(.*?)</script>", document, re.DOTALL)
    assert policy["script-src"].split() == [digest(script) for script in scripts]
    assert policy["style-src"] == digest(re.search(r"<style>(.*?)</style>", document, re.DOTALL)[1])
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy.get("connect-src") == (None if live is None else "'self'")
    assert ('data-live="3"' in document) == (live is not None)


def digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_every_script_is_in_the_page_and_makes_no_markup_of_text():
    scripts = {path.name: path.read_text() for path in WEB.glob("*.js")}
    assert scripts.keys() == set(page._SCRIPTS)
    for name, text in scripts.items():
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "document.write",
            "eval(",
            "Function(",
            "</script",
        ):
            assert word not in text, (name, word)
        assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), name


def test_scripts_can_be_parsed():
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here")
    for name in page._SCRIPTS:
        subprocess.run([node, "--check", WEB / name], check=True, capture_output=True)


def test_the_libraries_are_those_of_the_lock_file():
    """A checkout may hold those of an older one."""
    folder = libraries.FOLDER
    if (problem := libraries.missing()) is not None:
        pytest.skip(problem)
    lock = (folder / "package-lock.json").read_bytes()
    assert (folder / "fetched").read_text() == hashlib.sha256(lock).hexdigest()
    for name, package in orjson.loads(lock)["packages"].items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-")
