"""universal-ctags: definitions, of the kinds that are definitions in `symbols` too."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.agreement import DEFINITIONS, Fact, Name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_MADE_UP = re.compile(r"__anon|anonFunc|<|Anonymous\w*?[0-9a-f]{8}\d\d")
"""Names that ctags gives to what has none."""
_FUNCTIONS = frozenset("func function generator getter method setter singletonMethod subroutine".split())
"""Scopes in which names are local: some of ctags' parsers show a few of these, others none."""


class Tags(NamedTuple):
    """ctags' name of a language, its kinds that must be in `symbols`, and those that may be."""

    language: str
    must: str
    may: str = ""


def available() -> bool:
    """Whether this machine has it."""
    return shutil.which("ctags") is not None


def facts(tags: Tags, files: Mapping[str, Path]) -> Iterator[tuple[str, list[Fact]]]:
    """What ctags finds in each file; names that it makes up for what has none are left out."""
    kinds = _kinds(tags.language)
    must_be = {kinds[letter] for letter in tags.must}
    path_of = {str(file): path for path, file in files.items()}
    found: dict[str, list[Fact]] = defaultdict(list)
    with tempfile.NamedTemporaryFile("w", suffix=".files") as listed:
        listed.write("".join(f"{file}\n" for file in path_of))
        listed.flush()
        command = ["ctags", "--output-format=json", "--fields=+nKs", f"--language-force={tags.language}"]
        command += [f"--kinds-{tags.language}={tags.must}{tags.may}", "-o", "-", "-L", listed.name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            for line in process.stdout:
                tag = json.loads(line.decode("utf-8", "replace"))
                if tag["_type"] != "tag" or _MADE_UP.match(tag["name"]):
                    continue
                path = path_of[tag["path"]]
                must = tag["kind"] in must_be and tag.get("scopeKind") not in _FUNCTIONS
                name = Name(path, tag["name"], tag.get("line", 0))
                found[path].append(Fact(DEFINITIONS, name, tag["kind"], must))
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    for path in files:
        yield path, found.get(path, [])


@cache
def _kinds(language: str) -> dict[str, str]:
    """The word for each letter."""
    command = ["ctags", f"--list-kinds-full={language}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()}
