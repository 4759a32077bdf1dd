"""Leases with invented clocks: nobody trusts what another can hold, and what was left behind can be had."""

from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from snake_pipe.storage.lease import TRUST, Contender, Holder, LeaseRecord, Version, seems_alive
from testkit.samples import WITH_ALL

TTL = 30.0
TROUBLES = ("answer is late", "answer is lost", "put is late")
FATES = st.sampled_from(["answered", "answered", *TROUBLES])
PAUSES = st.sampled_from([0.0, 3.0, 7.0, 12.0, 17.0, 31.0])
EXAMPLES = 300 if WITH_ALL else 20
HOSTS = st.integers(0, 1)


def version(number: int) -> Version:
    return {"e_tag": str(number)}


class Host:
    """One that wants the lease or has it; its clock shows anything, and runs up to a fifth wrong."""

    def __init__(self, name: int) -> None:
        self.name = name
        self.claims = 0
        self.offset = 0.0
        self.pace = 1.0
        self.stop_trying()

    def stop_trying(self) -> None:
        self.contender = Contender(TTL)
        self.holder: Holder | None = None
        self.waits_for: Put | None = None

    def clock(self, now: float) -> float:
        return self.offset + self.pace * now


@dataclasses.dataclass
class Put:
    """A put on its way; the store takes it now, or late, or never."""

    record: LeaseRecord
    replaced: Version | None
    sent_at: float


class Leases(RuleBasedStateMachine):
    """Puts and answers are late or lost, hosts stand still, clocks disagree."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.stored: LeaseRecord | None = None
        self.number = 0
        self.on_the_way: list[Put] = []
        self.hosts = [Host(name) for name in range(2)]

    @initialize(
        offsets=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2),
        paces=st.lists(st.floats(0.85, 1.15), min_size=2, max_size=2),
    )
    def set_clocks(self, offsets: list[float], paces: list[float]) -> None:
        for host, offset, pace in zip(self.hosts, offsets, paces, strict=True):
            host.offset, host.pace = offset, pace
        self.look(0, "answered", 0.0, 0.0)

    @property
    def version(self) -> Version | None:
        return version(self.number) if self.stored else None

    @rule(which=HOSTS, fate=FATES, after=PAUSES, answer_takes=st.sampled_from([0.0, 1.0, 25.0]))
    def look(self, which: int, fate: str, after: float, answer_takes: float) -> None:
        """And take it, if it may be had."""
        self.now += after
        host = self.hosts[which]
        if host.holder or host.waits_for:
            return
        record, seen = self.stored, self.version
        self.now += answer_takes
        if record is None or seen is None or host.contender.may_take(seen, record, host.clock(self.now)):
            host.claims += 1
            mine = LeaseRecord(f"{which}-{host.claims}", 0, TTL)
            self._send(host, Put(mine, seen, host.clock(self.now)), fate)

    @rule(which=HOSTS, fate=FATES, after=PAUSES)
    def beat(self, which: int, fate: str, after: float) -> None:
        self.now += after
        host = self.hosts[which]
        if host.holder and not host.holder.is_lost and not host.waits_for:
            sent_at = host.clock(self.now)
            self._send(host, Put(host.holder.beat(sent_at), host.holder.version, sent_at), fate)

    def _send(self, host: Host, put: Put, fate: str) -> None:
        host.waits_for = put
        if fate == "put is late":
            self.on_the_way.append(put)
            return
        self._arrive(put)
        if fate == "answered":
            self.an_answer_arrives(host.name)
        elif fate == "answer is lost":
            self.an_answer_is_lost(host.name)

    def _arrive(self, put: Put) -> None:
        if put.replaced == self.version:
            self.stored = put.record
            self.number += 1

    @precondition(lambda self: self.on_the_way)
    @rule(data=st.data())
    def a_late_put_arrives(self, data: st.DataObject) -> None:
        self._arrive(self.on_the_way.pop(data.draw(st.integers(0, len(self.on_the_way) - 1))))

    @rule(which=HOSTS)
    def an_answer_arrives(self, which: int) -> None:
        """Of the put, or of the look that follows when a put was refused."""
        host = self.hosts[which]
        put = host.waits_for
        if put is None or any(each is put for each in self.on_the_way):
            return
        host.waits_for = None
        is_in_place = self.stored == put.record
        if host.holder is None:
            if is_in_place and self.version:
                host.holder = Holder(put.record, self.version, put.sent_at)
        elif is_in_place and self.version:
            host.holder.accepted(self.version)
        else:
            host.holder.refused()

    @rule(which=HOSTS)
    def an_answer_is_lost(self, which: int) -> None:
        host = self.hosts[which]
        if host.waits_for:
            host.waits_for = None
            if host.holder:
                host.holder.unanswered(host.clock(self.now))

    @rule(which=HOSTS, orderly=st.booleans(), really=st.integers(0, 2))
    def end(self, which: int, orderly: bool, really: int) -> None:
        host = self.hosts[which]
        if really:  # seldom
            return
        if host.holder and not host.holder.is_lost and not host.waits_for and orderly:
            self._arrive(Put(host.holder.record.released(), host.holder.version, 0.0))
        host.stop_trying()

    @invariant()
    def one_at_most_is_certain(self) -> None:
        certain = [
            host for host in self.hosts if host.holder and host.holder.is_certain(host.clock(self.now))
        ]
        assert len(certain) <= 1

    def teardown(self) -> None:
        """Whatever has happened: if all others are dead, who keeps looking gets the lease in the end."""
        host = Host(9)
        for _ in range(3):
            if self.stored is None or self.version is None:
                return
            if host.contender.may_take(self.version, self.stored, host.clock(self.now)):
                return
            self.now += TTL + 1
        raise AssertionError("nobody can get the lease any more")


TestLeases = pytest.mark.filterwarnings("ignore")(Leases.TestCase)
TestLeases.settings = settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_histories_by_chance(seed: int) -> None:
    """The same machine, driven evenly: it comes to takeovers that the search for examples seldom reaches."""
    chance = random.Random(seed)
    for _ in range(20):
        leases = Leases()
        leases.set_clocks(
            [chance.uniform(-1e6, 1e6) for _ in range(2)], [chance.uniform(0.85, 1.15) for _ in range(2)]
        )
        for _ in range(40):
            which, fate = chance.randrange(2), chance.choice(["answered"] * 4 + list(TROUBLES))
            after = chance.choice([0.0, 1.0, 5.0, 9.0, 14.0, 31.0])
            step = chance.randrange(12)
            if step < 5:
                leases.look(which, fate, after, chance.choice([0.0, 0.0, 1.0, 25.0]))
            elif step < 8:
                leases.beat(which, fate, after)
            elif step < 9:
                leases.an_answer_arrives(which)
            elif step < 10:
                leases.an_answer_is_lost(which)
            elif step < 11 and leases.on_the_way:
                leases._arrive(leases.on_the_way.pop(chance.randrange(len(leases.on_the_way))))
            elif chance.random() < 0.3:
                leases.end(which, chance.random() < 0.5, 0)
            leases.one_at_most_is_certain()
        leases.teardown()


def test_a_beat_counts_since_it_was_sent_first() -> None:
    """Its first put may have been the one that arrived: others count from then."""
    holder = Holder(LeaseRecord("a", 0, TTL), version(1), sent_at=0.0)
    holder.beat(10.0)
    holder.unanswered(15.0)
    holder.beat(40.0)
    holder.accepted(version(2))
    assert not holder.is_certain(40.0)
    assert holder.due_at() == 20.0
    holder.beat(40.0)
    holder.accepted(version(3))
    assert holder.is_certain(40.0 + TTL * TRUST - 0.1)
    assert not holder.is_certain(40.0 + TTL * TRUST)


def test_a_lease_of_a_longer_time_to_live_is_watched_for_that_long() -> None:
    contender, record = Contender(TTL), LeaseRecord("a", 0, 100.0)
    assert not contender.may_take(version(1), record, 1000.0)
    assert not contender.may_take(version(1), record, 1099.0)
    assert contender.may_take(version(1), record, 1100.0)
    assert contender.may_take(version(2), record.released(), 1100.0)


def test_records_are_read_as_they_were_written() -> None:
    record = LeaseRecord("a", 3, TTL, held=False)
    assert LeaseRecord.from_bytes(record.to_bytes()) == record
    for damaged in (b"", b"{}", b"[]", b"null", b'{"holder": 1, "beat": "x", "ttl": 1, "held": true}'):
        with pytest.raises(ValueError):
            LeaseRecord.from_bytes(damaged)


@pytest.mark.parametrize(
    ("age", "seems"), [(0.0, True), (-1.0, True), (29.0, True), (31.0, False), (-9.0, False)]
)
def test_a_beat_of_the_future_tells_nothing(age: float, seems: bool) -> None:
    assert seems_alive(LeaseRecord("a", 0, TTL), age) is seems
