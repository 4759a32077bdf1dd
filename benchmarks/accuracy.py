"""How far the rows agree with independent judges: tables for each language and each dialect.

    python -m benchmarks.accuracy --repos DIR [--repos DIR ...] [--dumps DIR ...] [--only NAME ...]

Reads `source/` and `ast/` of `python -m benchmarks.corpus`, the running Python's standard library, every
folder below each `--repos` (clones of real repositories), and the AST files below each `--dumps`. It ingests
them with the command, reads what that wrote through `snake_pipe.connect`, and prints as Markdown, as it
stands in `docs/accuracy.md`:

1. for each language and dialect its files and nodes, in how many files the nodes are not those of a plain
   walk (`benchmarks.independent`), and the share of nodes of kind `other`;
2. for each judge (`benchmarks.judges`) recall and precision of definitions, calls and imports, as sets of
   (path, name, line), over the files that parse without errors;
3. the same for AST files, against the rows of the source that each was made from;
4. each class of differences, how many there are, examples, and what is behind it (`benchmarks.explained`).

The exit code is 1 if a file's nodes differ.
"""

from __future__ import annotations

import argparse
import os
import sys
import sysconfig
import tempfile
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import snake_pipe
from benchmarks.agreement import Agreement, Name
from benchmarks.corpus import HEADER_FOLDERS
from benchmarks.explained import ROADS, explanation
from benchmarks.judges import Judge, judges_of
from benchmarks.node_counts import Counted, counted
from benchmarks.oracles import ingest
from benchmarks.told import PLACED, files_of, told
from snake_pipe.transform.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

    from benchmarks.told import Told

_STDLIB = Path(sysconfig.get_paths()["stdlib"])
_LEFT_OUT = ("--exclude=site-packages", "--exclude=c++")
_AST_ENDING = ".ast.json"
_GOOD = 0.98
_UNSEEN = {"clang": frozenset({"macro", "imports"})}
"""parser → what it never sees, for the preprocessor has been there."""
_MOST_CLASSES = 6


def judged(judge: Judge, language: str, files: Mapping[str, Path], rows: Told) -> Iterator[Agreement]:
    """What one judge says of the sources in a language, a subject at a time."""
    found = {subject: Agreement(language, subject, judge.name) for subject in judge.subjects}
    seen = set()
    for path, facts in judge.facts(files):
        seen.add(path)
        for subject, at, word, must in facts:
            if subject not in found:
                continue
            key = judge.key(at) if subject == "definitions" else at
            if must:
                found[subject].theirs[key] = word
            else:
                found[subject].allowed.add(key)
    for subject, agreement in found.items():
        agreement.files = len(seen)
        for at, (kind, type_, is_local) in rows[subject].items():
            key = judge.key(at) if subject == "definitions" else at
            silent = bool({kind, type_} & judge.silent) or (is_local and not judge.sees_locals)
            if at.path in seen and (key in agreement.theirs or not silent):
                agreement.ours[key] = f"{kind} ({type_})"
        yield agreement


def two_roads(parser: str, trees: Told, sources: Told, source_of: Mapping[str, str]) -> Iterator[Agreement]:
    """AST files against their sources; `source_of` is {path of a tree: path of its source}."""
    wanted = set(source_of.values())
    unseen = _UNSEEN.get(parser.partition(",")[0], frozenset())
    for subject, ours in trees.items():
        if subject in unseen:
            continue
        agreement = Agreement(parser, subject, ROADS, len(source_of))
        with_kind = subject == "definitions"
        for at, (kind, type_, _) in ours.items():
            if at.path in source_of:
                name = f"{kind} {at.name}" if with_kind else at.name
                agreement.ours[Name(source_of[at.path], name, at.line)] = f"{kind} ({type_})"
        for at, (kind, type_, _) in sources[subject].items():
            if at.path in wanted and kind not in unseen:
                name = f"{kind} {at.name}" if with_kind else at.name
                agreement.theirs[at._replace(name=name)] = f"{kind} ({type_})"
        if agreement.ours or agreement.theirs:
            yield agreement


def print_counts(title: str, rows: list[Counted]) -> None:
    """The first table."""
    print(f"\n| {title} | from | files | nodes | files that differ | kind `other` | the commonest of them |")
    print("|---|---|--:|--:|--:|--:|---|")
    for row in rows:
        others = ", ".join(f"`{type_}` {times:,}" for type_, times in row.others) or "-"
        print(
            f"| {row.name} | {row.origin} | {row.files:,} | {row.nodes:,} | {row.differing} "
            f"| {row.share_of_other:.2%} | {others} |"
        )


def print_agreements(found: list[Agreement]) -> None:
    """The tables of recall and precision."""
    print("\n| | what | judge | files | judged | recall | precision |\n|---|---|---|--:|--:|--:|--:|")
    for a in found:
        print(
            f"| {a.language} | {a.subject} | {a.judge} | {a.files:,} | {len(a.theirs):,} "
            f"| {_ratio(a.recall)} | {_ratio(a.precision)} |"
        )


def _ratio(value: float) -> str:
    shown = f"{value:.4f}" if value == 1 else f"{min(value, 0.9999):.4f}"
    return shown if value >= _GOOD else f"*{shown}*"


def print_differences(found: list[Agreement]) -> None:
    """The classes of differences, the larger ones first."""
    print("\n| | what | who has it | how many | class | for example | why |\n|---|---|---|--:|---|---|---|")
    for a in found:
        shown = {True: 0, False: 0}
        for c in a.classes(examples=2):
            shown[c.missing] += 1
            if shown[c.missing] > _MOST_CLASSES:
                continue
            examples = ", ".join(f"`{n.name}` {n.path}:{n.line}" for n in c.examples).replace("|", "\\|")
            why = explanation(a.language, a.judge, c)
            who = a.judge if c.missing else "ours"
            line = f"| {a.language} | {a.subject} | {who} | {c.count:,} | {c.word} | {examples} | {why} |"
            print(" ".join(line.split()))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=Path(".cache/corpus"))
    parser.add_argument("--repos", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--dumps", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--only", action="append", metavar="NAME", help="only this language or dialect")
    parser.add_argument(
        "--scratch", type=Path, metavar="DIR", help="keep the datasets here, and use them again"
    )
    parser.add_argument("--no-counts", action="store_true", help="leave the plain walk out")
    parser.add_argument("--processes", type=int, default=min(4, os.cpu_count() or 1))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="snake-pipe-accuracy-") as folder:
        return _run(given, given.scratch or Path(folder))


def _run(given: argparse.Namespace, scratch: Path) -> int:
    corpus = given.corpus.resolve()
    node_folder = corpus / "tools" if (corpus / "tools").is_dir() else None
    folders = [
        _STDLIB,
        *_below(corpus / "source"),
        *(root for repos in given.repos for root in _below(repos)),
    ]
    sources = {root.name: root.resolve() for root in folders}
    if (corpus / "ast" / "clang").is_dir():
        sources[HEADER_FOLDERS[0].name] = HEADER_FOLDERS[0]
    trees = {root.name: root.resolve() for root in (*_below(corpus / "ast"), *given.dumps)}
    processes = 0 if given.no_counts else given.processes
    with (
        _ingested(
            scratch / "sources", sources, f"--languages={','.join(LANGUAGES)}", *_LEFT_OUT
        ) as of_sources,
        _ingested(scratch / "trees", trees, "--languages=ast") as of_trees,
    ):
        wanted = set(given.only or ())
        rows = list(counted(of_sources, sources, processes, wanted))
        dumps = list(counted(of_trees, trees, processes, wanted))
        print("## Nodes")
        print_counts("language", rows)
        print_counts("dialect", dumps)
        pairs = _pairs(of_sources, [row.name for row in rows], of_trees, [row.name for row in dumps])
        found: list[Agreement] = []
        roads: list[Agreement] = []
        for row in rows:
            files = {f"{repo}/{path}": sources[repo] / path for repo, path in files_of(of_sources, row.name)}
            judges = judges_of(row.name, node_folder) if files else []
            if not judges and row.name not in pairs:
                continue
            of_language = told(of_sources, row.name)
            for judge in judges:
                found += judged(judge, row.name, files, of_language)
            for (parser, dialect), source_of in sorted(pairs[row.name].items()):
                title = f"{parser}, {row.name}"
                roads += two_roads(title, told(of_trees, dialect), of_language, source_of)
        roads.sort(key=lambda agreement: agreement.language)
        print("\n## Definitions, calls, imports")
        print_agreements(found)
        print("\n## Trees and their sources")
        print_agreements(roads)
        print("\n## What differs")
        print_differences([*found, *roads])
    return 1 if any(row.differing not in ("-", "0") for row in (*rows, *dumps)) else 0


@contextmanager
def _ingested(dataset: Path, roots: Mapping[str, Path], *options: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The dataset of these roots, made where it is missing."""
    if not dataset.exists():
        dataset.parent.mkdir(parents=True, exist_ok=True)
        ingest(list(roots.values()), dataset, *options)
    with snake_pipe.connect(dataset) as connection:
        connection.execute(PLACED)
        yield connection


def _pairs(
    of_sources: duckdb.DuckDBPyConnection,
    languages: list[str],
    of_trees: duckdb.DuckDBPyConnection,
    dialects: list[str],
) -> dict[str, dict[tuple[str, str], dict[str, str]]]:
    """language → (parser, dialect) → {tree: its source}: `acorn/three/a.js.ast.json` is of `three/a.js`."""
    language_of = {
        f"{repo}/{path}": language for language in languages for repo, path in files_of(of_sources, language)
    }
    found: dict[str, dict[tuple[str, str], dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for dialect in dialects:
        for parser, path in files_of(of_trees, dialect):
            source = path.removesuffix(_AST_ENDING)
            if source in language_of:
                found[language_of[source]][parser, dialect][f"{parser}/{path}"] = source
    return found


def _below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


if __name__ == "__main__":
    sys.exit(main())
