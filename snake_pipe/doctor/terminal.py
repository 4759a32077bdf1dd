"""What the terminal shows: its width, its colours, and whether names can be written in full."""

from __future__ import annotations

import locale
import os
import shutil
import sys
from typing import TYPE_CHECKING

from snake_pipe.doctor.finding import Finding, Place, note, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

_NARROW = 80
_UNICODE = "…─│"


def check_locale(_: Place) -> Iterator[Finding]:
    """Whether text is UTF-8, in this program and in those beside it."""
    name = next((os.environ[key] for key in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(key)), "C")
    fix = "export LC_ALL=C.UTF-8"
    output = sys.stdout.encoding
    if not _is_unicode(output):
        yield warning("locale", f"{name}: output is {output}, so some names are shown as escapes", fix)
    elif locale.getencoding().lower().replace("-", "") != "utf8" and not name.lower().endswith(
        ("utf-8", "utf8")
    ):
        yield note(
            "locale", f"{name} is not UTF-8: Python writes it all the same, other programs may not", fix
        )
    else:
        yield ok("locale", f"{name}, output is {output}")


def _is_unicode(encoding: str) -> bool:
    try:
        _UNICODE.encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def check_terminal(_: Place) -> Iterator[Finding]:
    """What progress and tables can make use of."""
    if not sys.stdout.isatty():
        yield ok("terminal", "none on stdout: plain lines, no colours")
        return
    columns = shutil.get_terminal_size().columns
    term = os.environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        found = f"TERM is {term or 'not set'}: no bar, no colours"
        yield note("terminal", found, "export TERM=xterm-256color, if it is one")
    elif columns < _NARROW:
        found = f"{columns} columns are few: tables are cut"
        yield note("terminal", found, f"make it {_NARROW} columns wide, or use --format json")
    else:
        colours = "no colours, by NO_COLOR" if os.environ.get("NO_COLOR") else "colours"
        yield ok("terminal", f"{term}, {columns} columns, {colours}")


CHECKS = (check_locale, check_terminal)
