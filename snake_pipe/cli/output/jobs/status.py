"""A job's figures as text: a table for people, a line a second for logs, JSON for scripts.

`status.json` may be of an older run or another version, and hold names of files: any figure may be missing
or of another type, and nothing is shown but through `visible`.
"""

from __future__ import annotations

import re
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from snake_pipe.cli.output.text import seconds, size, visible
from snake_pipe.observe.status import stopper

if TYPE_CHECKING:
    from snake_pipe.cli.job_view import JobView

_RECENT = 5.0
"""Seconds over which a recent rate is taken."""

_MOST_LISTED = 5
"""Newest warnings and changes shown; JSON has them all."""

_GONE = {"busy_workers": 0, "memory_now": 0, "batches_in_flight": 0, "estimated_seconds_left": None}
"""Figures of a job that no process runs, whatever the last one left in its status."""

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
    """All figures of `status.json`, with the state as it is now and the rates, and the run's summary."""
    from snake_pipe.outcome.kept_summary import summary_of_job

    files, size_ = _average(view.figures)
    rate = recent.value if recent is not None else None
    return {
        **view.figures,
        **({} if view.runs else {name: _GONE[name] for name in _GONE if name in view.figures}),
        "job_id": view.job_id,
        "status": view.state,
        "files_committed_total": view.checkpoint.progress.files_done,
        "files_per_second": files,
        "bytes_per_second": size_,
        "recent_files_per_second": rate and rate[0],
        "recent_bytes_per_second": rate and rate[1],
        "summary": summary_of_job(
            view.dataset, view.job_id, view.state, view.figures, has_ended=not view.runs
        ),
    }


_UNSAFE = re.compile(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def json_line(view: JobView, recent: RecentRate | None = None) -> str:
    r"""One line of JSON; what a terminal might obey is written as \u escapes, so that nothing is lost."""
    import orjson

    text = orjson.dumps(document(view, recent)).decode()
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def pairs(view: JobView, recent: RecentRate | None = None, *, verbose: bool = False) -> list[tuple[str, str]]:
    """Figures and their values for people, what is unknown left out, and what is true of live jobs alone."""
    figures, checkpoint = view.figures, view.checkpoint
    progress = checkpoint.progress
    before = number(figures, "files_before")
    failed = number(figures, "failed_before") + number(figures, "files_failed") + number(figures, "unread")
    flushed = number(figures, "last_flush_at")
    roots = checkpoint.request.get("roots", ())
    found: list[tuple[str, Any]] = [
        ("job", view.job_id),
        ("status", state_of(view)),
        ("resume with", f"snake-pipe resume {view.job_id}" if view.can_be_resumed else None),
        ("source", ", ".join(map(str, roots)) or "list of files"),
        ("started", time.strftime("%Y-%m-%d %H:%M", time.localtime(checkpoint.created_at))),
        ("done before", f"{before:,} files" if before else None),
        ("this run" if before else "progress", _progress(figures)),
        ("left", _left(figures) if view.runs else None),
        ("failed", f"{failed:,}"),
        ("cancelled", f"{cancelled:,}" if (cancelled := number(figures, "files_cancelled")) else None),
        ("committed", f"{progress.files_done:,} files, {progress.rows:,} rows"),
        ("last commit", _clock(flushed) if flushed else None),
    ]
    if view.runs or "elapsed" in figures:
        now = recent.value if recent is not None and view.state == "running" else None
        found += [
            ("elapsed", seconds(number(figures, "elapsed"))),
            ("rate now", _rate(now) if now is not None else None),
            ("rate on average", _rate(_average(figures))),
            ("queued", _queued(figures) if view.runs else None),
            ("batches", _batches(view)),
            ("by trigger", _counts(figures.get("triggers"))),
            ("workers", _workers(figures) if view.runs else None),
            ("hosts", _hosts(figures) if view.runs else None),
            ("memory", _memory(view)),
            ("breakers", _words(figures.get("breakers")) if view.runs else None),
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
        if isinstance(queue, dict) and view.runs and number(queue, "files")
    ]


def line(view: JobView, recent: RecentRate) -> str:
    """How things stand, in one line."""
    figures = view.figures
    parts = [f"{time.strftime('%H:%M:%S')} {state_of(view)}", _progress(figures)]
    if view.state == "running":
        parts.append(_rate(recent.value or _average(figures)))
    if view.runs:
        parts += [
            f"{_queued(figures)} queued",
            f"{_in_flight(view):,} batches in flight",
            f"memory {size(number(figures, 'memory_now'))}",
        ]
        if left := _left(figures):
            parts.append(f"{left} left")
    if failed := number(figures, "files_failed"):
        parts.append(f"{failed:,} failed")
    return visible(" · ".join(parts))


def state_of(view: JobView) -> str:
    """The state, and why it is so where that is known."""
    reason = str(view.figures.get("message") or "")
    if view.state == "paused" and number(view.figures, "busy_workers"):
        return "paused; running batches finish"
    if view.state == "interrupted":
        return "interrupted: its process was killed, or the machine went down"
    if view.state == "stopped" and reason:
        return f"stopped by {stopper(reason)}"
    return f"{view.state}: {reason}" if view.state in ("failed", "superseded") and reason else view.state


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
    return f"{files:,} files, {bytes_}{age}"


def _batches(view: JobView) -> str:
    figures = view.figures
    parts = [f"{number(figures, 'batches_done'):,} done"]
    if view.runs:
        in_flight = _in_flight(view)
        held = number(figures, "batches_in_flight") - in_flight
        parts.append(f"{in_flight:,} in flight")
        if waiting := number(figures, "batches_waiting") + held:
            parts.append(f"{waiting:,} waiting")
    if retried := number(figures, "batches_retried"):
        parts.append(f"{retried:,} retried")
    return ", ".join(parts)


def _in_flight(view: JobView) -> float:
    """Batches that are being worked on: a paused job holds back what it had not sent to a worker."""
    in_flight = number(view.figures, "batches_in_flight")
    return min(in_flight, number(view.figures, "busy_workers")) if view.state == "paused" else in_flight


def _workers(figures: dict[str, Any]) -> str:
    workers = number(figures, "workers")
    busy = (
        number(figures, "busy_workers")
        if "busy_workers" in figures
        else min(workers, number(figures, "batches_in_flight"))
    )
    return f"{busy:,} of {workers:,} busy"


def _hosts(figures: dict[str, Any]) -> str:
    """The machines of a cluster, those that are sent nothing new as paused; empty where there is only one."""
    hosts = [host for host in _list(figures, "hosts") if isinstance(host, dict)]
    shown = [
        f"{visible(str(host.get('host')))} {number(host, 'busy'):,} of {number(host, 'workers'):,} busy,"
        f" {size(number(host, 'memory'))}{', paused' if host.get('paused') else ''}"
        for host in hosts[:_MOST_LISTED]
    ]
    more = [f"and {len(hosts) - _MOST_LISTED:,} more"] if len(hosts) > _MOST_LISTED else []
    return "; ".join([*shown, *more])


def _memory(view: JobView) -> str:
    now, peak, limit = (size(number(view.figures, f"memory_{name}")) for name in ("now", "peak", "limit"))
    return f"{f'{now} now, ' if view.runs else ''}{peak} peak, limit {limit}"


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
