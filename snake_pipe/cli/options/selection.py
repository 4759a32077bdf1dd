"""Which files are read, as options.

The dataclasses here are neither frozen nor slotted: making them so takes 5 ms, and `--help` waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from typer import Option

from snake_pipe.cli import completers

if TYPE_CHECKING:
    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.discovery.request import IngestRequest


@dataclass
class SelectionOptions:
    """Which files are read, and into which dataset."""

    heading: ClassVar = "Selection"

    dataset: Annotated[
        str | None,
        Option(
            "--dataset",
            "-d",
            metavar="DIR|URL",
            help="Where the tables are: a folder, or s3://, gs:// or az://BUCKET/PREFIX. Default:"
            " .snake-pipe in PATH, or in a file's repository.",
        ),
    ] = None
    include: Annotated[
        list[str] | None,
        Option(metavar="GLOB", help="Read only files matching GLOB, as in .gitignore; repeatable."),
    ] = None
    exclude: Annotated[
        list[str] | None, Option(metavar="GLOB", help="Never read files matching GLOB; repeatable.")
    ] = None
    languages: Annotated[
        str | None,
        Option(
            metavar="NAMES",
            help="Read only these languages, separated by commas; ast stands for AST files. Default: all"
            " programming languages and ast.",
            autocompletion=completers.languages,
        ),
    ] = None
    use_gitignore: Annotated[
        bool | None,
        Option("--gitignore/--no-gitignore", help="Whether .gitignore keeps files out. Default: it does."),
    ] = None
    full: Annotated[bool, Option("--full", help="Also read files that have not changed.")] = False
    repo: Annotated[
        str | None,
        Option(metavar="NAME", help="The repository's name in the tables. Default: its folder's."),
    ] = None

    @property
    def given(self) -> dict[str, Any]:
        """What is given of the settings that select files."""
        from snake_pipe.extract.batch_config import SELECTION_SETTINGS

        found = {name: getattr(self, name) for name in SELECTION_SETTINGS}
        return {name: value for name, value in found.items() if value is not None}

    def is_known(self, roots: list[Path]) -> bool:
        """Whether all of the roots are in the dataset, a folder: then there may be nothing to read."""
        from snake_pipe.extract.paths.datasets import DATASET_NAME

        if self.full or not roots:
            return False
        dataset = Path(self.dataset or roots[0] / DATASET_NAME)
        if not (dataset / "dataset.json").exists():  # as before a first ingestion, which is not kept waiting
            return False
        from snake_pipe.extract.feeds.repository_names import knows_all
        from snake_pipe.storage.local import LocalStorage

        return knows_all(LocalStorage(dataset), roots)

    def request(self, roots: list[Path], config: BatchConfig, file_list: Path | None = None) -> IngestRequest:
        """What is to be ingested: what `config` selects of the files below the roots, or of a list."""
        from snake_pipe.extract.discovery.request import IngestRequest
        from snake_pipe.extract.feeds.default_dataset import find_home
        from snake_pipe.storage.open import open_storage

        dataset = self.dataset or find_home(roots).dataset
        return IngestRequest(
            roots=tuple(str(root) for root in roots),
            dataset=open_storage(dataset).url,
            include=config.include,
            exclude=config.exclude,
            languages=config.languages,
            use_gitignore=config.use_gitignore,
            narrowed=tuple(name for name, value in self.given.items() if value),
            file_list=None if file_list is None else str(file_list),
            list_base=str(Path.cwd()),
            full=self.full,
            repo=self.repo or "",
        )
