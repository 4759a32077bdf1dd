"""What a person at a terminal sees of a job, and what Ctrl-C does to it."""

from __future__ import annotations

import re
import signal
from contextlib import suppress

import psutil
import pytest

from testkit.processes import below, suspended
from testkit.tables import rows
from testkit.terminal import Terminal, drawn
from testkit.waiting import NEVER, wait_for

FILES = 40


@pytest.fixture
def terminal():
    with Terminal() as opened:
        yield opened


@pytest.fixture
def repository(tmp_path):
    """One that a single worker is not soon done with."""
    root = tmp_path / "repo"
    root.mkdir()
    text = "\n".join(f"def f{number}(a): return a.b({number})" for number in range(1_000))
    for number in range(FILES):
        (root / f"m{number}.py").write_text(f"# {number}\n{text}\n")
    return root


def ingest(cli, terminal, root, *options, **variables):
    """Begin to ingest, one file a batch; its id, once its progress is shown."""
    settings = ("--workers", 1, "--set", "batch_size=1", "--flush-interval", NEVER)
    environment = cli.environment | {"LANG": "C.UTF-8", "LC_ALL": "", "TERM": "xterm"} | variables
    terminal.start(cli.command("ingest", root, *settings, *options), environment)
    return re.search(r"job (\S+) started", terminal.read_until(f"/{FILES} files"))[1]


def test_the_line_fits_the_terminal_also_when_it_is_resized(cli, terminal, repository):
    """A bar that was drawn for the width at its start was cut, or left half a line behind."""
    job = ingest(cli, terminal, repository)
    assert cli.run("control", job, "pause", "-d", repository).returncode == 0  # it has all the time
    for least, columns in ((20, 60), (6, 20), (1, 1), (66, 200)):
        terminal.resize(columns)
        wait_for(lambda least=least, columns=columns: least <= len(last_line(terminal)) < max(columns, 2))
    assert "\x1b[32m━" in terminal.seen
    assert re.fullmatch(r"━*─+ +\d+% · paused · \d+/40 files · [01]/1 workers busy · .+", last_line(terminal))
    terminal.press_ctrl_c()
    assert terminal.wait() == 130
    assert terminal.is_as_before()


def last_line(terminal):
    """What is drawn now."""
    terminal.read_until("\r\x1b[J")
    return drawn(terminal.seen)[-1]


@pytest.mark.parametrize(
    ("variables", "is_so"),
    [
        ({"LC_ALL": "C"}, str.isascii),
        ({"NO_COLOR": "1"}, lambda seen: set(re.findall(r"\x1b\[[0-9;]*[A-Za-z]", seen)) == {"\x1b[J"}),
    ],
)
def test_it_does_without_what_a_terminal_has_not(cli, terminal, repository, variables, is_so):
    ingest(cli, terminal, repository, **variables)
    terminal.press_ctrl_c()
    assert terminal.wait() == 130
    assert is_so(terminal.seen)


def test_on_a_terminal_that_only_prints_there_are_lines(cli, terminal, repository):
    command = cli.command("ingest", repository, "--exclude", "m*1.py", "--exclude", "m*2.py")
    terminal.start(command, cli.environment | {"TERM": "dumb"})
    assert terminal.wait() == 0
    assert "\x1b" not in terminal.seen
    assert "\r" not in terminal.seen.replace("\r\n", "")


def test_ctrl_c_is_answered_at_once_and_what_is_done_is_kept(cli, terminal, repository):
    """Nothing was said for as long as the batches in flight took."""
    job = ingest(cli, terminal, repository)
    terminal.press_ctrl_c()
    answer = terminal.read_until(f"Ctrl-C again to stop now; resume with: snake-pipe resume {job}")
    words = r"stopping: (finishing \d+ batch(es)? in flight, up to 10 s|nothing is in flight); "
    assert re.search(words, answer)
    assert terminal.wait() == 130
    assert terminal.is_as_before()
    assert f"stopped by SIGINT; resume with: snake-pipe resume {job}" in terminal.seen
    assert rows(repository / ".snake-pipe", "SELECT count(*) > 0 FROM files") == [(True,)]


def test_a_second_ctrl_c_ends_it_there_and_then(cli, terminal, repository):
    """It left a terminal without a cursor, and a job that looked as if it had crashed."""
    job = ingest(cli, terminal, repository)
    assert "\x1b[?25l" not in terminal.seen  # nor would a kill leave one
    children = below(terminal.process.pid)
    with suspended(children):  # what is in flight is never finished
        terminal.press_ctrl_c()
        terminal.read_until("Ctrl-C again to stop now")
        terminal.press_ctrl_c()
        terminal.read_until(f"stopped by SIGINT; resume with: snake-pipe resume {job}")
        assert terminal.wait() == 130
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
    assert terminal.is_as_before()
    assert not re.search(r"^files ", terminal.seen, re.MULTILINE)  # it did not wait for its end
    assert "stopped by SIGINT" in cli.run("status", job, "-d", repository).stdout
    assert cli.run("resume", job, "-d", repository, "-q").returncode == 0
    ok = "SELECT count(*) FROM files WHERE status = 'ok'"
    assert rows(repository / ".snake-pipe", ok) == [(FILES,)]


def test_a_kill_leaves_the_terminal_as_it_was(cli, terminal, repository):
    ingest(cli, terminal, repository)
    terminal.process.send_signal(signal.SIGKILL)
    assert terminal.wait() == -signal.SIGKILL
    assert terminal.is_as_before()
