"""The plugins of docs/how-to/plugins.md as an installed package, and others for what may go wrong."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from testkit.places import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

PAGE = PROJECT / "docs" / "how-to" / "plugins.md"

EXAMPLES: dict[str, str] = dict(
    re.findall(
        r"^```\w+ title=\"([^\"]+)\"\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
)
"""The files that the page shows, by name."""

_TROUBLE = '''
"""Plugins that fail as a file of their argument, or beside it, says."""

import os
import time
from pathlib import Path

from acme_trees.sqlite_sink import SqliteSink


def by_name(path):
    match path.stem:
        case "raises":
            raise ValueError("no")
        case "hangs":
            time.sleep(1000)
        case "exits":
            os._exit(7)
        case "odd":
            return object()
        case "many":
            return iter([1, {"a": None}])
    return None


class Troubled(SqliteSink):
    def __init__(self, argument):
        super().__init__(argument)
        self._does = Path(argument + ".does")
        self._writes = Path(argument + ".writes")

    def write(self, flush):
        match self._does.read_text() if self._does.exists() else "":
            case "raise":
                raise RuntimeError("the warehouse is closed")
            case "hang":
                self._writes.write_text(str(os.getpid()))
                time.sleep(1000)
            case "exit":
                os._exit(3)
        super().write(flush)
'''


def install(site: Path) -> Path:
    """Put the package into a folder for `sys.path` or PYTHONPATH, as an installer would."""
    project = tomllib.loads(EXAMPLES["pyproject.toml"])["project"]
    about = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {place}" for name, place in entries.items())]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")
    (site / "acme_trees").mkdir()
    (site / "acme_trees" / "__init__.py").touch()
    for name, text in EXAMPLES.items():
        if name.endswith(".py"):
            (site / name).write_text(text)
    (site / "trouble.py").write_text(_TROUBLE)
    (site / "broken_module.py").write_text("raise RuntimeError('no licence')\n")
    (site / "ending_module.py").write_text("import os\nos._exit(1)\n")
    (site / "hanging_module.py").write_text("import time\ntime.sleep(1000)\n")
    return site
