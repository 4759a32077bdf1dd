"""Whether a run's repositories meet the gates that a user set.

A count is of the current files of these repositories. A percentage is of those that were to be read: `ok`,
`partial`, `failed`, `quarantined` and `new-failures` of all files that are not skipped, `skipped` of all
files, `drift` of all AST files. Files that were found but could not be looked at count as failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from snake_pipe.extract.settings.gates import DRIFT, NEW_FAILURES, STATUS_MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from snake_pipe.extract.settings.gates import Gate
    from snake_pipe.outcome.state import DatasetState

_NOUNS = {NEW_FAILURES: "failed newly", DRIFT: "stale"}
"""What the counted files are, where the measure is no adjective."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a gate: `count` of `total` files; None where nobody knows."""

    gate: Gate
    count: int | None
    total: int

    @property
    def is_met(self) -> bool:
        """Whether the gate is met; what is not known is not."""
        return self.count is not None and self.gate.allows(self.count, self.total)

    @property
    def breach(self) -> str:
        """The words for one that is not met."""
        return f"the gate {self.gate.text} is not met: {self.in_words}"

    @property
    def in_words(self) -> str:
        """What was measured: `97.3 % ok (36 of 37 files)`, `2 of 37 files failed`."""
        if self.count is None:
            return "what failed before this job is not known"
        gate = self.gate
        things = "AST files" if gate.measure == DRIFT else "files"
        measure = _NOUNS.get(gate.measure, gate.measure)
        among = f"{self.count:,} of {self.total:,} {things}"
        if gate.is_percentage and self.total:
            return f"{_percentage(self)} % {measure} ({among})"
        return f"{among} {measure}"


def ask_for_drift(gates: Iterable[Gate]) -> bool:
    """Whether some gate is about drift, which costs a look that the others do without."""
    return any(gate.measure == DRIFT for gate in gates)


def judge(gates: Iterable[Gate], state: DatasetState) -> tuple[Verdict, ...]:
    """A verdict for each gate, in their order."""
    return tuple(Verdict(gate, *_measured(gate, state)) for gate in gates)


def _measured(gate: Gate, state: DatasetState) -> tuple[int | None, int]:
    measure, language = gate.measure, gate.language
    if measure == DRIFT:
        return _of(state.stale, language), _of(state.dumps, language) or 0
    read = state.to_be_read(language)
    if measure == NEW_FAILURES:
        return _of(state.new_failures, language), read
    assert measure in STATUS_MEASURES
    count = state.count(measure, language=language)
    if measure == "failed" and not language:
        count += state.unread
    return count, read + (state.count("skipped", language=language) if measure == "skipped" else 0)


def _of(counts: Mapping[str, int] | None, language: str) -> int | None:
    if counts is None:
        return None
    return counts.get(language, 0) if language else sum(counts.values())


def _percentage(verdict: Verdict) -> str:
    """With as many digits as it takes to see on which side of the limit it is."""
    assert verdict.count is not None
    exact = Fraction(100 * verdict.count, verdict.total)
    for digits in range(1, 10):
        shown = f"{float(exact):.{digits}f}"
        if exact == verdict.gate.limit or Fraction(shown) != verdict.gate.limit:
            return shown
    return shown
