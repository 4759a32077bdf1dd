"""How a command runs a job: whatever ends it, the terminal is left as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from snake_pipe.cli import running
from snake_pipe.cli.options.outputs import RunOutputs


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
            dataset=Path(".snake-pipe"),
            max_failures=0,
        )
    assert listener.is_closed
