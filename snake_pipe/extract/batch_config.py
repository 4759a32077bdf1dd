"""The settings of a run: declared here once, read from many places, checked, then frozen.

`BatchConfig` is plain data, cheap to import and to pickle, since it travels to the workers. Reading,
merging and checking (`load_config`) need pydantic and happen in the coordinator only.
"""

from __future__ import annotations

import operator
import os
import tomllib
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import ConfigError
from snake_pipe.schemas import TREE_TABLES
from snake_pipe.utils.batch_utils import MIB, available_cpus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ENVIRONMENT_PREFIX = "SNAKE_PIPE_"


def _setting(default: Any, doc: str, **limits: float | tuple[str, ...]) -> Any:
    """A field with what `load_config` checks (`ge`, `le`, `gt`, `choices`) and a line for `config show`."""
    return field(default=default, metadata={"doc": doc, **limits})


@dataclass(frozen=True, slots=True)
class BatchConfig:
    """Everything that shapes a run. Times are in seconds, sizes in bytes unless the name says otherwise."""

    batch_size: int = _setting(200, "files in a batch at the start; adapted to measured times", ge=1)
    max_batch_size: int = _setting(5000, "most files a batch may ever hold", ge=1)
    batch_bytes: int = _setting(
        8 * MIB, "most bytes of files a batch may hold; a larger file goes alone", ge=1
    )
    target_seconds: float = _setting(2.0, "how long a batch should take", gt=0)
    max_latency: float | None = _setting(
        10.0, "longest wait of a file for its batch to fill; unset: no timer", gt=0
    )
    max_concurrent_batches: int = _setting(4, "most batches in flight", ge=1)
    worker_count: int = _setting(0, "worker processes; 0: one a processor", ge=0)
    memory_limit_mb: int = _setting(
        0, "most memory of all processes together, in MiB; 0: what cgroup and machine allow", ge=0
    )
    flush_interval: float = _setting(5.0, "seconds between commits", gt=0)
    checkpoint_interval: int = _setting(50_000, "files after which a commit is made before its time", ge=1)
    retry_attempts: int = _setting(3, "how often a file is tried whose worker died", ge=1)
    timeout_seconds: float = _setting(300.0, "longest run of a batch before its worker is ended", gt=0)
    file_timeout_seconds: float = _setting(60.0, "longest time for one file", gt=0)
    shutdown_seconds: float = _setting(10.0, "how long a stop waits for the batches in flight", ge=0)
    max_file_size: int = _setting(64 * MIB, "larger files are recorded as skipped", ge=1)
    max_failures: int = _setting(0, "failed or quarantined files up to which the exit code is 0", ge=0)
    tables: tuple[str, ...] = _setting(TREE_TABLES, "tree tables to write", choices=TREE_TABLES)
    anonymous: bool = _setting(False, "also rows for anonymous nodes such as punctuation")
    attrs: bool = _setting(False, "keep the remaining scalar fields of AST files as JSON")
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
    def memory_limit_bytes(self) -> int | None:
        """The requested limit in bytes; None if none was requested."""
        return self.memory_limit_mb * MIB or None

    def updated(self, changes: Mapping[str, Any]) -> BatchConfig:
        """A new configuration with some settings changed; ConfigError if one is unknown or out of range."""
        return replace(self, **check_settings(changes, "update"))


PRESETS: dict[str, dict[str, Any]] = {
    "throughput": {"target_seconds": 3.0, "flush_interval": 15.0, "max_latency": None},
    "latency": {"batch_size": 20, "target_seconds": 0.3, "flush_interval": 0.5, "max_latency": 0.25},
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
        if key.startswith(ENVIRONMENT_PREFIX)
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
    if origins["max_concurrent_batches"] == "default":  # keep each worker busy while its next batch waits
        config = replace(config, max_concurrent_batches=2 * config.workers + 1)
        origins["max_concurrent_batches"] = "workers"
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
            found.append((name, {str(key).replace("-", "_"): value for key, value in table.items()}))
    return found


def check_settings(settings: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Settings with values of their declared types; text, as from the environment, is converted.

    ConfigError for an unknown key or a value out of range.
    """
    if not settings:
        return {}

    from difflib import get_close_matches

    from pydantic import TypeAdapter, ValidationError

    known = {f.name: f for f in fields(BatchConfig)}
    types = {name: str(spec.type) for name, spec in known.items()}
    checked: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else "snake-pipe config show lists them all"
            raise ConfigError(f"unknown setting {name!r} in {origin}", hint)
        if types[name].startswith("tuple") and isinstance(value, str):
            value = [word.strip() for word in value.split(",") if word.strip()]
        if value == "" and "None" in types[name]:
            value = None
        try:
            checked[name] = TypeAdapter(_TYPES[types[name]]).validate_python(value)
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise ConfigError(f"{name} = {value!r} in {origin}: {reason}") from None
        _check_limits(name, checked[name], known[name].metadata, origin)
    return checked


_TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "float | None": float | None,
    "bool": bool,
    "str": str,
    "tuple[str, ...]": tuple[str, ...],
}


def _check_limits(name: str, value: Any, limits: Mapping[str, Any], origin: str) -> None:
    if value is None:
        return
    choices = limits.get("choices")
    if choices is not None:
        wrong = [v for v in (value if isinstance(value, tuple) else (value,)) if v not in choices]
        if wrong:
            raise ConfigError(f"{name} = {wrong[0]!r} in {origin}", f"one of {', '.join(choices)}")
        return
    for key, (holds, word) in _BOUNDS.items():
        if key in limits and not holds(value, limits[key]):
            raise ConfigError(f"{name} = {value!r} in {origin}", f"{word} {limits[key]}")


_BOUNDS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "ge": (operator.ge, "at least"),
    "gt": (operator.gt, "above"),
    "le": (operator.le, "at most"),
}
