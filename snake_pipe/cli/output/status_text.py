"""A job's figures as text: a table for people, a line a second for logs, JSON for scripts.

`status.json` may be of an older run or another version, and hold names of files: any figure may be missing
or of another type, and nothing is shown but through `visible`.
"""

from __future__ import annotations

import re
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from snake_pipe.cli.job_view import LIVE
from snake_pipe.cli.output.text import seconds, size, stopper, visible

if TYPE_CHECKING:
    from snake_pipe.cli.job_view import JobView
    from snake_pipe.extract.batch_models import BatchStatistics

_RECENT = 5.0
"""Seconds over which a recent rate is taken."""

_MOST_LISTED = 5
"""Newest warnings and changes shown; JSON has them all."""

QUEUE_COLUMNS = ("queue", "files", "bytes", "oldest age", "batch size")


class RecentRate:
    """Files and bytes a second over the last seconds, from a look at the figures now and then."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float, float]] = deque()

    def observe(self, view: JobView) -> None:
        """Take in the figures, if they are newer than the last."""
        figures = view.figures
        now = number(figures, "time")
        seen = self._seen
        if seen and number(figures, "files_done") < seen[-1][1]:  # another run of the job
            seen.clear()
        if now and (not seen or now > seen[-1][0]):
            seen.append((now, number(figures, "files_done"), number(figures, "bytes_done")))
        while len(seen) > 2 and seen[-1][0] - seen[0][0] > _RECENT:
            seen.popleft()

    @property
    def value(self) -> tuple[float, float] | None:
        """Files a second and bytes a second; None before the second look."""
        if len(self._seen) < 2:
            return None
        (start, files, size_), (end, more_files, more_size) = self._seen[0], self._seen[-1]
        return (more_files - files) / (end - start), (more_size - size_) / (end - start)


def number(figures: dict[str, Any], name: str) -> float:
    """A figure; 0 if it is missing or no number."""
    value = figures.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def document(view: JobView, recent: RecentRate | None = None) -> dict[str, Any]:
    """All figures of `status.json`, with the state as it is now and the rates."""
    files, size_ = _average(view.figures)
    rate = recent.value if recent is not None else None
    return {
        **view.figures,
        "job_id": view.job_id,
        "status": view.state,
        "files_committed_total": view.checkpoint.progress.files_done,
        "files_per_second": files,
        "bytes_per_second": size_,
        "recent_files_per_second": rate and rate[0],
        "recent_bytes_per_second": rate and rate[1],
    }


_UNSAFE = re.compile(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def json_line(view: JobView, recent: RecentRate | None = None) -> str:
    r"""One line of JSON; what a terminal might obey is written as \u escapes, so that nothing is lost."""
    import orjson

    text = orjson.dumps(document(view, recent)).decode()
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def pairs(view: JobView, recent: RecentRate | None = None, *, verbose: bool = False) -> list[tuple[str, str]]:
    """Figures and their values for people, what is unknown left out."""
    figures, checkpoint = view.figures, view.checkpoint
    progress = checkpoint.progress
    flushed = number(figures, "last_flush_at") or (checkpoint.updated_at if progress.flush_seq else 0)
    roots = checkpoint.request.get("roots", ())
    found: list[tuple[str, Any]] = [
        ("job", view.job_id),
        ("status", state_of(view)),
        ("source", ", ".join(map(str, roots)) or "list of files"),
        ("started", time.strftime("%Y-%m-%d %H:%M", time.localtime(checkpoint.created_at))),
        ("progress", _progress(figures)),
        ("failed", f"{number(figures, 'files_failed'):,}"),
        ("cancelled", f"{cancelled:,}" if (cancelled := number(figures, "files_cancelled")) else None),
        ("committed", f"{progress.files_done:,} files, {progress.rows:,} rows"),
        ("last flush", _clock(flushed) if flushed else None),
    ]
    if view.runs or "elapsed" in figures:
        found += [
            ("elapsed", seconds(number(figures, "elapsed"))),
            ("rate now", _rate(recent.value) if recent is not None and recent.value else None),
            ("rate on average", _rate(_average(figures))),
            ("left", _left(figures) if view.runs else None),
            ("queued", _queued(figures) if view.runs else None),
            ("batches", _batches(figures)),
            ("by trigger", _counts(figures.get("triggers"))),
            ("workers", _workers(figures) if view.runs else None),
            ("memory", _memory(figures)),
            ("breakers", _words(figures.get("breakers"))),
        ]
    for name, key, text in (("warning", "warnings", str), ("changed", "changes", _change)):
        found += [(name, text(item)) for item in _list(figures, key)[-_MOST_LISTED:]]
    if verbose:
        found += sorted(_table(figures.get("statistics")).items())
        found += [("answered", _answer(item)) for item in _list(figures, "answers")[-_MOST_LISTED:]]
    return [(visible(str(name)), visible(_plain(value))) for name, value in found if value not in (None, "")]


def queue_rows(view: JobView) -> list[tuple[str, str, str, str, str]]:
    """The queues with something in them, as QUEUE_COLUMNS names it."""
    return [
        (
            visible(str(queue.get("name", ""))),
            f"{number(queue, 'files'):,}",
            size(number(queue, "bytes")),
            seconds(number(queue, "oldest_age")),
            f"{number(queue, 'target_files'):,}",
        )
        for queue in _list(view.figures, "queues")
        if isinstance(queue, dict) and view.runs
    ]


def line(view: JobView, recent: RecentRate) -> str:
    """How things stand, in one line."""
    figures = view.figures
    rate = recent.value or _average(figures)
    parts = [
        f"{time.strftime('%H:%M:%S')} {state_of(view)}",
        _progress(figures),
        _rate(rate),
        _queued(figures),
        f"{number(figures, 'batches_in_flight'):,} batches in flight",
        f"memory {size(number(figures, 'memory_now'))}",
    ]
    if view.state in LIVE and (left := _left(figures)):
        parts.append(f"{left} left")
    if failed := number(figures, "files_failed"):
        parts.append(f"{failed:,} failed")
    return visible(" · ".join(parts))


def statistics_of(view: JobView) -> BatchStatistics:
    """The figures as the engine has them, as far as they are there and of their types."""
    from dataclasses import fields

    from snake_pipe.extract.batch_models import BatchStatistics

    statistics = BatchStatistics()
    for item in fields(BatchStatistics):
        value, default = view.figures.get(item.name), getattr(statistics, item.name)
        if item.name in ("outcomes", "reasons"):
            value = {
                (str(entry[0]), str(entry[1])): entry[2]
                for entry in _list(view.figures, item.name)
                if isinstance(entry, list) and len(entry) == 3 and isinstance(entry[2], int)
            }
        elif isinstance(default, dict):
            value = {str(key): n for key, n in _table(value).items() if isinstance(n, int)}
        if isinstance(value, type(default)) or (isinstance(default, float) and isinstance(value, int)):
            setattr(statistics, item.name, value)
    return statistics


def state_of(view: JobView) -> str:
    """The state, and who stopped it where that is known."""
    reason = view.figures.get("message")
    known = view.state == "stopped" and isinstance(reason, str) and reason
    return f"stopped by {stopper(str(reason))}" if known else view.state


def _progress(figures: dict[str, Any]) -> str:
    done, found = number(figures, "files_done"), number(figures, "files_discovered")
    total = found - number(figures, "files_unchanged")
    if not found:
        return f"{done:,} files"
    if not figures.get("discovery_complete"):
        return f"{done:,} of {total:,}+ files, {size(number(figures, 'bytes_done'))}"
    share = f" ({done / total:.0%})" if total > 0 else ""
    sizes = f"{size(number(figures, 'bytes_done'))} of {size(number(figures, 'bytes_discovered'))}"
    return f"{done:,} of {total:,} files{share}, {sizes}"


def _average(figures: dict[str, Any]) -> tuple[float, float]:
    elapsed = number(figures, "elapsed")
    if elapsed <= 0:
        return 0.0, 0.0
    return number(figures, "files_done") / elapsed, number(figures, "bytes_done") / elapsed


def _rate(rate: tuple[float, float]) -> str:
    return f"{rate[0]:,.0f} files/s, {size(rate[1])}/s"


def _left(figures: dict[str, Any]) -> str:
    if figures.get("estimated_seconds_left") is None:
        return ""
    return seconds(max(0, number(figures, "estimated_seconds_left")))


def _queued(figures: dict[str, Any]) -> str:
    files, bytes_ = number(figures, "files_queued"), size(number(figures, "bytes_queued"))
    age = f", oldest {seconds(number(figures, 'oldest_age'))}" if files else ""
    return f"{files:,} files queued, {bytes_}{age}"


def _batches(figures: dict[str, Any]) -> str:
    counts = [("done", "batches_done"), ("in flight", "batches_in_flight")]
    counts += [
        (word, name)
        for word, name in (("waiting", "batches_waiting"), ("retried", "batches_retried"))
        if number(figures, name)
    ]
    return ", ".join(f"{number(figures, name):,} {word}" for word, name in counts)


def _workers(figures: dict[str, Any]) -> str:
    workers = number(figures, "workers")
    busy = (
        number(figures, "busy_workers")
        if "busy_workers" in figures
        else min(workers, number(figures, "batches_in_flight"))
    )
    return f"{busy:,} of {workers:,} busy"


def _memory(figures: dict[str, Any]) -> str:
    now, peak, limit = (size(number(figures, f"memory_{name}")) for name in ("now", "peak", "limit"))
    return f"{now} now, {peak} peak, limit {limit}"


def _counts(value: Any) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in _table(value).items() if isinstance(count, int))


def _words(value: Any) -> str:
    return ", ".join(f"{name} {word}" for name, word in _table(value).items())


def _change(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    old, new = ("unset" if item.get(key) is None else item[key] for key in ("old", "new"))
    return f"{_clock(number(item, 'time'))} {item.get('name')}: {old} → {new}"


def _answer(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    word = "" if item.get("ok") else "refused: "
    return f"{_clock(number(item, 'time'))} {item.get('action')}: {word}{item.get('message')}"


def _clock(moment: float) -> str:
    try:
        return time.strftime("%H:%M:%S", time.localtime(moment))
    except (OverflowError, OSError, ValueError):
        return "?"


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(figures: dict[str, Any], name: str) -> list[Any]:
    value = figures.get(name)
    return value if isinstance(value, list) else []
