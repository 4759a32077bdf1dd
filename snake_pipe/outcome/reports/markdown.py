"""Markdown as GitHub and GitLab show it: how a run went, its gates, and a table of what is wrong.

Names and messages may hold anything. They stand as code, where nobody is mentioned, and what Markdown or HTML
would read in them is written as character references, so that no address of a page becomes a link.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snake_pipe.outcome.account import STATUSES
from snake_pipe.outcome.findings import Severity
from snake_pipe.utils.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snake_pipe.outcome.account import Account
    from snake_pipe.outcome.findings import Finding

_READ = re.compile(r"[&<`*\[\]\\|~$]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|:(?=//)|(?<=www)\.")
"""Characters that mean something in a line of Markdown."""

_MET = {True: "met", False: "**not met**"}
_LONGEST_CELL = 300
_TITLES = {
    Severity.ERROR: "Files that failed",
    Severity.WARNING: "Files that were read in part",
    Severity.NOTE: "AST files that no longer fit their sources",
}
_ROOM_FOR_THE_END = 200
"""Bytes for what says that there is more."""


def markdown_report(account: Account, most_bytes: int | None = None) -> str:
    """The report; of one that would be longer than `most_bytes` the end is left out, which then says so."""
    parts: list[str] = []
    room = None if most_bytes is None else most_bytes - _ROOM_FOR_THE_END
    for part in _parts(account):
        if room is not None and (room := room - len(part.encode("utf-8", "replace"))) < 0:
            parts.append('\n*There is more: `snake-pipe query "SELECT * FROM errors"` has all of it.*\n')
            break
        parts.append(part)
    text = "".join(parts)
    return text if most_bytes is None or len(text.encode("utf-8", "replace")) <= most_bytes else ""


def cell(text: str) -> str:
    """Any text as code, within a line of Markdown or a cell of a table."""
    text = visible(text)
    if len(text) > _LONGEST_CELL:
        text = f"{text[:_LONGEST_CELL]}..."
    return f"<code>{_READ.sub(lambda found: f'&#{ord(found.group())};', text)}</code>"


def _parts(account: Account) -> Iterator[str]:
    """The report in pieces, each a line or a block that stands for itself."""
    yield f"## snake-pipe: {account.headline}\n"
    if account.ending is not None:
        yield f"\n{cell(account.ending)}\n"
    summary = account.summary
    if summary.job_id:
        yield f"\nJob `{summary.job_id}`, {summary.duration:,.1f} s\n"
    if account.verdicts:
        yield from _table(
            ("gate", "", "measured"),
            "lll",
            (
                f"| {cell(verdict.gate.text)} | {_MET[verdict.is_met]} | {verdict.in_words} |\n"
                for verdict in account.verdicts
            ),
        )
    if account.state is None:
        return
    languages = sorted({language for language, _ in account.state.files})
    counts = {
        language: [account.state.count(s, language=language) for s in STATUSES] for language in languages
    }
    yield from _table(
        ("language", *STATUSES),
        "lrrrrr",
        (
            f"| {language} | {' | '.join(f'{n:,}' if n else '' for n in counts[language])} |\n"
            for language in languages
        ),
    )
    for severity in Severity:
        if found := [one for one in account.state.findings if one.severity is severity]:
            yield f"\n### {_TITLES[severity]}\n"
            yield from _table(("file", "line", "code", "message"), "lrll", map(_row, found))
    if account.state.left_out:
        yield f"\n{account.state.left_out:,} more are not listed.\n"


def _row(one: Finding) -> str:
    new = " **new**" if one.is_new else ""
    return f"| {cell(one.path)}{new} | {one.line or ''} | `{one.code}` | {cell(one.text)} |\n"


def _table(columns: Iterable[str], alignment: str, rows: Iterable[str]) -> Iterator[str]:
    heads = " | ".join(columns)
    rule = "|".join("---" if one == "l" else "--:" for one in alignment)
    yield f"\n| {heads} |\n|{rule}|\n"
    yield from rows
