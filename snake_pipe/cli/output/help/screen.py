"""A command's page as `--help` shows it: within the terminal's width, with colours on one alone."""

from __future__ import annotations

import re
import shutil
import textwrap
from typing import TYPE_CHECKING

from snake_pipe.cli.output.colours import BOLD, CYAN, painted, shows_colours

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snake_pipe.cli.output.help.pages import Block, Page

_WIDEST = 100
"""Columns: longer lines are hard to read."""
_WIDEST_NAMES = 28
"""Columns for what is typed; what is longer has a line of its own."""

_COMMENT = re.compile(r"(\S)(  +)(\S.*)")


def help_text(page: Page, columns: int | None = None) -> str:
    """The page for so many columns: by default those of this terminal, or 80 where there is none."""
    width = max(40, min(_WIDEST, columns or shutil.get_terminal_size().columns))
    colours = shows_colours()
    names = [name for entries in page.sections.values() for name, _ in entries]
    column = min(max(map(len, names), default=0), _WIDEST_NAMES, width // 2)

    def heading(text: str) -> str:
        return painted(f"{text}:", BOLD, colours)

    parts = ["\n".join(_usage(page, width)), *(_wrapped(text, width, "  ") for text in page.about)]
    for title, entries in page.sections.items():
        if entries:
            lines = (line for entry in entries for line in _entry(*entry, column, width, colours))
            parts.append("\n".join([heading(title), *lines]))
    for block in page.blocks:
        text = "\n".join(_block(block, width))
        parts.append(f"{heading(block.heading)}\n{text}" if block.heading else text)
    return "\n\n".join(parts)


def _usage(page: Page, width: int) -> Sequence[str]:
    head = f"Usage: {page.path} "
    return textwrap.wrap(
        page.usage, width, initial_indent=head, subsequent_indent=" " * min(len(head), width // 2),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _wrapped(text: str, width: int, indent: str = "") -> str:
    return textwrap.fill(
        text, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _entry(name: str, text: str, column: int, width: int, colours: bool) -> Iterator[str]:
    """What is typed, and what it does beside or below."""
    lines = _wrapped(text, width - column - 4).splitlines() if text else [""]
    shown = painted(name, CYAN, colours)
    if len(name) > column:
        yield f"  {shown}"
    else:
        yield f"  {shown}{' ' * (column - len(name))}  {lines.pop(0)}".rstrip()
    for line in lines:
        yield f"{'':{column + 4}}{line}".rstrip()


def _block(block: Block, width: int) -> Iterator[str]:
    if not block.verbatim:
        yield _wrapped(block.lines[0], width)
        return
    indent = "  " if block.heading else ""
    for line in block.lines:
        if len(indent + line) <= width or (found := _COMMENT.search(line)) is None:
            yield indent + line
        else:  # the comment of a command has no room beside it
            yield indent + line[: found.start(2)]
            yield _wrapped(found[3], width, indent + "    ")
