"""The note of a dataset's repositories, as far as it can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from snake_pipe.extract.feeds.repository_names import known_repositories
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER


@pytest.mark.parametrize(
    ("note", "known"),
    [
        ('{"a": "/x/a"}', {"a": Path("/x/a")}),
        ('{"a": 5}', {}),
        ('{"a": null}', {}),
        ('["a"]', {}),
        ('{"a": "/x', {}),
    ],
)
def test_a_damaged_note_is_empty(tmp_path, note, known):
    """A number for a path ended an ingestion of any file below that folder in a traceback."""
    (tmp_path / JOBS_FOLDER).mkdir()
    (tmp_path / JOBS_FOLDER / "repositories.json").write_text(note)
    assert known_repositories(LocalStorage(tmp_path)) == known
