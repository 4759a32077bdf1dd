"""TypeScript's own compiler: definitions, calls and imports of JavaScript and TypeScript."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.agreement import Fact, Name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SCRIPT = Path(__file__).with_suffix(".mjs")


def facts(node_folder: Path, files: Mapping[str, Path]) -> Iterator[tuple[str, list[Fact]]]:
    """What the compiler finds in each file; files that it refuses are left out."""
    path_of: dict[str, list[str]] = {}
    for path, file in files.items():
        path_of.setdefault(str(file), []).append(path)
    done = subprocess.run(
        ["node", "--max-old-space-size=2048", _SCRIPT, node_folder],
        input="".join(f"{file}\n" for file in path_of), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    for line in done.stdout.split("\n"):
        answer = json.loads(line) if line else {}
        for path in path_of.get(answer.get("path", ""), ()):
            if "facts" in answer:
                yield (
                    path,
                    [
                        Fact(subject, Name(path, name, at), word, must)
                        for subject, name, at, word, must in answer["facts"]
                    ],
                )
