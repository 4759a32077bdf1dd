"""Fuzzes the compiled modules under clang's sanitizers, against their twins in Python.

    python tests/fuzz/run.py [--seconds 600] [--targets trees sources] [--seed 1]
    python tests/fuzz/run.py --targets trees --inputs .cache/fuzz/trees-crash-0123abcd

Each target (`targets.py`) gets so many seconds, with the tests' samples to begin with. Needs clang with its
runtime libraries on Linux, hatchling, and pip, which fetches the modules' libraries. An error ends its
target; the input is kept in `.cache/fuzz`, its path is printed, and the exit code is 1. With `--inputs`
nothing but these is tried. The same seed makes the same inputs, as far as the machine's pace allows.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from testkit.sanitized import build_sanitized, environment, library_of  # noqa: E402

KEPT = PROJECT / ".cache" / "fuzz"
NAMES = ("trees", "views", "pieces", "sources", "rows")
_FAULT = re.compile(r"runtime error:|ERROR: |^Traceback")
_OTHERS = re.compile(r"^ +#\d+ .*( in fuzzer::|/Python-3|__sanitizer_|libc\.so|libc_start|nptl|stdlib/)")
"""Lines of a stack that are not of compiled modules."""
LONGEST_INPUT = 60
"""Seconds that one may take: both twins, with sanitizers."""
LARGEST_INPUT = 10_000
MOST_MEMORY = 4096
"""MiB of a process, of which sanitizers take the larger part."""


def build(folder: Path) -> dict[str, str]:
    """The modules and the driver; what Python is to be started with."""
    build_sanitized(folder, "clang", "-shared-libasan", "-fsanitize=fuzzer-no-link")
    driver = folder / "driver.abi3.so"
    fuzzer = library_of("clang", "libclang_rt.fuzzer_no_main-x86_64.a")
    if not fuzzer.is_file():
        raise SystemExit("clang has no libFuzzer here: on Debian, apt-get install clang libclang-rt-dev")
    whole = ["-Wl,--whole-archive", str(fuzzer), "-Wl,--no-whole-archive", "-lstdc++", "-lm", "-lpthread"]
    source = str(Path(__file__).with_name("driver.c"))
    subprocess.run(["clang", "-O1", "-g", "-fPIC", "-shared", "-o", str(driver), source, *whole], check=True)
    asan = library_of("clang", "libclang_rt.asan-x86_64.so")
    given = environment(folder, driver, asan)
    given["PYTHONPATH"] += f":{PROJECT / 'tests'}"
    given["PYTHONHASHSEED"] = "0"
    # the driver comes before the sanitizers, which else keep its place
    given["ASAN_OPTIONS"] += ":verify_asan_link_order=0:alloc_dealloc_mismatch=0:allocator_may_return_null=1"
    given["ASAN_OPTIONS"] += (
        ":malloc_context_size=4"  # Python's own stacks are deep, and cost half of the time
    )
    kept = {name: value for name, value in os.environ.items() if name != "SNAKE_PIPE_PURE_PYTHON"}
    return {**kept, **given}


def fuzz(name: str, folder: Path, given: dict[str, str], seconds: int, seed: int, inputs: list[Path]) -> bool:
    """Whether a target has come to its end without an error."""
    corpus = folder / f"corpus-{name}"
    corpus.mkdir()
    limits = [f"-timeout={LONGEST_INPUT}", f"-rss_limit_mb={MOST_MEMORY}", f"-max_len={LARGEST_INPUT}"]
    options = [*limits, f"-artifact_prefix={KEPT / name}-", f"-seed={seed}", "-print_final_stats=1"]
    tried = [str(path.absolute()) for path in inputs] or [f"-max_total_time={seconds}", str(corpus)]
    command = [sys.executable, "-P", str(Path(__file__).with_name("one.py")), name, str(corpus)]
    began, log = time.monotonic(), KEPT / f"{name}.log"
    with log.open("wb") as told:
        done = subprocess.run(
            [*command, *options, *tried], env=given, stdout=told, stderr=subprocess.STDOUT, check=False
        )
    lines = log.read_text(errors="replace").splitlines()
    last = [line for line in lines if line.startswith("stat::number_of_executed_units")]
    runs = last[-1].split()[-1] if last else str(len(inputs))
    found = len(list(corpus.iterdir()))
    state = "no error" if done.returncode == 0 else f"ERROR, exit code {done.returncode}"
    print(
        f"{name}: {state}; {runs} inputs in {time.monotonic() - began:.0f} s, {found} of them kept",
        flush=True,
    )
    if done.returncode:
        first = next((i for i, line in enumerate(lines) if _FAULT.search(line)), 0)
        told = [line for line in lines[first:] if not _OTHERS.search(line)]
        print(*told[:25], sep="\n")
        crashes = sorted(KEPT.glob(f"{name}-*"), key=lambda path: path.stat().st_mtime)
        print(f"{name}: all is in {log}; the input is {crashes[-1] if crashes else 'not kept'}", flush=True)
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--targets", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inputs", type=Path, nargs="+", default=[], help="to try instead, once each")
    asked = parser.parse_args()
    if shutil.which("clang") is None:
        print("no clang here: on Debian, apt-get install clang", file=sys.stderr)
        return 2
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="snake-pipe-fuzz-") as name:
        folder = Path(name)
        given = build(folder)
        ended = [
            fuzz(target, folder, given, asked.seconds, asked.seed, asked.inputs) for target in asked.targets
        ]
    return 0 if all(ended) else 1


if __name__ == "__main__":
    sys.exit(main())
