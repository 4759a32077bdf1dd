"""Which reports are wanted, and where they go."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GITHUB, NONE = "github", "none"
FORMATS = {
    GITHUB: "annotations, the step's summary and outputs of GitHub Actions",
    "sarif": "SARIF 2.1.0",
    "junit": "JUnit XML",
    "markdown": "a page of Markdown",
    "json": "all of it as JSON",
}
"""The formats, with a word about each."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A report; without a `file` it goes to stdout, or to stderr where nobody has asked for it."""

    format: str
    file: Path | None = None
    is_asked: bool = True


def choose(texts: Iterable[str], environment: Mapping[str, str]) -> tuple[Choice, ...]:
    """The reports of `FORMAT[=FILE]`; UsageError for what is none, and for two that would go to stdout.

    In a workflow of GitHub its own is among them, unless `none` is.
    """
    given = list(texts)
    chosen = [_choice(text) for text in given if text.strip() != NONE]
    for choice in chosen:
        others = [one for one in chosen if one.file == choice.file]
        if len(others) > 1:
            place = "stdout" if choice.file is None else str(choice.file)
            names = " and ".join(one.format for one in others)
            raise UsageError(f"--report: {names} would both go to {place}", "give each a file: FORMAT=FILE")
    in_workflow = environment.get("GITHUB_ACTIONS") == "true"
    if in_workflow and len(chosen) == len(given) and all(one.format != GITHUB for one in chosen):
        chosen.append(Choice(GITHUB, is_asked=False))
    return tuple(chosen)


def _choice(text: str) -> Choice:
    name, _, file = (part.strip() for part in text.partition("="))
    if name not in FORMATS:
        near = get_close_matches(name, FORMATS, 1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise UsageError(
            f"--report {text}: no format {name!r}",
            f"{meant}one of {', '.join((*FORMATS, NONE))}, or FORMAT=FILE",
        )
    return Choice(name, Path(file) if file not in ("", "-") else None)
