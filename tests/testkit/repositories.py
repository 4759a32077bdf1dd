"""Folders that tests ingest."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

IDENTITY = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
for _role in ("AUTHOR", "COMMITTER"):
    IDENTITY |= {f"GIT_{_role}_NAME": "Test", f"GIT_{_role}_EMAIL": "test@example.org"}


def python_files(root: Path, count: int) -> Path:
    """`m00.py` and so on, a function and a call in each."""
    root.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        (root / f"m{index:02}.py").write_text(f"def f{index}(x):\n    return g{index}(x) + {index}\n")
    return root


def write(root: Path, *paths: str) -> Path:
    """Files of one line each, in folders as their paths say."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"# {path}\n")
    return root


def git(folder: Path, *arguments: str) -> None:
    """A command of git that heeds no settings of this user."""
    command = ["git", "-c", "protocol.file.allow=always", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | IDENTITY)


def git_repository(root: Path, *paths: str) -> Path:
    """A work tree with these files in its one commit."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q")
    write(root, *paths)
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "start")
    return root
