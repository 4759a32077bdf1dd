"""The line of a running job at each width: what matters most is there, and nothing is cut in the middle."""

from __future__ import annotations

import io

import pytest

from snake_pipe.cli.output.jobs.progress_line import ASCII, UNICODE, marks_of, plain_line, progress_line
from snake_pipe.observe.statistics import BatchStatistics
from snake_pipe.observe.status import JobStatus


def status(state="running", **figures):
    known = {
        "files_discovered": 5_500,
        "files_unchanged": 500,
        "files_done": 2_600,
        "files_failed": 3,
        "bytes_discovered": 40_000_000,
        "bytes_done": 20_000_000,
        "discovery_complete": True,
        "batches_in_flight": 3,
        "elapsed": 10.0,
    }
    return JobStatus(
        state=state,
        workers=2,
        busy_workers=1,
        memory_now=300_000_000,
        memory_limit=2_000_000_000,
        statistics=BatchStatistics(**known | figures),
    )


LINES = {
    1: "5",
    5: "52%",
    11: "52%",
    12: "━━━───  52%",
    20: "━━━───  52%",
    40: "━━━───  52% · 2,600/5,000 files",
    60: "━━━━━─────  52% · 2,600/5,000 files · 3 failed",
    80: "━━━━━━───────  52% · 2,600/5,000 files · 3 failed · 260 files/s · 10.0 s left",
    100: "━━━━━━━━────────  52% · 2,600/5,000 files · 3 failed · 260 files/s · 10.0 s left"
    " · 1/2 workers busy",
}


@pytest.mark.parametrize(("width", "line"), LINES.items())
def test_what_is_less_important_is_left_out_first(width, line):
    """At 60 and 80 columns there was neither a bar nor a counter, and at 100 half a counter."""
    assert progress_line(status(), width) == line


EVERYTHING = (
    "━━━━━━━━━━━━────────────  52% · 2,600/5,000 files · 3 failed · 260 files/s · 10.0 s left"
    " · 1/2 workers busy · memory 300.0 MB of 2.0 GB · 20.0 MB · 2.0 MB/s"
)


def test_no_width_has_more_than_it_holds_or_half_of_anything():
    columns = EVERYTHING.split(" · ")[1:]
    for width in range(13, 201):
        line = progress_line(status(), width)
        assert len(line) < width
        shown = line.split(" · ")
        assert shown[0].strip("━─ ") == "52%"
        assert shown[1:] == columns[: len(shown) - 1], width
    assert progress_line(status(), 200) == EVERYTHING


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_bar_is_as_wide_at_the_start_as_at_the_end(width):
    bars = {len(progress_line(status(files_done=done), width).split("%")[0]) for done in (0, 2_600, 5_000)}
    assert len(bars) == 1


def test_it_is_not_at_100_percent_before_all_is_done():
    assert " 99% · 4,999/5,000 files" in progress_line(status(files_done=4_999), 80)
    assert "━ 100% · 5,000/5,000 files" in progress_line(status(files_done=5_000), 80)


def test_while_the_walk_goes_on_there_is_a_counter_and_no_share():
    walking = status(discovery_complete=False, files_failed=0)
    assert progress_line(walking, 60) == "2,600/5,000+ files · 260 files/s · 1/2 workers busy"
    assert progress_line(walking, 10) == "2,600/5,0"
    assert plain_line(walking).startswith("2,600/5,000+ files · 260 files/s")


def test_nothing_to_do_has_no_share():
    idle = status(files_discovered=500, files_done=0, files_failed=0, elapsed=0.0, bytes_done=0)
    assert progress_line(idle, 40) == "0/0 files · 0 files/s"


def test_a_paused_job_neither_gets_on_nor_ends():
    """It went on to tell the time left, and that all of its workers were busy."""
    line = progress_line(status("paused"), 200)
    assert "  52% · paused · 2,600/5,000 files · 3 failed · 1/2 workers busy · memory" in line
    assert "left" not in line
    assert "/s" not in line
    assert " · paused · 3 failed · 1/2 workers busy" in plain_line(status("paused"))


def test_a_job_that_ends_tells_what_it_waits_for():
    line = progress_line(status("stopping", files_failed=0), 96)
    assert line.endswith(" 52% · stopping · 2,600/5,000 files · 3 batches in flight · 1/2 workers busy")


def test_in_ascii_it_says_the_same():
    line = progress_line(status(), 80, ASCII)
    assert line == "######-------  52% | 2,600/5,000 files | 3 failed | 260 files/s | 10.0 s left"
    assert plain_line(status(), ASCII).isascii()


def test_a_line_for_a_log_has_everything():
    assert plain_line(status()) == (
        "2,600/5,000 files (52%) · 3 failed · 260 files/s · 10.0 s left · 1/2 workers busy"
        " · memory 300.0 MB of 2.0 GB · 20.0 MB · 2.0 MB/s"
    )


@pytest.mark.parametrize(
    ("variables", "encoding", "marks"),
    [
        ({"LANG": "en_US.UTF-8"}, "utf-8", UNICODE),
        ({}, "utf-8", UNICODE),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, "utf-8", ASCII),
        ({"LANG": "POSIX"}, "utf-8", ASCII),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", UNICODE),
        ({"LANG": "de_DE.ISO-8859-1"}, "latin-1", ASCII),
        ({}, "ascii", ASCII),
    ],
)
def test_unicode_is_for_streams_and_locales_that_have_it(monkeypatch, variables, encoding, marks):
    """In the C locale Python writes UTF-8 all the same, which its terminal does not show."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert marks_of(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) == marks
