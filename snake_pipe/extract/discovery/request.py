"""What a user asked to be ingested: kept in the checkpoint, so that a resume needs no arguments."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from snake_pipe import plugins
from snake_pipe.errors import CheckpointError, UsageError
from snake_pipe.extract.discovery.changed_files import resolve_commit, work_tree_of
from snake_pipe.extract.discovery.file_list import listed_files
from snake_pipe.extract.discovery.roots import Root, plan_roots, unique_names
from snake_pipe.extract.discovery.selection import Selection, check_patterns
from snake_pipe.extract.discovery.walk import look, walk
from snake_pipe.extract.paths.names import escape_path, unescape_path
from snake_pipe.storage.open import open_storage
from snake_pipe.utils.scope import Scope
from snake_pipe.utils.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
    from snake_pipe.extract.discovery.left_out import LeftOut
    from snake_pipe.extract.discovery.recognition import Recogniser, WalkItem


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """Roots or a list of files, and the filters; all paths absolute, all fields plain JSON.

    `file_list` is a file of NUL-separated paths, which then count instead of the roots; relative ones are
    below `list_base`. No `languages` means every programming language and AST files. `full` reads files
    again that have not changed. `submitted`: the files are those that a program submits, one by one.
    `repo` is the name that the one root is to have in the tables. `repos` are the names of all folders that
    paths count from, once the job knows its dataset.
    `narrowed` are the fields of the selection that were given with the request itself, and not by settings
    that hold for every job; None: those that are not empty.
    With `changed_since`, which names a commit, what git says has not changed since then need not be looked
    at; `since` has the commit that it was for each name in `repos`.
    `shard`, such as `3/16`, is the share of the files that are this request's business; empty for all.
    """

    roots: tuple[str, ...] = ()
    dataset: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    use_gitignore: bool = True
    narrowed: tuple[str, ...] | None = None
    file_list: str | None = None
    list_base: str = ""
    full: bool = False
    submitted: bool = False
    repo: str = ""
    repos: dict[str, str] = field(default_factory=dict, hash=False)
    changed_since: str = ""
    since: dict[str, str] = field(default_factory=dict, hash=False)
    shard: str = ""

    def check(self) -> None:
        """UsageError if a root is missing, a language unknown or a pattern wrong."""
        for root in self.roots:
            if not Path(root).exists():
                raise UsageError(f"no such file or folder: {root}")
        unknown = sorted(set(self.languages) - {*plugins.language_names(), plugins.AST_QUEUE})
        if unknown:
            raise UsageError(f"unknown language {unknown[0]!r}", "snake-pipe languages lists them")
        check_patterns(self._selection(None))
        if self.own_shard is not None and self.file_list is not None:
            raise UsageError("--shard and a list of files cannot be given together", "split the list instead")
        if self.changed_since:
            if self.full or self.file_list is not None:
                other = "--full" if self.full else "a list of files"
                raise UsageError(f"--changed-since and {other} cannot be given together")
            self.resolve_since()

    def resolve_since(self) -> dict[str, str]:
        """The commit that `changed_since` names, by the names of the folders that paths count from.

        UsageError where there is none.
        """
        return {
            root.name: resolve_commit(work_tree_of(root.folder), self.changed_since) for root in self.plan()
        }

    @property
    def queues(self) -> frozenset[str]:
        """The languages that it asks for, and `ast` if AST files."""
        return frozenset(self.languages) or plugins.default_languages() | {plugins.AST_QUEUE}

    @property
    def own_shard(self) -> Shard | None:
        """The share of the files, None for all; UsageError if it cannot be read."""
        return Shard.parse(self.shard) if self.shard else None

    def holds(self, path: str) -> bool:
        """Whether a path, as it stands in the tables, is of its share."""
        shard = self.own_shard
        return shard is None or shard.holds(unescape_path(path) if "\\" in path else path.encode())

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """What it writes of its dataset, once that has named its folders."""
        return tuple(Scope(name, self.own_shard) for name in dict.fromkeys(self.repos.values()))

    @property
    def series(self) -> str:
        """Names what it writes: jobs of the same series never write at once."""
        return ", ".join(sorted(map(str, self.scopes)))

    @property
    def expects_files(self) -> bool:
        """Whether to find none is worth a word: in whole folders, but not in a list, changes or a shard."""
        return (
            self.file_list is None
            and not self.shard
            and not self.changed_since
            and any(Path(root).is_dir() for root in self.roots)
        )

    def to_json(self) -> dict[str, Any]:
        """The request as it stands in a checkpoint: paths as text, whatever bytes they hold."""
        document = asdict(self)
        document["roots"] = [_text(root) for root in self.roots]
        document["repos"] = {_text(folder): name for folder, name in self.repos.items()}
        document["list_base"] = _text(self.list_base)
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> IngestRequest:
        """The request of a checkpoint; CheckpointError if it has other fields."""
        names = {field.name for field in fields(cls)}
        if set(document) != names:
            raise CheckpointError(
                "the checkpoint's request has other fields than this version knows", "ingest again"
            )
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in document.items()}
        values["roots"] = tuple(map(_path, values["roots"]))
        values["repos"] = {_path(folder): name for folder, name in values["repos"].items()}
        values["list_base"] = _path(values["list_base"])
        return cls(**values)

    def plan(self) -> list[Root]:
        """The folders that paths count from; for a list those that are known, else its base."""
        if self.file_list is None:
            return plan_roots([Path(root) for root in self.roots], self.repos)
        folders = self.repos or {str(Path(self.list_base).resolve()): ""}
        names = unique_names(map(Path, folders))
        return [Root(folder, folders[str(folder)] or name) for folder, name in names.items()]

    def discover(
        self, max_file_size: int, left_out: LeftOut, known: Recogniser | None = None
    ) -> Iterator[WalkItem]:
        """Walk again: the same request gives the same files in the same order, as long as they are there.

        Of what is `known` as it is, a walk gives only the number.
        """
        if self.file_list is not None:
            return self._listed(max_file_size, left_out)
        selection = self._selection(max_file_size)
        return walk([Path(root) for root in self.roots], selection, left_out, self.repos, known)

    @property
    def own_folders(self) -> tuple[Path, ...]:
        """Folders in which nothing is looked for: the dataset, where it is one."""
        folder = open_storage(self.dataset).folder
        return () if folder is None else (folder.resolve(),)

    def look(self, paths: Sequence[bytes], max_file_size: int) -> Iterator[WalkItem]:
        """What the walk would give now of some absolute paths, of files or whole folders."""
        return look([Path(root) for root in self.roots], paths, self._selection(max_file_size), self.repos)

    def list_files(
        self, names: BinaryIO, max_file_size: int, left_out: LeftOut
    ) -> Iterator[DiscoveredFile | DiscoveryError]:
        """What is at NUL-separated paths; relative ones are below `list_base`."""
        selection = self._selection(max_file_size)
        return listed_files(names, b"\0", selection, Path(self.list_base), left_out, self.repos)

    def _selection(self, max_file_size: int | None) -> Selection:
        return Selection(
            detector=partial(plugins.queue_of_name, asked=self.languages),
            detector_head=plugins.queue_of_head,
            head_endings=plugins.shared_endings(),
            by_ending=plugins.deciding_endings(),
            include=self.include,
            exclude=self.exclude,
            languages=self.queues,
            max_file_size=max_file_size,
            use_gitignore=self.use_gitignore,
            left_out=(Path(self.dataset).resolve(),),
            shard=self.own_shard,
        )

    def _listed(self, max_file_size: int, left_out: LeftOut) -> Iterator[DiscoveredFile | DiscoveryError]:
        assert self.file_list is not None
        with Path(self.file_list).open("rb") as names:
            yield from self.list_files(names, max_file_size, left_out)


def _text(path: str) -> str:
    return escape_path(os.fsencode(path))


def _path(text: str) -> str:
    try:
        return os.fsdecode(unescape_path(text))
    except ValueError as error:
        raise CheckpointError(f"the checkpoint's request has a wrong path: {error}", "ingest again") from None
