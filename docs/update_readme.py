"""Fills in the README from the program: outputs of its commands, the table reference.

python docs/update_readme.py           # write
python docs/update_readme.py --check   # compare; what changes from run to run (times, ids) does not count
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from snake_pipe.schemas import KINDS, TABLES, VIEWS

PROJECT = Path(__file__).resolve().parent.parent
README = PROJECT / "README.md"

_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_PROGRESS = re.compile(r"[\d,]+/[\d,]+\+? files · ")
"""The line of progress that comes every few seconds; on a slow machine a small job has one too."""

_VOLATILE = [
    (re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}"), "JOB"),
    (re.compile(r"^time .*$", re.MULTILINE), "time"),
]


def filled(text: str) -> str:
    """The README with everything that the program knows better filled in."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(
            PROJECT / "sample_repos",
            Path(folder) / "sample_repos",
            ignore=shutil.ignore_patterns(".snake-pipe"),
        )
        text = _BLOCK.sub(lambda match: f"```console\n{_run_block(match.group(1), Path(folder))}```", text)
    text = _between(text, "tables", "\n" + _reference() + "\n")
    return _between(text, "kinds", ", ".join(f"`{kind}`" for kind in KINDS))


def comparable(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, word in _VOLATILE:
        text = pattern.sub(word, text)
    return text


def _run_block(block: str, folder: Path) -> str:
    lines = []
    for line in block.splitlines():
        if line.startswith("$ "):
            lines += [line, *_output(line[2:], folder)]
    return "".join(f"{line}\n" for line in lines)


def _output(command: str, folder: Path) -> list[str]:
    name, *arguments = shlex.split(command)
    assert name == "snake-pipe", command
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SNAKE_PIPE_")}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("snake-pipe")), *arguments],
        cwd=folder,
        env=environment | {"XDG_STATE_HOME": str(folder / "state")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{command}: exit {done.returncode}\n{done.stdout}")
    return [line for line in done.stdout.rstrip("\n").splitlines() if not _PROGRESS.match(line)]


def _reference() -> str:
    parts = []
    for table, columns in (TABLES | VIEWS).items():
        rows = [f"| {column.name} | {_shown(column.type)} | {column.doc} |" for column in columns]
        parts.append("\n".join([f"**{table}**", "", "| column | type | meaning |", "|---|---|---|", *rows]))
    return "\n\n".join(parts)


def _shown(type_: str) -> str:
    return "string" if type_ == "dictionary" else type_


def _between(text: str, marker: str, content: str) -> str:
    start, end = f"<!-- {marker} -->", f"<!-- /{marker} -->"
    head, _, rest = text.partition(start)
    _, _, tail = rest.partition(end)
    return f"{head}{start}{content}{end}{tail}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    before = README.read_text(encoding="utf-8")
    after = filled(before)
    if not options.check:
        README.write_text(after, encoding="utf-8")
    elif comparable(after) != comparable(before):
        raise SystemExit("README.md is not what the program says: python docs/update_readme.py")


if __name__ == "__main__":
    main()
