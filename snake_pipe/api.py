"""The library's front door: the engine without asyncio, a dataset as a DuckDB connection.

In a script, call these under `if __name__ == "__main__":`, since workers import the script's module.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from snake_pipe.extract.paths.datasets import DATASET_NAME, default_dataset
from snake_pipe.observe.events import ignore

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import RepositoryProcessingResult
    from snake_pipe.observe.events import Listener


def ingest(
    *paths: str | Path,
    dataset: str | Path | None = None,
    config: BatchConfig | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    languages: Sequence[str] = (),
    progress: bool = False,
    listener: Listener = ignore,
    **settings: Any,
) -> RepositoryProcessingResult:
    """Ingest repositories, folders or files into a dataset, by default `.snake-pipe` in the first path.

    `settings` are fields of BatchConfig, such as `worker_count=2`. `progress` shows a bar on stderr.
    SnakePipeError if the run fails; files that fail are rows, not exceptions.
    """
    import asyncio

    from snake_pipe.extract.batch_config import load_config
    from snake_pipe.extract.batch_processor import BatchProcessingEngine, IngestRequest

    roots = tuple(str(Path(path).absolute()) for path in (paths or (Path.cwd(),)))
    target = Path(dataset) if dataset is not None else default_dataset(Path(roots[0]))
    request = IngestRequest(
        roots=roots,
        dataset=str(target.absolute()),
        include=tuple(include),
        exclude=tuple(exclude),
        languages=tuple(languages),
    )
    config = config.changed(settings) if config is not None else load_config(settings, environment={}).config
    engine = BatchProcessingEngine(config, listener=_bar(listener) if progress else listener)
    return asyncio.run(engine.ingest(request))


def resume(
    job_id: str, dataset: str | Path | None = None, *, listener: Listener = ignore
) -> RepositoryProcessingResult:
    """Go on with a job; its dataset is looked up where none is given."""
    import asyncio

    from snake_pipe.errors import JobNotFoundError
    from snake_pipe.extract.batch_processor import BatchProcessingEngine
    from snake_pipe.extract.job import index as job_index

    folder = Path(dataset) if dataset is not None else job_index.find(job_id)
    if folder is None:
        raise JobNotFoundError(f"no job {job_id} is known", "give its dataset")
    return asyncio.run(BatchProcessingEngine(listener=listener).resume(job_id, folder.absolute()))


def connect(dataset: str | Path = DATASET_NAME) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with views of the dataset's current state: files, nodes, symbols, refs, ..."""
    from snake_pipe.load.views import connect as connect_views

    return connect_views(Path(dataset))


def _bar(listener: Listener) -> Listener:
    """A listener that also moves a tqdm bar, for scripts and notebooks."""
    from tqdm.auto import tqdm

    from snake_pipe.observe.events import JobEnded, Progress

    bar = tqdm(unit=" files", disable=None)

    def show(event: Any) -> None:
        if isinstance(event, Progress):
            statistics = event.status.statistics
            bar.total = statistics.files_discovered - statistics.files_unchanged
            bar.update(statistics.files_done - bar.n)
        elif isinstance(event, JobEnded):
            bar.close()
        listener(event)

    return show
