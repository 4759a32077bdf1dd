"""A command's page in the language of `man`."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.cli.output.help.pages import Page

_PLACEHOLDER = re.compile(r"(?<=[ \[])([A-Z][A-Z_=.]*)")


def name_of(page: Page) -> str:
    """What `man` calls the page: `snake-pipe-ingest`."""
    return page.path.replace(" ", "-")


def man_page(page: Page, version: str, pages: list[str]) -> str:
    """The page, and at its end the names of the others."""
    return "\n".join(_lines(page, version, [name for name in pages if name != name_of(page)])) + "\n"


def _lines(page: Page, version: str, others: list[str]) -> Iterator[str]:
    name = name_of(page)
    yield f'.TH "{_text(name.upper())}" 1 {time.strftime("%Y-%m-%d")} "snake\\-pipe {version}"'
    yield ".SH NAME"
    summary, *more = page.about or [""]
    yield f"{_text(name)} \\- {_text(summary.removesuffix('.'))}"
    yield ".SH SYNOPSIS"
    yield f".B {_text(page.path)}"
    yield _text(page.usage)
    if more:
        yield ".SH DESCRIPTION"
        for index, text in enumerate(more):
            yield from [".PP"] * bool(index)
            yield _text(text)
    for heading, entries in page.sections.items():
        if entries:
            yield f".SH {heading.upper()}"
            for typed, text in entries:
                yield ".TP"
                yield _typed(typed)
                yield _text(text) or "\\&"
    if page.blocks:
        yield from _blocks(page)
    if others:
        yield ".SH SEE ALSO"
        yield ",\n".join(f".BR {_text(other)} (1)" for other in others)


def _blocks(page: Page) -> Iterator[str]:
    heading = None
    for block in page.blocks:
        if (block.heading or "NOTES") != heading:
            heading = block.heading or "NOTES"
            yield f".SH {_text(heading.upper())}"
        else:
            yield ".PP"
        if block.verbatim:
            yield ".nf"
            yield from map(_text, block.lines)
            yield ".fi"
        else:
            yield from map(_text, block.lines)


def _typed(text: str) -> str:
    """Options in bold, what stands for a value in italics."""
    return "\\fB" + _PLACEHOLDER.sub(r"\\fI\1\\fB", _text(text)) + "\\fR"


def _text(text: str) -> str:
    """Text as it is: no character of it is a command to `man`."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text[:1] in (".", "'") else text
