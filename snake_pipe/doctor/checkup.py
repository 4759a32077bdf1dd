"""All checks, side by side and within a deadline: none that fails or hangs takes the others with it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from snake_pipe.doctor import dataset, git, machine, object_store, plugins, program, storage, terminal
from snake_pipe.doctor.finding import Finding, Place, ok, warning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Check = Callable[[Place], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    *program.CHECKS,
    *plugins.CHECKS,
    *machine.CHECKS,
    *storage.CHECKS,
    *object_store.CHECKS,
    *git.CHECKS,
    *dataset.CHECKS,
    *terminal.CHECKS,
)
"""In the order in which their findings are shown."""

DEADLINE = 5.0
"""Seconds for all of them; they take a third of one, where no disk hangs."""


def examine(place: Place, checks: Sequence[Check] = CHECKS, deadline: float = DEADLINE) -> list[Finding]:
    """What all checks find at a place, in their order.

    Each has a thread of its own, which is left behind if it gives no answer: nothing ends a thread that waits
    for a dead network drive.
    """
    answers: dict[Check, list[Finding]] = {}
    threads = {check: _start(check, place, answers) for check in checks}
    end = time.monotonic() + deadline
    found: list[Finding] = []
    for check, thread in threads.items():
        thread.join(max(0.0, end - time.monotonic()))
        found += answers.get(check) or [_unanswered(check, deadline)]
    return found


def _start(check: Check, place: Place, answers: dict[Check, list[Finding]]) -> threading.Thread:
    def run() -> None:
        try:
            found = list(check(place))
        except PermissionError as failure:
            what = f"{failure.filename} may not be read by this user"
            answers[check] = [warning(subject_of(check), what, "run as its owner; see permissions")]
        except Exception as failure:  # noqa: BLE001 - it is what was found
            what = f"could not be checked: {type(failure).__name__}: {failure}"
            answers[check] = [warning(subject_of(check), what, "report it, with the output of doctor --json")]
        else:
            answers[check] = found or [ok(subject_of(check), "nothing to check here")]

    thread = threading.Thread(target=run, name=subject_of(check), daemon=True)
    thread.start()
    return thread


def _unanswered(check: Check, deadline: float) -> Finding:
    return warning(
        subject_of(check),
        f"no answer within {deadline:g} s",
        "is a disk or a network drive hanging? df shows which",
    )


def subject_of(check: Check) -> str:
    """What a check is about, as its function is named."""
    return check.__name__.removeprefix("check_").replace("_", " ")
