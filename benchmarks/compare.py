"""Runs ingestion and its peers side by side over the same files, and writes one table for each corpus.

    python -m benchmarks.compare                            # each corpus of `python -m benchmarks.corpus`
    python -m benchmarks.compare --only java --rounds 5
    python -m benchmarks.compare --folder DIR --peers ast-grep --markdown out.md --json out.json

Figures are medians of rounds in which all take their turns, after one that warms the caches; memory is that
of all processes of a command together. Peers do what they can do, which the table says; what cannot be had is
named with the reason. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.limits import files_to_read
from benchmarks.peer import MissingPeerError, Peer, Task
from benchmarks.peers import peers_named
from benchmarks.rounds import in_turns, median
from benchmarks.watched import watch
from snake_pipe import plugins

if TYPE_CHECKING:
    from collections.abc import Callable

CORPORA = ("source", "java", "ast", "linux")

_COLUMNS = (
    *("tool", "version", "processes", "seconds", "least to most", "processor s", "MB/s", "peak MB"),
    *("ours ÷ its", "what it gives", "how much"),
)


@dataclass(frozen=True)
class Result:
    """One run of one peer; `trouble` is empty, or what kept it from coming to its end."""

    seconds: float
    processor_seconds: float
    peak_memory: int
    gave: str
    trouble: str = ""


@dataclass(frozen=True)
class Line:
    """What is known of a peer after all rounds: the seconds of each, and the figures of the median."""

    tool: str
    version: str
    processes: str
    gives: str
    seconds: list[float]
    median: Result
    megabytes_a_second: float
    ours_by_its: float
    """Our time divided by its time."""


@dataclass(frozen=True)
class Comparison:
    """One corpus; `left_out` are peers that could not be had or did not come to an end, and why."""

    corpus: str
    files: dict[str, int]
    megabytes: float
    lines: list[Line]
    left_out: dict[str, str]


def compare(
    root: Path, peers: list[Peer], *, tools: Path, workers: int, rounds: int, longest: float
) -> Comparison:
    """All peers that can read a folder, in turns; ours is the first of them."""
    found = files_to_read(root)
    counts = {queue: len(files) for queue, files in sorted(found.items(), key=lambda item: -len(item[1]))}
    size = sum(file.size_bytes for files in found.values() for file in files) / 1e6
    are_trees = counts.get(plugins.AST_QUEUE, 0) > sum(counts.values()) / 2
    languages = frozenset() if are_trees else frozenset(counts) - {plugins.AST_QUEUE}
    left_out: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="snake-pipe-compare-") as name:
        scratch = Path(name)
        task = Task(root, scratch / "copy", scratch / "own", scratch / "printed", tools, languages, workers)
        versions: dict[Peer, str] = {}
        for peer in (peer for peer in peers if peer.reads(task)):
            try:
                versions[peer] = peer.version(tools)
            except MissingPeerError as missing:
                left_out[peer.name] = str(missing)
        shutil.copytree(root, task.copy, symlinks=True, copy_function=_link)
        each = in_turns(rounds, [_measure(peer, task, longest) for peer in versions])
        ours = median(each[0])
        if ours.trouble:
            raise SystemExit(f"ours failed: {ours.trouble}")
        lines = []
        for peer, results in zip(versions, each, strict=True):
            middle = median(results)
            if results[-1].trouble:
                left_out[peer.name] = results[-1].trouble
                continue
            lines.append(
                Line(
                    peer.name,
                    versions[peer],
                    peer.processes.format(workers=workers),
                    peer.gives,
                    [result.seconds for result in results],
                    middle,
                    size / middle.seconds,
                    ours.seconds / middle.seconds,
                )
            )
    return Comparison(_named(root), counts, size, lines, left_out)


def _link(source: str, target: str) -> None:
    """The same file under another name, or a copy of it on another file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _measure(peer: Peer, task: Task, longest: float) -> Callable[[], Result]:
    """What runs a peer once; one that did not come to its end is not tried again."""
    failed: list[Result] = []

    def measure() -> Result:
        if failed:
            return failed[0]
        shutil.rmtree(task.scratch, ignore_errors=True)
        task.scratch.mkdir()
        took = watch(
            peer.command(task), environment=peer.environment(task), output=task.output, longest=longest
        )
        trouble = f"it was stopped after {longest:.0f} s" if took.timed_out else ""
        if not trouble and took.code not in peer.good_codes:
            last = task.output.read_text(errors="replace").strip().splitlines()[-1:]
            trouble = f"it ended with {took.code}: {''.join(last)}"
        print(f"  {peer.name}: {trouble or f'{took.seconds:.2f} s'}", file=sys.stderr, flush=True)
        if trouble:
            failed.append(Result(took.seconds, took.processor_seconds, took.peak_memory, "", trouble))
            return failed[0]
        seconds = peer.own_seconds(task) if peer.own_seconds else took.seconds
        return Result(seconds, took.processor_seconds, took.peak_memory, peer.gave(task))

    return measure


def _named(root: Path) -> str:
    """A corpus with the versions that its folders tell."""
    inner = sorted(path for path in root.glob("*/*") if path.is_dir() and "_" in path.name)
    return f"{root.name} ({', '.join(path.name for path in inner)})" if len(inner) == 1 else root.name


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    names = [
        line.partition(": ")[2]
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": names[0] if names else platform.machine(),
        "processors": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def markdown(comparison: Comparison) -> str:
    """A table, and under it what is not in it."""
    files = ", ".join(f"{count:,} {language}" for language, count in comparison.files.items())
    told = [f"### {comparison.corpus}: {comparison.megabytes:,.0f} MB; {files}", ""]
    told += [
        f"| {' | '.join(_COLUMNS)} |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|---|---|",
    ]
    for line in comparison.lines:
        figures = [
            f"{line.median.seconds:.2f}",
            f"{min(line.seconds):.2f} to {max(line.seconds):.2f}",
            f"{line.median.processor_seconds:.1f}",
            f"{line.megabytes_a_second:.1f}",
            f"{line.median.peak_memory / 1e6:,.0f}",
            f"{line.ours_by_its:.2f}",
        ]
        cells = [line.tool, line.version, line.processes, *figures, line.gives, line.median.gave]
        told.append(f"| {' | '.join(cells)} |")
    told += ["", *(f"Left out: {tool}: {why}" for tool, why in comparison.left_out.items())]
    return "\n".join(told).rstrip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=Path(".cache/corpus"), help="(default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=CORPORA, default=CORPORA, help="of the corpora")
    parser.add_argument("--folder", type=Path, nargs="+", help="other folders, in the place of the corpora")
    parser.add_argument("--peers", nargs="+", help="some of them (default: all); ours takes part in any case")
    parser.add_argument("--workers", type=int, default=2, help="processes or threads (default: 2)")
    parser.add_argument("--rounds", type=int, default=5, help="(default: 5)")
    parser.add_argument("--longest", type=float, default=1800, help="seconds a run may take (default: 1800)")
    parser.add_argument("--markdown", type=Path, help="a file for the tables, which are printed too")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    asked = parser.parse_args()
    tools = (asked.corpus / "peers").absolute()
    peers = peers_named(asked.peers)
    on = machine()
    text = ", ".join(f"{name} {value}" for name, value in on.items())
    told = [f"{text}; {asked.workers} workers, medians of {asked.rounds}\n"]
    print(told[0], flush=True)
    comparisons = []
    for root in asked.folder or [asked.corpus / name for name in asked.only]:
        if not root.is_dir():
            told.append(f"{root.name}: not made, see `python -m benchmarks.corpus --help`\n")
        else:
            limits = {"workers": asked.workers, "rounds": asked.rounds, "longest": asked.longest}
            comparisons.append(compare(root.absolute(), peers, tools=tools, **limits))
            told.append(markdown(comparisons[-1]))
        print(told[-1], flush=True)
    if asked.markdown:
        asked.markdown.write_text("\n".join(told))
    if asked.json:
        kept = {**on, "workers": asked.workers, "rounds": asked.rounds}
        asked.json.write_text(
            json.dumps({**kept, "corpora": [asdict(each) for each in comparisons]}, indent=1)
        )


if __name__ == "__main__":
    main()
