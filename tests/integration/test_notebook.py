"""A real kernel, as Jupyter starts it: the notebook of the docs, the bar, what is completed, an interrupt."""

from __future__ import annotations

import importlib.util
import warnings
from contextlib import contextmanager

import pytest

from testkit.places import PROJECT
from testkit.repositories import python_files
from testkit.tables import rows

with warnings.catch_warnings():  # of what kernels are spoken to with
    warnings.simplefilter("ignore")
    nbformat = pytest.importorskip("nbformat")
    manager = pytest.importorskip("jupyter_client.manager")
    pytest.importorskip("ipykernel")

pytestmark = pytest.mark.filterwarnings("ignore")
"""The libraries that speak to kernels warn of each other."""

PATIENCE = 120


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


class Kernel:
    def __init__(self, manager, client):
        self.manager = manager
        self.client = client

    def run(self, code, on_output=lambda text: None):
        """The reply to a cell, and all that it shows as text."""
        shown = []

        def take(message):
            content = message["content"]
            text = content.get("text") or content.get("data", {}).get("text/plain", "")
            shown.append(text)
            on_output(text)

        reply = self.client.execute_interactive(code, timeout=PATIENCE, output_hook=take)
        return reply["content"], "".join(shown)


@pytest.fixture
def kernel(tmp_path):
    with started_kernel(tmp_path) as kernel:
        yield kernel


@contextmanager
def started_kernel(folder):
    running = manager.KernelManager(kernel_name="python3")
    running.start_kernel(cwd=str(folder))
    client = running.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield Kernel(running, client)
    finally:
        client.stop_channels()
        running.shutdown_kernel(now=True)


def test_the_notebook_of_the_docs_shows_what_the_program_gives():
    spec = importlib.util.spec_from_file_location("update_notebook", PROJECT / "docs" / "update_notebook.py")
    update = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(update)
    stored = nbformat.read(update.NOTEBOOK, as_version=4)
    again = update.executed(nbformat.read(update.NOTEBOOK, as_version=4))
    assert update.comparable(again) == update.comparable(stored)
    assert sum(bool(cell.get("outputs")) for cell in stored.cells) > 5


def test_a_bar_of_characters_where_there_are_no_widgets(kernel, tmp_path):
    """There was none, but a warning that asks for ipywidgets."""
    python_files(tmp_path / "sources", 8)
    code = "import sys; sys.modules['ipywidgets'] = None\nimport snake_pipe\n"
    code += "snake_pipe.ingest('sources', dataset='ds', worker_count=1, progress=True).status"
    reply, shown = kernel.run(code)
    assert reply["status"] == "ok"
    assert "8/8" in shown
    assert "'done'" in shown
    assert "arning" not in shown


def test_names_are_completed_before_they_are_imported(kernel):
    kernel.run("import snake_pipe")
    reply = kernel.client.complete("snake_pipe.", reply=True, timeout=PATIENCE)
    names = {match.removeprefix("snake_pipe.") for match in reply["content"]["matches"]}
    assert {"ingest", "resume", "connect", "BatchConfig", "BatchProcessingEngine"} <= names


PAUSED = """
import snake_pipe
from pathlib import Path
from snake_pipe.extract.job.control.sender import send, wait_for_answer
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager

def pause(event):
    if type(event).__name__ == "JobStarted":
        jobs = CheckpointManager(LocalStorage(Path("ds")))
        command = send(jobs.job_folder(event.job_id), "pause")
        print("paused:", wait_for_answer(lambda: jobs.read_status(event.job_id), command, 60), flush=True)

one = {"worker_count": 1, "batch_size": 1, "max_batch_size": 1, "max_concurrent_batches": 1}
snake_pipe.ingest("sources", dataset="ds", listener=pause, **one)
"""


def test_an_interrupted_cell_leaves_a_checkpoint(kernel, tmp_path):
    """It is paused meanwhile, so that it cannot end before the interrupt comes."""
    python_files(tmp_path / "sources", 300)
    told = []

    def interrupt(text):
        if "paused" in text:
            told.append(text)
            kernel.manager.interrupt_kernel()

    reply, _ = kernel.run(PAUSED, interrupt)
    assert "'ok': True" in told[0]
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    assert "the job is stopped, with a checkpoint; snake_pipe.resume(" in reply["evalue"]
    assert rows(tmp_path / "ds", "SELECT count(*) FROM files")[0][0] < 300
    job_id = reply["evalue"].split("'")[1]
    reply, shown = kernel.run(
        f"snake_pipe.resume({job_id!r}, 'ds', batch_size=300, max_batch_size=300).status"
    )
    assert shown == "'done'"
    assert rows(tmp_path / "ds", "SELECT count(*) FROM files") == [(300,)]
