r"""Raw file names as text, without loss.

A name is bytes. As text it is its UTF-8 reading, with each byte that is no UTF-8 written as `\xNN` and each
literal backslash doubled, so that two names never share one text. Newlines and control characters stay as
they are: what shows them to people escapes them there.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(rb"\\(?:\\|x([0-9a-f]{2}))")


def escape_path(raw: bytes) -> str:
    r"""The text of a raw path: `b"caf\xe9.py"` gives `caf\xe9.py`, `b"a\\b"` gives `a\\b`."""
    return raw.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def unescape_path(path: str) -> bytes:
    """The raw path of a text made by `escape_path`; ValueError for one that never was."""
    raw = _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"\\", path.encode())
    if escape_path(raw) != path:
        raise ValueError(f"not an escaped path: {path!r}")
    return raw
