"""Pages of the documentation whose commands are run as they are written, and print what the pages say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from testkit.places import PROJECT, SAMPLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from testkit.command import Cli

HOW_TO = PROJECT / "docs" / "how-to"
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
INSTALLATION = "pip install"


def play(page: Path, folder: Path, environment: Mapping[str, str]) -> int:
    """Run a page's commands in order, in a folder with its files; how many outputs were as it says."""
    shutil.copytree(SAMPLES, folder / "sample_repos")
    blocks = BLOCK.findall(page.read_text())
    for _, title, content in blocks:
        if title:
            (folder / title).write_text(content)
    printed, count = "", 0
    for language, _, content in blocks:
        if language == "sh" and not content.startswith(INSTALLATION):
            command = ["bash", "-euc", content]
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            assert (done.stderr, done.returncode) == ("", 0), content
            printed = done.stdout
        elif language == "text" and printed:
            assert printed == content
            printed, count = "", count + 1
    return count


def with_programs(cli: Cli, *folders: Path) -> dict[str, str]:
    """The environment with this Python's programs, and others', on its path."""
    path = map(str, (Path(sys.executable).parent, *folders, os.environ["PATH"]))
    return cli.environment | {"PATH": os.pathsep.join(path)}
