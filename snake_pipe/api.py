"""The library's front door: the engine without asyncio, a dataset as a DuckDB connection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from snake_pipe.extract.paths.datasets import DATASET_NAME
from snake_pipe.observe.events import ignore
from snake_pipe.storage.open import is_object_store, open_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    import duckdb

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.batch_models import RepositoryProcessingResult
    from snake_pipe.extract.batch_processor import BatchProcessingEngine
    from snake_pipe.observe.events import Event, Listener


def ingest(
    *paths: str | Path,
    dataset: str | Path | None = None,
    config: BatchConfig | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    languages: Sequence[str] = (),
    repo: str = "",
    changed_since: str = "",
    shard: str = "",
    lock_timeout: float = 0.0,
    on_unfinished: str = "keep",
    budget: float | None = None,
    progress: bool = False,
    listener: Listener = ignore,
    **settings: Any,
) -> RepositoryProcessingResult:
    """Ingest repositories, folders or files into a dataset, by default `.snake-pipe` in the first path.

        result = snake_pipe.ingest("~/src/app", languages=["python"], worker_count=4, progress=True)

    Files belong to the dataset of their repository. `repo` is the repository's name in the tables, by default
    that of its folder. With `changed_since`, which names a commit, only what git says has changed since then
    is read. A `shard`, such as "3/16", is one of several shares of the files, which others read at the same
    time. With a `budget`, in seconds, the most urgent files are read first, and the job is stopped when
    the time is used. `settings` are fields of BatchConfig; neither the environment nor a project's TOML
    files are asked for them. `progress` shows a bar, on a terminal or in a notebook. `listener` is called
    with the job's events, in the calling thread. It may be called where an event loop runs, which then waits.

    While another job writes what this one would, it waits up to `lock_timeout` seconds before it raises
    DatasetBusyError. `on_unfinished` says what becomes of an earlier job of the same paths that was killed,
    stopped or failed: `resume` goes on with it, `restart` begins anew in its place, `fail` raises UsageError,
    and `keep` begins anew and leaves it to be resumed.

    A run that fails raises SnakePipeError; files that fail are rows, not exceptions. Gates that are not met
    are the result's `breaches`. Ctrl-C, or "interrupt
    kernel", ends the job with a checkpoint, and the KeyboardInterrupt says how to resume it.
    """
    from snake_pipe.errors import UsageError
    from snake_pipe.extract.batch_config import load_config
    from snake_pipe.extract.batch_processor import IngestRequest
    from snake_pipe.extract.feeds.default_dataset import find_home
    from snake_pipe.extract.feeds.repository_names import knows_all
    from snake_pipe.extract.settings.on_unfinished import OnUnfinished

    settings = _checked(ingest, settings)
    roots = [Path(path).expanduser().absolute() for path in (paths or (Path.cwd(),))]
    target = find_home(roots).dataset if dataset is None else _place(dataset)
    storage = open_storage(target)
    request = IngestRequest(
        roots=tuple(map(str, roots)),
        dataset=storage.url,
        include=tuple(include),
        exclude=tuple(exclude),
        languages=tuple(languages),
        repo=repo,
        changed_since=changed_since,
        shard=shard,
    )
    config = config.changed(settings) if config is not None else load_config(settings, environment={}).config
    try:
        policy = OnUnfinished(on_unfinished)
    except ValueError:
        choices = ", ".join(OnUnfinished)
        raise UsageError(
            f"ingest(on_unfinished={on_unfinished!r}): no such choice", f"one of {choices}"
        ) from None
    return _run(
        lambda engine: engine.ingest(
            request, config, lock_timeout=lock_timeout, on_unfinished=policy, budget=budget
        ),
        listener,
        progress=progress,
        may_be_idle=storage.folder is not None and knows_all(storage, roots),
    )


def resume(
    job_id: str,
    dataset: str | Path | None = None,
    *,
    lock_timeout: float = 0.0,
    budget: float | None = None,
    progress: bool = False,
    listener: Listener = ignore,
    **settings: Any,
) -> RepositoryProcessingResult:
    """Go on with a job where its last commit left it; its dataset is looked up where none is given.

        snake_pipe.resume("20261122-101530-4f9a1c", worker_count=1)

    `settings` are to be others from here on; the rest is as in `ingest`.
    """
    from snake_pipe.errors import JobNotFoundError
    from snake_pipe.extract.job import index as job_index

    settings = _checked(resume, settings)
    place = job_index.find(job_id) if dataset is None else _place(dataset)
    if place is None:
        raise JobNotFoundError(f"no job {job_id} is known", "give its dataset")
    return _run(
        lambda engine: engine.resume(job_id, place, settings, lock_timeout=lock_timeout, budget=budget),
        listener,
        progress=progress,
    )


def connect(dataset: str | Path = DATASET_NAME, *, as_of: str | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with views of the dataset's current state: files, nodes, symbols, refs, ...

        with snake_pipe.connect("trees") as connection:
            connection.sql("SELECT kind, count(*) FROM symbols GROUP BY kind").show()

    Relations give their rows as Arrow tables (`.to_arrow_table()`), as data frames with pandas (`.df()`) or
    polars (`.pl()`), where those are installed. `as_of` asks for the state at the end of an earlier run: a
    job's id, a commit or a branch that it read, or what git takes for such a commit (`HEAD~1`).
    """
    from snake_pipe.load.sql.views import connect as connect_views

    storage = open_storage(_place(dataset))
    if as_of is None:
        return connect_views(storage)
    from snake_pipe.extract.job.named_run import version_as_of

    return connect_views(storage, files_version=version_as_of(storage, as_of))


def _place(dataset: str | Path) -> str | Path:
    """A dataset as it was given, with `~` for the user's own folder."""
    return dataset if is_object_store(str(dataset)) else Path(dataset).expanduser()


def _checked(function: Callable[..., Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """A function's keywords as settings; ConfigError for one that is neither, with those that are near."""
    from difflib import get_close_matches
    from inspect import Parameter, signature

    from snake_pipe.errors import ConfigError
    from snake_pipe.extract.batch_config import SETTINGS, check_settings

    named = [
        name for name, one in signature(function).parameters.items() if one.kind is Parameter.KEYWORD_ONLY
    ]
    for name in settings:
        if name not in SETTINGS:
            near = get_close_matches(name, dict.fromkeys((*named, *SETTINGS)), 3)
            hint = (
                f"did you mean {' or '.join(near)}?" if near else "snake-pipe config show lists the settings"
            )
            raise ConfigError(f"{function.__name__}() has no keyword {name!r}", hint)
    return check_settings(settings, f"{function.__name__}()")


def _run(
    work: Callable[[BatchProcessingEngine], Coroutine[Any, Any, RepositoryProcessingResult]],
    listener: Listener,
    *,
    progress: bool,
    may_be_idle: bool = False,
) -> RepositoryProcessingResult:
    """Run a job in an engine of its own; what leaves something to resume says how.

    One that `may_be_idle` starts workers when it has found something to read.
    """
    from snake_pipe.errors import ExitCode, SnakePipeError, StoppedError
    from snake_pipe.executors.process_pool import prepare_workers
    from snake_pipe.extract.batch_processor import BatchProcessingEngine
    from snake_pipe.extract.worker.modules import WORKER_MODULES
    from snake_pipe.observe.events import JobStarted
    from snake_pipe.observe.progress_bar import ProgressBar
    from snake_pipe.utils.own_loop import OwnLoop

    if not may_be_idle:
        prepare_workers(WORKER_MODULES)  # they start while the job is opened
    bar = ProgressBar(listener) if progress else None
    job_id = ""

    def follow(event: Event) -> None:
        nonlocal job_id
        if isinstance(event, JobStarted):
            job_id = event.job_id
        (bar or listener)(event)

    loop = OwnLoop(follow)
    engine = BatchProcessingEngine(listener=loop.tell)
    try:
        result = loop.run(work(engine), stop=lambda: engine.stop("SIGINT"))
        result.breaches = _breaches(result)
        if bar is not None:
            bar.show(result.statistics)
    except StoppedError as error:
        raise KeyboardInterrupt(str(error)) from None
    except SnakePipeError as error:
        if job_id and error.exit_code is ExitCode.RUN_FAILED:
            error.add_hint(f"snake_pipe.resume({job_id!r})")
        raise
    except KeyboardInterrupt:
        if not job_id or engine.status.state == "done":
            raise
        now = "stopped" if engine.status.state == "stopped" else "stopping"
        text = f"the job is {now}, with a checkpoint; snake_pipe.resume({job_id!r}) goes on with it"
        raise KeyboardInterrupt(text) from None
    else:
        return result
    finally:
        if bar is not None:
            bar.close()


def _breaches(result: RepositoryProcessingResult) -> tuple[str, ...]:
    """The gates that a run does not meet, in words; of one that is not done nobody knows."""
    texts = result.settings.get("gates", ())
    if not texts or not result.success:
        return ()
    from snake_pipe.extract.settings.gates import parse_gates
    from snake_pipe.outcome.gates import ask_for_drift, judge
    from snake_pipe.outcome.state import look_up
    from snake_pipe.outcome.summary import summarise

    gates = parse_gates(texts)
    dataset = open_storage(result.dataset)
    summary = summarise(result.statistics, job_id=result.job_id, dataset=dataset, status=result.status)
    state = look_up(summary, base=Path.cwd(), with_findings=False, with_drift=ask_for_drift(gates))
    return tuple(verdict.breach for verdict in judge(gates, state) if not verdict.is_met)
