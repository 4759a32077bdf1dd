"""`languages` and `config show`: what there is to choose from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from snake_pipe.cli.options.common import Format, Preset
from snake_pipe.cli.output.rows import print_rows

config_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Show the settings and where they come from."
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("languages", epilog=_LANGUAGES_EXAMPLES)(languages)
    config_app.command("show", epilog=_CONFIG_EXAMPLES)(show)
    app.add_typer(config_app, name="config")


_CONFIG_EXAMPLES = """
\b
Examples:
  snake-pipe config show
  SNAKE_PIPE_WORKER_COUNT=4 snake-pipe config show
"""


_LANGUAGES_EXAMPLES = """
\b
Examples:
  snake-pipe languages
  snake-pipe languages --format json | jq -r .language
"""


@config_app.callback(epilog=_CONFIG_EXAMPLES)
def config() -> None:
    """Show the settings and where they come from."""


def languages(
    format_: Format = "table",
) -> None:
    """List the source languages, their files and their parsers.

    Those that are read "on request" are read only where --languages names them.
    """
    from snake_pipe.plugins import describe_languages

    print_rows(("language", "files", "read", "parser"), describe_languages(), format_)


def show(
    project: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder whose TOML files count. Default: this one.")
    ] = None,
    preset: Preset = None,
    format_: Format = "table",
) -> None:
    """Print each setting with its value, origin and meaning."""
    from snake_pipe.extract.batch_config import SETTINGS, load_config

    loaded = load_config(preset=preset, project=project or Path.cwd())
    rows = [
        (name, _shown(loaded.config.in_force(name)), loaded.origins[name], setting.doc)
        for name, setting in SETTINGS.items()
    ]
    print_rows(("setting", "value", "from", "meaning"), rows, format_)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)
