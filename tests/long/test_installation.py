"""Wheels that are built here install without a network: with all compiled modules, some of them, none."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from testkit.compared import differences
from testkit.places import POLYGLOT, PROJECT

_LIMIT = 1800
"""Seconds for what is fetched and built."""
_LOADED = """
from snake_pipe.transform.native import compiled
print(*(name.lower() for name in ("LOOPS", "DOCUMENTS", "ROWS", "SOURCES") if getattr(compiled, name)))
"""
_ALL = {"loops", "documents", "rows", "sources"}
_FETCHED = {"documents", "sources"}
"""Those that contain a library."""


@dataclass
class Workshop:
    """Folders of one test: wheels of what the program needs, and of what builds it."""

    folder: Path

    def run(self, *command: str | Path, **variables: str) -> str:
        """What a command prints; its errors too, where it fails."""
        unwanted = {"PYTHONPATH", "SNAKE_PIPE_PURE_PYTHON"}
        kept = {name: value for name, value in os.environ.items() if name not in unwanted}
        done = subprocess.run(
            [str(word) for word in command],
            env={**kept, **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def clone(self) -> Path:
        """What is committed here, and nothing that an earlier build has kept."""
        target = self.folder / f"clone{len(list(self.folder.glob('clone*')))}"
        self.run("git", "clone", "-q", PROJECT, target)
        return target

    def build(self, **variables: str) -> tuple[Path, str]:
        """A wheel of the project alone, and what was said while it was built."""
        target = self.folder / f"built{len(list(self.folder.glob('built*')))}"
        pip = (sys.executable, "-m", "pip", "wheel", "-v", "--no-deps", "--wheel-dir", target)
        said = self.run(*pip, self.clone(), **variables)
        (wheel,) = target.glob("*.whl")
        return wheel, said

    def installed(self, wheel: Path, wheels: Path) -> Path:
        """The Python of a new environment that has the wheel, and what it needs from a folder alone."""
        environment = self.folder / f"environment-{wheel.parent.name}"
        self.run(sys.executable, "-m", "venv", environment)
        python = environment / "bin" / "python"
        self.run(python, "-m", "pip", "install", "-q", "--no-index", "--find-links", wheels, wheel)
        return python


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="module")
def wheels(workshop: Workshop) -> Path:
    """All that the program and its build need, except the sources of libraries."""
    target = workshop.folder / "wheels"
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "--wheel-dir", target)
    workshop.run(*pip, workshop.clone(), "hatchling", "ziglang<0.18", "pip", SNAKE_PIPE_PURE_PYTHON="1")
    for own in target.glob("snake_pipe-*"):
        own.unlink()
    return target


@pytest.mark.timeout(4 * _LIMIT)
def test_wheels_install_offline_and_give_the_same_rows(workshop: Workshop, wheels: Path) -> None:
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    complete, _ = workshop.build()
    without_sources, said = workshop.build(**offline)
    pure, _ = workshop.build(SNAKE_PIPE_PURE_PYTHON="1")
    assert "pip could not fetch yyjson" in said
    assert "pip could not fetch tree-sitter" in said
    datasets = {}
    for wheel, expected in ((complete, _ALL), (without_sources, _ALL - _FETCHED), (pure, set[str]())):
        python = workshop.installed(wheel, wheels)
        assert set(workshop.run(python, "-P", "-c", _LOADED).split()) == expected
        datasets[wheel] = workshop.folder / f"dataset-{wheel.parent.name}"
        ingest = (python, "-P", "-m", "snake_pipe", "ingest", "-q", "-d")
        workshop.run(*ingest, datasets[wheel], POLYGLOT)
        assert differences(datasets[complete], datasets[wheel]) == {}
    assert pure.name.endswith("-py3-none-any.whl")
    assert "-abi3-manylinux" in complete.name
    assert {Path(name).name for name in zipfile.ZipFile(complete).namelist() if name.endswith("LICENSE")} >= {
        "yyjson.LICENSE",
        "tree-sitter.LICENSE",
    }
