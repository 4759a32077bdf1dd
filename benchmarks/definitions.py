"""The definitions in `symbols` against Python's `ast` and universal-ctags, as sets of (path, name, line)."""

from __future__ import annotations

import ast
import json
import subprocess
import tempfile
import unicodedata
import warnings
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import duckdb

_EXAMPLES = 3
_SHOWN = 8

_CTAGS = {"c": ("C", "defgmpstuv"), "go": ("Go", "acfimnpstv"), "java": ("Java", "acefgimp")}
"""language → ctags' name of it, and the kinds that are definitions here too: no locals, no imports."""


class Name(NamedTuple):
    """Where a name is defined; lines from 1."""

    path: str
    name: str
    line: int


@dataclass
class Agreement:
    """What a judge found, what we found (name → a word that tells its class), and in how many files."""

    title: str
    files: int
    theirs: dict[Name, str] = field(default_factory=dict)
    ours: dict[Name, str] = field(default_factory=dict)

    def line(self) -> str:
        """Recall and precision, as a line of the table."""
        both = len(self.theirs.keys() & self.ours.keys())
        recall = both / len(self.theirs) if self.theirs else float("nan")
        precision = both / len(self.ours) if self.ours else float("nan")
        judged = len(self.theirs)
        return f"{self.title:44} {self.files:>7,} {judged:>9,} {recall:>8.5f} {precision:>9.5f}"

    def details(self) -> Iterator[str]:
        """Which classes of definitions one side alone has, the larger ones first, with examples."""
        for what, have, lack in (("missing", self.theirs, self.ours), ("ours alone", self.ours, self.theirs)):
            classes: dict[str, list[Name]] = defaultdict(list)
            for name in sorted(have.keys() - lack.keys()):
                classes[have[name]].append(name)
            if classes:
                yield f"\n{self.title}: {what}"
            largest = sorted(classes.items(), key=lambda item: -len(item[1]))
            for class_, names in largest[:_SHOWN]:
                step = max(1, len(names) // _EXAMPLES)
                examples = ", ".join(f"{n.name} {n.path}:{n.line}" for n in names[::step][:_EXAMPLES])
                yield f"  {len(names):>6,} {class_}: {examples}"


def agreement_with_ast(connection: duckdb.DuckDBPyConnection, root: Path) -> list[Agreement]:
    """Functions and classes at all levels, and plain assignments outside of functions, of Python files."""
    rows = connection.execute(
        "SELECT path, name, name_line, kind FROM symbols JOIN files USING (file_id) WHERE language = 'python'"
    ).fetchall()
    paths = connection.execute(
        "SELECT path FROM files WHERE language = 'python' AND status = 'ok'"
    ).fetchall()
    judged: set[str] = set()
    functions = Agreement("stdlib: functions and classes, against ast", 0)
    variables = Agreement("stdlib: assignments, against ast", 0)
    for (path,) in paths:
        tree = _parsed(root / path)
        if tree is None:
            continue
        judged.add(path)
        for name, kind in _defined(path, tree):
            (variables if kind == "assignment" else functions).theirs[name] = kind
    for path, word, line, kind in rows:
        if path in judged:
            into = functions if kind in ("function", "method", "class") else variables
            into.ours[Name(path, unicodedata.normalize("NFKC", word), line)] = kind  # as Python reads it
    functions.files = variables.files = len(judged)
    return [functions, variables]


def _parsed(path: Path) -> ast.Module | None:
    """Python's own tree; None for what Python refuses, such as the tests of its grammar."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return None


def _defined(path: str, tree: ast.Module) -> Iterator[tuple[Name, str]]:
    todo: list[tuple[ast.AST, bool]] = [(tree, False)]
    while todo:
        node, is_local = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Name(path, node.name, node.lineno), type(node).__name__
        elif not is_local and isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for name in _bound(target):
                    yield Name(path, name.id, name.lineno), "assignment"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            is_local = True
        elif isinstance(node, ast.ClassDef):
            is_local = False
        todo += [(child, is_local) for child in ast.iter_child_nodes(node)]


def _bound(target: ast.expr) -> Iterator[ast.Name]:
    """The plain names that an assignment binds; attributes and items are no definitions."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node


def agreement_with_ctags(connection: duckdb.DuckDBPyConnection, roots: list[Path]) -> list[Agreement]:
    """Definitions in C, Go and Java files; headers also those alone that parse without errors."""
    root_of = {root.name: root for root in roots}
    if len(root_of) < len(roots):
        raise SystemExit("the folders' own names must differ")
    agreements = []
    for language in _CTAGS:
        status = {
            str(root_of[repo] / path): status
            for repo, path, status in connection.execute(
                "SELECT repo, path, status FROM files WHERE language = ? AND status IN ('ok', 'partial')",
                [language],
            ).fetchall()
        }
        if not status:
            continue
        theirs = dict(_tags(language, status))
        ours = {
            Name(str(root_of[repo] / path), name, line): kind
            for repo, path, name, line, kind in connection.execute(
                "SELECT repo, path, name, name_line, s.kind FROM symbols s JOIN files USING (file_id) "
                "WHERE language = ?",
                [language],
            ).fetchall()
        }
        for title, paths in _groups(language, status):
            agreements.append(
                Agreement(
                    f"{title}, against ctags",
                    len(paths),
                    {
                        name: f"{kind} ({status[name.path]})"
                        for name, kind in theirs.items()
                        if name.path in paths
                    },
                    {
                        name: f"{kind} ({status[name.path]})"
                        for name, kind in ours.items()
                        if name.path in paths
                    },
                )
            )
    return agreements


def _groups(language: str, status: dict[str, str]) -> Iterator[tuple[str, set[str]]]:
    if language != "c":
        yield language, set(status)
        return
    headers = {path for path in status if path.lower().endswith(".h")}
    yield "c, .c files", status.keys() - headers
    yield "c, headers that parse cleanly", {path for path in headers if status[path] == "ok"}
    yield "c, all headers", headers


def _tags(language: str, paths: Iterable[str]) -> Iterator[tuple[Name, str]]:
    """What ctags finds; names that it makes up for what has none are left out."""
    word, kinds = _CTAGS[language]
    with tempfile.NamedTemporaryFile("w", suffix=".files") as listed:
        listed.write("".join(f"{path}\n" for path in paths))
        listed.flush()
        command = ["ctags", "--output-format=json", "--fields=+nK", f"--language-force={word}"]
        command += [f"--kinds-{word}={kinds}", "-o", "-", "-L", listed.name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            for line in process.stdout:
                tag = json.loads(line.decode("utf-8", "replace"))
                if tag["_type"] == "tag" and not tag["name"].startswith("__anon"):
                    yield Name(tag["path"], tag["name"], tag["line"]), tag["kind"]
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
