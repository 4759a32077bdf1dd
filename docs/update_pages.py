"""Fills in the README and the pages of this folder from the program: outputs of commands, the reference.

python docs/update_pages.py              # write all pages
python docs/update_pages.py cookbook     # those whose path has this word
python docs/update_pages.py --check      # compare; what changes from run to run (times, ids) does not count

A block of `console` is run, command by command, in a folder of the page's own that has `sample_repos/`;
commands that name `s3://bucket` have a real server on this machine. Titled blocks (```toml
title="snake-pipe.toml"`) are files there, but for those of SQL: their title is the dataset that is asked, and
the block of `text` after them the answer. What stands between `<!-- word -->` and `<!-- /word -->` comes from
`reference.py`.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

from reference import REFERENCE  # noqa: E402 -- beside this file
from testkit.command import Cli, unmeasured  # noqa: E402 -- in tests/
from testkit.object_servers import BUCKET, moto  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT = Path(__file__).resolve().parent.parent
PAGES = (PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md")))

_FENCE = re.compile(r"^( *)```(\w+)(?: title=\"([^\"]+)\")?[^\n]*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_PROGRESS = re.compile(r"[\d,]+/[\d,]+\+? files(?: \(\d+%\))?(?: · | \| )")
"""The line of progress that comes every few seconds; on a slow machine a small job has one too."""

_IN_BUCKET = f"s3://{BUCKET}"

_MADE_AT = 1_790_000_000
"""Seconds since 1970 at which all sample files were last changed, as far as the pages are concerned."""

_VOLATILE = [
    (re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}"), "JOB"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?"), "TIME"),
    (re.compile(r"^time .*$", re.MULTILINE), "time"),
    (re.compile(r"^takes .*$", re.MULTILINE), "takes"),  # of `plan`, and what its languages take together
    (re.compile(r"^(in all .*?)[\d.]+ s$", re.MULTILINE), r"\1TIME"),
]


def filled(text: str) -> str:
    """A page with everything that the program knows better filled in."""
    for word, content in REFERENCE.items():
        text = _between(text, word, content)
    if "```console\n" not in text:
        return text
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="snake-pipe-docs-"))
        folder = Path(name) / "page"
        shutil.copytree(
            PROJECT / "sample_repos",
            folder / "sample_repos",
            ignore=shutil.ignore_patterns(".snake-pipe", "__pycache__"),
        )
        for path in folder.rglob("*"):
            os.utime(path, (_MADE_AT, _MADE_AT))  # a checkout's own times are those of its files' order
        (home := Path(name) / "home").mkdir()
        page = _Page(folder, Cli(home))
        if any(_IN_BUCKET in block for block in re.findall(r"^\$ .*", text, re.MULTILINE)):
            page.variables = stack.enter_context(moto(Path(name))).environment
        return _FENCE.sub(page.played, text)


def comparable(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, word in _VOLATILE:
        text = pattern.sub(word, text)
    return text


@dataclass
class _Page:
    """A page's blocks, played in order in a folder of its own."""

    folder: Path
    cli: Cli
    question: list[str] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    """What leads to the page's bucket, if it has one."""

    def played(self, fence: re.Match[str]) -> str:
        """The block as it should be: with outputs of its commands, or the answer to the question before."""
        indent, language, title, body = fence.groups()
        lines = [line.removeprefix(indent) for line in body.splitlines()]
        if language == "console":
            lines = [line for command in _commands(lines) for line in (*command, *self._output(command))]
        elif language == "text" and self.question is not None:
            lines, self.question = self._by_the_program(self.question), None
        elif language == "sql" and title:
            self.question = ["query", "-d", title, "\n".join(lines)]
        elif title:
            (self.folder / title).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / title).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        head = fence[0].partition("\n")[0]
        return "\n".join((head, *(f"{indent}{line}".rstrip() for line in lines), f"{indent}```"))

    def _output(self, command: list[str]) -> list[str]:
        text = "\n".join((command[0].removeprefix("$ "), *(line.removeprefix("> ") for line in command[1:])))
        words = _words(text)
        is_plain = words[0] == "snake-pipe" and not any(word[0] in "();<>|&" for word in words if word)
        if is_plain and _IN_BUCKET not in text:  # a process keeps its connections, a page its server
            return self._by_the_program(words[1:])
        return self._by_the_shell(text)

    def _by_the_program(self, arguments: list[str]) -> list[str]:
        """In this process, which costs no start."""
        done = self.cli.run(*arguments, cwd=self.folder)
        return self._shown(" ".join(arguments), done.returncode, done.stdout + done.stderr)

    def _by_the_shell(self, command: str) -> list[str]:
        path = os.pathsep.join((str(Path(sys.executable).parent), self.cli.environment["PATH"]))
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=self.folder,
            env=unmeasured(self.cli.environment) | {"PATH": path, **self.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return self._shown(command, done.returncode, done.stdout)

    def _shown(self, command: str, code: int, output: str) -> list[str]:
        if code != 0:
            raise SystemExit(f"{command}: exit {code}\n{output}")
        lines = output.replace(str(self.folder), "~/page").rstrip("\n").splitlines()
        return [line for line in lines if not _PROGRESS.match(line)]


def _commands(lines: list[str]) -> Iterator[list[str]]:
    """Each command of a block, as its lines: `$ ` begins one, `> ` continues it."""
    command: list[str] = []
    for line in lines:
        if line.startswith("$ "):
            if command:
                yield command
            command = [line]
        elif line.startswith("> ") and command:
            command.append(line)
    if command:
        yield command


def _words(command: str) -> list[str]:
    """As the shell splits it; `;`, `|`, `>` and the like are words of their own."""
    words = shlex.shlex(command, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    return list(words)


def _between(text: str, word: str, content: str) -> str:
    start, end = f"<!-- {word} -->", f"<!-- /{word} -->"
    head, begun, rest = text.partition(start)
    _, ended, tail = rest.partition(end)
    return f"{head}{start}{content}{end}{tail}" if begun and ended else text


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    untrue = []
    for page in PAGES:
        if options.words and not any(word in str(page.relative_to(PROJECT)) for word in options.words):
            continue
        before = page.read_text(encoding="utf-8")
        after = filled(before)
        if comparable(after) == comparable(before):
            continue
        untrue.append(str(page.relative_to(PROJECT)))
        if not options.check:
            page.write_text(after, encoding="utf-8")
    if options.check and untrue:
        raise SystemExit(f"not what the program says: {', '.join(untrue)}; python docs/update_pages.py")
    print(*untrue, sep="\n")


if __name__ == "__main__":
    main()
