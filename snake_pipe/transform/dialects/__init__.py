"""One table for each way of writing syntax trees as JSON, and the sniffing that picks one.

`DIALECTS` holds all of them by name, in the order in which they are asked whether a document is theirs:
those that ask for more come first. It is built on first use, because rules of other layers ask for this
package without wanting every table.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snake_pipe.transform.dialects.dialect import Dialect

    DIALECTS: dict[str, Dialect]


@cache
def _all() -> dict[str, Dialect]:
    from snake_pipe.transform.dialects.asty import ASTY
    from snake_pipe.transform.dialects.babel import BABEL
    from snake_pipe.transform.dialects.clang import CLANG
    from snake_pipe.transform.dialects.csstree import CSSTREE
    from snake_pipe.transform.dialects.dotnet_astgen import DOTNET_ASTGEN
    from snake_pipe.transform.dialects.estree import ESTREE
    from snake_pipe.transform.dialects.generic import GENERIC
    from snake_pipe.transform.dialects.graphql import GRAPHQL
    from snake_pipe.transform.dialects.javaparser import JAVAPARSER
    from snake_pipe.transform.dialects.libpg_query import LIBPG_QUERY
    from snake_pipe.transform.dialects.nikic import NIKIC
    from snake_pipe.transform.dialects.pandoc import PANDOC
    from snake_pipe.transform.dialects.php_parser import PHP_PARSER
    from snake_pipe.transform.dialects.postcss import POSTCSS
    from snake_pipe.transform.dialects.prism import PRISM
    from snake_pipe.transform.dialects.python_ast import PYTHON_AST
    from snake_pipe.transform.dialects.solc import SOLC
    from snake_pipe.transform.dialects.swift import SWIFT
    from snake_pipe.transform.dialects.syn_serde import SYN_SERDE
    from snake_pipe.transform.dialects.tree_sitter import PY_TREE_SITTER, TREE_SITTER
    from snake_pipe.transform.dialects.typescript_estree import TYPESCRIPT_ESTREE
    from snake_pipe.transform.dialects.unist import UNIST

    found = (
        BABEL,
        TYPESCRIPT_ESTREE,
        ESTREE,
        CLANG,
        SOLC,
        ASTY,
        CSSTREE,
        POSTCSS,
        NIKIC,
        PHP_PARSER,
        GRAPHQL,
        LIBPG_QUERY,
        PRISM,
        SWIFT,
        SYN_SERDE,
        JAVAPARSER,
        DOTNET_ASTGEN,
        UNIST,
        PANDOC,
        TREE_SITTER,
        PY_TREE_SITTER,
        PYTHON_AST,
        GENERIC,
    )
    return {dialect.name: dialect for dialect in found}


def __getattr__(name: str) -> Any:
    if name == "DIALECTS":
        return _all()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
