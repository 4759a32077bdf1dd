"""Which dialects there are, and the version of what reads each: known without any of their rules.

Each run asks whether the files that it knows were read as they would be now; to import the rules takes 30 ms.
"""

from __future__ import annotations

from snake_pipe.transform.languages import EXTRACTION_VERSION

NAMES = (
    "babel",
    "typescript-estree",
    "estree",
    "clang",
    "solc",
    "asty",
    "csstree",
    "postcss",
    "nikic",
    "php-parser",
    "graphql",
    "libpg_query",
    "prism",
    "swift",
    "syn-serde",
    "javaparser",
    "dotnet-astgen",
    "unist",
    "pandoc",
    "tree-sitter",
    "py-tree-sitter",
    "python-ast",
    "generic",
)
"""Those that are built in, in the order of `DIALECTS`."""


def version_of(name: str) -> str:
    """The version of our reading of a dialect: trees do not name the version of the tool that wrote them."""
    return f"{name}+r{EXTRACTION_VERSION}"
