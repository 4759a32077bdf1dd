"""The options of the commands, each declared once, and what becomes of them.

The dataclasses are neither frozen nor slotted: making them so takes 5 ms, and `--help` waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from typer import Option

from snake_pipe.cli import completers
from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    from snake_pipe.cli.output.jobs.progress import Reporter
    from snake_pipe.extract.batch_config import BatchConfig, LoadedConfig
    from snake_pipe.extract.discovery.request import IngestRequest

Dataset = Annotated[
    Path | None,
    Option(
        "--dataset",
        "-d",
        metavar="DIR",
        help="Folder of the tables. Default: the nearest .snake-pipe from here upwards.",
    ),
]
JobDataset = Annotated[
    Path | None,
    Option("--dataset", "-d", metavar="DIR", help="The job's dataset. Default: the one that has the job."),
]
Format = Annotated[
    str,
    Option(
        "--format",
        metavar="NAME",
        help="table, json (one object per line) or csv.",
        autocompletion=completers.formats,
    ),
]
MaxRows = Annotated[
    int | None,
    Option(
        "--max-rows",
        metavar="N",
        min=0,
        help="Show at most N rows; 0: all. Default: 40 on a terminal, else all.",
    ),
]
Wide = Annotated[bool, Option("--wide", help="Do not cut tables to the width of the terminal.")]
Dialects = Annotated[
    list[Path] | None,
    Option(
        "--dialect",
        metavar="FILE",
        help="TOML file that describes a dialect of AST files; see docs/dialects.md; repeatable.",
    ),
]
Preset = Annotated[
    str | None,
    Option(
        "--preset",
        metavar="NAME",
        help="Settings for a purpose: throughput, latency, low-memory or development.",
        autocompletion=completers.presets,
    ),
]
OtherSettings = Annotated[
    list[str] | None,
    Option(
        "--set",
        metavar="KEY=VALUE",
        help="Any other setting; see `config show`; repeatable.",
        autocompletion=completers.settings,
    ),
]


@dataclass
class SelectionOptions:
    """Which files are read, and into which dataset."""

    heading: ClassVar = "Selection"

    dataset: Annotated[
        Path | None,
        Option(
            "--dataset",
            "-d",
            metavar="DIR",
            help="Folder of the tables. Default: .snake-pipe in PATH, or in a file's repository.",
        ),
    ] = None
    include: Annotated[
        list[str] | None,
        Option(metavar="GLOB", help="Read only files matching GLOB, as in .gitignore; repeatable."),
    ] = None
    exclude: Annotated[
        list[str] | None, Option(metavar="GLOB", help="Never read files matching GLOB; repeatable.")
    ] = None
    languages: Annotated[
        str | None,
        Option(
            metavar="NAMES",
            help="Read only these languages, separated by commas; ast stands for AST files. Default: all"
            " programming languages and ast.",
            autocompletion=completers.languages,
        ),
    ] = None
    use_gitignore: Annotated[
        bool | None,
        Option("--gitignore/--no-gitignore", help="Whether .gitignore keeps files out. Default: it does."),
    ] = None
    full: Annotated[bool, Option("--full", help="Also read files that have not changed.")] = False
    repo: Annotated[
        str | None,
        Option(metavar="NAME", help="The repository's name in the tables. Default: its folder's."),
    ] = None

    @property
    def given(self) -> dict[str, Any]:
        """What is given of the settings that select files."""
        from snake_pipe.extract.batch_config import SELECTION_SETTINGS

        found = {name: getattr(self, name) for name in SELECTION_SETTINGS}
        return {name: value for name, value in found.items() if value is not None}

    def request(self, roots: list[Path], config: BatchConfig, file_list: Path | None = None) -> IngestRequest:
        """What is to be ingested: what `config` selects of the files below the roots, or of a list."""
        from snake_pipe.extract.discovery.request import IngestRequest
        from snake_pipe.extract.feeds.default_dataset import find_home

        dataset = self.dataset or find_home(roots).dataset
        return IngestRequest(
            roots=tuple(str(root) for root in roots),
            dataset=str(dataset.absolute()),
            include=config.include,
            exclude=config.exclude,
            languages=config.languages,
            use_gitignore=config.use_gitignore,
            file_list=None if file_list is None else str(file_list),
            list_base=str(Path.cwd()),
            full=self.full,
            repo=self.repo or "",
        )


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
    preset: Preset = None
    set_: OtherSettings = None

    def load(self, roots: list[Path], selection: SelectionOptions, *, watching: bool = False) -> LoadedConfig:
        """These, and below them what environment, files and presets say; for `watching` or for one run."""
        from snake_pipe.extract.batch_config import load_config

        given = {field.name: getattr(self, field.name) for field in fields(self)}
        del given["preset"], given["set_"]
        if self.tables is not None:
            given["tables"] = _tree_tables(self.tables)
        given["dialects"] = dialect_paths(self.dialects)
        given = {name: value for name, value in given.items() if value is not None}
        return load_config(
            parse_settings(self.set_) | given | selection.given,
            preset=self.preset,
            project=_project_folder(roots),
            watching=watching,
        )


@dataclass
class WatchSettings(Settings):
    """The same for `watch`, where two of them have other defaults."""

    max_latency: Annotated[
        str | None,
        Option(metavar="TIME", help="How long a saved file may wait to share a batch. Default: 1s."),
    ] = None
    flush_interval: Annotated[
        str | None, Option(metavar="TIME", help="Time between commits. Default: 500ms.")
    ] = None


@dataclass
class Verbosity:
    """What is shown on stderr while a job runs and when it has ended."""

    heading: ClassVar = "Output"

    quiet: Annotated[bool, Option("--quiet", "-q", help="No progress and no summary; errors only.")] = False
    verbose: Annotated[bool, Option("--verbose", "-v", help="Also show each batch and each commit.")] = False
    no_progress: Annotated[bool, Option("--no-progress", help="No bar; a line every few seconds.")] = False

    def open_reporter(self) -> Reporter:
        """The reporter for this stderr."""
        from snake_pipe.cli.output.jobs.progress import open_progress

        return open_progress(quiet=self.quiet, verbose=self.verbose, plain=self.no_progress)


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
