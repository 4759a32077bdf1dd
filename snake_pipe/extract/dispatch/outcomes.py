"""What became of a batch that was handed to the dispatcher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snake_pipe.extract.batch_models import BatchResult, FileBatch
    from snake_pipe.extract.model.lost import LostFile


@dataclass(frozen=True, slots=True)
class Finished:
    """Its parts are written; `result` has the rows of its files."""

    batch: FileBatch
    result: BatchResult


@dataclass(frozen=True, slots=True)
class Retried:
    """It gave nothing, because its worker died or the disk refused; its files are tried again."""

    batch: FileBatch


@dataclass(frozen=True, slots=True)
class Lost:
    """It held one file, which is given up."""

    batch: FileBatch
    lost: LostFile


Outcome = Finished | Retried | Lost
