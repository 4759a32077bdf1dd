"""Where a line of the repository can be seen in the web: addresses made from the git remote.

The remote is read by `git config --file`, which reads one file and runs nothing; git's own rewriting of
addresses, included files and the settings of this user do not count. The commit is the one that the folder is
at now. Addresses are made for hosts whose form is known by their name, and hold no user, password or port of
ssh.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from snake_pipe.extract.discovery.git_files import find_work_tree
from snake_pipe.extract.feeds.repository_names import known_repositories

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from snake_pipe.storage.storage import Storage

_FORMS = {
    "github": ("/blob/{sha}/", "#L{line}"),
    "gitlab": ("/-/blob/{sha}/", "#L{line}"),
    "bitbucket": ("/src/{sha}/", "#lines-{line}"),
    "codeberg": ("/src/commit/{sha}/", "#L{line}"),
    "gitea": ("/src/commit/{sha}/", "#L{line}"),
    "forgejo": ("/src/commit/{sha}/", "#L{line}"),
}
"""By a word in the host's name: what stands between the repository and a path, and what leads to a line."""

_SCP = re.compile(r"(?:[^@/:]+@)?([^/:@]+):(?!/)(.+)")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_LONGEST_FILE = 1 << 20
_SECONDS = 10


def source_links(dataset: Storage) -> dict[str, dict[str, str]]:
    """For each repository of a dataset that has a web host: `file`, what a path is put behind, and `line`."""
    found = {name: link_of(folder) for name, folder in known_repositories(dataset).items()}
    return {name: link for name, link in found.items() if link is not None}


def link_of(folder: Path) -> dict[str, str] | None:
    """How files of a folder are addressed; None without a work tree, a commit or a remote of a known form."""
    top = find_work_tree(folder)
    git = None if top is None else _git_folder(top)
    if top is None or git is None:
        return None
    common = _common_folder(git)
    sha, remote = _commit(git, common), _remote(common)
    address = None if remote is None else web_address(remote)
    if sha is None or address is None:
        return None
    repository, (path, line) = address
    below = "" if folder == top else quote(folder.relative_to(top).as_posix(), safe="/") + "/"
    return {
        "file": repository + path.format(sha=sha) + below,
        "line": line.removesuffix("{line}"),
        "commit": sha,
    }


def web_address(remote: str) -> tuple[str, tuple[str, str]] | None:
    """The web address of a remote's repository, and its host's form; None for what has none."""
    if any(character.isspace() or not character.isprintable() for character in remote):
        return None
    port = ""
    if "://" in remote:
        try:
            parts = urlsplit(remote)
            host, path = parts.hostname or "", unquote(parts.path)
            port = f":{parts.port}" if parts.scheme == "https" and parts.port else ""
        except ValueError:
            return None
        if parts.scheme not in ("https", "http", "ssh", "git", "git+ssh"):
            return None
    elif match := _SCP.fullmatch(remote):
        host, path = match[1].lower(), match[2]
    else:
        return None
    path = path.strip("/").removesuffix(".git").rstrip("/")
    form = next((form for word, form in _FORMS.items() if word in host), None)
    if form is None or not _HOST.fullmatch(host) or "/" not in path or ".." in path.split("/"):
        return None
    return f"https://{host}{port}/{quote(path, safe='/~')}", form


def _git_folder(top: Path) -> Path | None:
    """The git folder of a work tree, also of one that `git worktree` or a submodule made."""
    git = top / ".git"
    if (git / "HEAD").is_file():
        return git
    text = _read(git)
    if text is None or not text.startswith("gitdir:"):
        return None
    return top / text.removeprefix("gitdir:").strip()


def _common_folder(git: Path) -> Path:
    text = _read(git / "commondir")
    return git if text is None else git / text.strip()


def _commit(git: Path, common: Path) -> str | None:
    """The commit that HEAD names, itself or through a branch."""
    head = (_read(git / "HEAD") or "").strip()
    if not head.startswith("ref:"):
        return head if _SHA.fullmatch(head) else None
    name = head.removeprefix("ref:").strip()
    if not name.startswith("refs/") or ".." in name.split("/"):
        return None
    loose = (_read(common / name) or "").strip()
    shas = (loose, *(line.partition(" ")[0] for line in _packed(common) if line.endswith(f" {name}")))
    return next((sha for sha in shas if _SHA.fullmatch(sha)), None)


def _packed(common: Path) -> Iterator[str]:
    try:
        with (common / "packed-refs").open(encoding="utf-8", errors="replace") as file:
            for line in file:
                yield line.rstrip("\n")
    except OSError:
        return


def _remote(common: Path) -> str | None:
    """The address of `origin`, else of the only remote there is."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    command = ["git", "config", "--file", str(common / "config"), "--no-includes", "--null"]
    try:
        done = subprocess.run(
            [*command, "--get-regexp", r"^remote\..*\.url$"],
            cwd="/", env=environment | {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull},
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    records = done.stdout.decode("utf-8", "replace").split("\0")
    urls = dict(reversed([record.split("\n", 1) for record in records if "\n" in record]))
    return urls.get("remote.origin.url") or (next(iter(urls.values())) if len(urls) == 1 else None)


def _read(path: Path) -> str | None:
    """A small file of git's; None for what is none."""
    try:
        if not path.is_file() or path.stat().st_size > _LONGEST_FILE:
            return None
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
