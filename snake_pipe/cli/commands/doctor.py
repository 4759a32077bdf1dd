"""`doctor`: what may stand in a job's way here, and how to fix it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snake_pipe.cli.locations import find_dataset
from snake_pipe.cli.options.common import Dataset
from snake_pipe.cli.output.colours import CYAN, GREEN, RED, YELLOW, painted, shows_colours
from snake_pipe.cli.output.text import visible
from snake_pipe.errors import DatasetError, ExitCode
from snake_pipe.extract.paths.datasets import DATASET_NAME
from snake_pipe.storage.local import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snake_pipe.doctor.finding import Finding


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", epilog=_EXAMPLES)(doctor)


_EXAMPLES = """
\b
Examples:
  snake-pipe doctor
  snake-pipe doctor -d /data/trees
  snake-pipe doctor --json | jq -r '.findings[] | select(.level != "ok")'

A note costs time or comfort, a warning may make a job fail, an error does. Exit code 1 if there is an error,
else 0. It changes nothing.
"""


def doctor(
    dataset: Dataset = None,
    json: Annotated[bool, typer.Option("--json", help="All findings as one JSON document.")] = False,
) -> int:
    """Check machine, program and dataset, and say what to fix."""
    from snake_pipe.doctor.checkup import examine
    from snake_pipe.doctor.finding import Level, Place

    here = Path.cwd()
    try:
        folder = find_dataset(dataset)
    except DatasetError:
        folder = LocalStorage(here / DATASET_NAME)
    findings = examine(Place(here, folder))
    if json:
        typer.echo(_document(findings))
    else:
        _print(findings)
    worst = max(finding.level for finding in findings)
    return int(ExitCode.RUN_FAILED if worst is Level.ERROR else ExitCode.DONE)


def _document(findings: Sequence[Finding]) -> str:
    import orjson

    from snake_pipe import __version__

    listed = [
        {
            "subject": finding.subject,
            "level": finding.level.name.lower(),
            "found": finding.found,
            "fix": finding.fix or None,
        }
        for finding in findings
    ]
    worst = max(finding.level for finding in findings).name.lower()
    return orjson.dumps({"version": __version__, "worst": worst, "findings": listed}).decode()


def _print(findings: Sequence[Finding]) -> None:
    width = max(len(finding.subject) for finding in findings)
    colours = shows_colours()
    for finding in findings:
        level = painted(f"{finding.level.name.lower():7}", _COLOURS[finding.level.name], colours)
        typer.echo(f"{level}  {finding.subject:{width}}  {visible(finding.found)}")
        if finding.fix:
            typer.echo(f"{'':9}{'':{width}}  fix: {visible(finding.fix)}")
    counts = Counter(finding.level.name.lower() for finding in findings)
    words = [f"{counts[one]} {one}{'s' * (counts[one] != 1)}" for one in ("error", "warning", "note")]
    typer.echo(f"{', '.join(words)}, {counts['ok']} ok")


_COLOURS = {"OK": GREEN, "NOTE": CYAN, "WARNING": YELLOW, "ERROR": RED}
