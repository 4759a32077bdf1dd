"""What is known of the rows of a repository's shards, and what follows from it for all or for other ones.

A repository may be ingested as a whole today, in sixteen shards tomorrow and in eight the day after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snake_pipe.utils.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Revision:
    """What is known of the rows of a repository, or of a shard of it.

    `commit` is the one that all of them are of; None where they may be of several, or of none. `is_partial`:
    the dataset was begun with changes alone, and what has not changed since then is left out.
    """

    commit: str | None = None
    is_partial: bool = False


Known = dict[str, Revision]
"""Revisions by shards as they are written; the empty word stands for all files."""

ALL = ""


def revision_of(known: Mapping[str, Revision], shard: Shard | None) -> Revision | None:
    """What is known of a shard's rows, or of all; None where nothing is, and for a shard not yet begun."""
    if shard is not None:
        if str(shard) in known:
            return known[str(shard)]
        if known and ALL not in known and _counts(known) == {shard.count}:
            return None
    return _of_all(known)


def with_revision(known: Mapping[str, Revision], shard: Shard | None, revision: Revision) -> Known:
    """The same when something else is known of a shard's rows, or of all."""
    if shard is None:
        return {ALL: revision}
    if ALL in known or _counts(known) != {shard.count}:
        of_all = _of_all(known)
        others = {} if of_all is None else {str(each): of_all for each in _shards(shard.count)}
    else:
        others = dict(known)
    others[str(shard)] = revision
    if len(others) == shard.count and len(set(others.values())) == 1:
        return {ALL: revision}
    return others


def _of_all(known: Mapping[str, Revision]) -> Revision | None:
    if not known:
        return None
    if ALL in known:
        return known[ALL]
    (count, *others) = _counts(known)
    commits = {revision.commit for revision in known.values()}
    is_one = not others and len(known) == count and len(commits) == 1
    return Revision(commits.pop() if is_one else None, any(one.is_partial for one in known.values()))


def _counts(known: Mapping[str, Revision]) -> set[int]:
    return {Shard.parse(text).count for text in known if text != ALL}


def _shards(count: int) -> list[Shard]:
    return [Shard(number, count) for number in range(1, count + 1)]
