"""Help where it is read: on a terminal, in `man`, and offered word by word by a shell."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from testkit.repositories import python_files

HERE = Path(sys.executable).parent

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(snake-pipe completion bash)"),
    "zsh": (
        ["zsh", "-f", "-i"],
        "autoload -U compinit; compinit -u -D; source <(snake-pipe completion zsh)",
    ),
    "fish": (["fish", "--no-config", "-i"], "snake-pipe completion fish | source"),
}


_ANSWER = r"[\r\n]<([^\r\n]*)>\r"
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?>=]*[a-zA-Z@]|[()][A-Z0-9]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[=>])")
_PATIENCE = 60
"""Seconds until a shell has done what was typed."""


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command, **options):
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            command, preexec_fn=lambda: os.login_tty(slave), pass_fds=[slave], **options
        )
        os.close(slave)
        self.seen = self.text = ""

    def type(self, keys):
        os.write(self._master, keys.encode())

    def read(self, pattern=None):
        """All that is shown until a pattern was, or the program ends."""
        deadline = time.monotonic() + _PATIENCE
        while pattern is None or not re.search(pattern, self.text):
            ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{pattern!r} is not in {self.seen!r}"
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:
                break
            if not data:
                break
            self.seen += data.decode("utf-8", "replace")
            self.text = _ESCAPES.sub("", self.seen)
        assert pattern is None or re.search(pattern, self.text), self.text
        return self.text

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._master)


@pytest.fixture
def terminal():
    opened = []

    def start(command, **options):
        opened.append(Terminal(command, **options))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=str,
)
def test_help_has_colours_on_terminals_that_show_them_to_who_wants_them(cli, terminal, variables, coloured):
    kept = {key: value for key, value in cli.environment.items() if key not in ("NO_COLOR", "COLUMNS")}
    started = terminal(cli.command("ingest", "--help"), env=kept | variables)
    started.read()
    shown = started.seen
    assert ("\x1b[1mSelection:\x1b[0m" in shown) is coloured
    assert ("\x1b" in shown) is coloured


@pytest.fixture(params=list(SHELLS))
def shell(request, cli, terminal, tmp_path):
    """A shell that has read its script; types a line with tabs, and gives the line that became of it."""
    name = request.param
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    command, setup = SHELLS[name]
    environment = cli.environment | {
        "PATH": f"{HERE}{os.pathsep}{os.environ['PATH']}",
        "TERM": "xterm",
        "COLUMNS": "200",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PS1": "> ",
    }
    shell = terminal(command, env=environment, cwd=tmp_path)
    shell.type(
        f"{setup}\necho ready-$((1 + 1))\n" if name != "fish" else f"{setup}\necho ready-(math 1 + 1)\n"
    )
    shell.read("ready-2")

    def line(keys):
        shell.seen = shell.text = ""
        shell.type(f"{keys}\x01echo '<\x05>'\n")
        return re.search(_ANSWER, shell.read(_ANSWER))[1].rstrip()

    return line


def test_a_shell_completes_commands_options_and_values(shell, cli, tmp_path):
    root = python_files(tmp_path / "repo", 1)
    assert (
        cli.run("ingest", root, "-q", "--set", "executor=serial", "-d", tmp_path / ".snake-pipe").returncode
        == 0
    )
    (job,) = (path.name for path in (tmp_path / ".snake-pipe" / "_jobs").glob("2*"))
    assert shell("snake-pipe ing\t") == "snake-pipe ingest"
    assert shell("snake-pipe dialects ch\t") == "snake-pipe dialects check"
    assert shell("snake-pipe ingest --no-g\t") == "snake-pipe ingest --no-gitignore"
    assert shell("snake-pipe ingest --preset lat\t") == "snake-pipe ingest --preset latency"
    assert shell("snake-pipe ingest --preset=lat\t") == "snake-pipe ingest --preset=latency"
    assert shell("snake-pipe ingest --languages go,pyth\t") == "snake-pipe ingest --languages go,python"
    assert shell("snake-pipe ingest --set max_lat\t") == "snake-pipe ingest --set max_latency="
    assert shell("snake-pipe control fl\t") == "snake-pipe control flush"
    assert shell("snake-pipe control set flush_int\t") == "snake-pipe control set flush_interval="
    assert shell("snake-pipe resume 2\t") == f"snake-pipe resume {job}"
    assert shell("snake-pipe help dial\t") == "snake-pipe help dialects"
    assert shell("snake-pipe completion z\t") == "snake-pipe completion zsh"


def test_a_shell_completes_files_where_the_help_says_so(shell, tmp_path):
    (tmp_path / "trees of mine").mkdir()
    (tmp_path / "trees.txt").touch()
    assert shell("snake-pipe ingest trees.t\t") == "snake-pipe ingest trees.txt"
    assert (
        shell("snake-pipe query --dataset tre\t")
        .replace("\\", "")
        .startswith("snake-pipe query --dataset trees of mine")
    )


@pytest.fixture
def pages(cli, tmp_path):
    """The man pages, as files."""
    folder = tmp_path / "man" / "man1"
    assert cli.run("man", "--write", folder).returncode == 0
    return folder


def test_each_command_has_a_man_page(cli, pages):
    names = {path.name for path in pages.iterdir()}
    assert {"snake-pipe.1", "snake-pipe-ingest.1", "snake-pipe-dialects-check.1"} <= names
    assert cli.run("man", "ingest").stdout == (pages / "snake-pipe-ingest.1").read_text()


def test_man_pages_are_correct(pages):
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    for page in pages.iterdir():
        done = subprocess.run(
            ["mandoc", "-T", "lint", "-W", "warning", str(page)], check=False, capture_output=True, text=True
        )
        assert done.stdout == "", page.name


def test_man_shows_the_page_with_everything_as_it_is_typed(pages):
    """Roff takes a dash for a hyphen, a backslash for a command, and a dot that begins a line too."""
    if shutil.which("man") is None or "man-db" not in subprocess.run(
        ["man", "--version"], check=False, capture_output=True, text=True
    ).stdout.replace("man 2", "man-db 2"):
        pytest.skip("man-db is not installed")
    environment = os.environ | {"MANPATH": str(pages.parent), "MANWIDTH": "100", "MAN_KEEP_FORMATTING": ""}
    done = subprocess.run(
        ["man", "-P", "cat", "snake-pipe-ingest"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    text = re.sub(".\b", "", done.stdout)
    assert done.returncode == 0, done.stderr
    assert "snake-pipe ingest . --include 'src/**' --exclude '*_pb2.py'" in text
    assert "--memory-limit MIB" in text
    assert "SEE ALSO" in text
