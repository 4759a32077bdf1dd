"""Where long tests keep their datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from testkit.object_servers import seaweedfs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from testkit.object_servers import ObjectServer


@pytest.fixture(scope="session")
def object_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """One that stands races, in the place of the one that starts fast."""
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What names of datasets are to begin with: an empty folder, and an empty prefix of a bucket."""
    return str(tmp_path) if request.param == "folder" else str(request.getfixturevalue("bucket"))
