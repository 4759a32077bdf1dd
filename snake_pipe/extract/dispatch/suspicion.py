"""When a file that may have ended its worker is given up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snake_pipe.extract.dispatch.workers import WorkerLost


class Suspicion:
    """Counts the losses of one file's workers: `most` of a kind are too many.

    Processes that are known to have ended with the file in hand are one kind. The other is losses that may
    have nothing to do with it, such as of a whole machine: those must not add up with the first, nor must
    one of them name the reason of a file that takes too long.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._losses: Counter[bool] = Counter()

    def add(self, lost: WorkerLost) -> bool:
        """Count a loss; whether the file is to be given up for it."""
        is_known = lost.in_hand is not None
        self._losses[is_known] += 1
        return lost.reason == "timeout" or self._losses[is_known] >= self._most
