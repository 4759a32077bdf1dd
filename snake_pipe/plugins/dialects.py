"""Which dialects of AST files there are, the user's own among them, and what has read a file."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import ConfigError, PluginError
from snake_pipe.plugins.installed import installed, load_entry
from snake_pipe.transform.dialects.versions import NAMES, version_of
from snake_pipe.transform.languages import EXTRACTION_VERSION, LANGUAGES
from snake_pipe.transform.rows.contract import AST_QUEUE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snake_pipe.transform.dialect_check import DialectCheck
    from snake_pipe.transform.dialects.dialect import Dialect

DIALECT_GROUP = "snake_pipe.dialects"
"""The group of entry points by which packages offer dialects: each is an object of the class `Dialect`."""


def is_current_parser(name: str, version: str, sources: Iterable[str] = ()) -> bool:
    """Whether a parser has that version now: files read by another one are read again.

    `sources` are the user's dialects, as `own_dialects` takes them. To know the version of a grammar takes
    2 ms, to look for dialects of installed packages 20: so only what was used is asked for.
    """
    return any(item.parser == name and item.parser_version == version for item in LANGUAGES.values()) or (
        name,
        version,
    ) in tree_versions(own_dialects(sources))


def tree_versions(own: tuple[Dialect, ...] = ()) -> set[tuple[str, str]]:
    """What reads AST files, each with the version it has now.

    `own` are the user's dialects: any change among them counts for every AST file, and for no source.
    """
    revision = _revision_of(own)
    names = (*NAMES, *(dialect.parser for dialect in own))
    return {(name, f"{version_of(name)}{revision}") for name in names} | {(AST_QUEUE, ast_version(own))}


def ast_version(own: tuple[Dialect, ...] = ()) -> str:
    """The version of what read a JSON file that was looked at and is no tree."""
    return f"r{EXTRACTION_VERSION}{_revision_of(own)}"


def _revision_of(own: tuple[Dialect, ...]) -> str:
    if not own:  # as mostly: then nothing of them is imported
        return ""
    from snake_pipe.transform.dialects.dialect import revision_of

    return revision_of(own)


def own_dialects(sources: Iterable[str] = ()) -> tuple[Dialect, ...]:
    """The dialects that are not ours, in the order in which they are asked: from files, then from plugins.

    `sources` are paths of dialect files, or their texts as `dialect_texts` gives them. ConfigError for a
    mistake in one of them, PluginError for a plugin that does not give a dialect.
    """
    return _own_dialects(tuple((_shown(source), _text(source)) for source in sources))


@cache
def _own_dialects(files: tuple[tuple[str, str], ...]) -> tuple[Dialect, ...]:
    """One object a text, as what is learned about a dialect is kept by its identity."""
    plugged = _plugged_dialects()
    if not (files or plugged):  # as mostly: then nothing of ours is imported to be compared with
        return ()
    from snake_pipe.transform.dialects import DIALECTS
    from snake_pipe.transform.dialects.dialect_file import compile_dialect

    found: list[Dialect] = []
    taken = dict.fromkeys(DIALECTS, "a built-in dialect")
    named = [(file, compile_dialect(text, file)) for file, text in files]
    for origin, dialect in (*named, *plugged):
        if dialect.name in taken:
            raise ConfigError(f"{origin}: the name {dialect.name!r} is that of {taken[dialect.name]}")
        taken[dialect.name] = origin
        found.append(dialect)
    return tuple(found)


def describe_dialect_file(path: Path) -> str:
    """What a dialect file describes, in one line; ConfigError for a mistake in it."""
    (dialect, *_) = own_dialects([str(path)])
    counts = (
        f"{len(dialect.kinds)} types with a kind, {len(dialect.definitions)} that define, "
        f"{len({*dialect.names, *dialect.references})} that refer, {len(dialect.imports)} that import"
    )
    return f"dialect {dialect.name} of {dialect.language}, written by {dialect.written_by}: {counts}"


def check_tree(path: str, data: bytes, sources: tuple[str, ...], most: int) -> DialectCheck:
    """What an AST file's bytes give with these dialect files; see `DialectCheck`."""
    from snake_pipe.transform import dialect_check

    return dialect_check.check_tree(path, data, own_dialects(sources), most)


def dialect_texts(sources: Iterable[str]) -> tuple[str, ...]:
    """The texts of dialect files: they travel with a job, which goes on whatever becomes of the files."""
    return tuple(map(_text, sources))


def _text(source: str) -> str:
    from snake_pipe.transform.dialects.dialect_file import read_dialect_file

    return source if "\n" in source else read_dialect_file(Path(source))


def _shown(source: str) -> str:
    return "a dialect of this job" if "\n" in source else source


@cache
def _plugged_dialects() -> tuple[tuple[str, Dialect], ...]:
    """The dialects that installed packages offer, by the name of their package."""
    entries = installed(DIALECT_GROUP)
    if not entries:
        return ()
    from snake_pipe.transform.dialects.dialect import Dialect

    found = []
    for entry in entries:
        dialect = load_entry("dialect", entry)
        if not isinstance(dialect, Dialect):
            raise PluginError(
                f"{entry.place} of {entry.package} is not a Dialect", "update or remove that package"
            )
        found.append((entry.package, replace(dialect, revision=f"{entry.package} {dialect.revision}")))
    return tuple(found)


def describe_dialects(sources: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Each dialect of AST files with the tools that write it, the user's own among them."""
    from snake_pipe.transform.dialects import DIALECTS

    known = (*own_dialects(sources), *DIALECTS.values())
    return sorted((dialect.name, dialect.written_by) for dialect in known)
