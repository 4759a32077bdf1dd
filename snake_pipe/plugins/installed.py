"""Plugins by name: those of installed packages by their entry points, those of a module by `module:name`."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint


@dataclass(frozen=True, slots=True)
class Installed:
    """A plugin that an installed package offers; `package` with its version, `place` as `module:name`."""

    name: str
    place: str
    package: str
    entry: EntryPoint


def installed(group: str) -> list[Installed]:
    """What packages offer in a group of entry points, by name; nothing of it is imported."""
    from importlib.metadata import entry_points  # takes 20 ms

    found = [
        Installed(
            entry.name,
            entry.value,
            f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value,
            entry,
        )
        for entry in entry_points(group=group)
    ]
    return sorted(found, key=lambda one: (one.name, one.package))


def load_entry(kind: str, plugin: Installed) -> Any:
    """The object that a package offers; PluginError where it cannot be imported."""
    try:
        return plugin.entry.load()
    except Exception as error:
        raise PluginError(
            f"the {kind} {plugin.name!r} of {plugin.package} cannot be loaded: {_in_words(error)}",
            "update or remove that package",
        ) from error


def load_plugin(kind: str, group: str, name: str, built_in: Mapping[str, str]) -> Any:
    """The object that a name stands for: ours, a package's, or that of a module, by `module:name`.

    `built_in` are the places of ours, which no package takes the name of. PluginError says which plugin
    of what `kind` there is not, or cannot be imported, and why.
    """
    if name in built_in or ":" in name:
        return _import(kind, name, built_in.get(name, name))
    offered = [plugin for plugin in installed(group) if plugin.name == name]
    if len(offered) > 1:
        packages = " and ".join(plugin.package for plugin in offered)
        raise PluginError(
            f"{packages} both offer the {kind} {name!r}", "remove one of them, or say module:name"
        )
    if not offered:
        known = sorted({*built_in, *(plugin.name for plugin in installed(group))})
        raise PluginError(
            f"there is no {kind} {name!r}",
            f"there is {', '.join(known) or 'none'}; module:name stands for one of any module",
        )
    return load_entry(kind, offered[0])


def _import(kind: str, name: str, place: str) -> Any:
    module, _, path = place.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for attribute in path.split("."):
            found = getattr(found, attribute)
    except Exception as error:
        raise PluginError(
            f"the {kind} {name!r} cannot be imported: {_in_words(error)}",
            f"its module is to be installed, or in a folder of PYTHONPATH: python -c 'import {module}'",
        ) from error
    return found


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
