"""All that reports tell of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snake_pipe.observe.status import stopper
from snake_pipe.outcome.findings import Severity
from snake_pipe.utils.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from snake_pipe.outcome.gates import Verdict
    from snake_pipe.outcome.state import DatasetState
    from snake_pipe.outcome.summary import RunSummary


@dataclass(frozen=True, slots=True)
class Account:
    """How a run went, how its repositories stand, and what became of the gates.

    `state` is None where the dataset could not be asked; paths of its findings count from `base`. There are
    verdicts only of a run that is done: before that, nobody knows.
    """

    summary: RunSummary
    base: Path
    state: DatasetState | None = None
    verdicts: tuple[Verdict, ...] = field(default=())

    @property
    def breaches(self) -> list[Verdict]:
        """The gates that are not met."""
        return [verdict for verdict in self.verdicts if not verdict.is_met]

    @property
    def ending(self) -> str | None:
        """Why the run did not come to its end, on one line, and what goes on with it; None if it did."""
        summary = self.summary
        if summary.status == "done":
            return None
        reason = visible(summary.message)
        how = f"was stopped by {stopper(reason)}" if summary.status == "stopped" else f"failed: {reason}"
        resume = f"; resume with: {summary.resume_command}" if summary.resume_command else ""
        return f"the run {how}{resume}"

    @property
    def notes(self) -> list[tuple[Severity, str]]:
        """What is to be said of the run itself. One that was stopped has only more to do."""
        notes = [(Severity.ERROR, verdict.breach) for verdict in self.breaches]
        if self.ending is not None:
            is_stopped = self.summary.status == "stopped"
            notes.append((Severity.WARNING if is_stopped else Severity.ERROR, self.ending))
        return notes

    @property
    def headline(self) -> str:
        """How the run's repositories stand, in a few words."""
        if self.state is None:
            return "the run did not come to its end"
        state = self.state
        failed = state.count("failed", "quarantined") + state.unread
        stale = sum((state.stale or {}).values())
        parts = [
            f"{failed:,} of {state.to_be_read():,} files failed" if failed else "",
            f"{partial:,} partial" if (partial := state.count("partial")) else "",
            f"{stale:,} AST files stale" if stale else "",
            f"{len(self.breaches)} of {len(self.verdicts)} gates not met" if self.breaches else "",
        ]
        return ", ".join(filter(None, parts)) or f"{state.to_be_read():,} files, none failed"

    @property
    def figures(self) -> Mapping[str, int]:
        """The repositories' current files: by status, and those that failed newly or are stale."""
        if self.state is None:
            return {}
        state = self.state
        figures = {"files": state.count(*STATUSES)} | {status: state.count(status) for status in STATUSES}
        figures["unread"] = state.unread
        if state.new_failures is not None:
            figures["new-failures"] = sum(state.new_failures.values())
        if state.stale is not None:
            figures["stale"] = sum(state.stale.values())
        return figures


STATUSES = ("ok", "partial", "failed", "quarantined", "skipped")
"""What a current file may be."""
