"""Where a dataset lies if nobody says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DATASET_NAME = ".snake-pipe"


def default_dataset(root: Path) -> Path:
    """The dataset of a folder, or of a file's folder: `.snake-pipe` in it."""
    folder = root if root.is_dir() else root.parent
    return folder.absolute() / DATASET_NAME
