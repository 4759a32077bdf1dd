"""The command that compares with peers, over small folders."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import psutil
import pytest

from benchmarks import large
from benchmarks.watched import watch
from testkit.places import PROJECT


def test_peers_are_run_beside_ours_and_told_in_one_table(tmp_path):
    text, figures = tmp_path / "table.md", tmp_path / "figures.json"
    dumps = tmp_path / "dumps"
    dumps.mkdir()
    for name in ("inventory_ast.json", "shapes.acorn.ast.json", "ring.syntax.json"):
        shutil.copy(PROJECT / "sample_repos" / "ast_dumps" / name, dumps)
    folders = [PROJECT / "sample_repos" / "polyglot", dumps]
    peers = ["tree-sitter-alone", "orjson-alone", "one-by-one-Python", "DuckDB-json_tree", "universal-ctags"]
    command = [sys.executable, "-m", "benchmarks.compare", "--folder", *folders, "--rounds", "1"]
    command += ["--corpus", tmp_path, "--peers", *peers, "--markdown", text, "--json", figures]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    sources, trees = json.loads(figures.read_text())["corpora"]
    for corpus, expected in ((sources, {peers[0], peers[2]}), (trees, set(peers[1:4]))):
        told = {line["tool"].replace(" ", "-"): line for line in corpus["lines"]}
        assert told.keys() - {"universal-ctags"} == {"snake-pipe", *expected}
        assert all(line["median"]["seconds"] > 0 and line["version"] for line in told.values())
        nodes = [told[name]["median"]["gave"].partition(",")[0] for name in ("snake-pipe", peers[2])]
        assert nodes[0].split()[0] == nodes[1].split()[0]
    assert {"universal-ctags"} & ({line["tool"] for line in sources["lines"]} ^ sources["left_out"].keys())
    assert text.read_text().count("| snake-pipe |") == 2


def test_a_command_is_watched_with_all_that_it_began(tmp_path):
    busy = "import time\nwhile time.process_time() < 0.3: pass\n"
    orphan = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {busy!r}]); {busy}"
    took = watch([sys.executable, "-c", orphan], output=tmp_path / "printed")
    assert took.code == 0
    assert took.processor_seconds > 0.55
    assert took.peak_memory > took.own_peak_memory > 1_000_000


def test_a_command_that_takes_too_long_is_stopped(tmp_path):
    took = watch(
        [sys.executable, "-c", "import time; time.sleep(60)"], output=tmp_path / "printed", longest=0.2
    )
    assert took.timed_out
    assert took.seconds < 30


def test_a_run_that_does_not_come_to_its_half_is_ended(tmp_path, monkeypatch):
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr(large, "ingest_command", lambda root, dataset: [*sleeper, str(root), str(dataset)])
    monkeypatch.setattr(large, "_LONGEST", 0.0)
    with pytest.raises(SystemExit, match="no half"):
        large.killed_at_half(tmp_path, tmp_path / "none", 1)
    assert not [one.pid for one in psutil.process_iter() if str(tmp_path) in _words(one)]


def _words(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []
