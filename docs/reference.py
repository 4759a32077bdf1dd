"""What the pages say of tables, settings, commands and the like: taken from the program.

`REFERENCE` has the text for each marker; `update_pages.py` puts it between `<!-- marker -->` and
`<!-- /marker -->`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
import yaml

from snake_pipe.cli.app import app
from snake_pipe.cli.command_tree import walk
from snake_pipe.cli.output.help.pages import page_of
from snake_pipe.cli.output.help.screen import help_text
from snake_pipe.extract.batch_config import PRESETS, SETTINGS, WATCHING, BatchConfig
from snake_pipe.observe.metrics import live
from snake_pipe.outcome.metrics import names
from snake_pipe.plugins import describe_dialects
from snake_pipe.schemas import KINDS, ROLES, STATUSES, TABLES, VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from snake_pipe.observe.metrics.family import Metric
    from snake_pipe.schemas import Column


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _block(text: str) -> str:
    return f"\n\n{text}\n\n"


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _columns(tables: Mapping[str, Sequence[Column]]) -> str:
    return _block(
        "\n\n".join(
            f"### {name}\n\n"
            + _table(
                ("column", "type", "meaning"),
                [(f"`{column.name}`", _type(column.type), column.doc) for column in columns],
            )
            for name, columns in tables.items()
        )
    )


def _type(type_: str) -> str:
    return "string" if type_ == "dictionary" else type_


def _settings() -> str:
    plain = BatchConfig()
    return _block(
        _table(
            ("setting", "default", "while it runs", "meaning"),
            [
                (f"`{name}`", _value(getattr(plain, name)), "yes" if setting.runtime else "", setting.doc)
                for name, setting in SETTINGS.items()
            ],
        )
    )


def _presets() -> str:
    chosen = {**PRESETS, "watch": WATCHING}
    return _block(
        _table(
            ("preset", "sets"),
            [
                (f"`{name}`", ", ".join(f"`{key}={_plain(value)}`" for key, value in values.items()))
                for name, values in chosen.items()
            ],
        )
    )


def _value(value: Any) -> str:
    return f"`{text}`" if (text := _plain(value)) else ""


def _plain(value: Any) -> str:
    """A value as a TOML file or `--set` takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    return "unset" if value is None else str(value)


def _dialects() -> str:
    return _block(_table(("dialect", "written by"), describe_dialects()))


def _help() -> str:
    parts = [f"{'#' * (1 + len(path.split()))} {path}\n\n```text\n{text}\n```" for path, text in _helps()]
    return _block("\n\n".join(parts))


def _helps() -> Iterator[tuple[str, str]]:
    """The way to each command, and what its `--help` prints."""
    command: Any = typer.main.get_command(app)
    for context in walk(command.make_context("snake-pipe", [], resilient_parsing=True)):
        yield context.command_path, help_text(page_of(context.command, context), 80)


def _metrics(metrics: Iterable[Metric]) -> str:
    rows = [(f"`{one.name}`", one.type, ", ".join(one.labels), one.help) for one in metrics]
    return _block(_table(("metric", "type", "labels", "meaning"), rows))


def _summary() -> str:
    """The fields of the summary, as its schema has them."""
    schema = json.loads((Path(__file__).parent / "reference/summary.schema.json").read_text(encoding="utf-8"))
    return _block(_table(("field", "type", "meaning"), _fields(schema, "")))


def _fields(schema: dict[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    for name, field in schema.get("properties", {}).items():
        yield f"`{path}{name}`", _json_type(field), field["description"]
        yield from _fields(field, f"{path}{name}.")


def _json_type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return "counts by name"
    if "const" in field:
        return f"always {field['const']}"
    types = field.get("type", "string")
    return types if isinstance(types, str) else " or ".join(types)


def _file(name: str, language: str) -> str:
    text = (Path(__file__).parents[1] / name).read_text(encoding="utf-8")
    return _block(f"```{language}\n{text.rstrip()}\n```")


def _action_inputs() -> str:
    action = yaml.safe_load((Path(__file__).parents[1] / "action.yml").read_text(encoding="utf-8"))
    rows = [
        (f"`{name}`", one["description"], f"`{one['default']}`" if one["default"] else "")
        for name, one in action["inputs"].items()
    ]
    return _block(_table(("input", "what it is", "default"), rows))


def _notebook() -> str:
    """The cells of the notebook and what they gave, below a heading of the second level."""
    notebook = json.loads((Path(__file__).parent / "notebook.ipynb").read_text(encoding="utf-8"))
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(re.sub(r"^#", "##", source, flags=re.MULTILINE))
            continue
        parts.append(f"```python\n{source}\n```")
        for output in cell["outputs"]:
            text = "".join(output.get("text") or output["data"]["text/plain"])
            parts.append(f"```text\n{text.rstrip()}\n```")
    return _block("\n\n".join(parts))


REFERENCE: dict[str, str] = {
    "tables": _columns(TABLES),
    "views": _columns(VIEWS),
    "kinds": _code(KINDS),
    "roles": _code(ROLES),
    "statuses": _code(STATUSES),
    "settings": _settings(),
    "presets": _presets(),
    "dialects": _dialects(),
    "help": _help(),
    "notebook": _notebook(),
    "metrics-of-runs": _metrics(names.METRICS),
    "metrics-while-running": _metrics(live.METRICS),
    "summary": _summary(),
    "alerts": _file("docs/monitoring/alerts.yml", "yaml"),
    "dockerfile": _file("Dockerfile", "dockerfile"),
    "action inputs": _action_inputs(),
    "github workflow": _file("docs/ci/github-workflow.yml", "yaml"),
    "gitlab job": _file("docs/ci/gitlab-ci.yml", "yaml"),
    "compose": _file("docs/ci/compose.yml", "yaml"),
}
"""The text for each marker."""
