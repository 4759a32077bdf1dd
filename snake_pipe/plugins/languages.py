"""Which languages there are, and how files are recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages import (
    LANGUAGES,
    SHARED_ENDINGS,
    language_of_head,
    language_of_name,
)
from snake_pipe.transform.rows.contract import AST_QUEUE as AST_QUEUE

if TYPE_CHECKING:
    from collections.abc import Collection

_AST_ENDINGS = tuple(
    f"{ending}{packed}" for ending in (".json", ".jsonl", ".ndjson", ".ast") for packed in ("", ".gz")
)
_TREE_ENDINGS = (".ast.json", "_ast.json", ".syntax.json")

DATA_OR_TREES = frozenset(("json", AST_QUEUE))
"""The queues of JSON: which of them a file's name gives depends on what is asked for."""


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


def language_names() -> list[str]:
    """All source languages, sorted."""
    return sorted(LANGUAGES)


def default_languages() -> frozenset[str]:
    """The languages that are read without being asked for: programming languages, not data."""
    return frozenset(name for name, language in LANGUAGES.items() if not language.data)


def parser_versions() -> dict[str, str]:
    """Each grammar that there is a language for, with its version; some are not installed."""
    return {language.parser: language.parser_version for _, language in sorted(LANGUAGES.items())}


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
