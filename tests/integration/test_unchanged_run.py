"""What a run that finds nothing to read does without: most runs of most repositories are such."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import snake_pipe

if TYPE_CHECKING:
    from pathlib import Path

RUN = """
import sys
from snake_pipe.cli.app import run
code = run(sys.argv[1:])
fork_server = sys.modules.get("multiprocessing.forkserver")
started = fork_server is not None and fork_server._forkserver._forkserver_pid is not None
print(code, started, *sys.modules)
"""


def ingest(root: Path, *options: str) -> tuple[bool, set[str]]:
    """Whether workers were to start, and the modules that were imported."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, "ingest", str(root), "-q", *options],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    code, started, *modules = done.stdout.split()
    assert code == "0"
    return started == "True", set(modules)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    (root / "a.py").write_text("def f():\n    return g()\n")
    (root / "b.h").write_text("int f(void);\n")
    (root / "script").write_text("#!/bin/sh\necho\n")
    (root / "data.json").write_text("{}")
    (root / "c.ast.json").write_text(
        '{"type": "Program", "body": [], "sourceType": "script", "start": 0, "end": 9}'
    )
    assert snake_pipe.ingest(root, executor="serial").status == "done"
    return root


def test_nothing_is_imported_and_nothing_started_that_only_changed_files_need(repository: Path) -> None:
    """Workers' start took as much processor time as the run itself, and imports were half of that."""
    started, modules = ingest(repository)
    assert not started
    unwanted = {
        "deltalake",
        "duckdb",
        "numpy.ma",
        "pyarrow.compute",
        "pydantic",
        "snake_pipe.extract.worker.extraction",
        "snake_pipe.transform.dialects.dialect",
        "snake_pipe.transform.languages.python",
        "tree_sitter",
    }
    assert "snake_pipe.load.known_files" in modules
    assert not unwanted & modules


def test_the_coordinator_of_a_first_run_imports_only_what_it_needs(repository: Path, tmp_path: Path) -> None:
    """Its end took a tenth of a second to import what filters rows, of which all stay."""
    started, modules = ingest(repository, "-d", str(tmp_path / "first"))
    assert started
    unwanted = {"deltalake", "numpy.ma", "pyarrow.compute", "tree_sitter"}
    assert not unwanted & modules


def test_workers_start_where_there_is_something_to_read(repository: Path, tmp_path: Path) -> None:
    assert ingest(repository, "--full")[0]
    assert ingest(repository, "-d", str(tmp_path / "other"))[0]
    (repository / "a.py").write_text("def f():\n    return h()\n")
    assert ingest(repository)[0]
    assert not ingest(repository)[0]
    (repository.parent / "second").mkdir()
    (repository.parent / "second" / "c.py").write_text("x = 1\n")
    assert ingest(repository.parent / "second", "-d", str(repository / ".snake-pipe"))[0]
