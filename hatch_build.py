"""Compiles `json_native.c` where a wheel is built, with a compiler that is a Python package.

So neither who installs from a checkout nor who builds a release needs a compiler, or Python's headers: the
module uses the stable ABI alone. On platforms that are not listed here, and where `SNAKE_PIPE_PURE_PYTHON` is
set, the wheel is one of Python alone.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("snake_pipe/transform/json_native.c")
HEADER = SOURCE.with_name("python_abi.h")
MODULE = SOURCE.with_suffix(".abi3.so")
TARGETS = {
    "linux-x86_64": ("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64"),
    "linux-aarch64": ("aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64"),
}
"""By Python's platform: what is compiled for, and how wheels for it are named."""
COMPILER = "ziglang>=0.15,<0.18"
FLAGS = "-std=c11 -O2 -fPIC -shared -nostdlib -fvisibility=hidden -Wall -Wextra -Werror"


class NativeBuildHook(BuildHookInterface):
    """Adds the compiled module to wheels, and to checkouts that are installed in place."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What has to be installed for the build."""
        return [COMPILER] if _target() else []

    def clean(self, versions: list[str]) -> None:  # noqa: ARG002 (the interface's)
        """Remove what was built."""
        (Path(self.root) / MODULE).unlink(missing_ok=True)

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile, or leave it; SystemExit with the way out where it cannot be compiled."""
        target = _target()
        self.clean([])
        if target is None:
            return
        triple, platform = target
        compiler = [sys.executable, "-m", "ziglang", "cc", "-target", triple, *FLAGS.split()]
        result = subprocess.run(
            [*compiler, f'-DDIGEST="{_digest(Path(self.root))}"', "-o", str(MODULE), str(SOURCE)],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise SystemExit(
                f"{SOURCE} could not be compiled for {triple}: {result.stderr.strip()}\n"
                "Set SNAKE_PIPE_PURE_PYTHON=1 to install without it; all works as it does, more slowly."
            )
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{platform}"
        build_data["artifacts"].append(str(MODULE))


def _digest(root: Path) -> str:
    """What the module was compiled from, as its docstring tells: a stale one in a checkout can be seen."""
    return hashlib.sha256((root / SOURCE).read_bytes() + (root / HEADER).read_bytes()).hexdigest()


def _target() -> tuple[str, str] | None:
    """What to compile for; None for Python alone."""
    is_free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    if os.environ.get("SNAKE_PIPE_PURE_PYTHON") or is_free_threaded or sys.implementation.name != "cpython":
        return None
    target = TARGETS.get(sysconfig.get_platform())
    if target is not None and "musl" in str(sysconfig.get_config_var("SOABI")):
        return target[0], target[1].replace("manylinux_2_17", "musllinux_1_1")  # it needs no C library
    return target
