"""Patterns that users write: what they select, and that none of them costs time without end."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.extract.paths.gitignore import IgnoreRules
from snake_pipe.extract.paths.patterns import PathPatterns


@pytest.mark.parametrize(
    ("patterns", "selected", "other"),
    [
        (["*.py"], ["a.py", "b/c/a.py"], ["a.pyc", "a.py.txt"]),
        (["src"], ["src/a", "x/src/b/c", "src"], ["srcs/a"]),
        (["/src/"], ["src/a"], ["x/src/a", "src"]),
        (["src/**"], ["src/a", "src/b/c"], ["x/src/a", "src"]),
        (["**/gen/*.js"], ["gen/a.js", "x/y/gen/a.js"], ["gen/x/a.js"]),
        (["a/**/b"], ["a/b", "a/x/y/b", "a/x/b/c"], ["b", "x/a/b"]),
        (["*.py", "!test_*"], ["a.py"], ["test_a.py", "x/test_b.py", "a.go"]),
        (["build/", "!build/keep.py"], ["build/a.py"], ["build/keep.py"]),
        (["!a", "a"], ["a"], ["b"]),
        (["# all", "", "a"], ["a"], ["# all"]),
        ([r"\#a", "[ab]?.c"], ["#a", "ax.c"], ["cx.c", "a/.c"]),
    ],
)
def test_what_is_selected(patterns: list[str], selected: list[str], other: list[str]) -> None:
    compiled = PathPatterns(patterns)
    assert [path for path in selected + other if compiled.match_file(path)] == selected


@pytest.mark.parametrize("pattern", ["[a", "a\\", "/", "a\nb", "[]", "x" * 5000])
def test_what_can_match_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"can match nothing|line feed"):
        PathPatterns([pattern])


def test_whether_any_selects() -> None:
    assert PathPatterns(["!a", "b"]).selects
    assert not PathPatterns(["!a", "# b"]).selects


def can_match(pattern: str) -> bool:
    return bool(pattern.strip("!/")) and not pattern.endswith("//")


@given(
    st.lists(st.text("ab*/!?", min_size=1, max_size=6).filter(can_match)),
    st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=4),
)
def test_one_pattern_after_the_other_gives_the_same(lines: list[str], parts: list[str]) -> None:
    """The definition: the last line counts that speaks of the path or of a folder above it."""
    paths = [("/".join(parts[: n + 1]) + "/", parts[n] + "/") for n in range(len(parts) - 1)]
    paths.append(("/".join(parts), parts[-1]))
    expected = False
    for line in lines:
        rules = IgnoreRules(line.encode())
        found = (rules.last_match(path.encode(), name.encode()) for path, name in paths)
        said = {rule.ignores for rule in found if rule}
        expected = said == {True} if said else expected
    assert PathPatterns(lines).match_file("/".join(parts)) == expected


HOSTILE = """
from snake_pipe.extract.paths.patterns import PathPatterns
for pattern in (
    "**/*a*a*a*a*a*a*a*a*a*a*b", "*a" * 60 + "b", "**/a/" * 30 + "b", "*?a*" * 40 + "b", "a*/" * 40 + "b"
):
    for path in ("a" * 255, "a/" * 2000 + "c", ("a" * 200 + "/") * 20 + "c"):
        assert not PathPatterns([pattern]).match_file(path)
"""


def test_no_pattern_backtracks_without_end() -> None:
    """`**/*a*a*a*a*a*a*b` in `control cancel` held the coordinator's loop for minutes on a long name."""
    subprocess.run([sys.executable, "-c", HOSTILE], check=True, timeout=60)
