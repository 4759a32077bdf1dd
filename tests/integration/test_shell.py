"""The shell on a real terminal and behind a pipe."""

from __future__ import annotations

import os
import re

import pytest

import snake_pipe
from testkit.terminal import Terminal
from testkit.waiting import wait_for

_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>78])")


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "repo"
    root.mkdir()
    (root / "a.py").write_text("def area(r):\n    return r\n")
    snake_pipe.ingest(root, executor="serial")
    return root


class Person:
    """Types at the prompt, and reads what is shown without its escapes."""

    def __init__(self, terminal):
        self.terminal = terminal
        self.read = 0

    def types(self, keys):
        self.terminal.type(keys)

    def sees(self, text):
        """What was shown since the last look, up to this text."""

        def shown():
            self.terminal._read(0.05)
            return text in self.terminal.seen[self.read :]

        wait_for(shown)
        start, end = self.read, self.terminal.seen.index(text, self.read) + len(text)
        self.read = end
        return _ESCAPES.sub("", self.terminal.seen[start:end])

    def asks(self, keys, text):
        """What was answered, up to this text; then the prompt is there again."""
        self.types(f"{keys}\r")
        answer = self.sees(text)
        self.sees("snake-pipe>")
        return answer


@pytest.fixture
def at_prompt(cli, root):
    """Opens shells, each of which is left behind clean."""
    opened = []

    def start(**variables):
        terminal = Terminal()
        opened.append(terminal)
        environment = {key: value for key, value in cli.environment.items() if key != "COLUMNS"}
        environment |= {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "NO_COLOR": "1"} | variables
        terminal.start(cli.command("shell", "-d", root), environment)
        person = Person(terminal)
        person.sees("snake-pipe>")
        return person

    yield start
    for terminal in opened:
        with terminal:
            pass


def test_a_conversation(at_prompt):
    person = at_prompt()
    person.asks("SELECT name\rFROM symbols;", "area")
    person.asks(".tables", "files_history")
    assert "the import's node" in person.asks(".schema imports", "start_line")
    assert "LINE 1: FROM nowhere" in person.asks("FROM nowhere;", "^^^^^^^")
    assert "only reading is" in person.asks("DROP VIEW files;", "makes a copy")
    assert "no command .nope" in person.asks(".nope", ".refresh, .quit")
    person.asks("SELECT 41 + 1 AS answer;", "42")
    person.types("\x04")
    assert person.terminal.wait() == 0
    assert person.terminal.is_as_before()
    assert "Traceback" not in person.terminal.seen


def test_ctrl_c_ends_the_query_and_never_the_shell(at_prompt):
    person = at_prompt()
    long = "SELECT count(*) FROM range(1000000000000) t(n) WHERE hash(n) = 3"
    person.types(f"SELECT 'be' || 'gun' AS a; {long};\r")
    person.sees("begun")
    person.terminal.press_ctrl_c()
    person.sees("interrupted")
    person.sees("snake-pipe>")
    person.asks("SELECT 6 * 7 AS n;", "42")
    person.types("SELECT half")
    person.sees("half")
    person.terminal.press_ctrl_c()
    person.sees("snake-pipe>")
    person.asks("SELECT 7 * 7 AS n;", "49")
    person.types(".quit\r")
    assert person.terminal.wait() == 0


def test_tab_completes_words_tables_and_columns(at_prompt):
    person = at_prompt()
    for typed, completed, rest, answer in (
        ("FROM batch_s\t", "tatistics", ";", "total_operations"),
        ("SELECT qualified_\t", "name", " AS q FROM symbols;", "area"),
        (".sch\t", "ema", " symbols", "qualified_name"),
    ):
        person.types(typed)
        person.sees(completed)
        person.asks(rest, answer)


def test_history_is_kept_for_the_next_shell(at_prompt, cli):
    person = at_prompt()
    person.asks("SELECT 'kept' || 'here' AS n;", "kepthere")
    person.types("\x04")
    assert person.terminal.wait() == 0
    (kept,) = (cli.home / "state").rglob("shell_history")
    assert "SELECT 'kept'" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    person = at_prompt()
    person.types("\x1b[A")
    person.sees("here")
    person.asks("", "kepthere")


def test_what_was_committed_since_is_there_on_request(at_prompt, root):
    person = at_prompt()
    (root / "b.py").write_text("def later(): pass\n")
    snake_pipe.ingest(root, executor="serial")
    assert "later" not in person.asks("SELECT count(*) + 100 AS n FROM symbols;", "101")
    person.asks(".refresh", "")
    person.asks("SELECT count(*) + 200 AS n FROM symbols;", "202")


def test_without_a_terminal_it_reads_statements_from_stdin(cli, root):
    script = "-- names\nSELECT name\nFROM symbols;\n\n.tables\nSELECT 1 AS a; SELECT 2 AS b"
    done = cli.run("shell", "-d", root, input=script)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("name\n────\narea\n")
    assert done.stdout.endswith("a\n─\n1\n\nb\n─\n2\n")
    assert "files_history" in done.stdout
    done = cli.run("shell", "-d", root, input="SELECT 1 AS a;\nSELEKT;\nSELECT 2 AS b;")
    assert (done.returncode, done.stdout) == (2, "a\n─\n1\n")
    done = cli.run("shell", "-d", root, input=".schema REFS\n.schema ref")
    assert (done.returncode, done.stderr) == (2, "snake-pipe: no table 'ref'\n  .tables lists them\n")
    assert "enclosing_node_id" in done.stdout
    assert cli.run("shell", "-d", root, input=".quit\nSELEKT;").returncode == 0
    assert cli.run("shell", "-d", root, input="").stdout == ""


def test_what_it_needs_is_named(at_prompt, cli, root, tmp_path):
    (tmp_path / "without" / "prompt_toolkit").mkdir(parents=True)
    (tmp_path / "without" / "prompt_toolkit" / "__init__.py").write_text("raise ImportError\n")
    path = [str(tmp_path / "without"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    with Terminal() as terminal:
        terminal.start(
            cli.command("shell", "-d", root), cli.environment | {"PYTHONPATH": os.pathsep.join(path)}
        )
        terminal.read_until("pip install 'snake-pipe[shell]'")
        assert terminal.wait() == 2
