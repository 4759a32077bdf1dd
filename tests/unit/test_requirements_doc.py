"""docs/requirements.md has every requirement, and names only tests and commands that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

COUNTS = {"000": 5, "001": 6, "002": 5, "003": 12, "004": 18}
IDS = [f"{document}-{number}" for document, count in COUNTS.items() for number in range(1, count + 1)]

_ROW = re.compile(r"\| (\d{3}-\d+) \|")
_TEST = re.compile(r"((?:tests|benchmarks)/[\w/]+\.py)::(\w+)")
_COMMAND = re.compile(r"python -m benchmarks\.(\w+)[ \-\w]*|tox")

NOT_THERE = "not in this version"


def rows():
    lines = (PROJECT / "docs" / "requirements.md").read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if _ROW.match(line)]


@cache
def names_in(path):
    """Names that pytest collects at the top of a module."""
    names = set()
    for node in ast.parse((PROJECT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {name for name in names if name.startswith(("test_", "Test"))}


def test_every_requirement_is_there_once_and_in_order():
    assert [row[0] for row in rows()] == IDS


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_what_shows_a_requirement_exists(row):
    _, requirement, what, shown_by = row
    assert requirement
    named = [part.strip("`") for part in shown_by.split("<br>") if part]
    assert named or NOT_THERE in what
    for name in named:
        if test := _TEST.fullmatch(name):
            path, function = test.groups()
            assert (PROJECT / path).is_file(), name
            assert function in names_in(path), name
        else:
            command = _COMMAND.fullmatch(name)
            assert command, f"{name} is neither a test nor a command"
            module = command.group(1)
            assert module is None or (PROJECT / "benchmarks" / f"{module}.py").is_file(), name
