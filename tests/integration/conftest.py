"""Real processes, real datasets: what the integration tests share."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from snake_pipe.load.views import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

STDLIB = Path(sysconfig.get_paths()["stdlib"])

_VOLATILE = "file_id, container_id, flush_seq, job_id, ingested_at, duration_ms, attempts"
"""Columns that differ between runs by their nature."""


@dataclass(frozen=True)
class Cli:
    """Runs the command in processes of its own, away from this user's settings and state."""

    home: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SNAKE_PIPE_")}
        kept.pop("PYTHONUNBUFFERED", None)  # with it, no stream has a rest that nobody reads
        return kept | {"HOME": str(self.home), "XDG_STATE_HOME": str(self.home / "state")}

    def command(self, *arguments: object) -> list[str]:
        return [str(Path(sys.executable).with_name("snake-pipe")), *map(str, arguments)]

    def run(self, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        settings = {"capture_output": True, "text": True, "timeout": 240, "env": self.environment} | options
        return subprocess.run(self.command(*arguments), check=False, **settings)  # type: ignore[call-overload, no-any-return]

    def start(
        self, *arguments: object, before: Sequence[str] = (), **options: object
    ) -> subprocess.Popen[str]:
        """The command as a process that runs, `before` it the command of a tracer."""
        settings = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "env": self.environment,
            "start_new_session": True,
        } | options
        process = subprocess.Popen([*before, *self.command(*arguments)], **settings)  # type: ignore[call-overload]
        self.started.append(process)
        return process

    def clean_up(self) -> None:
        """End what a failed test left running, and close the pipes."""
        for process in self.started:
            with process:
                process.kill()


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    home = tmp_path / "home"
    home.mkdir()
    cli = Cli(home)
    yield cli
    cli.clean_up()


@pytest.fixture(scope="session")
def python_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some 300 files of the standard library, in folders, 4 MB."""
    root = tmp_path_factory.mktemp("sources")
    for package in (
        "asyncio",
        "concurrent",
        "email",
        "json",
        "importlib",
        "lib2to3",
        "unittest",
        "xml",
        "test/test_json",
    ):
        if (STDLIB / package).is_dir():
            shutil.copytree(
                STDLIB / package, root / package, ignore=shutil.ignore_patterns("__pycache__", "*.so")
            )
    for path in STDLIB.glob("[a-t]*.py"):
        shutil.copy(path, root)
    return root


@pytest.fixture(scope="session")
def differences() -> Callable[[Path, Path], dict[str, int]]:
    """Rows that are in one dataset and not in the other, by table; empty if they say the same.

    Compared as multisets in SQL; a file is known by its path, and figures of a single run are left out.
    """

    def compare(left: Path, right: Path) -> dict[str, int]:
        found = {}
        with connect(left) as a, connect(right) as b:
            for table in ("files", "nodes", "symbols", "refs", "imports", "errors"):
                if table == "files":
                    sql = f"SELECT * EXCLUDE ({_VOLATILE}) FROM files"
                elif table == "errors":
                    sql = "SELECT path, phase, code, message, start_line, start_col FROM errors"
                else:
                    sql = (
                        f"SELECT repo, path, t.* EXCLUDE (file_id) FROM {table} t JOIN files USING (file_id)"
                    )
                one, two = a.sql(sql).to_arrow_table(), b.sql(sql).to_arrow_table()
                a.register("one", one)
                a.register("two", two)
                count = a.execute(
                    "SELECT count(*) FROM ("
                    "(FROM one EXCEPT ALL FROM two) UNION ALL (FROM two EXCEPT ALL FROM one))"
                ).fetchall()[0][0]
                doubled = b.execute("SELECT count(*) - count(DISTINCT (repo, path)) FROM files").fetchall()[
                    0
                ][0]
                if count or doubled:
                    found[table] = count or doubled
        return found

    return compare


def _dump(value: Any) -> Any:
    """Python's tree as the usual tools write it."""
    if isinstance(value, ast.AST):
        places = {name: getattr(value, name) for name in value._attributes if hasattr(value, name)}
        return {"_type": type(value).__name__, **{k: _dump(v) for k, v in ast.iter_fields(value)}, **places}
    if isinstance(value, list):
        return [_dump(item) for item in value]
    if isinstance(value, (bytes, complex)) or value is Ellipsis:
        return repr(value)
    return value


@pytest.fixture(scope="session")
def dump():
    """Python's tree → the JSON values that the usual tools write."""
    return _dump
