"""The registries: what languages and dialects there are, by name, and how files are told.

The layer between the engine and `transform`: who only needs names and versions asks here, and imports no
parser.
"""

from __future__ import annotations

AST_QUEUE = "ast"

_AST_ENDINGS = (".json", ".json.gz", ".ast", ".ast.gz")


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
