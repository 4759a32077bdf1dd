"""Files with other times: hashed, and left alone where the content is what is known."""

from __future__ import annotations

import hashlib
import os

import pytest

from snake_pipe.extract.batch_models import DiscoveredFile
from snake_pipe.extract.disk.reader import OpenFile
from snake_pipe.extract.feeds.equal_content import EqualContent, NotedTimes
from snake_pipe.load.known_files import KnownContent

LIMIT = 1000
TEXT = b"x = 1\n"
HASH = hashlib.sha256(TEXT).digest()[:16]


class Known:
    """What a dataset has of the files of these paths."""

    def __init__(self, **contents):
        self._contents = contents
        self.superseded = []

    def contents(self, files):
        return [self._contents.get(file.path) for file in files]

    def supersede(self, files):
        self.superseded += files


def found(root, *paths, text=TEXT, **details):
    for path in paths:
        (root / path).write_bytes(text)
    return [
        DiscoveredFile(str(root), path, len(text), os.stat(root / path).st_mtime_ns, "python", "r", **details)
        for path in paths
    ]


def test_equal_content_is_left_alone_and_its_time_noted(tmp_path):
    files = found(tmp_path, "old", "same", "other", "new")
    known = Known(
        old=KnownContent(1, 5, HASH),
        same=KnownContent(2, files[1].mtime_ns, HASH),
        other=KnownContent(3, 5, bytes(16)),
    )
    noted = NotedTimes()
    content = EqualContent(known, LIMIT, noted)
    assert content.match(files) == [True, True, False, False]
    assert noted.take() == {1: files[0].mtime_ns}
    assert content.touched == 1
    assert known.superseded == [("r", "other"), ("r", "new")]


@pytest.mark.parametrize("work", [lambda path: path.unlink(), lambda path: path.write_bytes(TEXT + b"#")])
def test_a_file_that_is_gone_or_another_by_now_goes_the_ordinary_way(tmp_path, work):
    files = found(tmp_path, "a")
    work(tmp_path / "a")
    assert EqualContent(Known(a=KnownContent(1, 5, HASH)), LIMIT, NotedTimes()).match(files) == [False]


def test_a_file_that_changes_while_it_is_hashed_goes_the_ordinary_way(tmp_path, monkeypatch):
    files = found(tmp_path, "a")

    def read(opened, size):
        data = os.read(opened._descriptor, size)
        os.utime(tmp_path / "a", ns=(7, 7))
        return data

    monkeypatch.setattr(OpenFile, "read", read)
    assert EqualContent(Known(a=KnownContent(1, 5, HASH)), LIMIT, NotedTimes()).match(files) == [False]


def test_a_file_that_is_too_large_to_be_read_needs_no_hash(tmp_path):
    files = found(tmp_path, "a", "b", skip_reason="too_large")
    noted = NotedTimes()
    content = EqualContent(Known(a=KnownContent(1, 5, None), b=KnownContent(2, 5, HASH)), LIMIT, noted)
    assert content.match(files) == [True, False]
    assert noted.take() == {1: files[0].mtime_ns}


def test_notes_are_bounded_and_given_once():
    noted = NotedTimes(most=1)
    for file_id, mtime in ((1, 5), (2, 6), (1, 7)):
        noted.add(file_id, mtime)
    assert (noted.take(), noted.take()) == ({1: 7}, {})
    noted.add(2, 8)
    assert noted.take() == {2: 8}
