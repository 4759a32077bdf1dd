"""A plan for people: a table of languages, and lines about what it would take and what is left out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from snake_pipe.cli.output.jobs.estimate import basis
from snake_pipe.cli.output.jobs.left_out import left_out_lines
from snake_pipe.cli.output.rows import terminal_width
from snake_pipe.cli.output.table import write_markdown, write_table
from snake_pipe.cli.output.text import counted, seconds, size, visible
from snake_pipe.extract.planning.plan import FileState
from snake_pipe.observe.estimate import Estimate
from snake_pipe.observe.nothing_found import why_nothing_was_found
from snake_pipe.observe.statistics import BatchStatistics

if TYPE_CHECKING:
    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.planning.plan import Plan

FORMATS = ("table", "json", "markdown")
_COLUMNS = ("language", "new", "changed", "to check", "unchanged", "gone", "bytes", "rows", "time")


def print_plan(plan: Plan, config: BatchConfig, form: str) -> None:
    """The plan to stdout, in one of the formats."""
    if form == "json":
        import json

        sys.stdout.write(json.dumps(plan.to_json(), indent=2) + "\n")  # in ASCII, whatever names hold
        return
    lines = _lines(plan, config)
    if form == "markdown":
        write_markdown(_COLUMNS, _rows(plan), sys.stdout)
        sys.stdout.write("\n" + "".join(f"- {line}\n" for line in lines))
        return
    if plan.files:
        write_table(_COLUMNS, _rows(plan), sys.stdout, width=terminal_width())
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _rows(plan: Plan) -> list[tuple[Any, ...]]:
    counts = {
        queue: [states[state].files if state in states else 0 for state in FileState]
        for queue, states in plan.files.items()
    }
    order = sorted(counts, key=lambda queue: (-sum(counts[queue]), queue))
    rows = [
        (queue, *map(_figure, counts[queue]), *_expected(plan.by_queue.get(queue, Estimate())))
        for queue in order
    ]
    if len(rows) > 1:
        rows.append(("in all", *map(_figure, map(plan.count, FileState)), *_expected(plan.estimate)))
    return rows


def _expected(estimate: Estimate) -> tuple[str, str, str]:
    if not estimate.files:
        return ("", "", "")
    return size(estimate.bytes), f"{estimate.rows:,}", seconds(estimate.seconds)


def _figure(count: int) -> str:
    return f"{count:,}" if count else ""


def _lines(plan: Plan, config: BatchConfig) -> list[str]:
    statistics = _as_statistics(plan)
    place = "" if plan.exists else ", which would be made"
    lines = [f"dataset  {visible(plan.dataset)}{place}"]
    estimate = plan.estimate
    if estimate.files:
        read = f"{counted(estimate.files, 'file', 'files')} of {size(estimate.bytes)}"
        lines += [
            f"reads    {read} with {counted(plan.workers, 'worker', 'workers')}",
            f"writes   {estimate.rows:,} rows, {size(estimate.output)}",
            f"takes    {seconds(estimate.seconds)}, {size(estimate.memory)} of memory ({basis(estimate)})",
        ]
    elif plan.files:
        lines.append("reads    nothing")
    if to_check := plan.count(FileState.TO_CHECK):
        files = counted(to_check, "file has", "files have")
        lines.append(
            f"to check {files} another time and the same size: read if the content differs,"
            f" up to {seconds(plan.if_changed.seconds)} more"
        )
    if plan.none_found:
        lines.append("gone     none of the dataset's files is there; they stay, but for --full")
    if plan.unread:
        lines.append(
            f"unread   {counted(plan.unread, 'file or folder', 'files or folders')} cannot be looked at"
        )
    lines += left_out_lines(statistics, {"languages": config.languages})
    if plan.too_large:
        lines.append(
            f"left out {counted(plan.too_large, 'file', 'files')} above {size(config.max_file_size)}"
        )
    if not plan.count(FileState.GONE):
        nothing = why_nothing_was_found(statistics, languages_asked=bool(config.languages))
        lines += [f"nothing  no file to read: {visible(nothing)}"] if nothing else []
    return lines


def _as_statistics(plan: Plan) -> BatchStatistics:
    """What of a plan the figures of a run have too."""
    left_out = plan.left_out
    return BatchStatistics(
        files_discovered=plan.too_large + sum(plan.count(state) for state in FileState),
        unread=plan.unread,
        unrecognised=dict(left_out.unrecognised),
        unasked=dict(left_out.unasked),
        excluded=left_out.excluded,
        not_changed=left_out.not_changed,
        ignored=left_out.ignored,
        filtered=left_out.filtered,
    )
