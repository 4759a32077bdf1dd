"""A work tree's files as git lists them, streamed, with nothing executed that the repository names.

Git's own lists know what the walker cannot: tracked files that a rule ignores, `.git/info/exclude`, the
user's own excludes. Two sorted streams, `--cached` and `--others`, are merged into one bytewise order.

Safety. The git folder is given explicitly, so git's check of the owner, which refuses checkouts of another
user in containers and cron jobs, does not apply; in its place everything is off that could run a command for
a repository: fsmonitor, hooks, and fetching missing objects of a partial clone over any protocol. Listing
runs no filter, no textconv and no pager. `core.worktree` of the repository is overruled as well.
"""

from __future__ import annotations

import errno
import heapq
import os
import re
import select
import stat
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from snake_pipe.extract.discovery.folder_walk import FolderEntry, open_folder, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from snake_pipe.extract.batch_models import DiscoveryError

STALL_SECONDS = 300.0
"""Git is ended when it has said nothing for so long, such as one that reads its excludes from a FIFO."""

_SAFE_OPTIONS = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.untrackedCache=false",
)
_SAFE_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_PIPE_READ = 1 << 16
_LONGEST_COMPLAINT = 1 << 20
_COMPLAINT = b"warning: could not open directory '"
_COMPLETE_COMPLAINT = re.compile(_COMPLAINT + rb"(.*?)/?': ([^\n]*)\n", re.DOTALL)
_TOO_LONG = b"File name too long"
_GITLINK = b"160000 "


class GitError(Exception):
    """Git is not there, failed or stalled; what it listed before stands."""


def find_work_tree(folder: Path) -> Path | None:
    """The folder with the `.git` that `folder` belongs to: itself or one above, as git looks for it."""
    for candidate in (folder, *folder.parents):
        git = candidate / ".git"
        try:
            if git.is_file() or (git / "HEAD").is_file():
                return candidate
        except OSError:
            return None
    return None


def is_ignored(work_tree: Path, folder: Path) -> bool:
    """Whether git ignores the folder as a whole: then it would list nothing of what was asked for by name."""
    if folder == work_tree:
        return False
    relative = os.fsencode(folder.relative_to(work_tree)) + b"/"
    command = _command(work_tree, b"check-ignore", b"-q", b"--", b"./" + relative)
    try:
        done = subprocess.run(
            command, cwd=work_tree, env=_environment(), stdin=subprocess.DEVNULL,
            capture_output=True, timeout=STALL_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def why_git_fails(work_tree: Path, patience: float = STALL_SECONDS) -> str | None:
    """What keeps git from listing a work tree, asked as `git_files` asks; None if nothing does."""
    try:
        done = subprocess.run(
            _command(work_tree, b"ls-files", b"--", b":/"), cwd=work_tree, env=_environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=patience,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return (said[-1] if said else f"status {done.returncode}") if done.returncode else None


def git_files(
    root: bytes,
    prefix: bytes,
    work_tree: Path,
    descend: Callable[[bytes], Iterator[FolderEntry | DiscoveryError]],
    only: Sequence[bytes] | None = None,
) -> Iterator[FolderEntry | DiscoveryError]:
    """What git lists below the folder `prefix` of `root`, in bytewise order; paths count from `root`.

    `descend(folder)` gives the files of a folder that git does not enter: a submodule or another repository.
    `only` are paths below `prefix`, of files or whole folders, that alone are asked for.
    GitError may come at any point; what was yielded before it stands.
    """
    folder = Path(os.fsdecode(root + b"/" + prefix))
    asked = () if only is None else (b"--", *(path[len(prefix) :] for path in only))
    with ExitStack() as stack:
        parents = stack.enter_context(_Parents(root))
        cached = stack.enter_context(_Listing(folder, work_tree, b"--stage", *asked))
        others = stack.enter_context(_Listing(folder, work_tree, b"--others", b"--exclude-standard", *asked))
        records = heapq.merge(map(_staged, cached.records()), ((path, False) for path in others.records()))
        waiting: list[bytes] = []
        last = b""
        first = next(records, None)
        # Both streams have begun, and `--others` begins only when it has walked everything and complained.
        for path, reason in others.complaints():
            yield unreadable(prefix + path, OSError(0, reason.decode("utf-8", "replace")))
        while first is not None:
            path, is_submodule = first
            first = next(records, None)
            path = prefix + path
            while waiting and waiting[0] < path:
                yield from descend(heapq.heappop(waiting))
            if path == last:
                continue
            last = path
            if path.endswith(b"/") or (is_submodule and _is_folder(root, path)):
                heapq.heappush(waiting, path.rstrip(b"/") + b"/")
                continue
            yield from parents.find(path)
        while waiting:
            yield from descend(heapq.heappop(waiting))


def _staged(record: bytes) -> tuple[bytes, bool]:
    """Path of a record (mode, object, stage, tab, path), and whether it is a submodule."""
    return record[record.index(b"\t") + 1 :], record.startswith(_GITLINK)


def _is_folder(root: bytes, path: bytes) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(os.path.join(root, path)).st_mode)  # noqa: PTH118 - bytes
    except OSError:
        return False


class _Parents:
    """Keeps the folder of the last file open, since its neighbours follow."""

    def __init__(self, root: bytes) -> None:
        self._root = root
        self._path: bytes | None = None
        self._folder = -1
        self._link = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder >= 0:
            os.close(self._folder)

    def find(self, path: bytes) -> Iterator[FolderEntry | DiscoveryError]:
        """The entry, or once for each folder what keeps us from it; nothing where the folder is gone."""
        parent, slash, name = path.rpartition(b"/")
        if parent != self._path:
            if self._folder >= 0:
                os.close(self._folder)
            self._path, self._folder = parent, -1
            try:
                self._folder = open_folder(self._root, parent)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                    yield from self._link_on_the_way(parent)
                else:
                    yield unreadable(parent + slash, error)
        if self._folder >= 0:
            yield FolderEntry(path, name, self._folder)

    def _link_on_the_way(self, parent: bytes) -> Iterator[FolderEntry]:
        """A link where git knows a folder: the entry to report, once for all that git lists below it."""
        names = parent.split(b"/")
        for depth in range(1, len(names) + 1):
            above = b"/".join(names[: depth - 1])
            name = names[depth - 1]
            try:
                folder = open_folder(self._root, above)
            except OSError:
                return
            try:
                os.readlink(name, dir_fd=folder)
            except OSError:
                continue
            else:
                link = b"/".join(names[:depth])
                if link != self._link:
                    self._link = link
                    yield FolderEntry(link, name, folder)
                return
            finally:
                os.close(folder)


class _Listing:
    """One `git ls-files -z`: its records as a stream, its process ended with the block."""

    def __init__(self, folder: Path, work_tree: Path, *arguments: bytes) -> None:
        self._command = _command(work_tree, b"--literal-pathspecs", b"ls-files", b"-z", *arguments)
        self._folder = folder
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=_environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=self._complaints, bufsize=0,
                process_group=0,  # Ctrl-C is for us; git ends when its listing is closed
            )  # fmt: skip
        except OSError as error:
            self._complaints.close()
            raise GitError(f"git cannot be started: {error.strerror or error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()
        self._complaints.close()

    def records(self) -> Iterator[bytes]:
        """The records as they come from the pipe, at most one pipe's read held here."""
        rest = b""
        while chunk := self._read():
            *records, rest = (rest + chunk).split(b"\0")
            yield from records
        self._check_end()
        if rest:
            raise GitError("git ended in the middle of a name")

    def complaints(self) -> Iterator[tuple[bytes, bytes]]:
        """Folders that git could not open, and why, as far as it has said so.

        GitError where a path is too long for git: it cuts such names off in its complaint too.
        """
        said = self._said()
        complaints = [(found[1], found[2]) for found in _COMPLETE_COMPLAINT.finditer(said)]
        if len(complaints) < said.count(_COMPLAINT) or any(reason == _TOO_LONG for _, reason in complaints):
            raise GitError("a path is too long for git")
        yield from complaints

    def _read(self) -> bytes:
        assert self._process
        assert self._process.stdout
        pipe = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        if not poll.poll(STALL_SECONDS * 1000):
            raise GitError(f"git said nothing for {STALL_SECONDS:.0f} s")
        return os.read(pipe, _PIPE_READ)

    def _check_end(self) -> None:
        assert self._process
        try:
            status = self._process.wait(STALL_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise GitError("git closed its output but does not end") from error
        if status:
            said = self._said().decode("utf-8", "replace").strip().splitlines()
            raise GitError(f"git ended with status {status}: {said[-1] if said else 'it said nothing'}")

    def _said(self) -> bytes:
        return os.pread(self._complaints.fileno(), _LONGEST_COMPLAINT, 0)


def _command(work_tree: Path, *arguments: bytes) -> list[bytes]:
    top = os.fsencode(work_tree)
    return [
        b"git", b"--no-pager", b"--git-dir=" + os.path.join(top, b".git"),  # noqa: PTH118
        b"--work-tree=" + top, *map(os.fsencode, _SAFE_OPTIONS), *arguments,
    ]  # fmt: skip


def _environment() -> dict[str, str]:
    """Ours without `GIT_*`: in a hook they name another index or folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | _SAFE_ENVIRONMENT
