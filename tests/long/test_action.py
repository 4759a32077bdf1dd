"""The action installs the project from its own checkout, and later steps find the command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from testkit.action import Runner
from testkit.repositories import git_repository
from testkit.tables import paths

_LIMIT = 1200
"""Seconds for an installation, which is downloaded."""


@pytest.mark.timeout(2 * _LIMIT)
def test_the_action_installs_and_ingests(cli, tmp_path):
    root = git_repository(tmp_path / "shop", "a.py", "b.py")
    environment = {name: value for name, value in cli.environment.items() if name != "PYTHONPATH"}
    path = os.pathsep.join((str(Path(sys.executable).parent), environment["PATH"]))
    runner = Runner(root, tmp_path / "runner", environment | {"PATH": path}, limit=_LIMIT)
    code, told, outputs = runner.step("install", extras="")
    assert code == 0, told
    assert outputs["version"].startswith("snake-pipe-")
    (folder,) = (runner.temp / "GITHUB_PATH").read_text().split()
    assert Path(folder, "snake-pipe").is_file()
    runner.environment["PATH"] = os.pathsep.join((folder, os.defpath))
    code, told, _ = runner.step("ingest")
    assert code == 0, told
    assert paths(root / ".snake-pipe") == ["a.py", "b.py"]
