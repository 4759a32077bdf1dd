"""A file that is given up because it ends every worker that tries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.transform.rows.contract import timeout_problem
from snake_pipe.utils.batch_utils import MIB

if TYPE_CHECKING:
    from snake_pipe.extract.batch_models import DiscoveredFile


@dataclass(frozen=True, slots=True)
class LostFile:
    """A file that ended its worker whenever it was tried.

    `reason` is worker_died, timeout or out_of_memory.
    """

    file: DiscoveredFile
    reason: str
    message: str
    attempts: int


def lost_file(
    file: DiscoveredFile, reason: str, attempts: int, *, file_timeout: float, memory_limit: int
) -> LostFile:
    """A lost file with the words for people; seconds and bytes."""
    message = {
        "timeout": timeout_problem(file_timeout).message,
        "out_of_memory": f"needs more than {memory_limit // MIB} MiB allow;"
        " raise --memory-limit or exclude it",
        "worker_died": f"ended its worker process in each of {attempts} tries; exclude it or report it",
    }[reason]
    return LostFile(file, reason, message, attempts)
