"""The settings of a run: declared here once, read from many places, checked, then frozen.

`BatchConfig` is plain data, cheap to import and to pickle, since it travels to the workers. Reading,
merging and checking (`load_config`) need pydantic and happen in the coordinator only.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import ConfigError
from snake_pipe.schemas import TREE_TABLES
from snake_pipe.utils.batch_utils import MIB, available_cpus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

ENVIRONMENT_PREFIX = "SNAKE_PIPE_"
_NO_SETTINGS = frozenset({"SNAKE_PIPE_PURE_PYTHON"})
"""Variables with that prefix that are told to someone else: the build, and `transform.compiled`."""


def _setting(
    default: Any,
    doc: str,
    *,
    unit: str = "count",
    runtime: bool = False,
    check: Callable[[Any], object] | None = None,
    is_path: bool = False,
    derived: tuple[str, str] | None = None,
    **limits: float | tuple[str, ...],
) -> Any:
    """A field with what is checked (`ge`, `le`, `gt`, `choices`, `check`) and a line for `config show`.

    `unit` is what a number counts (count, seconds, bytes or MiB) and so which endings its text may have.
    A `runtime` setting may change while a job runs. Where one `is_path`, a TOML file's are relative to it.
    What is 0 is `derived`: by the property of that name, from what the second word says.
    """
    return field(
        default=default,
        metadata={
            "doc": doc,
            "unit": unit,
            "runtime": runtime,
            "check": check,
            "is_path": is_path,
            "derived": derived,
            **limits,
        },
    )


def _check_queue_sizes(texts: Sequence[str]) -> None:
    from snake_pipe.extract.settings.queue_sizes import check_queue_sizes

    check_queue_sizes(texts)


def _check_priority(texts: Sequence[str]) -> None:
    from snake_pipe.extract.settings.priority_rules import PriorityRules

    PriorityRules.parse(texts)


def _check_dialects(sources: Sequence[str]) -> None:
    from snake_pipe.plugins import own_dialects

    if sources:
        own_dialects(sources)


@dataclass(frozen=True, slots=True)
class BatchConfig:
    """Everything that shapes a run. Times are in seconds, sizes in bytes unless the name says otherwise."""

    batch_size: int = _setting(
        200, "files in a batch at the start; adapted to measured times", runtime=True, ge=1
    )
    max_batch_size: int = _setting(5000, "most files a batch may ever hold", runtime=True, ge=1)
    batch_bytes: int = _setting(
        16 * MIB,
        "most bytes of files a batch may hold; a larger file goes alone",
        unit="bytes",
        runtime=True,
        ge=1,
    )
    target_seconds: float = _setting(2.0, "how long a batch should take", unit="seconds", runtime=True, gt=0)
    max_latency: float | None = _setting(
        10.0,
        "longest wait of a file for its batch to fill; unset: no timer",
        unit="seconds",
        runtime=True,
        gt=0,
    )
    smart_batching: bool = _setting(True, "a queue for each language; off: one queue for all files")
    queue_sizes: tuple[str, ...] = _setting(
        (),
        "queues with sizes of their own, not adapted: python=100 in files, ast=16MiB in bytes",
        runtime=True,
        check=_check_queue_sizes,
    )
    priority: tuple[str, ...] = _setting(
        (),
        "priorities 0-10, the first rule that fits: src/**=9, language:go=7, size<100KiB=8, mtime<1d=9",
        check=_check_priority,
    )
    ageing_seconds: float | None = _setting(
        30.0,
        "wait of a batch for a worker that counts like one step of priority; unset: none",
        unit="seconds",
        runtime=True,
        gt=0,
    )
    max_concurrent_batches: int = _setting(
        0,
        "most batches in flight; 0: two for each worker, and one",
        runtime=True,
        ge=0,
        derived=("most_in_flight", "workers"),
    )
    worker_count: int = _setting(
        0, "worker processes; 0: one a processor", ge=0, derived=("workers", "processors")
    )
    memory_limit_mb: int = _setting(
        0,
        "most memory of all processes together, in MiB; 0: what cgroup and machine allow",
        unit="MiB",
        ge=0,
    )
    flush_interval: float = _setting(5.0, "seconds between commits", unit="seconds", runtime=True, ge=0.01)
    checkpoint_interval: int = _setting(
        50_000, "files after which a commit is made before its time", runtime=True, ge=1
    )
    retry_attempts: int = _setting(3, "how often a file is tried whose worker died", ge=1)
    breaker_failures: int = _setting(
        3, "commits that fail one after the other until no new ones are tried for a while", ge=1
    )
    breaker_reset_seconds: float = _setting(
        5.0, "how long nothing is tried then, before one try", unit="seconds", gt=0
    )
    timeout_seconds: float = _setting(
        300.0, "longest run of a batch before its worker is ended", unit="seconds", gt=0
    )
    file_timeout_seconds: float = _setting(60.0, "longest time for one file", unit="seconds", gt=0)
    shutdown_seconds: float = _setting(
        10.0, "how long a stop waits for the batches in flight", unit="seconds", runtime=True, ge=0
    )
    max_file_size: int = _setting(64 * MIB, "larger files are recorded as skipped", unit="bytes", ge=1)
    max_failures: int = _setting(0, "failed or quarantined files up to which the exit code is 0", ge=0)
    tables: tuple[str, ...] = _setting(TREE_TABLES, "tree tables to write", choices=TREE_TABLES)
    anonymous: bool = _setting(False, "also rows for anonymous nodes such as punctuation")
    attrs: bool = _setting(False, "keep the remaining scalar fields of AST files as JSON")
    dialects: tuple[str, ...] = _setting(
        (),
        "TOML files that describe dialects of your own, asked before the built-in ones",
        check=_check_dialects,
        is_path=True,
    )
    compression: str = _setting(
        "zstd", "codec of the Parquet parts", choices=("zstd", "snappy", "lz4", "none")
    )
    compression_level: int = _setting(1, "level of zstd", ge=1, le=22)
    executor: str = _setting(
        "process", "process: a pool of processes; serial: in this process", choices=("process", "serial")
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
    def memory_limit_bytes(self) -> int | None:
        """The requested limit in bytes; None if none was requested."""
        return self.memory_limit_mb * MIB or None

    def in_force(self, name: str) -> Any:
        """The value of a setting, derived where it is to be."""
        value = getattr(self, name)
        derived = _DERIVED.get(name)
        return getattr(self, derived[0]) if derived and not value else value

    def changed(self, changes: Mapping[str, Any]) -> BatchConfig:
        """A new configuration with some settings changed; ConfigError if one is unknown or out of range."""
        return replace(self, **check_settings(changes, "update"))

    def resumed_with(self, changes: Mapping[str, Any]) -> BatchConfig:
        """The same for a job that goes on; ConfigError also for what decides which rows a file gives."""
        if fixed := sorted(set(changes) & {*ROW_SETTINGS, "dialects"}):
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


ROW_SETTINGS = ("tables", "anonymous", "attrs", "max_file_size")
"""Settings that decide which rows a file gives: a job with others has not read it as this one would.

So do `dialects`, but for AST files only: the version of their parser tells them.
"""

RUNTIME_SETTINGS = tuple(spec.name for spec in fields(BatchConfig) if spec.metadata["runtime"])
"""Settings that may change while a job runs."""

_DERIVED: dict[str, tuple[str, str]] = {
    spec.name: spec.metadata["derived"] for spec in fields(BatchConfig) if spec.metadata["derived"]
}
"""For settings that are derived where they are 0: the property that does so, and from what."""


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
) -> LoadedConfig:
    """Merge all sources: command line > environment > snake-pipe.toml > pyproject.toml > preset > default.

    `overrides` are the command line's, None meaning "not given". `project` is the folder whose TOML files
    are read. ConfigError names the setting, its value and its origin.
    """
    environment = os.environ if environment is None else environment
    names = {f.name for f in fields(BatchConfig)}
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
    layers += from_files
    layers.append(("environment", from_environment))
    layers.append(("command line", {k: v for k, v in (overrides or {}).items() if v is not None}))
    values: dict[str, Any] = {}
    origins = dict.fromkeys(names, "default")
    for origin, settings in layers:
        checked = check_settings(settings, origin)
        values |= checked
        origins |= dict.fromkeys(checked, origin)
    config = BatchConfig(**values)
    origins |= {name: source for name, (_, source) in _DERIVED.items() if not getattr(config, name)}
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
    names = {spec.name for spec in fields(BatchConfig) if spec.metadata["is_path"]}
    found = {}
    for name in names & set(settings):
        paths = settings[name].split(",") if isinstance(settings[name], str) else settings[name]
        if isinstance(paths, list) and all(isinstance(path, str) for path in paths):
            found[name] = [str(folder / path.strip()) for path in paths]
    return found


def check_settings(settings: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Settings with values of their declared types; text, as from the environment, is converted.

    ConfigError for an unknown key or a value out of range.
    """
    if not settings:
        return {}
    from snake_pipe.extract.settings.values import check_values

    return check_values(settings, {spec.name: spec for spec in fields(BatchConfig)}, origin)
