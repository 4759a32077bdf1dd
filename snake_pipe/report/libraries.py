"""The libraries that the page is drawn with: fetched when the package is built.

The lock file in `web/libraries/` says which; `hatch_build.py` fetches them. A report fetches nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from snake_pipe.errors import SnakePipeError

FOLDER = Path(__file__).parent / "web" / "libraries"

SCRIPTS = ("d3-hierarchy.min.js", "uPlot.iife.min.js")
STYLE = "uPlot.min.css"
LICENCES = ("d3-hierarchy.LICENSE", "uPlot.LICENSE")

_HINT = "install snake-pipe again where npm can reach its registry"


@dataclass(frozen=True, slots=True)
class Libraries:
    """Their texts; `scripts` in the order in which they are to run."""

    scripts: tuple[str, ...]
    style: str
    licences: str


def missing() -> str | None:
    """What reports lack on this installation, in one line; None if they can be made."""
    absent = [name for name in (*SCRIPTS, STYLE, *LICENCES) if not (FOLDER / name).is_file()]
    if not absent:
        return None
    return f"the report's libraries were not fetched when snake-pipe was installed ({', '.join(absent)})"


def load() -> Libraries:
    """The libraries; SnakePipeError with the way out if they are not there."""
    if (problem := missing()) is not None:
        raise SnakePipeError(problem, _HINT)

    def text(name: str) -> str:
        return (FOLDER / name).read_text(encoding="utf-8")

    return Libraries(tuple(map(text, SCRIPTS)), text(STYLE), "\n\n".join(map(text, LICENCES)))
