"""What a process imports before it does anything: every command and every job waits for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from snake_pipe.extract.worker.modules import WORKER_MODULES


def imported_by(*modules: str) -> set[str]:
    """All that a process has after it, but for what measures its coverage."""
    code = f"import sys; import {', '.join(modules)}; print(*sys.modules)"
    alone = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=alone)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("modules", "unwanted"),
    [
        # The command line, as `--help` has it and until it has started what workers are forked from.
        (
            ("snake_pipe.cli.app",),
            {
                "asyncio",
                "deltalake",
                "duckdb",
                "logging",
                "multiprocessing",
                "numpy",
                "psutil",
                "pyarrow",
                "snake_pipe.extract.batch_models",
                "snake_pipe.extract.batch_worker",
            },
        ),
        # The coordinator, which parses nothing.
        (
            ("snake_pipe.extract.batch_processor",),
            {
                "duckdb",
                "importlib.metadata",
                "pyarrow.compute",
                "snake_pipe.extract.worker.extraction",
                "snake_pipe.transform.dialects.dialect",
                "tree_sitter",
            },
        ),
        # What workers are forked from: they have no loop, and commit nothing.
        (WORKER_MODULES, {"asyncio", "deltalake", "duckdb"}),
    ],
)
def test_what_is_not_needed_is_not_imported(modules: tuple[str, ...], unwanted: set[str]) -> None:
    assert imported_by(*modules) & unwanted == set()


def test_workers_begin_to_start_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    """They waited for the enum of an option, in a module that imported pyarrow: a third of a small run."""
    code = (
        "import sys; import snake_pipe.cli.commands.ingest as command\n"
        "def show(_): print(*sys.modules); sys.exit()\n"
        "command.prepare_run = show\n"
        f"sys.argv = ['snake-pipe', 'ingest', {str(tmp_path)!r}]\n"
        "import snake_pipe.__main__ as main; main.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    heavy = {"asyncio", "deltalake", "numpy", "psutil", "pyarrow", "snake_pipe.extract.batch_config"}
    assert "snake_pipe.cli.commands.ingest" in done.stdout
    assert not heavy & set(done.stdout.split())
