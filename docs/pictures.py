"""Mermaid pictures as SVG, so that the site needs no script from the net. (GitHub draws the text itself.)

python docs/pictures.py    # draw those whose text has changed; needs npx and Chromium

A hook of MkDocs: it puts the drawing in the place of its text, and warns of one that shows an earlier text.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
LOG = logging.getLogger("mkdocs.hooks.pictures")

_MERMAID = re.compile(r"```mermaid\n(.*?)```", re.DOTALL)
_TITLE = re.compile(r"accTitle: (.*)")
_DRAWER = "@mermaid-js/mermaid-cli@11"


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The page with drawings; MkDocs calls it."""
    for number, text in enumerate(_MERMAID.findall(markdown), 1):
        drawing = _drawing(DOCS / page.file.src_uri, number)
        if not _shows(drawing, text):
            LOG.warning("%s shows an earlier text: python docs/pictures.py", drawing.name)
        title = _TITLE.search(text)
        picture = f"[![{title[1] if title else drawing.stem}]({drawing.name})]({drawing.name})"
        markdown = markdown.replace(f"```mermaid\n{text}```", picture)
    return markdown


def _drawing(page: Path, number: int) -> Path:
    return page.with_name(f"{page.stem}-{number}.svg")


def _digest(text: str) -> str:
    return f"<!-- {hashlib.sha256(text.encode()).hexdigest()} of the text -->"


def _shows(drawing: Path, text: str) -> bool:
    return drawing.exists() and drawing.read_text(encoding="utf-8").endswith(f"{_digest(text)}\n")


def _draw(drawing: Path, text: str) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as name:
        source, result, settings = (Path(name) / file for file in ("text.mmd", "drawn.svg", "browser.json"))
        source.write_text(text, encoding="utf-8")
        settings.write_text(json.dumps({"executablePath": browser, "args": ["--no-sandbox"]}))
        command = ["npx", "--yes", "-p", _DRAWER, "mmdc", "-q", "-t", "neutral", "-b", "white"]
        files = ["-i", str(source), "-o", str(result), "-p", str(settings)]
        subprocess.run([*command, *files], check=True, env={**os.environ, "PUPPETEER_SKIP_DOWNLOAD": "1"})
        drawn = result.read_text(encoding="utf-8").rstrip()
    drawing.write_text(f"{drawn}\n{_digest(text)}\n", encoding="utf-8")


def main() -> None:
    for page in sorted(DOCS.rglob("*.md")):
        for number, text in enumerate(_MERMAID.findall(page.read_text(encoding="utf-8")), 1):
            drawing = _drawing(page, number)
            if not _shows(drawing, text):
                _draw(drawing, text)
                print(drawing.relative_to(DOCS.parent))


if __name__ == "__main__":
    main()
