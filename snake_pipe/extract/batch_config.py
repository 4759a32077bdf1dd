"""The settings of a run: declared here once, read from many places, checked, then frozen.

`BatchConfig` is plain data, cheap to import and to pickle, since it travels to the workers. The sources are
read, merged and checked by `load_config`, in the coordinator only.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import ConfigError
from snake_pipe.extract.settings import values
from snake_pipe.extract.settings.setting import Derived, Setting, check_values
from snake_pipe.schemas import TREE_TABLES
from snake_pipe.utils.batch_utils import MIB, available_cpus
from snake_pipe.utils.units import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

ENVIRONMENT_PREFIX = "SNAKE_PIPE_"
_NO_SETTINGS = frozenset({"SNAKE_PIPE_PURE_PYTHON"})
"""Variables with that prefix that are no settings: the build and `transform.native.compiled` read them."""


_HERE = ("process", "serial", "dask")
"""The executors of this machine; any other is the address of a Dask scheduler."""


def _setting(default: Any, read: Callable[[Any], Any], doc: str, **declared: Any) -> Any:
    """A field, with what it declares as a `Setting`."""
    return field(default=default, metadata={"setting": Setting(doc=doc, read=read, **declared)})


def _check_queue_sizes(texts: Sequence[str]) -> None:
    from snake_pipe.extract.settings.queue_sizes import check_queue_sizes

    check_queue_sizes(texts)


def _check_priority(texts: Sequence[str]) -> None:
    from snake_pipe.extract.settings.priority_rules import PriorityRules

    PriorityRules.parse(texts)


def _check_gates(texts: Sequence[str]) -> None:
    from snake_pipe.extract.settings.gates import parse_gates

    parse_gates(texts)


def _limit_failures(gates: Sequence[str]) -> bool:
    """Whether gates say how many of all files may fail."""
    if not gates:
        return False
    from snake_pipe.extract.settings.gates import limit_failures

    return limit_failures(gates)


def _check_executor(executor: str) -> None:
    from snake_pipe.executors.dask_address import is_dask, scheduler_address

    if executor in _HERE:
        return
    if not is_dask(executor):
        raise ConfigError(f"no executor {executor!r}", f"one of {', '.join(_HERE)}, dask://HOST:PORT")
    if executor != "dask":
        scheduler_address(executor)


def _check_dialects(sources: Sequence[str]) -> None:
    from snake_pipe.plugins import own_dialects

    if sources:
        own_dialects(sources)


def _check_sinks(names: Sequence[str]) -> None:
    from snake_pipe.plugins.sinks import refuse_password, split_sink

    for name in names:
        refuse_password(name)
        if not split_sink(name)[0]:
            raise ValueError(f"{name!r} has no name before the =")
    if len(set(names)) < len(names):
        raise ValueError("the same sink is named twice")


def _check_patterns(lines: Sequence[str]) -> None:
    from snake_pipe.extract.paths.patterns import PathPatterns

    PathPatterns(lines)


def _check_languages(names: Sequence[str]) -> None:
    from snake_pipe import plugins

    for name in names:
        if name not in (*plugins.language_names(), plugins.AST_QUEUE):
            raise ConfigError(f"unknown language {name!r}", "snake-pipe languages lists them")


def _workers(config: BatchConfig) -> int:
    return config.workers


def _most_in_flight(config: BatchConfig) -> int:
    return config.most_in_flight


@dataclass(frozen=True, slots=True)
class BatchConfig:
    """Everything that shapes a run. Times are in seconds, sizes in bytes unless the name says otherwise."""

    batch_size: int = _setting(
        200, values.count, "files per batch at first; then adapted to measured times", runtime=True, ge=1
    )
    max_batch_size: int = _setting(5000, values.count, "most files per batch", runtime=True, ge=1)
    batch_bytes: int = _setting(
        64 * MIB,
        values.size,
        "most bytes of files per batch; a larger file goes alone",
        runtime=True,
        ge=1,
    )
    target_seconds: float = _setting(2.0, values.seconds, "how long a batch should take", runtime=True, gt=0)
    max_latency: float | None = _setting(
        10.0,
        values.seconds_or_unset,
        "how long a file may wait for its batch to fill; unset: without end",
        runtime=True,
        gt=0,
    )
    smart_batching: bool = _setting(
        True, values.switch, "one queue per language; off: one queue for all files"
    )
    batching: str = _setting(
        "adaptive",
        values.word,
        "what says how large batches are and where they are cut: adaptive, fixed, by-folder, the name of an"
        " installed strategy, or module:name",
    )
    queue_sizes: tuple[str, ...] = _setting(
        (),
        values.words,
        "fixed batch sizes by queue: python=100 in files, ast=16MiB in bytes",
        runtime=True,
        check=_check_queue_sizes,
    )
    priority: tuple[str, ...] = _setting(
        (),
        values.words,
        "priorities 0-10, by the first matching rule: src/**=9, language:go=7, size<100KiB=8, mtime<1d=9",
        check=_check_priority,
    )
    ageing_seconds: float | None = _setting(
        30.0,
        values.seconds_or_unset,
        "wait for a worker after which a batch's priority rises by one; unset: it never rises",
        runtime=True,
        gt=0,
    )
    max_concurrent_batches: int = _setting(
        0,
        values.count,
        "most batches in flight; 0: two per worker plus one",
        runtime=True,
        ge=0,
        derived=Derived(_most_in_flight, "workers"),
    )
    worker_count: int = _setting(
        0,
        values.count,
        "worker processes; 0: one per processor",
        ge=0,
        derived=Derived(_workers, "processors"),
    )
    memory_limit_mb: int = _setting(
        0,
        values.mebibytes,
        "memory limit for all processes together, in MiB; 0: what cgroup and machine allow",
        ge=0,
    )
    flush_interval: float = _setting(5.0, values.seconds, "time between commits", runtime=True, ge=0.01)
    checkpoint_interval: int = _setting(
        50_000, values.count, "commit early after so many files", runtime=True, ge=1
    )
    retry_attempts: int = _setting(3, values.count, "attempts at a file whose worker died", ge=1)
    breaker_failures: int = _setting(
        3, values.count, "failed commits in a row after which commits pause", ge=1
    )
    breaker_reset_seconds: float = _setting(
        5.0, values.seconds, "how long they then pause before one attempt", gt=0
    )
    timeout_seconds: float = _setting(
        300.0, values.seconds, "time limit for a batch; then its worker is ended", gt=0
    )
    file_timeout_seconds: float = _setting(60.0, values.seconds, "time limit for one file", gt=0)
    shutdown_seconds: float = _setting(
        10.0, values.seconds, "how long a stop waits for batches in flight", runtime=True, ge=0
    )
    include: tuple[str, ...] = _setting(
        (),
        values.words,
        "read only files that match one of these patterns, as in .gitignore",
        check=_check_patterns,
    )
    exclude: tuple[str, ...] = _setting(
        (), values.words, "never read files that match one of these patterns", check=_check_patterns
    )
    languages: tuple[str, ...] = _setting(
        (),
        values.words,
        "read only these languages; ast stands for AST files; unset: all programming languages and ast",
        check=_check_languages,
    )
    use_gitignore: bool = _setting(True, values.switch, "leave out what .gitignore and git's excludes name")
    max_file_size: int = _setting(64 * MIB, values.size, "larger files are recorded as skipped", ge=1)
    max_failures: int = _setting(
        0, values.count, "exit 0 if at most this many files failed or were quarantined", ge=0
    )
    allow_empty: bool = _setting(
        False, values.switch, "exit 0 also if folders hold no file to read, instead of 2"
    )
    gates: tuple[str, ...] = _setting(
        (),
        values.words,
        "conditions that end a run with 3 if they are not met: ok>=99.5%, failed<=10, new-failures=0",
        check=_check_gates,
    )
    tables: tuple[str, ...] = _setting(TREE_TABLES, values.words, "tree tables to write", choices=TREE_TABLES)
    anonymous: bool = _setting(
        False, values.switch, "also write rows for anonymous nodes such as punctuation"
    )
    attrs: bool = _setting(False, values.switch, "keep the other scalar fields of AST files as JSON")
    dialects: tuple[str, ...] = _setting(
        (),
        values.words,
        "TOML files that describe dialects of your own, tried before the built-in ones",
        check=_check_dialects,
        is_path=True,
    )
    processors: tuple[str, ...] = _setting(
        (),
        values.words,
        "functions of your own, called for each file: names of installed ones, or module:name",
    )
    processors_only: bool = _setting(
        False, values.switch, "files are not parsed: there is only what processors say of them"
    )
    sinks: tuple[str, ...] = _setting(
        (),
        values.words,
        "what gets each committed flush: names of sinks, or module:name, each with =ARGUMENT if it takes one",
        check=_check_sinks,
    )
    sink_failures: str = _setting(
        "stop",
        values.word,
        "stop: a sink that keeps failing ends the run, and a resume delivers; warn: the next run delivers",
        choices=("stop", "warn"),
    )
    sink_attempts: int = _setting(3, values.count, "attempts at a flush that a sink does not take", ge=1)
    sink_timeout_seconds: float = _setting(
        300.0, values.seconds, "how long a sink may take no rows before its process is ended", gt=0
    )
    keep_runs: int = _setting(
        2,
        values.count,
        "earlier states that can still be asked for: those at the end of so many runs that changed something",
        ge=1,
    )
    keep_days: float = _setting(
        0.0, values.days, "the states of the last so many days are kept as well", ge=0
    )
    keep_jobs: int = _setting(100, values.count, "jobs whose logs and checkpoints are kept", ge=1)
    keep_job_days: float = _setting(
        90.0, values.days, "days after which the logs and checkpoints of a job are removed", ge=1
    )
    reader_grace_seconds: float = _setting(
        300.0,
        values.seconds,
        "how long what was replaced stays on disk in any case, for those who are reading it",
        ge=0,
    )
    compression: str = _setting(
        "zstd", values.word, "codec of the Parquet parts", choices=("zstd", "snappy", "lz4", "none")
    )
    compression_level: int = _setting(1, values.count, "level of zstd compression", ge=1, le=22)
    log_bytes: int = _setting(
        16 * MIB, values.size, "size at which a job's log.jsonl becomes log.jsonl.1, and so on", ge=4096
    )
    log_files: int = _setting(2, values.count, "most files of a job's log; then the oldest goes", ge=2)
    executor: str = _setting(
        "process",
        values.word,
        "process: a pool of processes; serial: in this process; dask: a Dask cluster on this machine;"
        " dask://HOST:PORT: a Dask scheduler that runs",
        check=_check_executor,
    )
    cluster_timeout_seconds: float = _setting(
        60.0,
        values.seconds,
        "how long a Dask scheduler may take to answer, and how long a run waits for a first or new worker",
        gt=0,
    )

    @property
    def workers(self) -> int:
        """Worker processes to start: as set, else one a processor."""
        return self.worker_count or available_cpus()

    @property
    def most_in_flight(self) -> int:
        """Batches that may be in flight: as set, else enough that each worker's next batch waits for it."""
        return self.max_concurrent_batches or 2 * self.workers + 1

    @property
    def alarm_seconds(self) -> float:
        """After how long a file ends its worker: a parser that can be stopped is stopped before."""
        return self.file_timeout_seconds + 1.0

    @property
    def memory_limit_bytes(self) -> int | None:
        """The requested limit in bytes; None if none was requested."""
        return self.memory_limit_mb * MIB or None

    @property
    def sink_ids(self) -> tuple[str, ...]:
        """What a dataset knows the sinks by."""
        if not self.sinks:
            return ()
        from snake_pipe.plugins.sinks import sink_id

        return tuple(map(sink_id, self.sinks))

    @property
    def read_with(self) -> str:
        """A digest of the settings that decide which rows a file gives; the order of words means nothing."""
        chosen = [sorted(v) if isinstance(v := getattr(self, name), tuple) else v for name in ROW_SETTINGS]
        return hashlib.blake2b(repr(chosen).encode(), digest_size=4).hexdigest()

    def in_force(self, name: str) -> Any:
        """The value of a setting, derived where it is to be."""
        value = getattr(self, name)
        derived = SETTINGS[name].derived
        return derived.value(self) if derived and not value else value

    def changed(self, changes: Mapping[str, Any]) -> BatchConfig:
        """A new configuration with some settings changed; ConfigError if one is unknown or out of range."""
        return replace(self, **check_settings(changes, "update"))

    def resumed_with(self, changes: Mapping[str, Any]) -> BatchConfig:
        """The same for a job that goes on; ConfigError also for what decides which files give which rows."""
        if fixed := sorted(set(changes) & {*ROW_SETTINGS, *SELECTION_SETTINGS, "dialects"}):
            raise ConfigError(f"{fixed[0]} cannot be changed by a resume", "ingest again with it")
        return self.changed(changes)

    def updated(self, changes: Mapping[str, Any]) -> BatchConfig:
        """The same for a job that runs; ConfigError also for what is fixed once it has begun."""
        checked = check_settings(changes, "update")
        for name in checked:
            if name not in RUNTIME_SETTINGS:
                raise ConfigError(
                    f"{name} cannot be changed while a job runs", f"what can: {', '.join(RUNTIME_SETTINGS)}"
                )
        return replace(self, **checked)


ROW_SETTINGS = ("tables", "anonymous", "attrs", "max_file_size", "processors", "processors_only")
"""Settings that decide which rows a file gives: a job with others has not read it as this one would.

Each row of `files` has their digest, `BatchConfig.read_with`.

So do `dialects`, but for AST files only: the version of their parser tells them.
"""

SELECTION_SETTINGS = ("include", "exclude", "languages", "use_gitignore")
"""Settings that decide which files are read; a request for an ingestion has them too, and overrules them."""

SETTINGS: dict[str, Setting] = {spec.name: spec.metadata["setting"] for spec in fields(BatchConfig)}
"""What each setting declares, by its name."""

RUNTIME_SETTINGS = tuple(name for name, setting in SETTINGS.items() if setting.runtime)
"""Settings that may change while a job runs."""


WATCHING: dict[str, Any] = {"max_latency": 1.0, "flush_interval": 0.5}
"""Defaults of a job that goes on with changes: a saved file is to be seen within moments."""

PRESETS: dict[str, dict[str, Any]] = {
    "throughput": {"target_seconds": 3.0, "flush_interval": 15.0, "max_latency": None},
    "latency": {
        "batch_size": 20,
        "target_seconds": 0.3,
        "flush_interval": 0.5,
        "max_latency": 0.25,
        "ageing_seconds": 2.0,
    },
    "low-memory": {
        "batch_bytes": 2 * MIB,
        "batch_size": 50,
        "max_concurrent_batches": 2,
        "max_file_size": 16 * MIB,
    },
    "development": {"batch_size": 10, "flush_interval": 1.0, "max_latency": 1.0, "executor": "serial"},
}


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A built configuration and, for each setting, where its value comes from."""

    config: BatchConfig
    origins: dict[str, str]


def load_config(
    overrides: Mapping[str, Any] | None = None,
    *,
    preset: str | None = None,
    project: Path | None = None,
    environment: Mapping[str, str] | None = None,
    watching: bool = False,
) -> LoadedConfig:
    """Merge all sources: command line > environment > snake-pipe.toml > pyproject.toml > preset > default.

    `overrides` are the command line's, None meaning "not given". `project` is the folder whose TOML files
    are read. ConfigError names the setting, its value and its origin. A job that is `watching` has defaults
    of its own. What a preset says comes before them, but for `throughput`, by which a file might wait without
    end for others. Gates that say how many files may fail take the place of the default of `max_failures`.
    """
    environment = os.environ if environment is None else environment
    layers: list[tuple[str, Mapping[str, Any]]] = []
    from_environment = {
        key.removeprefix(ENVIRONMENT_PREFIX).lower(): value
        for key, value in environment.items()
        if key.startswith(ENVIRONMENT_PREFIX) and key not in _NO_SETTINGS
    }
    from_files = [] if project is None else list(_project_settings(project))
    preset = preset or from_environment.pop("preset", None)
    for _, found in reversed(from_files):
        preset = preset or found.get("preset")
        found.pop("preset", None)
    if preset is not None:
        if not isinstance(preset, str) or preset not in PRESETS:
            raise ConfigError(f"no preset {preset!r}", f"one of {', '.join(PRESETS)}")
        layers.append((f"preset {preset}", PRESETS[preset]))
    if watching:
        layers.insert(1 if preset == "throughput" else 0, ("watch", WATCHING))
    layers += from_files
    layers.append(("environment", from_environment))
    layers.append(("command line", {k: v for k, v in (overrides or {}).items() if v is not None}))
    chosen: dict[str, Any] = {}
    origins = dict.fromkeys(SETTINGS, "default")
    for origin, settings in layers:
        checked = check_settings(settings, origin)
        chosen |= checked
        origins |= dict.fromkeys(checked, origin)
    if not watching and "max_failures" not in chosen and _limit_failures(chosen.get("gates", ())):
        chosen["max_failures"], origins["max_failures"] = LARGEST, "gates"
    config = BatchConfig(**chosen)
    origins |= {
        name: one.derived.origin for name, one in SETTINGS.items() if one.derived and not chosen.get(name)
    }
    return LoadedConfig(config, origins)


def _project_settings(project: Path) -> list[tuple[str, dict[str, Any]]]:
    """The settings of a project's TOML files, the weaker one first; dashes count like underscores."""
    found: list[tuple[str, dict[str, Any]]] = []
    for name, path in (("pyproject.toml", ("tool", "snake-pipe")), ("snake-pipe.toml", ())):
        file = project / name
        try:
            table: Any = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            if name == "pyproject.toml":  # another tool's file; it may be broken for reasons of its own
                continue
            raise ConfigError(f"{file} cannot be read: {error}") from None
        for key in path:
            table = table.get(key, {}) if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            raise ConfigError(f"[{'.'.join(path)}] in {file} is not a table")
        if table:
            settings = {str(key).replace("-", "_"): value for key, value in table.items()}
            found.append((name, settings | _from_folder(settings, project)))
    return found


def _from_folder(settings: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Those settings that are paths, as paths from here."""
    found = {}
    for name in (name for name in settings if name in SETTINGS and SETTINGS[name].is_path):
        paths = settings[name].split(",") if isinstance(settings[name], str) else settings[name]
        if isinstance(paths, list) and all(isinstance(path, str) for path in paths):
            found[name] = [str(folder / path.strip()) for path in paths]
    return found


def check_settings(settings: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Settings with values of their declared types; text, as from the environment, is converted.

    ConfigError for an unknown key or a value out of range.
    """
    return check_values(settings, SETTINGS, origin)
