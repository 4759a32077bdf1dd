"""Single options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from snake_pipe.cli import completers
from snake_pipe.errors import UsageError

Dataset = Annotated[
    str | None,
    Option(
        "--dataset",
        "-d",
        metavar="DIR|URL",
        help="Where the tables are: a folder, or s3://, gs:// or az://BUCKET/PREFIX. Default: the nearest"
        " .snake-pipe from here upwards.",
    ),
]
JobDataset = Annotated[
    str | None,
    Option(
        "--dataset", "-d", metavar="DIR|URL", help="The job's dataset. Default: the one that has the job."
    ),
]
AsOf = Annotated[
    str | None,
    Option(
        "--as-of",
        metavar="RUN",
        help="The state at the end of an earlier run: a job id, a commit, a branch or HEAD~1, as in `jobs`.",
        autocompletion=completers.job_ids,
    ),
]
Format = Annotated[
    str,
    Option(
        "--format",
        metavar="NAME",
        help="table, json (one object per line) or csv.",
        autocompletion=completers.formats,
    ),
]
MaxRows = Annotated[
    int | None,
    Option(
        "--max-rows",
        metavar="N",
        min=0,
        help="Show at most N rows; 0: all. Default: 40 on a terminal, else all.",
    ),
]
Wide = Annotated[bool, Option("--wide", help="Do not cut tables to the width of the terminal.")]
Dialects = Annotated[
    list[Path] | None,
    Option(
        "--dialect",
        metavar="FILE",
        help="TOML file that describes a dialect of AST files; see docs/dialects.md; repeatable.",
    ),
]
Preset = Annotated[
    str | None,
    Option(
        "--preset",
        metavar="NAME",
        help="Settings for a purpose: throughput, latency, low-memory or development.",
        autocompletion=completers.presets,
    ),
]
OtherSettings = Annotated[
    list[str] | None,
    Option(
        "--set",
        metavar="KEY=VALUE",
        help="Any other setting; see `config show`; repeatable.",
        autocompletion=completers.settings,
    ),
]


def seconds_of(option: str, text: str, most: float | None = None) -> float:
    """The time that an option was given, in seconds; UsageError if it is none, or not above 0."""
    from snake_pipe.utils.units import parse_seconds

    try:
        value = parse_seconds(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: {error}") from None
    if value <= 0 or (most is not None and value > most):
        limit = "" if most is None else f", at most {most:.0f}s"
        raise UsageError(f"{option} {text}: a time above 0 is needed{limit}")
    return value
