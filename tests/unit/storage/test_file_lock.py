"""Locks of the kernel: held by somebody is one thing, not to be had at all another."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from snake_pipe.storage.file_lock import try_lock

if TYPE_CHECKING:
    from pathlib import Path


def test_a_lock_is_held_until_its_descriptor_is_closed(tmp_path: Path) -> None:
    first, second = (os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT) for _ in range(2))
    assert try_lock(first)
    assert not try_lock(second)
    assert not try_lock(second, shared=True)
    os.close(first)
    assert try_lock(second)
    os.close(second)


def test_what_cannot_be_locked_is_not_held_by_another(tmp_path: Path) -> None:
    """A file system without locks looked like a dataset that somebody was always writing to."""
    descriptor = os.open(tmp_path, os.O_PATH)
    with pytest.raises(OSError, match="Bad file descriptor"):
        try_lock(descriptor)
    os.close(descriptor)
