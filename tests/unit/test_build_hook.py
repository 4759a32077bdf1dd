"""What the build fetches, with an npm of the test's own; hatchling is there in builds only."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from testkit.native import FOLDERS, digest
from testkit.places import PROJECT

LIBRARIES = Path("snake_pipe/report/web/libraries")
PACKAGES = """#!/bin/sh
echo "$@" >> "$ASKED"
for file in d3-hierarchy/dist/d3-hierarchy.min.js d3-hierarchy/LICENSE \\
    uplot/dist/uPlot.iife.min.js uplot/dist/uPlot.min.css uplot/LICENSE; do
    mkdir -p "node_modules/$(dirname $file)" && echo "$file" > "node_modules/$file"
done
"""


class Hook:
    """As much of hatchling's class as the hook uses."""

    def __init__(self, root: Path, target_name: str) -> None:
        self.root, self.target_name = str(root), target_name
        self.warnings: list[str] = []
        self.app = SimpleNamespace(display_warning=self.warnings.append)


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Runs the hook for a source distribution of a checkout with nothing but the lock file."""
    root, tools = tmp_path / "checkout", tmp_path / "tools"
    (root / LIBRARIES).mkdir(parents=True)
    tools.mkdir()
    (tools / "npm").touch(mode=0o755)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PROJECT / LIBRARIES / name, root / LIBRARIES)
    interface = ModuleType("hatchling.builders.hooks.plugin.interface")
    interface.BuildHookInterface = Hook
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    spec = importlib.util.spec_from_file_location("hatch_build", PROJECT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))

    def run(npm: str = PACKAGES) -> list[str]:
        (tools / "npm").write_text(npm)
        hook = module.BuildHook(root, "sdist")
        hook.initialize("standard", {})
        hook.finalize("standard", {}, "")
        return hook.warnings

    run.module, run.root, run.asked = module, root, tmp_path / "asked"
    return run


def test_libraries_are_fetched_once_by_the_lock_file_and_run_nothing(build):
    assert build() == []
    for source, name in build.module.FETCHED.items():
        assert (build.root / LIBRARIES / name).read_text() == f"{source}\n"
    assert build() == []
    (asked,) = build.asked.read_text().splitlines()
    assert asked.startswith("ci --ignore-scripts ")


def test_they_are_fetched_again_when_the_lock_file_is_another(build):
    build()
    with (build.root / LIBRARIES / "package-lock.json").open("a") as lock:
        lock.write("\n")
    build()
    assert len(build.asked.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "npm", ["#!/bin/sh\necho no network >&2\nexit 1\n", "#!/bin/sh\nexit 0\n", "no program"]
)
def test_what_cannot_be_fetched_is_told_and_fails_no_build(build, npm):
    (warning,) = build(npm)
    assert warning.startswith("snake-pipe report will not work")
    assert sorted(path.name for path in (build.root / LIBRARIES).iterdir()) == [
        "package-lock.json",
        "package.json",
    ]
    assert build() == []


def test_npm_comes_as_a_package_where_there_is_none(build, monkeypatch):
    hook = build.module.BuildHook(build.root, "sdist")

    def asked_for():
        with monkeypatch.context() as patched:
            patched.setattr(shutil, "which", lambda name: None)
            patched.setattr(build.module, "_has_node_wheels", lambda: True)
            return hook.dependencies()

    assert hook.dependencies() == []
    assert asked_for() == [build.module.NODE]
    build()
    assert asked_for() == []


@pytest.fixture
def compile_by_name(build, monkeypatch):
    """A hook that makes of each module a file with its name: it is compiled by a package of builds."""
    hook = build.module.BuildHook(build.root, "wheel")
    hook.compiled = []

    def compile_(module, library, triple, folder, made):
        hook.compiled.append(module.path.stem)
        (made / module.path.name).write_text(module.path.stem)

    monkeypatch.setattr(hook, "_compile", compile_)
    return hook


def test_without_libraries_the_build_goes_on_and_says_so_in_a_line_each(
    compile_by_name, build, monkeypatch, tmp_path
):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    made = compile_by_name._build("x86_64-linux-gnu.2.17", tmp_path)
    assert [path.name for path in made] == ["loops.abi3.so", "rows.abi3.so"]
    said = [warning.partition(": pip could not fetch ")[::2] for warning in compile_by_name.warnings]
    assert [loss for loss, _ in said] == [
        "Python will read JSON, more slowly",
        "Python will walk the trees of sources, more slowly",
    ]
    assert [what.partition(": ")[0] for _, what in said] == ["yyjson", "tree-sitter"]
    assert not any("\n" in warning for warning in compile_by_name.warnings)


def test_what_was_compiled_is_kept_until_something_in_it_changes(
    compile_by_name, build, monkeypatch, tmp_path
):
    def library(folder):
        (tmp_path / "LICENSE").write_text("free")
        return tmp_path

    modules = [
        build.module.Module(Path("a.abi3.so"), Path("a"), "-O2"),
        build.module.Module(
            Path("b.abi3.so"), Path("b"), "-O2", "b", library, licenses=(("LICENSE", "b.LICENSE"),)
        ),
    ]
    monkeypatch.setattr(build.module, "MODULES", modules)
    for name in "ab":
        (build.root / name).mkdir()

    def made(scratch):
        (tmp_path / scratch).mkdir()
        compile_by_name.compiled.clear()
        built = compile_by_name._build("x86_64-linux-gnu.2.17", tmp_path / scratch)
        texts = {str(path): made.read_text() for path, made in built.items()}
        assert texts == {"a.abi3.so": "a.abi3", "b.abi3.so": "b.abi3", "b/b.LICENSE": "free"}
        return compile_by_name.compiled

    assert made("first") == ["a.abi3", "b.abi3"]
    assert made("second") == []
    (build.root / "b" / "new.c").touch()
    assert made("third") == ["b.abi3"]


def test_the_runtime_that_is_compiled_in_is_the_required_one(build):
    required = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert f"tree-sitter=={build.module.TREE_SITTER_VERSION}" in required


def test_modules_are_told_by_the_digests_of_their_sources(build):
    hook = build.module
    assert [hook._digest(PROJECT, module) for module in hook.MODULES] == [digest(name) for name in FOLDERS]
