"""The registries: which languages and dialects there are, and how files are recognised.

The layer between the engine and `transform`: what needs only names and versions asks here, and imports no
parser.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.errors import ConfigError, PluginError
from snake_pipe.transform.languages import (
    EXTRACTION_VERSION,
    LANGUAGES,
    SHARED_ENDINGS,
    language_of_head,
    language_of_name,
)
from snake_pipe.transform.rows.contract import AST_QUEUE as AST_QUEUE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from snake_pipe.transform.dialect_check import DialectCheck
    from snake_pipe.transform.dialects.dialect import Dialect

DIALECT_GROUP = "snake_pipe.dialects"
"""The group of entry points by which packages offer dialects: each is an object of the class `Dialect`."""

_AST_ENDINGS = tuple(
    f"{ending}{packed}" for ending in (".json", ".jsonl", ".ndjson", ".ast") for packed in ("", ".gz")
)
_TREE_ENDINGS = (".ast.json", "_ast.json", ".syntax.json")


def queue_of_name(name: str, asked: Collection[str] = ()) -> str | None:
    """The queue for a file's name: a language, `ast` for what may hold a tree, None for the rest.

    JSON that is `asked` for as data is data, except for names that say tree (`a.ast.json`), where trees are
    asked for too.
    """
    lower = name.lower()
    language = language_of_name(name)
    if language == "json" and "json" in asked and not (AST_QUEUE in asked and lower.endswith(_TREE_ENDINGS)):
        return language
    if lower.endswith(_AST_ENDINGS):
        return AST_QUEUE
    return language


def queue_of_head(name: str, head: bytes) -> str | None:
    """The queue where the name leaves it open, by the first bytes of the content."""
    return language_of_head(name, head)


def deciding_endings() -> dict[str, str]:
    """The queues of those endings (in small letters) that decide, whatever stands before them."""
    of_files = {_last_ending(name) for language in LANGUAGES.values() for name in language.files}
    open_ones = SHARED_ENDINGS | of_files | set(map(_last_ending, _AST_ENDINGS))
    return {
        ending: language.name
        for language in LANGUAGES.values()
        for ending in language.endings
        if ending == _last_ending(ending) and ending not in open_ones
    }


def _last_ending(name: str) -> str:
    return name[name.rfind(".") :].lower()


def shared_endings() -> frozenset[str]:
    """Endings whose files `queue_of_head` must see."""
    return SHARED_ENDINGS


def is_current_parser(name: str, version: str, own: tuple[Dialect, ...] = ()) -> bool:
    """Whether a parser has that version now: files read by another one are read again.

    To know the version of a grammar takes 2 ms, and the dialects 50: so only what was used is asked for.
    """
    return any(item.parser == name and item.parser_version == version for item in LANGUAGES.values()) or (
        name,
        version,
    ) in tree_versions(own)


def tree_versions(own: tuple[Dialect, ...] = ()) -> set[tuple[str, str]]:
    """What reads AST files, each with the version it has now.

    `own` are the user's dialects: any change among them counts for every AST file, and for no source.
    """
    from snake_pipe.transform.dialects import DIALECTS
    from snake_pipe.transform.dialects.dialect import revision_of

    revision = revision_of(own)
    trees = {(item.parser, f"{item.parser_version}{revision}") for item in (*own, *DIALECTS.values())}
    return trees | {(AST_QUEUE, ast_version(own))}


def ast_version(own: tuple[Dialect, ...] = ()) -> str:
    """The version of what read a JSON file that was looked at and is no tree."""
    from snake_pipe.transform.dialects.dialect import revision_of

    return f"r{EXTRACTION_VERSION}{revision_of(own)}"


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
    from importlib.metadata import entry_points

    entries = sorted(entry_points(group=DIALECT_GROUP), key=lambda one: one.name)
    if not entries:
        return ()
    from snake_pipe.transform.dialects.dialect import Dialect

    found = []
    for entry in entries:
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
        try:
            dialect = entry.load()
        except Exception as error:
            raise PluginError(
                f"the dialect {entry.name!r} of {package} cannot be loaded: {type(error).__name__}: {error}",
                "update or remove that package",
            ) from error
        if not isinstance(dialect, Dialect):
            raise PluginError(f"{entry.value} of {package} is not a Dialect", "update or remove that package")
        found.append((package, replace(dialect, revision=f"{package} {dialect.revision}")))
    return tuple(found)


def language_names() -> list[str]:
    """All source languages, sorted."""
    return sorted(LANGUAGES)


def default_languages() -> frozenset[str]:
    """The languages that are read without being asked for: programming languages, not data."""
    return frozenset(name for name, language in LANGUAGES.items() if not language.data)


def describe_languages() -> list[tuple[str, str, str, str]]:
    """Each source language: its files' endings and names, when it is read, its parser or how to get that."""
    return [
        (
            name,
            " ".join((*language.endings, *language.files)),
            "on request" if language.data else "by default",
            language.parser if language.installed else f"not installed: {language.install_command}",
        )
        for name, language in sorted(LANGUAGES.items())
    ]


def describe_dialects(sources: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Each dialect of AST files with the tools that write it, the user's own among them."""
    from snake_pipe.transform.dialects import DIALECTS

    known = (*own_dialects(sources), *DIALECTS.values())
    return sorted((dialect.name, dialect.written_by) for dialect in known)
