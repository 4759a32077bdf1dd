"""How a running job stands, in one line: the most important first, as much as there is room for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.cli.output.text import counted, seconds, size, visible

if TYPE_CHECKING:
    from typing import TextIO

    from snake_pipe.observe.events import DatasetAwaited
    from snake_pipe.observe.status import JobStatus

_NARROWEST_BAR, _WIDEST_BAR = 6, 24


@dataclass(frozen=True, slots=True)
class Marks:
    """What a line is drawn with: the two parts of a bar, and what stands between two columns."""

    done: str
    left: str
    between: str


UNICODE = Marks("━", "─", " · ")
ASCII = Marks("#", "-", " | ")


def marks_of(stream: TextIO) -> Marks:
    """What can be shown on a stream: ASCII in the C locale too, where Python itself writes UTF-8."""
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := os.environ.get(name))), "")
    try:
        "".join((UNICODE.done, UNICODE.left, UNICODE.between)).encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return ASCII
    return ASCII if locale in ("C", "POSIX") else UNICODE


def progress_line(status: JobStatus, width: int, marks: Marks = UNICODE) -> str:
    """A line for a terminal of so many columns; the last one stays free, where some terminals wrap."""
    room = max(1, width - 1)
    columns = [*_state(status), _counter(status), *_figures(status)]
    if (share := _share(status)) is not None:
        percent = f"{int(100 * share):3}%"
        bar = _bar(share, min(_WIDEST_BAR, max(_NARROWEST_BAR, width // 6)), marks)
        columns.insert(0, f"{bar} {percent}" if len(bar) + 1 + len(percent) <= room else percent.strip())
    line = columns[0][:room]
    for column in columns[1:]:
        if len(line) + len(marks.between) + len(column) > room:
            break
        line += marks.between + column
    return line


def waiting_line(event: DatasetAwaited) -> str:
    """What a job waits for that has not begun, and for how long it still would."""
    return f"waiting for {visible(event.holder)}: {seconds(event.waited)} of {seconds(event.limit)}"


def plain_line(status: JobStatus, marks: Marks = UNICODE) -> str:
    """A line for a log, with everything in it but the bar."""
    share = _share(status)
    percent = "" if share is None else f" ({int(100 * share)}%)"
    return marks.between.join((f"{_counter(status)}{percent}", *_state(status), *_figures(status)))


def _share(status: JobStatus) -> float | None:
    """Which part of the files is done, 0 to 1; None while their number is not known."""
    statistics = status.statistics
    total = statistics.files_discovered - statistics.files_unchanged
    if not statistics.discovery_complete or total <= 0:
        return None
    return min(1.0, statistics.files_done / total)


def _bar(share: float, width: int, marks: Marks) -> str:
    done = int(share * width)
    return marks.done * done + marks.left * (width - done)


def _state(status: JobStatus) -> list[str]:
    return [] if status.state == "running" else [status.state]


def _counter(status: JobStatus) -> str:
    statistics = status.statistics
    total = statistics.files_discovered - statistics.files_unchanged
    return f"{statistics.files_done:,}/{total:,}{'' if statistics.discovery_complete else '+'} files"


def _figures(status: JobStatus) -> list[str]:
    """What stands behind the counter; rates only while they tell how the job goes on."""
    statistics, runs = status.statistics, status.state == "running"
    figures = []
    if statistics.files_failed:
        figures.append(f"{statistics.files_failed:,} failed")
    if runs:
        figures.append(f"{statistics.files_per_second:,.0f} files/s")
        if (left := statistics.seconds_left) is not None:
            figures.append(f"{seconds(left)} left")
    if status.state == "stopping":
        figures.append(f"{counted(statistics.batches_in_flight, 'batch', 'batches')} in flight")
    figures.append(f"{status.busy_workers}/{status.workers} workers busy")
    figures.append(f"memory {size(status.memory_now)} of {size(status.memory_limit)}")
    figures.append(size(statistics.bytes_done))
    if runs:
        figures.append(f"{size(statistics.bytes_per_second)}/s")
    return figures
