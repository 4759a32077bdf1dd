"""The compiled modules once more, with sanitizers: `hatch_build.py`'s options but those that hide mistakes.

Needs hatchling, whose class the build hook is made from, a compiler on Linux, and pip, which fetches the
libraries, but none of Python's headers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_build import FLAGS, MODULES, _key
from testkit.native import FOLDERS, digest
from testkit.places import PROJECT

if TYPE_CHECKING:
    from hatch_build import Module

DEBUGGED = "-O1 -g -shared -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
KEPT = PROJECT / ".cache" / "sanitized"
"""What was compiled, by all that it is made of: tree-sitter's runtime takes a minute."""
_LEFT_OUT = frozenset(("-O2", "-O3", "-DNDEBUG", "-g0"))


def build_sanitized(folder: Path, compiler: str, *options: str) -> None:
    """Put the package into a folder that is to come first on Python's path, with modules of its own."""
    shutil.copytree(
        PROJECT / "snake_pipe",
        folder / "snake_pipe",
        ignore=shutil.ignore_patterns("*.so", "__pycache__"),
    )

    KEPT.mkdir(parents=True, exist_ok=True)

    def build(module: Module) -> None:
        kept = KEPT / f"{_key(PROJECT, module, ' '.join((compiler, DEBUGGED, *options)))}.so"
        if not kept.exists():
            compile_module(module, kept)
        shutil.copyfile(kept, folder / module.path)

    def compile_module(module: Module, kept: Path) -> None:
        name = module.path.name.partition(".")[0]
        (own := folder / f"library-{name}").mkdir()
        library = module.fetch(own) if module.fetch else own
        flags = [flag for flag in (*FLAGS.split(), *module.flags.split()) if flag not in _LEFT_OUT]
        included = [f"-isystem{library / included}" for included in module.included]
        made_of = f'-DDIGEST="{digest(name)}"'
        sources = map(str, sorted(FOLDERS[name].glob("*.c")))
        command = [compiler, *flags, *DEBUGGED.split(), *options, *included, made_of]
        subprocess.run([*command, "-o", str(own / kept.name), *sources], check=True)
        shutil.copyfile(own / kept.name, beside := kept.with_suffix(f".{os.getpid()}"))
        beside.rename(kept)

    with ThreadPoolExecutor() as threads:
        list(threads.map(build, MODULES))


def environment(folder: Path, *preloaded: Path) -> dict[str, str]:
    """What Python is started with to find the package there, and the sanitizers' errors."""
    return {
        "PYTHONPATH": str(folder),
        "PYTHONMALLOC": "malloc",  # or the sanitizer would see Python's arenas, not the objects in them
        "LD_PRELOAD": ":".join(map(str, preloaded)),
        "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter leaves much to the end of its process
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }


def library_of(compiler: str, name: str) -> Path:
    """A library that comes with a compiler; its bare name where it has none."""
    found = subprocess.run([compiler, f"-print-file-name={name}"], check=True, capture_output=True, text=True)
    return Path(found.stdout.strip())
