"""`dialects` and `dialects check`: what trees are known, and what a file gives by a dialect of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from snake_pipe.cli.options.common import Dialects, Format
from snake_pipe.cli.options.settings import dialect_paths
from snake_pipe.cli.output.rows import check_format, print_rows
from snake_pipe.cli.output.text import visible
from snake_pipe.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.transform.dialect_check import DialectCheck, Finding

    Checks = Sequence[tuple[str, DialectCheck]]

dialects_app = typer.Typer(rich_markup_mode=None)

_LIST_EXAMPLES = """
\b
Examples:
  snake-pipe dialects
  snake-pipe dialects --format csv
  snake-pipe help dialects check
"""

_EXAMPLES = """
\b
Examples:
  snake-pipe dialects check my.toml           is the file right?
  snake-pipe dialects check out/a.json --dialect my.toml
  snake-pipe dialects check out/*.json --dialect my.toml --format json

\b
Exit codes:
  0  done
  2  a dialect file is wrong
  3  a file was not recognised
"""

_COLUMNS = ("file", "what", "name", "kind", "nodes", "line", "detail")
_SECTIONS = {
    "other": ("Types without a kind", {"type": "name", "nodes": "nodes", "first line": "line"}),
    "unread name": (
        "Unread fields that look like names",
        {"field": "name", "nodes": "nodes", "first line": "line", "example": "detail"},
    ),
    "definition": (
        "Definitions",
        {"line": "line", "kind": "kind", "name": "name", "signature": "detail"},
    ),
    "reference": ("References", {"line": "line", "role": "kind", "name": "name", "qualifier": "detail"}),
    "import": ("Imports", {"line": "line", "module": "detail", "name": "name"}),
}
"""For each sort of finding its heading, and its columns with the field of a finding that they show."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    dialects_app.command("check", epilog=_EXAMPLES)(check)
    app.add_typer(dialects_app, name="dialects")


@dialects_app.callback(invoke_without_command=True, epilog=_LIST_EXAMPLES)
def dialects(context: typer.Context, format_: Format = "table") -> None:
    """List the dialects of AST files, or check files against them."""
    from snake_pipe.plugins import describe_dialects

    if context.invoked_subcommand is None:
        print_rows(("dialect", "written by"), describe_dialects(_config(None).dialects), format_)


def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="AST files, or dialect files (*.toml) alone.")
    ],
    dialect: Dialects = None,
    rows: Annotated[int, typer.Option(metavar="N", min=0, help="Show at most N lines of each list.")] = 20,
    format_: Format = "table",
) -> int:
    """Show what is read from each FILE, by which dialect, and why.

    It also shows what the dialect leaves unread: nodes of no kind, and fields that look like names.

    A FILE that ends in .toml is checked as a dialect file itself.
    """
    from snake_pipe.plugins import check_tree

    check_format(format_)
    config = _config(dialect)
    dialect_files = [file for file in files if file.suffix.lower() == ".toml"]
    trees = [file for file in files if file not in dialect_files]
    sources = tuple(dict.fromkeys((*config.dialects, *(str(file.absolute()) for file in dialect_files))))
    described = _described(dialect_files)
    checks = [
        (visible(str(file)), check_tree(file.name, _bytes(file, config.max_file_size), sources, rows))
        for file in trees
    ]
    if format_ == "table":
        _print_sections(described, checks)
    else:
        print_rows(_COLUMNS, _flat(described, checks), format_)
    recognised = all(result.dialect is not None for _, result in checks)
    return int(ExitCode.DONE if recognised else ExitCode.FILES_FAILED)


def _config(dialect: list[Path] | None) -> BatchConfig:
    """The settings as an ingestion from this folder would have them."""
    from snake_pipe.extract.batch_config import load_config

    return load_config({"dialects": dialect_paths(dialect)}, project=Path.cwd()).config


def _described(files: Iterable[Path]) -> list[tuple[str, str]]:
    """Each dialect file with what it describes; ConfigError for a mistake in it."""
    from snake_pipe.plugins import describe_dialect_file

    return [(visible(str(file)), describe_dialect_file(file)) for file in files]


def _bytes(file: Path, most: int) -> bytes:
    try:
        if file.stat().st_size > most:
            raise UsageError(f"{file} is larger than max_file_size, {most} bytes", "--set is for ingest")
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from None


def _flat(described: Iterable[tuple[str, str]], checks: Checks) -> Iterator[tuple[Any, ...]]:
    """All that was found, one line each, for programs."""
    for file, description in described:
        yield file, "dialect file", None, None, None, None, description
    for file, result in checks:
        yield file, "dialect", result.dialect, None, result.nodes, None, result.why
        yield file, "other nodes", None, None, result.other, None, _share(result)
        for finding in result.findings:
            yield file, *finding


def _print_sections(described: Iterable[tuple[str, str]], checks: Checks) -> None:
    """The same for people: a heading and a table for each sort."""
    for file, description in described:
        typer.echo(f"{file}: {description}")
    for index, (file, result) in enumerate(checks):
        typer.echo(
            "\n" * bool(index) + f"{file}: {result.dialect or 'not recognised'}; {visible(result.why)}"
        )
        if result.dialect is None:
            continue
        typer.echo(f"{result.nodes:,} nodes, {result.other:,} of them other ({_share(result)})")
        for what, (title, columns) in _SECTIONS.items():
            found = [finding for finding in result.findings if finding.what == what]
            if found:
                total = result.totals.get(what, len(found))
                shown = "" if total == len(found) else f", the first {len(found)} of them"
                typer.echo(f"\n{title}: {total:,}{shown}")
                print_rows(tuple(columns), map(_cells, found), "table")


def _cells(finding: Finding) -> list[Any]:
    """Those fields that findings of this sort have."""
    cells = dict(zip(_COLUMNS[1:], finding, strict=True))
    return [cells[field] for field in _SECTIONS[finding.what][1].values()]


def _share(result: DialectCheck) -> str:
    return f"{result.other / max(result.nodes, 1):.1%}"
