"""How a command runs a job: whatever ends it, the terminal is left as it was."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from snake_pipe.cli import running
from snake_pipe.cli.options.outputs import RunOutputs
from snake_pipe.errors import StorageError
from snake_pipe.observe.statistics import BatchStatistics
from snake_pipe.observe.status import JobStatus
from snake_pipe.storage.local import LocalStorage
from testkit.waiting import wait_for


class Listener:
    """Has changed the terminal, until it is closed."""

    job_id = ""
    is_quiet = True
    is_closed = False

    def __call__(self, event):
        """Show nothing."""

    def close(self):
        self.is_closed = True


def interrupt():
    raise KeyboardInterrupt


@pytest.mark.parametrize("ended", [KeyboardInterrupt, ImportError])
def test_the_listener_is_closed_also_if_the_engine_was_not_loaded_yet(monkeypatch, ended):
    """Ctrl-C while it was imported left a terminal without a cursor."""
    listener = Listener()
    if ended is ImportError:
        monkeypatch.setitem(sys.modules, "snake_pipe.extract.batch_processor", None)
    else:
        monkeypatch.setattr(running.gc, "freeze", interrupt)
    with pytest.raises(ended):
        running.run_job(
            lambda engine: engine.process_repository("."),
            listener,
            RunOutputs(),
            dataset=LocalStorage(Path(".snake-pipe")),
            max_failures=0,
        )
    assert listener.is_closed


def test_the_terminal_is_as_it_was_before_anything_is_written():
    """A report on stdout was written into the line of a progress that had failed."""
    listener = Listener()
    seen = []

    class Outputs(RunOutputs):
        def write(self, summary, dataset):
            seen.append((summary.status, listener.is_closed))

    async def fail(engine):
        raise StorageError("disk full")

    with pytest.raises(StorageError):
        running.run_job(fail, listener, Outputs(), dataset=LocalStorage(Path(".snake-pipe")), max_failures=0)
    assert seen == [("failed", True)]


class Engine:
    """Has no job to record."""

    status = JobStatus(state="stopping", statistics=BatchStatistics(outcomes={("ok", "go"): 2}))

    def end_at_once(self, reason):
        """There is nothing to do."""


def test_a_second_signal_leaves_the_outputs_too(tmp_path):
    listener, path = Listener(), tmp_path / "run.json"
    run = running._Run(RunOutputs(summary_json=path), None, LocalStorage(tmp_path / "ds"), listener)
    run._engine = Engine()
    run._end_at_once(run._engine, "SIGTERM", 143)
    wait_for(path.exists)  # by a thread, for which the process would wait a moment
    document = json.loads(path.read_text())
    assert (document["status"], document["message"], document["exit_code"]) == ("stopped", "SIGTERM", 143)
    assert document["files"]["by_status"] == {"ok": 2}
    assert listener.is_closed
