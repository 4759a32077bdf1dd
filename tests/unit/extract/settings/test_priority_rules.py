from __future__ import annotations

import pytest

from snake_pipe.errors import ConfigError
from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.settings.priority_rules import PriorityRules

NOW = 1_700_000_000 * 10**9
DAY = 86_400 * 10**9


def found(
    path: str = "src/a/b.py", size: int = 1000, age: int = DAY, queue: str = "python"
) -> DiscoveredFile:
    return DiscoveredFile("/r", path, size, NOW - age, queue)


@pytest.mark.parametrize(
    ("rule", "file", "fits"),
    [
        ("src/**=9", found("src/a/b.py"), True),
        ("src/**=9", found("lib/src/b.py"), False),
        ("*.py=9", found("lib/src/b.py"), True),
        ("/*.py=9", found("lib/b.py"), False),
        ("test/=9", found("a/test/b.py"), True),
        ("a=b.py=9", found("a=b.py"), True),
        ("language:python=9", found(), True),
        ("language: python = 9", found(), True),
        ("language:go=9", found(), False),
        ("language:ast=9", found(queue="ast"), True),
        ("size<1000=9", found(size=1000), False),
        ("size<=1000=9", found(size=1000), True),
        ("size>100KiB=9", found(size=102_401), True),
        ("size > 100 KiB = 9", found(size=102_400), False),
        ("size>=100KiB=9", found(size=102_400), True),
        ("mtime<1d=9", found(age=DAY - 1), True),
        ("mtime<1d=9", found(age=DAY), False),
        ("mtime<1d=9", found(age=-DAY), True),  # a clock that went wrong: surely changed lately
        ("mtime>30d=9", found(age=31 * DAY), True),
        ("mtime<=90m=9", found(age=DAY // 16), True),
    ],
)
def test_what_a_rule_fits(rule, file, fits):
    assert PriorityRules.parse([rule]).apply(file, NOW).priority == (9 if fits else 5)


def test_the_first_rule_that_fits_decides():
    rules = PriorityRules.parse(["src/old/**=1", "src/**=9", "size>1MiB=2", "*=0"])
    priorities = [
        rules.apply(file, NOW).priority
        for file in (found("src/old/a.py"), found("src/a.py", 1 << 21), found("x.py", 1 << 21), found("x.py"))
    ]
    assert priorities == [1, 9, 2, 0]


def test_a_file_that_keeps_its_priority_is_the_same_object():
    file = found()
    assert PriorityRules.parse([]).apply(file, NOW) is file
    assert PriorityRules.parse(["*.go=9"]).apply(file, NOW) is file
    assert PriorityRules.parse(["*.py=5"]).apply(file, NOW) is file


def test_rules_are_false_where_there_are_none():
    assert not PriorityRules.parse([])
    assert PriorityRules.parse(["*=1"])


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("src/**", "'src/\\*\\*' is not CONDITION=PRIORITY"),
        ("=9", "'=9' is not CONDITION=PRIORITY"),
        ("src/**=11", "not a number from 0 to 10"),
        ("src/**=-1", "not a number from 0 to 10"),
        ("src/**=high", "not a number from 0 to 10"),
        ("src/**=²", "not a number from 0 to 10"),
        ("src/**=", "not a number from 0 to 10"),
        ("size<much=3", "expected a size"),
        ("size<=3", "expected a size"),  # a size was forgotten; `<=3` is not one
        ("mtime<soon=3", "expected a time"),
        ("language:=3", "there is no language ''"),
        ("language:pyton=3", "did you mean python"),
        ("!src=3", "selects no file"),
        ("# all=3", "selects no file"),
        ("\\=3", "can match nothing"),
    ],
)
def test_a_rule_that_cannot_be_read_is_named_with_an_example(rule, reason):
    with pytest.raises(ConfigError, match=reason) as caught:
        PriorityRules.parse([rule])
    assert repr(rule) in caught.value.message
    assert "src/**=9" in caught.value.hint
