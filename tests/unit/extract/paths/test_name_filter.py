"""What no rule can be about is told from names alone, and never of a file that a rule is about."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snake_pipe.extract.paths.gitignore import IgnoreRules

PARTS = ["a", "b", ".o", ".", "*", "**", "?", "/", "!", "[ab]", "[!a]", "[", "]", "\\", "\\*", " ", "~", "#"]
NAMES = st.text("ab.o*[]~# \\", min_size=1, max_size=4).map(str.encode)
FOLDERS = st.lists(NAMES.map(lambda name: name + b"/"), max_size=3).map(b"".join)


@given(st.lists(st.lists(st.sampled_from(PARTS), max_size=6).map("".join), max_size=3), FOLDERS, NAMES)
@example(["d/a**"], b"d/a/", b"x")
@example(["a/**"], b"a/b/", b"x")
@example(["*.a.o"], b"", b"b.a.o")
@example(["[a]*"], b"", b"ab")
@example(["\\a*b"], b"", b"ab")
@example(["a[b/a]*"], b"", b"ab")
@example(["a/o[!/]b"], b"a/", b"oab")
@example(["a**/b"], b"", b"ab")
def test_a_rule_about_a_file_is_always_looked_for(rules: list[str], folder: bytes, name: bytes) -> None:
    read = IgnoreRules("\n".join(rules).encode())
    for entry in (name, name + b"/"):
        if read.last_match(folder + entry, entry) is not None:
            assert read.may_match(folder, [entry])
    if read.last_match(folder + name, name) is not None:
        assert read.may_match(folder, [b"-", name, b"--"])


@pytest.mark.parametrize(
    "rule", ["*.o", "*~", "core", "/build/", "a/b/*.c", "gen*", "*.tab.[ch]", "\\#*#", "deep/**", "*/x/*.js"]
)
def test_most_files_need_no_closer_look(rule: str) -> None:
    rules = IgnoreRules(rule.encode())
    assert not rules.may_match(b"src/", [b"main.c", b"main.h", b"Makefile", b"x.ts"])
    assert not rules.may_match(b"src/", [b"lib/"])
