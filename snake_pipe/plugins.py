"""Entry points and registries: what languages, dialects and processors there are, by name.

The layer between the engine and `transform`: who only needs names and versions asks here, and imports no
parser. Workers import a plugin by its reference, so a user's function need not pickle.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROCESSORS = "snake_pipe.processors"
AST_QUEUE = "ast"

_AST_ENDINGS = (".json", ".json.gz", ".ast", ".ast.gz")


def load_processor(reference: str) -> Callable[[Path], Any]:
    """A user's function: an entry point's name, or `module:function`."""
    found = [point for point in entry_points(group=PROCESSORS) if point.name == reference]
    try:
        if found:
            function = found[0].load()
        else:
            module, _, attribute = reference.partition(":")
            function = getattr(import_module(module), attribute)
    except Exception as error:
        raise PluginError(
            f"processor {reference!r} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    if not callable(function):
        raise PluginError(f"processor {reference!r} is not callable")
    return function  # type: ignore[no-any-return]


def queue_of_name(name: str) -> str | None:
    """The queue for a file's name: a language, `ast` for what may hold a tree, None for the rest."""
    from snake_pipe.transform.languages import language_of_name

    if name.lower().endswith(_AST_ENDINGS):
        return AST_QUEUE
    return language_of_name(name)


def queue_of_head(name: str, head: bytes) -> str | None:
    """The queue where the name leaves it open, by the first bytes of the content."""
    from snake_pipe.transform.languages import language_of_head

    return language_of_head(name, head)


def parser_versions() -> set[tuple[str, str]]:
    """Every parser with the version it has now: files read by another one are read again."""
    from snake_pipe.transform.languages import LANGUAGES

    return {(item.parser, item.parser_version) for item in LANGUAGES.values()}


def language_names() -> list[str]:
    """All source languages, sorted."""
    from snake_pipe.transform.languages import LANGUAGES

    return sorted(LANGUAGES)


def default_languages() -> frozenset[str]:
    """The languages that are read without being asked for: programming languages, not data."""
    from snake_pipe.transform.languages import LANGUAGES

    return frozenset(name for name, language in LANGUAGES.items() if not language.data)


def describe_languages() -> list[tuple[str, str, str]]:
    """Each source language with its files' endings and names, and its parser."""
    from snake_pipe.transform.languages import LANGUAGES

    return [
        (name, " ".join((*language.endings, *language.files)), language.parser)
        for name, language in sorted(LANGUAGES.items())
    ]


def describe_dialects() -> list[tuple[str, str]]:
    """Each dialect of AST files with the tools that write it."""
    from snake_pipe.transform.dialects import DIALECTS

    return [(name, dialect.written_by) for name, dialect in sorted(DIALECTS.items())]
