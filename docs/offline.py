"""A hook of MkDocs: no page fetches anything from the net, so that the site can be read without one."""

from __future__ import annotations

import logging
import re
from typing import Any

LOG = logging.getLogger("mkdocs.hooks.offline")

_FETCHED = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=[\"']?((?:https?:)?//[^\"'\s>]+)")


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """The page as it is, with a warning, by which a strict build fails; MkDocs calls it."""
    for address in _FETCHED.findall(output):
        LOG.warning("%s fetches %s", page.file.src_uri, address)
    return output
