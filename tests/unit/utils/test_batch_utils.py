"""Limits of cgroups, read from folders that look like the kernel's, and what a process tree takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from snake_pipe.utils import batch_utils
from snake_pipe.utils.batch_utils import (
    available_cpus,
    memory_limit,
    memory_limits,
    process_tree_memory,
    processor_quotas,
)

OWN_GROUPS = Path("/proc/self/cgroup")


@pytest.fixture
def own(tmp_path):
    """The folder of this process's cgroup of version 2 below `tmp_path`."""
    lines = OWN_GROUPS.read_text().splitlines() if OWN_GROUPS.exists() else []
    paths = [line.removeprefix("0::/") for line in lines if line.startswith("0::/")]
    if not paths:
        pytest.skip("no cgroups of version 2 here")
    folder = tmp_path / "root" / paths[0]
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def root(own, tmp_path):
    return tmp_path / "root"


def test_the_least_limit_counts_wherever_it_is_set(root, own):
    (own / "memory.max").write_text("max\n")
    (own / "memory.high").write_text(f"{300 << 20}\n")
    assert memory_limits(root) == {own / "memory.high": 300 << 20}
    assert memory_limit(cgroup_root=root) == 300 << 20
    assert memory_limit(200 << 20, cgroup_root=root) == 200 << 20


def test_a_limit_of_all_above_counts(root, own):
    (root / "memory.max").write_text(f"{100 << 20}\n")
    assert memory_limit(cgroup_root=root) == 100 << 20


def test_a_quota_is_rounded_up_to_whole_processors(root, own):
    """It was read at the root alone, where a service's quota is not."""
    (own / "cpu.max").write_text("50000 100000\n")
    assert processor_quotas(root) == {own / "cpu.max": 0.5}
    assert available_cpus(root) == 1


@pytest.mark.parametrize("text", ["max 100000\n", "", "1 2 3", "x y", "0 100000"])
def test_what_is_no_quota_limits_nothing(root, own, text):
    (own / "cpu.max").write_text(text)
    assert processor_quotas(root) == {}


def test_without_cgroups_the_machine_is_the_limit(tmp_path):
    assert memory_limits(tmp_path) == {}
    assert memory_limit(cgroup_root=tmp_path) > 0


CHAIN = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(flush=True); input()'])"
"""A process that waits in a process below this one, which says that it is there."""


@pytest.mark.parametrize("knows_children", [True, False])
def test_the_memory_of_a_process_tree_has_processes_below_children(knows_children, monkeypatch):
    if not knows_children:
        monkeypatch.setattr(batch_utils.Path, "exists", lambda _: False)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", CHAIN], **pipes) as process:
        assert process.stdout.readline() == b"\n"
        below = psutil.Process(process.pid).children()
        memory = process_tree_memory()
        process.stdin.write(b"\n")
    assert {process.pid, *(child.pid for child in below)} <= memory.children.keys()
    assert len(below) == 1
    assert memory.total > memory.own > 0
