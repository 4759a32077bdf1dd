"""Settings as options, and how they become a configuration.

The dataclasses here are neither frozen nor slotted: making them so takes 5 ms, and `--help` waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from typer import Option

from snake_pipe.cli import completers
from snake_pipe.cli.options.common import Dialects, OtherSettings, Preset
from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snake_pipe.cli.options.selection import SelectionOptions
    from snake_pipe.extract.batch_config import LoadedConfig


@dataclass
class Settings:
    """Settings that have an option of their own, by their names as settings; None where it is not given."""

    heading: ClassVar = "Settings"

    tables: Annotated[
        str | None,
        Option(
            metavar="NAMES",
            help="Tree tables to write: nodes,symbols,refs,imports. Default: all.",
            autocompletion=completers.tables,
        ),
    ] = None
    anonymous: Annotated[
        bool | None, Option("--anonymous", help="Also write rows for punctuation and keywords.")
    ] = None
    attrs: Annotated[
        bool | None, Option("--attrs", help="Keep the other scalar fields of AST files as JSON.")
    ] = None
    dialects: Dialects = None
    priority: Annotated[
        list[str] | None,
        Option(
            metavar="RULE",
            help="Priority, 0 to 10, of the files that a rule matches: 'src/**=9', 'language:python=7',"
            " 'size<100KiB=8' or 'mtime<1d=9'. The first rule that matches counts; repeatable.",
        ),
    ] = None
    worker_count: Annotated[
        int | None, Option("--workers", metavar="N", help="Worker processes. Default: one per processor.")
    ] = None
    executor: Annotated[
        str | None,
        Option(
            metavar="NAME",
            help="Where batches run: process, serial, dask (a cluster on this machine) or dask://HOST:PORT (a"
            " scheduler that runs). Default: process.",
        ),
    ] = None
    memory_limit_mb: Annotated[
        int | None,
        Option(
            "--memory-limit",
            metavar="MIB",
            help="Memory limit for all processes together. Default: what cgroup and machine allow.",
        ),
    ] = None
    max_file_size: Annotated[
        str | None,
        Option(metavar="SIZE", help="Record larger files as skipped. Default: 64MiB."),
    ] = None
    file_timeout_seconds: Annotated[
        str | None, Option("--file-timeout", metavar="TIME", help="Time limit for one file. Default: 60s.")
    ] = None
    max_latency: Annotated[
        str | None,
        Option(metavar="TIME", help="How long a file may wait for its batch to fill. Default: 10s."),
    ] = None
    flush_interval: Annotated[
        str | None, Option(metavar="TIME", help="Time between commits. Default: 5s.")
    ] = None
    max_failures: Annotated[
        int | None, Option(metavar="N", help="Exit 0 if at most N files failed. Default: 0.")
    ] = None
    keep_runs: Annotated[
        int | None,
        Option(
            metavar="N",
            help="Keep the states at the end of the last N runs, for --as-of and diff. Default: 2.",
        ),
    ] = None
    keep_days: Annotated[
        str | None, Option(metavar="DAYS", help="Keep those of the last DAYS days as well. Default: 0.")
    ] = None
    allow_empty: Annotated[
        bool | None,
        Option("--allow-empty", help="Exit 0, not 2, if no file is found to read."),
    ] = None
    preset: Preset = None
    set_: OtherSettings = None

    def load(
        self,
        roots: list[Path],
        selection: SelectionOptions,
        others: Mapping[str, Any] | None = None,
        *,
        watching: bool = False,
    ) -> LoadedConfig:
        """These, and below them what environment, files and presets say; for `watching` or for one run.

        `others` are settings that are given by options of other groups.
        """
        from snake_pipe.extract.batch_config import load_config

        given = {field.name: getattr(self, field.name) for field in fields(self)}
        del given["preset"], given["set_"]
        if self.tables is not None:
            given["tables"] = _tree_tables(self.tables)
        given["dialects"] = dialect_paths(self.dialects)
        given = {name: value for name, value in given.items() if value is not None}
        return load_config(
            parse_settings(self.set_) | given | selection.given | dict(others or {}),
            preset=self.preset,
            project=_project_folder(roots),
            watching=watching,
        )


@dataclass
class WatchSettings(Settings):
    """The same for `watch`, where two have other defaults, and an empty folder is nothing to fail for."""

    max_latency: Annotated[
        str | None,
        Option(metavar="TIME", help="How long a saved file may wait to share a batch. Default: 1s."),
    ] = None
    flush_interval: Annotated[
        str | None, Option(metavar="TIME", help="Time between commits. Default: 500ms.")
    ] = None
    allow_empty: ClassVar = None  # type: ignore[misc]  # no option here


def dialect_paths(files: list[Path] | None) -> list[str] | None:
    """The values of `--dialect` as the setting has them, wherever they are read; None for none."""
    return [str(file.absolute()) for file in files] if files else None


def parse_settings(pairs: list[str] | None) -> dict[str, Any]:
    """The settings of `--set KEY=VALUE`; UsageError for what is none."""
    settings = {}
    for pair in pairs or ():
        key, separator, value = pair.partition("=")
        if not separator:
            raise UsageError(f"--set {pair}: not KEY=VALUE")
        settings[key.strip().replace("-", "_")] = value
    return settings


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _tree_tables(text: str) -> tuple[str, ...]:
    """The tree tables named; files, errors and batches may be named too and are always written."""
    from snake_pipe.schemas import TABLES, TREE_TABLES

    names = _words(text)
    for name in names:
        if name not in TABLES:
            raise UsageError(f"no table {name!r}", f"of {', '.join(TREE_TABLES)}")
    return tuple(name for name in TREE_TABLES if name in names)


def _project_folder(roots: list[Path]) -> Path:
    """The folder whose snake-pipe.toml and pyproject.toml count."""
    from snake_pipe.extract.feeds.default_dataset import find_home

    return find_home(roots[:1]).folder
