"""The sample repositories are what they say: every core language, and AST files that name no machine."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from snake_pipe.extract.discovery.left_out import LeftOut
from snake_pipe.extract.discovery.selection import Selection
from snake_pipe.extract.discovery.walk import walk
from testkit.places import SAMPLES

LARGEST_DUMP = 60_000

ENDINGS = {
    ".py": "python",
    ".js": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".java": "java",
    ".go": "go",
    ".rs": "rust",
    ".c": "c",
    ".h": "c",
    ".cpp": "cpp",
    ".hpp": "cpp",
    ".cs": "c-sharp",
    ".rb": "ruby",
    ".php": "php",
    ".sh": "bash",
}
SHEBANGS = {b"#!/usr/bin/env python3": "python"}

SELECTION = Selection(
    lambda name: "ast" if name.endswith((".json", ".json.gz")) else ENDINGS.get(Path(name).suffix),
    lambda name, head: SHEBANGS.get(head.split(b"\n")[0]),
)


def test_the_polyglot_sample_has_every_core_language() -> None:
    left_out = LeftOut()
    found = list(walk([SAMPLES / "polyglot"], SELECTION, left_out))
    assert {item.queue for item in found} == {*ENDINGS.values(), "ast"}
    assert {item.repo for item in found} == {"polyglot"}
    assert [item.path for item in found if item.queue == "ast"] == ["data/products.json"]
    assert "bin/orders" in [item.path for item in found if item.queue == "python"]
    assert left_out.unrecognised == {".md": 1, "(none)": 1}


DUMPS = [item for item in walk([SAMPLES / "ast_dumps"], SELECTION) if item.queue == "ast"]


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.path)
def test_a_dump_is_small_and_names_no_place(dump) -> None:
    raw = Path(dump.os_path).read_bytes()
    text = gzip.decompress(raw) if dump.path.endswith(".gz") else raw
    assert len(text) < LARGEST_DUMP
    assert text.endswith(b"\n")
    assert isinstance(json.loads(text), dict)
    for place in (os.fsencode(SAMPLES.parent), b"/home/", b"/tmp/", b"/usr/", b"/Users/", b"node_modules"):
        assert place not in text


def test_there_are_dumps_of_every_parser() -> None:
    assert len(DUMPS) == 10
