"""Other programs: how each is had, which version it is, how it is called, and how much it gave.

Two come from registries, pinned, into a folder of their own; universal-ctags is Debian's package.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.peer import MissingPeerError

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.peer import Task

AST_GREP = "ast-grep-cli==0.51.1"
CODEGRAPH = "@colbymchenry/codegraph@1.6.1"

_CTAGS_NAMES = {
    "bash": "Sh",
    "c": "C",
    "c-sharp": "C#",
    "cpp": "C++",
    "go": "Go",
    "java": "Java",
    "javascript": "JavaScript",
    "make": "Make",
    "php": "PHP",
    "powershell": "PowerShell",
    "python": "Python",
    "ruby": "Ruby",
    "rust": "Rust",
    "tsx": "TypeScript",
    "typescript": "TypeScript",
}
_CALLS = {
    "bash": ("Bash", "command"),
    "c": ("C", "call_expression"),
    "c-sharp": ("CSharp", "invocation_expression"),
    "cpp": ("Cpp", "call_expression"),
    "go": ("Go", "call_expression"),
    "java": ("Java", "method_invocation"),
    "javascript": ("JavaScript", "call_expression"),
    "php": ("Php", "function_call_expression member_call_expression scoped_call_expression"),
    "python": ("Python", "call"),
    "ruby": ("Ruby", "call"),
    "rust": ("Rust", "call_expression"),
    "tsx": ("Tsx", "call_expression"),
    "typescript": ("TypeScript", "call_expression"),
}
"""language → ast-grep's name of it, and the types of its nodes that are calls."""


def _said_by(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]


def ctags_version(_tools: Path) -> str:
    if shutil.which("ctags") is None:
        raise MissingPeerError("it is not installed: apt-get install universal-ctags")
    said = re.match(r"Universal Ctags ([\d.]+)", _said_by("ctags", "--version"))
    if said is None:
        raise MissingPeerError("the ctags here is not universal-ctags")
    return said[1]


def run_ctags(task: Task) -> list[str]:
    names = {_CTAGS_NAMES[language] for language in task.languages if language in _CTAGS_NAMES}
    headers = ["--langmap=C:.c.h"] if "c" in task.languages else []
    wanted = [f"--languages={','.join(sorted(names))}", *headers, "--fields=+neK"]
    return ["ctags", "-R", *wanted, "-f", str(task.scratch / "tags"), str(task.root)]


def tags(task: Task) -> str:
    with (task.scratch / "tags").open("rb") as file:
        return f"{sum(not line.startswith(b'!') for line in file):,} tags"


def _install(folder: Path, command: list[str]) -> None:
    """Run what installs a peer into a folder; `MissingPeerError` with its last word where that fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise MissingPeerError(
            f"it could not be fetched: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}"
        )


def _ast_grep_program(tools: Path) -> Path:
    return tools / AST_GREP / "bin" / "ast-grep"


def ast_grep_version(tools: Path) -> str:
    program = _ast_grep_program(tools)
    if not program.exists():
        folder = tools / AST_GREP
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--only-binary=:all:"]
        _install(folder, [*pip, "--target", str(folder), AST_GREP])
    return _said_by(str(program), "--version").split()[-1]


def run_ast_grep(task: Task) -> list[str]:
    rules = []
    for language in sorted(task.languages & _CALLS.keys()):
        name, types = _CALLS[language]
        kinds = [{"kind": type_} for type_ in types.split()]
        rules.append(json.dumps({"id": f"calls-{language}", "language": name, "rule": {"any": kinds}}))
    unfiltered = [f"--no-ignore={what}" for what in ("hidden", "dot", "exclude", "global", "parent", "vcs")]
    asked = ["scan", "--inline-rules", "\n---\n".join(rules), "--json=stream", *unfiltered]
    return [str(_ast_grep_program(task.tools)), *asked, "--threads", str(task.workers), str(task.root)]


def calls(task: Task) -> str:
    with task.output.open("rb") as file:
        return f"{sum(line.startswith(b'{') for line in file):,} calls"


def _codegraph_program(tools: Path) -> Path:
    return tools / "codegraph" / "node_modules" / ".bin" / "codegraph"


def codegraph_version(tools: Path) -> str:
    program = _codegraph_program(tools)
    if not program.exists():
        if shutil.which("npm") is None:
            raise MissingPeerError("npm is not installed")
        folder = tools / "codegraph"
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        _install(folder, [*npm, "--prefix", str(folder), CODEGRAPH])
    return _said_by(str(program), "--version")


def run_codegraph(task: Task) -> list[str]:
    shutil.rmtree(task.copy / ".codegraph", ignore_errors=True)
    return [str(_codegraph_program(task.tools)), "init", "--yes", "--force", str(task.copy)]


def graph_size(task: Task) -> str:
    said = re.search(r"[\d,]+ nodes, [\d,]+ edges", task.output.read_text(errors="replace"))
    return said[0] if said else "nothing that it says"
