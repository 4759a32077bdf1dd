"""The library as programs and notebooks meet it: from any thread of control, with words that help."""

from __future__ import annotations

import asyncio
import os
import pydoc
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import snake_pipe
from snake_pipe.errors import ConfigError, PluginError
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.batch_processor import create_optimal_batches, execute_parallel_batches
from snake_pipe.extract.job.control.sender import send, wait_for_answer
from snake_pipe.observe.events import JobStarted
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager
from testkit.command import LIMIT
from testkit.repositories import python_files
from testkit.tables import rows
from testkit.waiting import PATIENCE

SCRIPT = """
import sys, snake_pipe
result = snake_pipe.ingest(sys.argv[1], dataset=sys.argv[2], worker_count=2)
print(result.status, result.statistics.files_done)
"""


@pytest.fixture
def sources(tmp_path):
    return python_files(tmp_path / "sources", 8)


def test_a_coroutine_may_call_it(sources, tmp_path):
    """It raised "asyncio.run() cannot be called from a running event loop", as in each notebook."""

    async def work():
        first = snake_pipe.ingest(sources, dataset=tmp_path / "ds", worker_count=1)
        return first, snake_pipe.resume(first.job_id, tmp_path / "ds")

    first, again = asyncio.run(work())
    assert (first.status, first.statistics.files_done, again.status) == ("done", 8, "done")


def test_threads_may_call_it_at_once(tmp_path):
    """Each took the others' changes of the environment for its own: KeyError, and a variable that stayed."""
    before = dict(os.environ)
    folders = [python_files(tmp_path / f"sources{number}", 2) for number in range(4)]

    def work(folder):
        return snake_pipe.ingest(folder, worker_count=1).statistics.files_done

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(work, folders)) == [2] * 4
    finally:
        sys.setswitchinterval(interval)
    assert {**os.environ, "OPENBLAS_NUM_THREADS": ""} == {**before, "OPENBLAS_NUM_THREADS": ""}


@pytest.mark.parametrize("way", ["file", "stdin", "-c"])
def test_a_script_needs_no_guard_and_no_file(cli, sources, tmp_path, way):
    """Workers imported the main module: from stdin it had no file, and without a guard it began again."""
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    before = {"file": [str(file)], "stdin": ["-"], "-c": ["-c", SCRIPT]}[way]
    done = subprocess.run(
        [sys.executable, *before, str(sources), str(tmp_path / "ds")],
        input=SCRIPT if way == "stdin" else "",
        env=cli.environment,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("done 8\n", "")


def test_an_interrupt_leaves_a_checkpoint_and_says_how_to_go_on(tmp_path):
    """The job is paused before, so that it is not done when the interrupt comes."""
    sources, dataset = python_files(tmp_path / "sources", 300), tmp_path / "ds"
    jobs = CheckpointManager(LocalStorage(dataset))

    def interrupt(event):
        if isinstance(event, JobStarted):
            command = send(jobs.job_folder(event.job_id), "pause")
            assert wait_for_answer(lambda: jobs.read_status(event.job_id), command, PATIENCE)["ok"]
            signal.raise_signal(signal.SIGINT)

    settings = {"batch_size": 1, "max_batch_size": 1, "max_concurrent_batches": 1, "worker_count": 1}
    with pytest.raises(KeyboardInterrupt, match=r"snake_pipe\.resume\('(.+)'\)") as stop:
        snake_pipe.ingest(sources, dataset=dataset, listener=interrupt, **settings)
    assert rows(dataset, "SELECT count(*) FROM files")[0][0] < 300
    job_id = str(stop.value).split("'")[1]
    assert snake_pipe.resume(job_id, dataset, batch_size=300, max_batch_size=300).status == "done"
    assert rows(dataset, "SELECT count(*) FROM files") == [(300,)]


def test_a_listener_that_fails_is_heard(tmp_path, sources):
    def fail(event):
        raise LookupError(type(event).__name__)

    with pytest.raises(LookupError, match="JobStarted"):
        snake_pipe.ingest(sources, dataset=tmp_path / "ds", listener=fail, worker_count=1)


@pytest.mark.parametrize(
    ("keyword", "near"),
    [
        ("worker_cuont", "did you mean worker_count?"),
        ("langages", "did you mean languages or gates?"),
        ("progres", "did you mean progress?"),
        ("zzz", "snake-pipe config show lists the settings"),
    ],
)
def test_a_wrong_keyword_is_named_with_those_that_are_near(keyword, near):
    """It said "unknown setting in command line", where there is no command line."""
    with pytest.raises(ConfigError) as refused:
        snake_pipe.ingest(".", **{keyword: 2})
    assert (refused.value.message, refused.value.hint) == (f"ingest() has no keyword {keyword!r}", near)
    with pytest.raises(ConfigError, match=r"worker_count = 'many' in resume\(\)"):
        snake_pipe.resume("20261122-101530-4f9a1c", worker_count="many")


def test_what_there_is_can_be_seen_before_it_is_imported():
    """`dir` and `help` showed sub-packages, and none of the functions."""
    code = "import sys, snake_pipe; print(*dir(snake_pipe)); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    names, modules = done.stdout.splitlines()
    assert set(snake_pipe.__all__) <= set(names.split())
    assert not {"snake_pipe.api", "asyncio", "pyarrow"} & set(modules.split())
    assert [name for name in dir(snake_pipe) if not name.startswith("__")] == sorted(
        set(snake_pipe.__all__) - {"__version__"}
    )
    text = pydoc.plain(pydoc.render_doc(snake_pipe))
    for name in ("ingest(", "resume(", "connect(", "class BatchProcessingEngine", "class BatchConfig"):
        assert name in text


def test_a_result_reads_as_a_summary(tmp_path, sources):
    result = snake_pipe.ingest(sources, dataset=tmp_path / "a&b", worker_count=1)
    text = repr(result)
    assert text.startswith(f"<job {result.job_id} done; files 8 ok; rows ")
    assert text.endswith(f"; dataset {tmp_path}/a&b>")
    assert "<th>files</th><td>8 ok</td>" in result._repr_html_()
    assert "/a&amp;b</td>" in result._repr_html_()


def test_a_bar_passes_events_on(tmp_path, sources, capsys):
    seen = []
    snake_pipe.ingest(sources, dataset=tmp_path / "ds", progress=True, listener=seen.append, worker_count=1)
    assert {type(event).__name__ for event in seen} >= {"JobStarted", "BatchFinished", "Flushed", "JobEnded"}
    assert capsys.readouterr().err == ""  # no terminal


def test_a_function_without_a_file_is_refused_with_what_to_do(tmp_path, sources, monkeypatch):
    files = [DiscoveredFile.from_path(path) for path in sources.iterdir()]

    async def work():
        batches = await create_optimal_batches(files, snake_pipe.BatchConfig())
        await execute_parallel_batches(batches, 1, typed_in)

    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__spec__", None, raising=False)
    monkeypatch.setattr(main, "__file__", "<stdin>", raising=False)
    monkeypatch.setattr(main, "typed_in", typed_in, raising=False)
    monkeypatch.setattr(typed_in, "__module__", "__main__")
    with pytest.raises(PluginError, match="it stands in no file"):
        asyncio.run(work())


def typed_in(path):
    return path
