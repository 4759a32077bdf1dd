"""Which versions decide what rows a file gives: they must be the same on all machines of a run."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from snake_pipe import plugins
from snake_pipe.plugins.dialects import DIALECT_GROUP
from snake_pipe.plugins.installed import installed
from snake_pipe.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

MISSING = "missing"

_LIBRARIES = ("tree-sitter", "orjson", "ijson", "pyarrow")


def versions_here() -> dict[str, str]:
    """The program, Python, and all that parses, each with its version."""
    major, minor, _ = platform.python_version_tuple()
    return {
        "snake-pipe": __version__,
        "Python": f"{major}.{minor}",
        **{name: _version(name) for name in _LIBRARIES},
        **plugins.parser_versions(),
        **{f"dialect {one.name}": one.package for one in installed(DIALECT_GROUP)},
    }


def first_difference(wanted: Mapping[str, str], found: Mapping[str, str]) -> str | None:
    """What differs, in words, from what is wanted; None if nothing does."""
    for name in dict.fromkeys((*wanted, *found)):
        here, there = wanted.get(name, MISSING), found.get(name, MISSING)
        if here != there:
            return f"{name} is {there} there and {here} here"
    return None


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return MISSING
