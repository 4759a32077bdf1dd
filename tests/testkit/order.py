"""The order of tests in which several workers are done at about the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")


def long_ones_first(items: Sequence[T], is_short: Callable[[T], bool], workers: int) -> list[T]:
    """A row of tests for each worker, which begins with its share of the long ones.

    `--dist worksteal` gives each worker as many tests, in the order that they come in, and later takes from
    the end of the longest row for one whose row is done. Short ones there are what evens out the end. Tests
    of a folder stay together, as they share servers and datasets, which a worker sets up for itself.
    """
    long, short = [i for i in items if not is_short(i)], [i for i in items if is_short(i)]
    rows = zip(_shares(long, workers), _shares(short, workers), strict=True)
    return [item for row in rows for part in row for item in part]


def _shares(items: Sequence[T], count: int) -> Iterator[Sequence[T]]:
    for number in range(count):
        yield items[len(items) * number // count : len(items) * (number + 1) // count]
