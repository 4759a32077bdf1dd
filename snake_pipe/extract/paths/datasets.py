"""How a dataset's folder is called if nobody says otherwise."""

from __future__ import annotations

DATASET_NAME = ".snake-pipe"
