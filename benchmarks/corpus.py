"""Prepares real input to measure on, in a folder that git ignores.

    python -m benchmarks.corpus [--folder .cache/corpus]
    python -m benchmarks.corpus --large
    python -m benchmarks.corpus --many 100000
    python -m benchmarks.corpus --java --linux

The first makes `source/` (packages from PyPI and npm, unpacked) and `ast/` (AST files made from them by the
real parsers); the second also makes `ast-large/`, four times as many of them: a job of a quarter of a minute,
of which the start is no part to speak of. The third also makes `many-N/`, N small AST files in folders of
1,000; the last `java/` and `linux/`, a large Java package and Linux's tree, from Debian's packages.
What is there already is left as it is, so the command may be repeated; a piece appears under its name
only when it is whole.
Needs pip, npm, node and, for C, clang and headers of the system; for Debian's packages apt-get.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import time
import zipfile
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.corpus_ast import Job, clang_command, make_ast_files, make_clang_files
from benchmarks.corpus_debian import JAVA_PACKAGE, LINUX_PACKAGE, has_apt, unpack_java, unpack_linux

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PYPI = ("sympy==1.14.0", "django==5.2.19", "scikit-learn==1.9.1")
NPM = ("three@0.187.0", "typescript@6.0.3", "rxjs@7.8.2", "lodash@4.18.1", "react-dom@19.3.1")
"""Pinned, so that figures of different days are about the same files."""

TOOLS = (
    "acorn@8.19.0",
    "meriyah@7.4.2",
    "@babel/parser@7.29.14",
    "@typescript-eslint/typescript-estree@8.73.0",
    "typescript@6.0.3",
)

SOURCE_ENDINGS = frozenset(
    (".py", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".c", ".h", ".pyx")
)
LARGEST_SOURCE = 500_000
"""Bytes; single bundles of several megabytes would be most of a corpus."""

SMALL_AST = range(1_000, 20_000)
"""Bytes of the AST files that `--many` multiplies."""

MANY_ORIGINS = 300
FILES_A_FOLDER = 1_000
PROCESSES = min(4, os.cpu_count() or 1)


class AstCorpus(NamedTuple):
    """AST files of one parser: of the files with these endings in these packages."""

    parser: str
    packages: tuple[str, ...]
    endings: tuple[str, ...]


class Extent(NamedTuple):
    """How much of it is made: at most so many files a parser, and of clang's so many files and bytes."""

    files: int
    clang_files: int
    clang_bytes: int


EXTENTS = {
    "ast": Extent(400, 300, 150_000_000),
    "ast-large": Extent(1_600, 1_200, 600_000_000),
}


AST_CORPORA = (
    AstCorpus("acorn", ("lodash", "three", "react-dom"), (".js", ".mjs", ".cjs")),
    AstCorpus("babel", ("three", "rxjs"), (".js", ".ts")),
    AstCorpus("meriyah", ("three", "lodash"), (".js",)),
    AstCorpus("typescript-estree", ("rxjs", "typescript"), (".ts",)),
    AstCorpus("python", ("sympy", "django", "scikit-learn"), (".py",)),
    AstCorpus("clang", ("routing",), (".c",)),
)

HEADER_FOLDERS = (Path("/usr/include"), Path(sysconfig.get_paths()["include"]))
NO_C_HEADERS = frozenset(("c++", "node"))
"""Folders below these whose headers are C++, which clang would refuse one after the other."""

CLANG_SIZES = range(5_000, 1_000_000)


def prepare(folder: Path, extents: Iterable[str]) -> None:
    """Make what is missing of `source/` and of the folders of AST files."""
    for requirement in PYPI:
        name = requirement.partition("==")[0]
        _once(folder / "source" / name, partial(_unpack_wheel, requirement))
    for package in NPM:
        name = package.partition("@")[0]
        _once(folder / "source" / name, partial(_unpack_npm, package))
    _once(folder / "source" / "routing", _copy_c_sources)
    _once(folder / "tools", _install_tools)
    for corpus, name in product(AST_CORPORA, extents):
        if corpus.parser == "clang" and clang_command() is None:
            print(f"clang is not installed: {name}/clang is left out")
            continue
        _once(folder / name / corpus.parser, partial(_make_ast, folder, corpus, EXTENTS[name]))


def multiply(folder: Path, count: int) -> None:
    """Make `many-<count>/` by copying small AST files; copies, since links would share one page cache."""

    def fill(part: Path) -> None:
        origins = [
            file for file in sorted((folder / "ast").rglob("*.ast.json")) if file.stat().st_size in SMALL_AST
        ]
        chosen = origins[:: max(1, len(origins) // MANY_ORIGINS)][:MANY_ORIGINS]
        if not chosen:
            sys.exit(f"no AST files of {SMALL_AST.start}-{SMALL_AST.stop} bytes below {folder / 'ast'}")
        contents = [(file.name, file.read_bytes()) for file in chosen]
        for number in range(count):
            into = part / f"{number // FILES_A_FOLDER:05}"
            if number % FILES_A_FOLDER == 0:
                into.mkdir(parents=True)
            name, content = contents[number % len(contents)]
            (into / f"{number:07}_{name}").write_bytes(content)

    _once(folder / f"many-{count}", fill)


def report(folder: Path) -> None:
    """Print files and megabytes of each piece."""
    pieces = [
        *sorted((folder / "source").glob("*")),
        *(piece for name in EXTENTS for piece in sorted((folder / name).glob("*"))),
        *(piece for name in ("java", "linux") for piece in (folder / name).glob("*")),
        *folder.glob("many-*"),
    ]
    for piece in pieces:
        sizes = [file.stat().st_size for file in piece.rglob("*") if file.is_file()]
        print(f"{piece.relative_to(folder)!s:28} {len(sizes):>8,} files {sum(sizes) / 1e6:>9.1f} MB")


def _once(target: Path, make: Callable[[Path], None]) -> None:
    """Let `make` fill a folder beside `target`, and give it the name when it is whole."""
    if target.exists():
        return
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    start = time.perf_counter()
    make(part)
    part.rename(target)
    print(f"made {target} in {time.perf_counter() - start:.1f} s", flush=True)


def _unpack_wheel(requirement: str, part: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--only-binary=:all:",
        "-d",
        str(part),
    ]
    subprocess.run([*command, requirement], check=True)
    for wheel in part.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(part)
        wheel.unlink()
    _keep_sources(part)


def _unpack_npm(package: str, part: Path) -> None:
    subprocess.run(
        ["npm", "pack", "--silent", package, "--pack-destination", part], check=True, capture_output=True
    )
    for packed in part.glob("*.tgz"):
        with tarfile.open(packed) as archive:
            archive.extractall(part, filter="data")
        packed.unlink()
    _keep_sources(part)


def _copy_c_sources(part: Path) -> None:
    own = Path(__file__).parent.parent / "sample_repos" / "polyglot" / "routing"
    shutil.copytree(own, part, dirs_exist_ok=True)


def _install_tools(part: Path) -> None:
    options = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(["npm", "install", *options, "--prefix", part, *TOOLS], check=True)


def _keep_sources(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file() and (file.suffix not in SOURCE_ENDINGS or file.stat().st_size > LARGEST_SOURCE):
            file.unlink()


def _make_ast(folder: Path, corpus: AstCorpus, extent: Extent, part: Path) -> None:
    """A share of each package's files, spread evenly over its folders."""
    jobs: list[Job] = []
    for package in corpus.packages:
        root = folder / "source" / package
        files = [file for file in sorted(root.rglob("*")) if file.suffix in corpus.endings and file.is_file()]
        share = extent.files // len(corpus.packages)
        for file in files[:: max(1, len(files) // share)][:share]:
            relative = file.relative_to(root)
            jobs.append(
                Job(corpus.parser, file, part / package / relative.with_name(f"{relative.name}.ast.json"))
            )
    failures = make_ast_files(jobs, folder / "tools", processes=PROCESSES)
    print(f"{corpus.parser}: {len(jobs) - len(failures)} AST files; the parser refused {len(failures)}")
    if corpus.parser == "clang":
        _make_header_ast(part, extent)


def _make_header_ast(part: Path, extent: Extent) -> None:
    """Trees of C headers, with all that they include; a choice that is the same for the same headers."""
    headers = [
        (folder, header)
        for folder in HEADER_FOLDERS
        for header in sorted(folder.rglob("*.h"))
        if NO_C_HEADERS.isdisjoint(header.relative_to(folder).parts)
    ]
    random.Random(0).shuffle(headers)
    jobs = [
        Job("clang", header, part / folder.name / f"{header.relative_to(folder)}.ast.json")
        for folder, header in headers
    ]
    outcomes = make_clang_files(
        jobs,
        sizes=CLANG_SIZES,
        most_files=extent.clang_files,
        most_bytes=extent.clang_bytes,
        processes=PROCESSES,
    )
    found = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    print(
        f"clang: {len(jobs)} headers below {' and '.join(map(str, HEADER_FOLDERS))}; {found or 'none tried'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path(".cache/corpus"))
    parser.add_argument("--large", action="store_true", help="also make ast-large/")
    parser.add_argument("--many", type=int, metavar="N", help="also make a folder of N small AST files")
    parser.add_argument("--java", action="store_true", help="make java/, a large Java package, alone")
    parser.add_argument("--linux", action="store_true", help="make linux/, 78,000 files and 1.4 GB, alone")
    given = parser.parse_args()
    if not given.java and not given.linux:
        prepare(given.folder, EXTENTS if given.large else ("ast",))
    elif not has_apt():
        sys.exit("Debian's packages need apt-get")
    if given.java:
        _once(given.folder / "java" / JAVA_PACKAGE, unpack_java)
    if given.linux:
        _once(given.folder / "linux" / LINUX_PACKAGE, unpack_linux)
    if given.many:
        multiply(given.folder, given.many)
    report(given.folder)


if __name__ == "__main__":
    main()
