"""Source rows against independent judges: plain py-tree-sitter, Python's own `ast`, universal-ctags."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sysconfig
import warnings
from pathlib import Path

import pytest
from tree_sitter import Parser

from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.sources.decoding import source_to_utf8
from snake_pipe.transform.sources.grammar import load_language
from snake_pipe.transform.sources.transformer import SourceTreeTransformer
from testkit.places import POLYGLOT

STRIDE = 25
STDLIB = Path(sysconfig.get_paths()["stdlib"])


def stdlib_files() -> list[Path]:
    return [path for path in sorted(STDLIB.rglob("*.py")) if "site-packages" not in path.parts]


def transform(language, files, tables=("nodes", "symbols")):
    """Rows of each table as lists, and the facts, of files read in one batch."""
    transformer = SourceTreeTransformer(language, TransformOptions(tables=frozenset(tables)))
    for file_id, path in enumerate(files):
        transformer.add(file_id, path.name, path.read_bytes())
    out = transformer.drain()
    return out.tables, out.facts


def named_nodes(root):
    """A plain walk by `children`, with its own stack."""
    stack, found = [root], 0
    while stack:
        node = stack.pop()
        found += node.is_named
        stack.extend(node.children)
    return found


def test_rows_are_all_named_nodes_of_the_standard_library():
    files = stdlib_files()[::STRIDE]
    tables, facts = transform("python", files, ["nodes"])
    counted = dict.fromkeys(range(len(files)), 0)
    for file_id in tables["nodes"].column("file_id").to_pylist():
        counted[file_id] += 1
    parser = Parser(load_language("python"))
    for file_id, path in enumerate(files):
        text = source_to_utf8(path.read_bytes(), cookies=True).data
        assert text is not None
        assert counted[file_id] == named_nodes(parser.parse(text).root_node) == facts[file_id].node_count, (
            path
        )


def ast_definitions(source: bytes) -> set[tuple[str, int]] | None:
    """(name, line) of functions, classes, and of simple assignments outside of functions."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    found: set[tuple[str, int]] = set()
    todo: list[tuple[ast.AST, bool]] = [(tree, False)]
    while todo:
        node, in_function = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add((node.name, node.lineno))
        if not in_function and isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update((name.id, name.lineno) for target in targets for name in simple_names(target))
        inner = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
            in_function and not isinstance(node, ast.ClassDef)
        )
        todo.extend((child, inner) for child in ast.iter_child_nodes(node))
    return found


def simple_names(target):
    if isinstance(target, ast.Name):
        yield target
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from simple_names(element)
    elif isinstance(target, ast.Starred):
        yield from simple_names(target.value)


def python_agreement(files):
    """(found, missed, extra) definitions against `ast`, as lists of (file, name, line)."""
    tables, _ = transform("python", files, ["symbols"])
    rows: dict[int, set[tuple[str, int]]] = {}
    symbols = tables["symbols"]
    for file_id, name, line in zip(
        *(symbols.column(name).to_pylist() for name in ("file_id", "name", "name_line")), strict=True
    ):
        rows.setdefault(file_id, set()).add((name, line))
    found, missed, extra = [], [], []
    for file_id, path in enumerate(files):
        wanted = ast_definitions(path.read_bytes())
        if wanted is None:
            continue
        have = rows.get(file_id, set())
        found += [(path, *item) for item in wanted & have]
        missed += [(path, *item) for item in wanted - have]
        extra += [(path, *item) for item in have - wanted]
    return found, missed, extra


def test_python_definitions_agree_with_ast():
    found, missed, extra = python_agreement(stdlib_files()[::STRIDE])
    assert len(found) > 1000
    assert len(missed) <= 0.005 * len(found), missed[:20]
    assert len(extra) <= 0.005 * len(found), extra[:20]


C_SOURCE = """
#define LIMIT 10
#define MIN(a, b) ((a) < (b) ? (a) : (b))
typedef struct point { int x, y; struct point *next; } point_t;
typedef int (*compare)(const void *, const void *);
enum color { RED, GREEN = 5 };
union both { int i; float f; };
static const char *names[] = { "a", "b" };
int counter = 0, *cursor;
static inline int area(int w, int h) { int result = w * h; return result; }
void (*handler(int code))(int) { return 0; }
"""
JAVA_SOURCE = """
package com.example;
public class Shop<T extends Comparable<T>> implements Runnable {
  private static final int LIMIT = 3, other = 4;
  enum Kind { SMALL, LARGE { void f() {} } }
  interface Visitor { int DEPTH = 1; void visit(Shop<?> shop); }
  @interface Marker { String value(); }
  Shop(int size) { int local = size; }
  public void run() { Runnable r = new Runnable() { public void run() {} }; }
  static class Inner { int field; }
}
"""
GO_SOURCE = """
package shop

import "fmt"

const (
	Small = iota
	Large
)

var total, count = 1, 2

type Item struct {
	Name, Code string
	price      int
}
type Visitor interface {
	Visit(item Item) error
}
type Handler func(int) string

func (i *Item) Price() int { return i.price }
func Sum(values ...int) (sum int) { local := 1; fmt.Println(local); return }
"""
CTAGS = {
    "c": ("C", "defgmpstuv", ".c", C_SOURCE),
    "java": ("Java", "acefgim", ".java", JAVA_SOURCE),
    "go": ("Go", "fcvtsimn", ".go", GO_SOURCE),
}
"""language → ctags' name of it, the kinds that we have too, an ending, a source.

Kinds left out say what is no definition here: Go's package names of imports, local variables.
"""


def ctags_names(language, files):
    word, kinds, _, _ = CTAGS[language]
    command = [
        "ctags",
        "--output-format=json",
        "--fields=+nK",
        f"--languages={word}",
        f"--kinds-{word}={kinds}",
    ]
    done = subprocess.run([*command, "-o", "-", *map(str, files)], capture_output=True, text=True, check=True)
    tags = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {(tag["path"], tag["name"], tag["line"]) for tag in tags if not tag["name"].startswith("__anon")}


@pytest.mark.skipif(shutil.which("ctags") is None, reason="universal-ctags is not installed")
@pytest.mark.parametrize("language", sorted(CTAGS))
def test_definitions_of_ctags_are_found(language, tmp_path):
    ending, source = CTAGS[language][2:]
    own = tmp_path / f"source{ending}"
    own.write_text(source)
    files = [own, *sorted(POLYGLOT.rglob(f"*{ending}"))]
    tables, facts = transform(language, files, ["symbols"])
    symbols = tables["symbols"]
    columns = [symbols.column(name).to_pylist() for name in ("file_id", "name", "name_line")]
    ours = {(str(files[file_id]), name, line) for file_id, name, line in zip(*columns, strict=True)}
    theirs = ctags_names(language, files)
    assert len(theirs) > 15
    parsed = {str(path) for file_id, path in enumerate(files) if facts[file_id].status == "ok"}
    assert str(own) in parsed
    missed = sorted(tag for tag in theirs - ours if tag[0] in parsed)
    assert missed == []
