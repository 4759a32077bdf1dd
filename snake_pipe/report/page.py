"""Figures, scripts and styles as one document that needs nothing else: no network, no other file.

Figures are data in it, never markup: a block of JSON in which no `<` is left, from which scripts make text
nodes. The policy lets run exactly the scripts and the style that are in the document, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from snake_pipe.report import libraries
from snake_pipe.report.table import short

if TYPE_CHECKING:
    from collections.abc import Mapping

_WEB = Path(__file__).parent / "web"

_SCRIPTS = (
    "dom.js",
    "format.js",
    "places.js",
    "table.js",
    "folder_tree.js",
    "colouring.js",
    "treemap.js",
    "matrix.js",
    "timeline.js",
    "charts.js",
    "search.js",
    "theme.js",
    "page.js",
    "live.js",
)
"""In the order in which they run."""


def to_json(figures: Mapping[str, Any]) -> bytes:
    """Figures as JSON that may stand inside of a document: no tag can begin or end in it."""
    return orjson.dumps(figures).replace(b"<", b"\\u003c")


def page(figures: Mapping[str, Any], *, live: int | None = None) -> bytes:
    """The document, named after its repositories.

    One that is `live` asks the server it came from for figures newer than this number.
    """
    others = libraries.load()
    title = short(", ".join(figures["repositories"])) or "an empty dataset"
    own = "".join(f"// {name}\n{_text(name)}" for name in _SCRIPTS)
    scripts = [*others.scripts, own]
    style = others.style + _text("style.css")
    policy = _policy(scripts, style, live=live is not None)
    document = "".join(
        (
            '<!doctype html>\n<html lang="en"',
            "" if live is None else f' data-live="{live}"',
            '>\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="referrer" content="no-referrer">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<link rel="icon" href="data:,">\n',
            f"<title>{html.escape(title)}: snake-pipe report</title>\n",
            f"<style>{style}</style>\n</head>\n<body>\n",
            _text("page.html").replace("<!-- licences -->", html.escape(others.licences)),
            '<script type="application/json" id="figures">',
        )
    ).encode()
    code = "".join(f"<script>{script}</script>\n" for script in scripts)
    return document + to_json(figures) + f"</script>\n{code}</body>\n</html>\n".encode()


def _policy(scripts: list[str], style: str, *, live: bool) -> str:
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(map(_hash, scripts)),
        "style-src": _hash(style),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    if live:
        rules["connect-src"] = "'self'"
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _text(name: str) -> str:
    return (_WEB / name).read_text(encoding="utf-8")
