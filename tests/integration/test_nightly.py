"""The script that the page on cron shows, in a real shell: what it does by how the ingestion ends."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from testkit.places import PROJECT

_STANDS_IN = """#!/bin/sh
echo "$1" >> "$CALLS"
[ "$1" = resume ] || exit "$CODE"
"""


@pytest.mark.parametrize(
    ("code", "exits", "calls"),
    [
        (0, 0, ["ingest"]),
        (3, 3, ["ingest"]),
        (75, 0, ["ingest"]),
        (2, 2, ["ingest"]),
        (1, 0, ["ingest", "resume"]),
        (130, 130, ["ingest"]),
        (143, 143, ["ingest"]),
    ],
)
def test_it_ends_as_the_ingestion_does_and_resumes_what_failed(tmp_path, code, exits, calls):
    """It ended with 0 where files failed, and resumed at once what somebody had stopped."""
    page = (PROJECT / "docs/how-to/cron.md").read_text(encoding="utf-8")
    script = tmp_path / "nightly.sh"
    script.write_text(re.search(r'```sh title="nightly.sh"\n(.*?)```', page, re.DOTALL)[1])
    program = tmp_path / "snake-pipe"
    program.write_text(_STANDS_IN)
    program.chmod(0o755)
    variables = {"PATH": f"{tmp_path}:{os.defpath}", "CALLS": str(tmp_path / "calls"), "CODE": str(code)}
    done = subprocess.run(["sh", script, "repo", "trees"], env=variables, timeout=60, check=False)
    assert done.returncode == exits
    assert (tmp_path / "calls").read_text().split() == calls
