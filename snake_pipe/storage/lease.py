"""A right that one process holds at a time, kept by beats in one object that is only ever swapped.

The object holds a `LeaseRecord`. Each change of it names the version that it replaces, and the server makes
one of several changes win, so there is one order of all of them. Nothing here opens a connection or reads a
clock.

- A **holder** swaps the record for one with the next beat, a few times within the time to live. It trusts
  its lease for a share of that time since *before* it sent the last beat that was answered.
- A **contender** takes a lease that was released at once. One that is held it takes when it has seen the
  same version for the whole time to live, counted from *after* it received the first sight of it.

Each measures durations on its own clock only. A beat is applied after it was sent and seen after it was
applied, so the contender's count begins after the holder's, and the holder's ends earlier: two hosts may
disagree about the time by years, and about the length of a second by a third. A holder that was suspended
finds on its clock that its trust is over; then only a beat that the server accepts tells it that nobody has
taken the lease meanwhile.

What a check cannot exclude is that a process is suspended right after it, or that its request is late. So
what is done under a lease has to be safe by itself, too:

- A promise in a journal is an object that is created under the next number. Whoever takes over a lease that
  was left behind has to create a record under the next number of the journal that was left, before it counts
  on what is in there. If a late promise was there before, it is read and carried out; if not, it finds its
  number taken, and its writer ends without having committed.
- The commit of a promised flush is carried out by whoever takes over. A late one of the earlier holder's
  meets the entry in the table's log: entries are created under the next version, and whoever finds that
  taken looks whether its flush is in there before it tries the next one. So a flush is committed once,
  whoever does it.
- Parts have names of their own, by job, batch and attempt. What nobody promised is listed first, and only
  then are the logs read that may name it, so a late removal can't take what a later holder has written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TypeAlias

Version: TypeAlias = dict[str, str]
"""What names a state of an object, in a store's own words."""

TRUST = 2 / 3
"""The share of the time to live for which a holder trusts a beat; the rest is for slow clocks and commits."""

BEATS = 3
"""Beats within a time to live."""

_TRIES_AGAIN = 1 / 15
"""The share of the time to live after which a beat that was not answered is sent again."""


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """What the object says.

    `holder` is a name that no other claim has, `beat` counts how often it was renewed, `ttl` is in seconds;
    `held` is false once it was released.
    """

    holder: str
    beat: int
    ttl: float
    held: bool = True

    def next_beat(self) -> LeaseRecord:
        """The same, renewed."""
        return replace(self, beat=self.beat + 1)

    def released(self) -> LeaseRecord:
        """The same, for others to take."""
        return replace(self, beat=self.beat + 1, held=False)

    def to_bytes(self) -> bytes:
        """As the object holds it."""
        record = {"holder": self.holder, "beat": self.beat, "ttl": self.ttl, "held": self.held}
        return json.dumps(record).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> LeaseRecord:
        """The record of an object; ValueError if it holds none."""
        try:
            record = json.loads(data)
            return cls(str(record["holder"]), int(record["beat"]), float(record["ttl"]), bool(record["held"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"no lease: {data[:80]!r}") from error


class Holder:
    """A lease that is held: what to put next and when, and for how long the last beat counts.

    `version` is what the store calls the state that is to be replaced next; `now` is the holder's clock.
    """

    def __init__(self, record: LeaseRecord, version: Version, sent_at: float) -> None:
        self.record = record
        self.version = version
        self.is_lost = False
        self._renewed_at = sent_at
        self._sent_at: float | None = None  # the next beat, for the first time
        self._due_at = sent_at + record.ttl / BEATS

    def due_at(self) -> float:
        """When to send the next beat."""
        return self._due_at

    def beat(self, now: float) -> LeaseRecord:
        """What to put in the place of `version`, now."""
        if self._sent_at is None:
            self._sent_at = now
        return self.record.next_beat()

    def accepted(self, version: Version) -> None:
        """The beat is in its place, by the last put or an earlier one: it counts since it was sent first."""
        assert self._sent_at is not None
        self.record, self.version = self.record.next_beat(), version
        self._renewed_at, self._sent_at = self._sent_at, None
        self._due_at = self._renewed_at + self.record.ttl / BEATS

    def unanswered(self, now: float) -> None:
        """Nobody knows whether the beat is in its place, or will be."""
        self._due_at = now + self.record.ttl * _TRIES_AGAIN

    def refused(self) -> None:
        """Another record was in its place: it was overtaken."""
        self.is_lost = True

    def is_certain(self, now: float) -> bool:
        """Whether nobody else can have taken the lease yet."""
        return not self.is_lost and self.since_renewed(now) < self.record.ttl * TRUST

    def since_renewed(self, now: float) -> float:
        """Seconds since the last beat that was accepted was sent."""
        return now - self._renewed_at


class Contender:
    """What somebody who wants a lease has seen of it."""

    def __init__(self, ttl: float) -> None:
        self._ttl = ttl
        self._version: Version | None = None
        self._since = 0.0

    def may_take(self, version: Version, record: LeaseRecord, now: float) -> bool:
        """Whether the lease, seen like this in an answer received by `now`, is to be had."""
        if not record.held:
            return True
        if version != self._version:
            self._version, self._since = version, now
        return now - self._since >= max(self._ttl, record.ttl)


def seems_alive(record: LeaseRecord, age: float) -> bool:
    """Whether a holder seems to be at work, `age` seconds after its beat by two clocks that may disagree.

    Only for what may be wrong: whether to watch a lease at all. Nobody takes one because of it.
    """
    return record.held and -_UNCERTAIN <= age <= record.ttl


_UNCERTAIN = 2.0
"""Seconds by which stores round their times."""
