"""Compiles the loops of `transform/native` where a wheel is built, with a compiler that is a Python package.

So nobody who installs from a checkout or builds a release needs a compiler or Python's headers: the module
uses the stable ABI alone. On platforms that are not listed here, and where `SNAKE_PIPE_PURE_PYTHON` is
set, the wheel is one of Python alone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("snake_pipe/transform/native")
MODULE = FOLDER / "loops.abi3.so"
TARGETS = {
    "linux-x86_64": ("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64"),
    "linux-aarch64": ("aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64"),
}
"""By Python's platform: what is compiled for, and how wheels for it are named."""
COMPILER = "ziglang>=0.15,<0.18"
FLAGS = "-std=c11 -O2 -g0 -s -fPIC -shared -nostdlib -fvisibility=hidden -Wall -Wextra -Werror"


class NativeBuildHook(BuildHookInterface):
    """Adds the compiled module to wheels, and to a checkout that is installed in place."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What has to be installed for the build."""
        return [COMPILER] if _target() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, or leave it; SystemExit with the way out where it cannot be compiled."""
        self._scratch = tempfile.TemporaryDirectory(prefix="snake-pipe-build-")
        target = _target()
        built = None if target is None else self._compile(target[0], Path(self._scratch.name))
        if version == "editable":
            _replace(built, Path(self.root) / MODULE)
        elif built is not None:  # the checkout is left alone: another one may be installed from it in place
            build_data["force_include"][str(built)] = str(MODULE)
        if target is not None:
            build_data["pure_python"] = False
            build_data["tag"] = f"cp311-abi3-{target[1]}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove what only the build needed."""
        self._scratch.cleanup()

    def _compile(self, triple: str, folder: Path) -> Path:
        module = folder / MODULE.name
        sources = sorted(str(FOLDER / path.name) for path in (Path(self.root) / FOLDER).glob("*.c"))
        compiler = [sys.executable, "-m", "ziglang", "cc", "-target", triple, *FLAGS.split()]
        result = subprocess.run(
            [*compiler, f'-DDIGEST="{_digest(Path(self.root))}"', "-o", str(module), *sources],
            cwd=self.root,
            env={**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(folder / "cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise SystemExit(
                f"{FOLDER}/*.c could not be compiled for {triple}: {result.stderr.strip()}\n"
                "Set SNAKE_PIPE_PURE_PYTHON=1 to install without it; all works as it does, more slowly."
            )
        return module


def _replace(built: Path | None, module: Path) -> None:
    """Put a module in the place of another one that may be in use."""
    if built is None:
        module.unlink(missing_ok=True)
        return
    beside = module.with_name(f"{module.name}.{os.getpid()}")
    shutil.copyfile(built, beside)
    beside.replace(module)


def _digest(root: Path) -> str:
    """What the module was compiled from, which is its docstring: a stale one in a checkout can be seen."""
    sources = sorted(path for path in (root / FOLDER).iterdir() if path.suffix in (".c", ".h"))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sources]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _target() -> tuple[str, str] | None:
    """What to compile for; None for Python alone."""
    is_free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    if os.environ.get("SNAKE_PIPE_PURE_PYTHON") or is_free_threaded or sys.implementation.name != "cpython":
        return None
    target = TARGETS.get(sysconfig.get_platform()) if sys.maxsize > 2**32 else None
    if target is not None and "musl" in str(sysconfig.get_config_var("SOABI")):
        return target[0], target[1].replace("manylinux_2_17", "musllinux_1_1")  # it needs no C library
    return target
