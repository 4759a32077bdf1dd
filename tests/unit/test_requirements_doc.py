"""docs/requirements.md answers every requirement; the tests, commands and names in it are there."""

from __future__ import annotations

import re

import pytest

from testkit.collected import COLLECTED
from testkit.places import PROJECT

COUNTS = {"000": 5, "001": 6, "002": 5, "003": 12, "004": 18}
IDS = [f"{document}-{number}" for document, count in COUNTS.items() for number in range(1, count + 1)]

_ROW = re.compile(r"\| (\d{3}-\d+) \|")
_TEST = re.compile(r"(?:tests|benchmarks)/[\w/]+\.py::\w+")
_COMMAND = re.compile(r"python -m benchmarks\.(\w+)[ \-\w]*|tox")
_QUOTED = re.compile(r"`([^`]+)`")
_WORD = re.compile(r"[A-Za-z_]*[a-z_][A-Za-z_]*")  # those of SQL apart

NOT_THERE = "not in this version"


def rows():
    lines = (PROJECT / "docs" / "requirements.md").read_text(encoding="utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in lines if _ROW.match(line)
    ]


def shown_by(row):
    """The tests and commands of a row's last column."""
    return [part.strip("`") for part in row[3].split("<br>") if part]


def test_every_requirement_is_there_once_and_in_order():
    assert [row[0] for row in rows()] == IDS


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_every_requirement_has_an_answer_and_something_that_shows_it(row):
    _, requirement, answer, _ = row
    assert requirement
    assert answer
    assert shown_by(row) or NOT_THERE in answer


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_what_shows_a_requirement_is_a_test_or_a_command(row):
    for name in shown_by(row):
        if not _TEST.fullmatch(name):
            command = _COMMAND.fullmatch(name)
            assert command, f"{name} is neither a test nor a command"
            module = command.group(1)
            assert module is None or (PROJECT / "benchmarks" / f"{module}.py").is_file(), name


def test_pytest_collects_every_test_that_is_named(pytestconfig):
    """A name in a file is no test yet. The test command has all; a smaller run is asked for its own."""
    named = {name for row in rows() for name in shown_by(row) if _TEST.fullmatch(name)}
    assert len(named) > 80
    collected = pytestconfig.stash[COLLECTED]
    files = {name.split("::")[0] for name in collected}
    if any("::" in argument for argument in pytestconfig.args):
        files = set()  # of each only a part
    assert {name for name in named if name.split("::")[0] in files} - collected == set()
    for name in named:
        path, _, test = name.partition("::")
        text = (PROJECT / path).read_text(encoding="utf-8")
        assert re.search(rf"^(?:(?:async )?def|class) {test}\b|^{test} = ", text, re.MULTILINE), name


@pytest.fixture(scope="module")
def words_of_the_code():
    sources = [path.read_text(encoding="utf-8") for path in (PROJECT / "snake_pipe").rglob("*.py")]
    return set(_WORD.findall("\n".join(sources)))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_names_in_an_answer_are_names_of_the_code(row, words_of_the_code):
    named = {word for quoted in _QUOTED.findall(row[2]) for word in _WORD.findall(quoted)}
    assert named - words_of_the_code == set()
