"""GitHub Actions: annotations as workflow commands, a step's summary and its outputs.

A command is a line `::error file=a.py,line=1::message`. What the runner reads of it is percent-encoded: `%`
and line breaks everywhere, in the properties also `:` and `,`. Of each kind it shows ten a step, and cuts
messages at 4,096 characters.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from snake_pipe.outcome.findings import Severity, by_file
from snake_pipe.utils.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snake_pipe.outcome.account import Account
    from snake_pipe.outcome.findings import Finding

MOST_OF_SUMMARY = 1024 * 1024
"""Bytes of a step's summary; the runner refuses a longer one as a whole."""

_MOST_ANNOTATIONS = 10
_MOST_LINES = 1000
"""Lines of the list in the log."""

_LONGEST_MESSAGE = 3500
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_IN_WORDS = {
    Severity.ERROR: "files that failed",
    Severity.WARNING: "files that were read in part",
    Severity.NOTE: "AST files that are stale",
}


def workflow_commands(account: Account, token: str) -> Iterator[str]:
    """Lines for the log: an annotation a file, as many as are shown; then all findings, folded.

    The list stands where the runner reads no commands, up to the `token`, which nobody can guess: a message
    may look like one.
    """
    findings = account.state.findings if account.state else ()
    is_all_shown = not (account.state and account.state.left_out)
    for severity in Severity:
        name = _COMMANDS[severity]
        lines = [_command(name, text, title="snake-pipe") for kind, text in account.notes if kind is severity]
        lines += [_annotation(group) for first, group in by_file(findings) if first.severity is severity]
        if len(lines) > _MOST_ANNOTATIONS:
            more = len(lines) - _MOST_ANNOTATIONS + 1
            text = f"{more:,} more {_IN_WORDS[severity]}: they are in the log and in the step's summary"
            lines[_MOST_ANNOTATIONS - 1 :] = [_command(name, text, title="snake-pipe")]
            is_all_shown = False
        yield from lines
    if findings and not is_all_shown:
        yield from _folded(account, token)


def step_outputs(account: Account) -> str:
    """What later steps read as `steps.ID.outputs.NAME`, a line each."""
    summary = account.summary
    values = {
        "job-id": summary.job_id,
        "status": summary.status,
        "exit-code": "" if summary.exit_code is None else str(summary.exit_code),
        "gates-missed": str(len(account.breaches)),
        **{name: str(count) for name, count in account.figures.items()},
    }
    return "".join(f"{name}={visible(value)}\n" for name, value in values.items())


def _annotation(group: Sequence[Finding]) -> str:
    first = group[0]
    more = [f"{one.line or ''}:{one.col or ''} {one.text}" for one in group[1:]]
    return _command(
        _COMMANDS[first.severity],
        "\n".join([first.text, *more]),
        file=visible(first.path),
        line=first.line,
        col=first.col,
        title=f"snake-pipe: {first.code}",
    )


def _command(name: str, message: str, **properties: str | int | None) -> str:
    given = ",".join(
        f"{key}={_escaped_property(str(value))}" for key, value in properties.items() if value is not None
    )
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[:_LONGEST_MESSAGE]}..."
    return f"::{name} {given}::{_escaped(message)}"


def _escaped(text: str) -> str:
    """A message, as the runner decodes it; what cannot be UTF-8 is not in it."""
    text = text.encode("utf-8", "backslashreplace").decode()
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _folded(account: Account, token: str) -> Iterator[str]:
    assert account.state is not None
    findings = account.state.findings
    yield f"::group::{_escaped(f'snake-pipe: {account.headline}')}"
    yield f"::stop-commands::{token}"
    for one in islice(findings, _MOST_LINES):
        yield f"{one.severity}: {one.place}: {one.text} ({one.code})"
    if (more := len(findings) - _MOST_LINES) > 0 or account.state.left_out:
        yield f"{max(more, 0) + account.state.left_out:,} more"
    yield f"::{token}::"
    yield "::endgroup::"
