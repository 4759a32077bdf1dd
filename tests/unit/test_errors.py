"""What exceptions say."""

from __future__ import annotations

import pickle

import pytest

from snake_pipe.errors import StorageError


@pytest.mark.parametrize(("first", "both"), [("", "resume it"), ("free space", "free space; resume it")])
def test_a_further_hint_stands_after_the_first(first, both):
    error = StorageError("the disk is full", first)
    error.add_hint("resume it")
    assert (error.hint, str(error)) == (both, f"the disk is full ({both})")
    assert pickle.loads(pickle.dumps(error)).hint == both
