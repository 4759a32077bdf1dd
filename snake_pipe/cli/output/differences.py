"""What differs between two runs, as a table, as JSON and as a comment in Markdown."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from snake_pipe.cli.output.answers import DEFAULT_ROWS
from snake_pipe.cli.output.rows import terminal_width
from snake_pipe.cli.output.table import write_markdown, write_table
from snake_pipe.cli.output.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from snake_pipe.load.diff.comparison import Comparison, Difference
    from snake_pipe.load.runs import Run

_LONGEST = 60
"""Characters of a value that is shown beside another."""

_SHOWN_IN_MARKDOWN = 50

_COLUMNS = ("change", "item", "name", "place", "detail")


def print_json(comparison: Comparison, most: int | None) -> None:
    """One object a line: the fields of `Difference`."""
    import orjson

    for row in comparison.rows(most or None):
        sys.stdout.write(orjson.dumps(asdict(row)).decode() + "\n")


def print_table(comparison: Comparison, most: int | None, *, wide: bool) -> None:
    """A row for each, at most 40 on a terminal, and what is left out."""
    width = terminal_width()
    rows = most if most is not None else DEFAULT_ROWS if width is not None else 0
    total = _total(comparison.counts())
    several = comparison.is_of_several_repos
    cells = _cells(comparison.rows(rows or None), with_repo=several)
    if total:
        write_table(_columns(with_repo=several), cells, sys.stdout, width=None if wide else width)
    if rows and total > rows:
        sys.stdout.write(f"{total:,} differences, {rows} of them shown (--max-rows 0: all)\n")


def print_markdown(comparison: Comparison, before: Run, after: Run, most: int | None) -> None:
    """A comment for people: figures first, then what differs, folded."""
    counts = comparison.counts()
    out = sys.stdout
    out.write(f"### What changed between {run_in_words(before)} and {run_in_words(after)}\n\n")
    if not _total(counts):
        out.write("Nothing.\n")
        return
    write_markdown(
        ("", "added", "removed", "moved", "changed"),
        [(item, *by_change.values()) for item, by_change in counts.items()],
        out,
    )
    rows = _SHOWN_IN_MARKDOWN if most is None else most
    several = comparison.is_of_several_repos
    out.write(f"\n<details><summary>{counted(_total(counts), 'difference', 'differences')}</summary>\n\n")
    cells = _cells(comparison.rows(rows or None), with_repo=several)
    write_markdown(_columns(with_repo=several), cells, out)
    if rows and _total(counts) > rows:
        out.write(f"\n{_total(counts) - rows:,} more are not shown.\n")
    out.write("\n</details>\n")


def counts_in_words(counts: Mapping[str, Mapping[str, int]]) -> str:
    """One line: `files: 1 added, 2 changed; symbols: 3 moved; imports: none`."""
    words = []
    for item, by_change in counts.items():
        found = ", ".join(f"{count:,} {change}" for change, count in by_change.items() if count)
        words.append(f"{item}: {found or 'none'}")
    return "; ".join(words)


def run_in_words(run: Run) -> str:
    """A run by its job, and by the commit that it read where that is one."""
    commits = {row["git_commit"] for row in run.rows}
    commit = next(iter(commits)) if len(commits) == 1 else None
    dirty = "+" if any(row["git_dirty"] for row in run.rows) else ""
    return f"{run.job_id} ({commit[:8]}{dirty})" if commit else run.job_id


def _total(counts: Mapping[str, Mapping[str, int]]) -> int:
    return sum(sum(by_change.values()) for by_change in counts.values())


def _columns(*, with_repo: bool) -> tuple[str, ...]:
    return ("repo", *_COLUMNS) if with_repo else _COLUMNS


def _cells(rows: Iterable[Difference], *, with_repo: bool) -> Iterable[Sequence[str]]:
    for row in rows:
        item = row.kind or row.item if row.item == "symbol" else row.item
        place = row.path or row.path_before or ""
        line = row.line if row.path else row.line_before
        shown = [row.change, item, row.name or "", f"{place}:{line}" if line else place, _detail(row)]
        yield [row.repo, *shown] if with_repo else shown


def _detail(row: Difference) -> str:
    words = []
    if row.change == "moved":
        words.append(f"from {row.path_before}" + (f":{row.line_before}" if row.line_before else ""))
    for name, (before, after) in row.changes.items():
        if name == "sha256":
            words.append("content")
        elif name in ("doc", "size_bytes"):
            words.append("doc" if name == "doc" else f"{before} → {after} bytes")
        else:
            words.append(f"{name.replace('_', ' ')}: {_cut(before)} → {_cut(after)}")
    return "; ".join(words)


def _cut(value: str | None) -> str:
    if value is None:
        return "none"
    return value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"
