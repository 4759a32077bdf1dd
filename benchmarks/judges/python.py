"""Python's own `ast`: functions, classes, assignments outside of functions, calls, imports."""

from __future__ import annotations

import ast
import unicodedata
import warnings
from typing import TYPE_CHECKING

from benchmarks.agreement import CALLS, DEFINITIONS, IMPORTS, Fact, Name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def facts(files: Mapping[str, Path]) -> Iterator[tuple[str, list[Fact]]]:
    """What Python finds in each file; files that it refuses, such as tests of its grammar, are left out."""
    for path, file in files.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(file.read_bytes())
        except (SyntaxError, ValueError):
            continue
        yield path, list(_found(path, tree))


def as_python_reads(name: str) -> str:
    """An identifier in the form to which Python brings it."""
    return unicodedata.normalize("NFKC", name)


def _found(path: str, tree: ast.Module) -> Iterator[Fact]:
    """A call that decorates or makes a base class is `decorate` or `inherit` in `refs`: it may be there."""
    todo: list[tuple[ast.AST, bool, bool]] = [(tree, False, True)]
    while todo:
        node, is_local, must = todo.pop()
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            yield Fact(DEFINITIONS, Name(path, node.name, node.lineno), type(node).__name__)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and not is_local:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (name for target in targets for name in _bound(target)):
                yield Fact(DEFINITIONS, Name(path, name.id, name.lineno), "assignment")
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield Fact(CALLS, Name(path, node.func.id, node.func.lineno), "call", must)
            elif isinstance(node.func, ast.Attribute):
                yield Fact(CALLS, Name(path, node.func.attr, node.func.end_lineno or 0), "method call", must)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield Fact(IMPORTS, Name(path, alias.name, alias.lineno), "import")
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                yield Fact(IMPORTS, Name(path, f"{module} {alias.name}", alias.lineno), "from")
        if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
            is_local = True
        elif isinstance(node, ast.ClassDef):
            is_local = False
        heads = {*getattr(node, "decorator_list", ()), *getattr(node, "bases", ())}
        todo += [(child, is_local, child not in heads) for child in ast.iter_child_nodes(node)]


def _bound(target: ast.expr) -> Iterator[ast.Name]:
    """The plain names that an assignment binds; attributes and items are no definitions."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node
