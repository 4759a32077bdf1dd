"""The script that the page on cron shows, in a real shell: what it does by how the ingestion ends."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from testkit.places import PROJECT

_STANDS_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
[ "$(basename "$0")" = git ] && exit "$GIT_CODE"
exit "$CODE"
"""


@pytest.mark.parametrize("code", [0, 1, 2, 3, 75, 130, 143])
def test_it_ends_as_the_ingestion_does(tmp_path, code):
    """It ended with 0 where files failed."""
    assert run(tmp_path, code) == (
        code,
        [
            "git -C repo pull --ff-only --quiet",
            (
                "snake-pipe ingest repo --dataset trees --max-failures 20"
                " --quiet --lock-timeout 10m --on-unfinished resume"
            ),
        ],
    )


def test_a_checkout_that_cannot_be_updated_is_not_ingested(tmp_path):
    assert run(tmp_path, 0, git_code=128) == (128, ["git -C repo pull --ff-only --quiet"])


def run(folder, code, git_code=0):
    """The page's script among commands that stand in for the real ones; its exit code, and what it called."""
    page = (PROJECT / "docs/how-to/cron.md").read_text(encoding="utf-8")
    script = folder / "nightly.sh"
    script.write_text(re.search(r'```sh title="nightly.sh"\n(.*?)```', page, re.DOTALL)[1])
    for name in ("snake-pipe", "git"):
        (folder / name).write_text(_STANDS_IN)
        (folder / name).chmod(0o755)
    codes = {"CODE": str(code), "GIT_CODE": str(git_code)}
    variables = codes | {"PATH": f"{folder}:{os.defpath}", "CALLS": str(folder / "calls")}
    done = subprocess.run(["sh", script, "repo", "trees"], env=variables, timeout=60, check=False)
    return done.returncode, (folder / "calls").read_text().splitlines()
