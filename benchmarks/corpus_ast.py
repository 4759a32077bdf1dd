"""Turns sources into AST files with the real parsers, several at a time.

JavaScript and TypeScript go to `corpus_ast.mjs`, Python to `ast` with the node's class under `_type`,
C to clang. Paths are given to the tools as they come, so relative ones stay relative in what they write.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

NODE_SCRIPT = Path(__file__).with_name("corpus_ast.mjs")
NODE_PARSERS = ("acorn", "espree", "meriyah", "babel", "typescript-estree")
_CLANG_JOBS_AT_ONCE = 64
_ADDRESS = re.compile(rb'"0x[0-9a-f]+"')


class Job(NamedTuple):
    """One AST file to make: `parser` is one of `NODE_PARSERS`, `python` or `clang`."""

    parser: str
    source: Path
    target: Path


class Failure(NamedTuple):
    """A source that its parser refuses; corpora have some."""

    source: str
    reason: str


def make_ast_files(jobs: list[Job], node_folder: Path | None, *, processes: int = 2) -> list[Failure]:
    """Make all targets; jobs for node are shared out to `processes` node processes."""
    for_node = [job for job in jobs if job.parser in NODE_PARSERS]
    if for_node and node_folder is None:
        raise ValueError("these parsers need a folder with node_modules")
    with ThreadPoolExecutor(processes) as threads:
        shares = [for_node[start::processes] for start in range(processes)]
        running = [threads.submit(_run_node, share, node_folder) for share in shares if share and node_folder]
        running += [threads.submit(_one, job) for job in jobs if job.parser not in NODE_PARSERS]
        return [failure for done in running for failure in done.result()]


def python_tree(source: bytes) -> Any:
    """A Python syntax tree as JSON values: `_type` and the fields of each node, with its position."""
    return _python_value(ast.parse(source))


def clang_command() -> str | None:
    """The clang of this machine; None where there is none."""
    return next((found for name in ("clang", "clang-14") if (found := shutil.which(name))), None)


def clang_tree(source: Path, *, longest_dump: int | None = None, timeout: float = 120) -> Any:
    """What clang prints for a C file; addresses become numbers in order of appearance, the same each time.

    ValueError for what clang refuses, does not finish in `timeout` seconds, or needs more bytes for.
    """
    clang = clang_command()
    if clang is None:
        raise ValueError("clang is not installed")
    command = [clang, "-fsyntax-only", "-w", "-Xclang", "-ast-dump=json", str(source)]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise ValueError(f"clang took more than {timeout:.0f} s") from None
    if done.returncode:
        raise ValueError((done.stderr.decode("utf-8", "replace").splitlines() or ["clang failed"])[0])
    if longest_dump is not None and len(done.stdout) > longest_dump:
        raise ValueError(f"the dump has {len(done.stdout)} bytes")
    seen: dict[bytes, bytes] = {}

    def in_order(found: re.Match[bytes]) -> bytes:
        return seen.setdefault(found[0], b'"0x%x"' % (len(seen) + 1))

    return json.loads(_ADDRESS.sub(in_order, done.stdout))


def make_clang_files(
    jobs: list[Job], *, sizes: range, most_files: int, most_bytes: int, processes: int = 2
) -> Counter[str]:
    """Make AST files of the first jobs that fit, in their order; counts what became of those tried.

    Kept are files of so many bytes (`sizes`) that name more than one source: clang writes a location's
    file only where it changes, and files in which it never does show nothing of that.
    """
    outcomes: Counter[str] = Counter()
    total = 0

    def make(job: Job) -> str:
        try:
            tree = clang_tree(job.source, longest_dump=8 * sizes.stop, timeout=20)
        except (ValueError, RecursionError) as error:
            return "too large" if str(error).startswith("the dump has") else "refused by clang"
        text = compact(tree)
        if '"includedFrom"' not in text:
            return "of one file only"
        if len(text.encode()) not in sizes:
            return "too small" if len(text) < sizes.start else "too large"
        write_text(text, job.target)
        return "kept"

    with ThreadPoolExecutor(processes) as threads:
        for start in range(0, len(jobs), _CLANG_JOBS_AT_ONCE):
            share = jobs[start : start + _CLANG_JOBS_AT_ONCE]
            for job, outcome in zip(share, threads.map(make, share), strict=True):
                size = job.target.stat().st_size if outcome == "kept" else 0
                if outcome == "kept" and (outcomes["kept"] >= most_files or total + size > most_bytes):
                    job.target.unlink()
                    outcome = "not needed"
                else:
                    total += size
                outcomes[outcome] += 1
            if outcomes["not needed"]:
                break
    return outcomes


def compact(tree: Any) -> str:
    """JSON on one line, with a newline at its end."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")) + "\n"


def write_compact(tree: Any, target: Path) -> None:
    """A tree as compact JSON; the file appears whole."""
    write_text(compact(tree), target)


def write_text(text: str, target: Path) -> None:
    """A text in a file that appears whole, in a folder made where it is missing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.write_text(text)
    part.replace(target)


def _one(job: Job) -> list[Failure]:
    try:
        tree = clang_tree(job.source) if job.parser == "clang" else python_tree(job.source.read_bytes())
        write_compact(tree, job.target)
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        return [Failure(str(job.source), str(error))]
    return []


def _run_node(jobs: list[Job], node_folder: Path) -> list[Failure]:
    lines = "".join(f"{parser}\t{source}\t{target}\n" for parser, source, target in jobs)
    done = subprocess.run(
        ["node", "--max-old-space-size=2048", NODE_SCRIPT, node_folder],
        input=lines, capture_output=True, text=True, check=True,
    )  # fmt: skip
    failed = [line.split("\t", 2) for line in done.stdout.splitlines() if line.startswith("failed\t")]
    return [Failure(source, reason) for _, source, reason in failed]


def _python_value(value: Any) -> Any:
    if isinstance(value, ast.AST):
        fields = {name: _python_value(getattr(value, name, None)) for name in value._fields}
        places = {name: getattr(value, name) for name in value._attributes if hasattr(value, name)}
        return {"_type": type(value).__name__, **fields, **places}
    if isinstance(value, list):
        return [_python_value(item) for item in value]
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return repr(value)
    if value is None or isinstance(value, (str, int, float)):
        return value
    return repr(value)  # bytes, complex and ... have no JSON
