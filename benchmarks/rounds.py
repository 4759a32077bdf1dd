"""Rounds: what is compared is measured in turns, so that what else the machine does meets all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Timed(Protocol):
    """What says how long it took."""

    @property
    def seconds(self) -> float:
        """Of wall time."""
        ...


T = TypeVar("T")
Took = TypeVar("Took", bound=Timed)


def in_turns(rounds: int, measures: Sequence[Callable[[], T]]) -> list[list[T]]:
    """What each measure gave in each round.

    One round more comes first, which warms the caches and does not count, unless one round is all there is.
    """
    if rounds > 1:
        for measure in measures:
            measure()
    each = [[measure() for measure in measures] for _ in range(rounds)]
    return [list(results) for results in zip(*each, strict=True)]


def median(results: Sequence[Took]) -> Took:
    """The one that took the middle time; of an even number the faster one in the middle."""
    return sorted(results, key=lambda result: result.seconds)[(len(results) - 1) // 2]
