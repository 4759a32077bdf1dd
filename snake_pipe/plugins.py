"""The registries: what languages and dialects there are, by name, and how files are told.

The layer between the engine and `transform`: who only needs names and versions asks here, and imports no
parser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

AST_QUEUE = "ast"

_AST_ENDINGS = (".json", ".json.gz", ".ast", ".ast.gz")
_TREE_ENDINGS = (".ast.json", "_ast.json", ".syntax.json")


def queue_of_name(name: str, asked: Collection[str] = ()) -> str | None:
    """The queue for a file's name: a language, `ast` for what may hold a tree, None for the rest.

    A data language is told only where it is `asked` for. JSON that is asked for as data is data, but for
    names that say tree (`a.ast.json`) where trees are asked for too.
    """
    from snake_pipe.transform.languages import language_of_name

    lower = name.lower()
    language = language_of_name(name)
    if language == "json" and "json" in asked and not (AST_QUEUE in asked and lower.endswith(_TREE_ENDINGS)):
        return language
    if lower.endswith(_AST_ENDINGS):
        return AST_QUEUE
    return _unless_unasked(language, asked)


def queue_of_head(name: str, head: bytes, asked: Collection[str] = ()) -> str | None:
    """The queue where the name leaves it open, by the first bytes of the content."""
    from snake_pipe.transform.languages import language_of_head

    return _unless_unasked(language_of_head(name, head), asked)


def _unless_unasked(language: str | None, asked: Collection[str]) -> str | None:
    from snake_pipe.transform.languages import LANGUAGES

    if language is not None and LANGUAGES[language].data and language not in asked:
        return None
    return language


def shared_endings() -> frozenset[str]:
    """Endings whose files `queue_of_head` must see."""
    from snake_pipe.transform.languages import SHARED_ENDINGS

    return SHARED_ENDINGS


def parser_versions() -> set[tuple[str, str]]:
    """Every parser with the version it has now: files read by another one are read again."""
    from snake_pipe.transform.dialects import DIALECTS
    from snake_pipe.transform.languages import EXTRACTION_VERSION, LANGUAGES

    languages = {(item.parser, item.parser_version) for item in LANGUAGES.values()}
    languages.add((AST_QUEUE, f"r{EXTRACTION_VERSION}"))  # JSON that was looked at and is no tree
    return languages | {(item.parser, item.parser_version) for item in DIALECTS.values()}


def language_names() -> list[str]:
    """All source languages, sorted."""
    from snake_pipe.transform.languages import LANGUAGES

    return sorted(LANGUAGES)


def default_languages() -> frozenset[str]:
    """The languages that are read without being asked for: programming languages, not data."""
    from snake_pipe.transform.languages import LANGUAGES

    return frozenset(name for name, language in LANGUAGES.items() if not language.data)


def describe_languages() -> list[tuple[str, str, str, str]]:
    """Each source language: its files' endings and names, when it is read, its parser or how to get that."""
    from snake_pipe.transform.languages import LANGUAGES

    return [
        (
            name,
            " ".join((*language.endings, *language.files)),
            "on request" if language.data else "by default",
            language.parser if language.installed else f"not installed: {language.install_command}",
        )
        for name, language in sorted(LANGUAGES.items())
    ]


def describe_dialects() -> list[tuple[str, str]]:
    """Each dialect of AST files with the tools that write it."""
    from snake_pipe.transform.dialects import DIALECTS

    return [(name, dialect.written_by) for name, dialect in sorted(DIALECTS.items())]
