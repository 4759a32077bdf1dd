"""What may be given for an option or argument, as a shell offers it: values with a word about each.

Each function is called while somebody presses the tab key: it imports little, and finds nothing where
something is wrong. `context.params` has the options as they are written before the word, `context.args` the
arguments.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import typer

from snake_pipe.cli.locations import find_dataset
from snake_pipe.errors import SnakePipeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snake_pipe.utils.checkpoint_manager import CheckpointManager

_MOST_JOBS = 20

Offers = list[tuple[str, str]]


def formats(incomplete: str) -> Offers:
    """Values of `--format` where something is listed."""
    from snake_pipe.cli.output.rows import FORMATS

    return _beginning(incomplete, [(name, "") for name in FORMATS])


def answer_formats(incomplete: str) -> Offers:
    """Values of `query --format`."""
    from snake_pipe.cli.output.answers import FORMATS

    return _beginning(incomplete, [(name, "") for name in FORMATS])


def export_formats(incomplete: str) -> Offers:
    """Values of `export --format`."""
    from snake_pipe.load.export.export import FORMATS

    return _beginning(incomplete, [(name, "") for name in FORMATS])


def report_formats(incomplete: str) -> Offers:
    """Values of `--report`, up to the equals sign."""
    from snake_pipe.outcome.reports.choice import FORMATS

    return _beginning(incomplete, [*FORMATS.items(), ("none", "no report, also in a GitHub workflow")])


def gates(incomplete: str) -> Offers:
    """Beginnings of `--gate`, for all languages together."""
    from snake_pipe.extract.settings.gates import MEASURES

    return _beginning(incomplete, [(f"{name}{'>=' if name == 'ok' else '<='}", "") for name in MEASURES])


def presets(incomplete: str) -> Offers:
    """Values of `--preset`."""
    from snake_pipe.extract.batch_config import PRESETS

    return _beginning(incomplete, [(name, f"sets {', '.join(values)}") for name, values in PRESETS.items()])


def on_unfinished(incomplete: str) -> Offers:
    """Values of `--on-unfinished`."""
    return _beginning(
        incomplete,
        [
            ("resume", "go on with the earlier job"),
            ("restart", "begin anew in its place"),
            ("fail", "begin nothing"),
            ("keep", "begin anew, it can still be resumed"),
        ],
    )


def languages(incomplete: str) -> Offers:
    """Names of languages, after a comma further ones."""
    from snake_pipe.plugins import AST_QUEUE, describe_languages

    known = [(AST_QUEUE, "AST files"), *((name, files) for name, files, *_ in describe_languages())]
    return _listed(incomplete, known)


def queues(incomplete: str) -> Offers:
    """Names of queues: those of languages."""
    return languages(incomplete) if "," not in incomplete else []


def tables(incomplete: str) -> Offers:
    """Names of tree tables, after a comma further ones."""
    from snake_pipe.schemas import TREE_TABLES

    return _listed(incomplete, [(name, "") for name in TREE_TABLES])


def all_tables(incomplete: str) -> Offers:
    """Names of tables, after a comma further ones."""
    from snake_pipe.schemas import TABLES

    return _listed(incomplete, [(name, "") for name in TABLES])


def processors(incomplete: str) -> Offers:
    """Names of processors of installed packages."""
    return _plugins("processor", incomplete)


def batching(incomplete: str) -> Offers:
    """Names of batching strategies, ours and those of installed packages."""
    from snake_pipe.plugins.batching import BUILT_IN_STRATEGIES

    return _plugins("batching strategy", incomplete, BUILT_IN_STRATEGIES)


def sinks(incomplete: str) -> Offers:
    """Names of sinks, ours and those of installed packages."""
    from snake_pipe.plugins.sinks import BUILT_IN_SINKS

    return _plugins("sink", incomplete, BUILT_IN_SINKS)


def _plugins(kind: str, incomplete: str, ours: Iterable[str] = ()) -> Offers:
    from snake_pipe.plugins.offered import offered_plugins

    others = [(plugin.name, plugin.package) for of, plugin in offered_plugins() if of == kind]
    return _beginning(incomplete, [*((name, "") for name in ours), *others])


def sink_failures(incomplete: str) -> Offers:
    """Values of `--sink-failures`."""
    return _beginning(incomplete, [("stop", "end the run"), ("warn", "deliver in the next run")])


def settings(incomplete: str) -> Offers:
    """Names of settings, up to the equals sign."""
    from snake_pipe.extract.batch_config import SETTINGS

    return _beginning(incomplete, [(f"{name}=", setting.doc) for name, setting in SETTINGS.items()])


def shells(incomplete: str) -> Offers:
    """Shells that there is a script for."""
    return _beginning(incomplete, [(name, "") for name in ("bash", "zsh", "fish")])


def job_ids(context: typer.Context, incomplete: str) -> Offers:
    """The newest jobs of the dataset at hand, the newest first."""
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

    given = context.params.get("dataset")
    try:
        manager = CheckpointManager(find_dataset(given or None))
        jobs = [name for name in reversed(manager.job_ids()) if name.startswith(incomplete)]
    except (SnakePipeError, OSError):
        return []
    return [(name, _about(manager, name)) for name in jobs[:_MOST_JOBS]] if not context.args else []


def _about(manager: CheckpointManager, job_id: str) -> str:
    try:
        checkpoint = manager.load(job_id)
    except SnakePipeError:
        return "damaged"
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(checkpoint.created_at))
    return f"{checkpoint.progress.status}, {started}"


def control_words(context: typer.Context, incomplete: str) -> Offers:
    """A job or an action, then what goes with the action."""
    from snake_pipe.extract.batch_config import RUNTIME_SETTINGS, SETTINGS
    from snake_pipe.extract.job.control.command import ACTIONS

    words = [word for word in context.args if not word[:1].isdigit()]
    if not words:
        return [*_beginning(incomplete, [(name, "") for name in ACTIONS]), *job_ids(context, incomplete)]
    if words[0] == "set":
        return _beginning(incomplete, [(f"{name}=", SETTINGS[name].doc) for name in RUNTIME_SETTINGS])
    return []


def commands(context: typer.Context, incomplete: str) -> Offers:
    """The commands below those that are named already."""
    from snake_pipe.cli.output.help.pages import summary_of, visible_commands

    command: Any = context.find_root().command
    for name in context.args:
        command = visible_commands(command, context).get(name)
        if command is None:
            return []
    known = visible_commands(command, context)
    return _beginning(incomplete, [(name, summary_of(one)) for name, one in known.items()])


def _beginning(incomplete: str, known: Iterable[tuple[str, str]]) -> Offers:
    return [(name, about) for name, about in known if name.startswith(incomplete)]


def _listed(incomplete: str, known: Iterable[tuple[str, str]]) -> Offers:
    """For a list of names with commas: what goes on from its last comma, without what is in it."""
    before, comma, last = incomplete.rpartition(",")
    offers = [pair for pair in known if pair[0].startswith(last) and pair[0] not in before.split(",")]
    return [(f"{before}{comma}{name}", about) for name, about in offers]
