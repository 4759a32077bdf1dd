"""What people and CI services are told of a run when it has ended, and what it must reach, as options.

The dataclass here is neither frozen nor slotted: making it so takes milliseconds, and `--help` waits for it.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from typer import Option

from snake_pipe.cli import completers
from snake_pipe.cli.options.outputs import check_output, write_output
from snake_pipe.cli.output.streams import tell, write_to_stderr
from snake_pipe.errors import SnakePipeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from snake_pipe.cli.options.outputs import RunOutputs
    from snake_pipe.outcome.account import Account
    from snake_pipe.outcome.reports.choice import Choice
    from snake_pipe.outcome.summary import RunSummary


@dataclass
class RunReports:
    """Reports, which are written at the end of a run, also of one that failed; and gates."""

    heading: ClassVar = "For machines"

    report: Annotated[
        list[str] | None,
        Option(
            metavar="FORMAT[=FILE]",
            help="Report failed files, gates and stale AST files as github, sarif, junit, markdown or json,"
            " to FILE or stdout; repeatable. In a GitHub workflow: github too, unless there is none.",
            autocompletion=completers.report_formats,
        ),
    ] = None
    gate: Annotated[
        list[str] | None,
        Option(
            metavar="CONDITION",
            help="Exit with 3 if this is not so when all is read: 'ok>=99.5%', 'failed<=10',"
            " 'new-failures=0', 'python:ok>=99%'; repeatable.",
            autocompletion=completers.gates,
        ),
    ] = None

    def check(self, outputs: RunOutputs) -> None:
        """UsageError, before anything else is done, for a report or a gate that cannot be."""
        for choice in self._choices():
            if choice.file is not None:
                check_output(choice.file)
            elif choice.is_asked and outputs.takes_stdout:
                raise UsageError(
                    f"--report: {choice.format} and the summary would both go to stdout",
                    f"give it a file: {choice.format}=FILE",
                )
        if self.gate:
            from snake_pipe.extract.settings.gates import parse_gates

            parse_gates(self.gate)

    @property
    def given(self) -> dict[str, Any]:
        """What is given of settings."""
        return {"gates": self.gate} if self.gate else {}

    def account_of(self, summary: RunSummary, gates: Sequence[str] = ()) -> Account | None:
        """All that is told of a run, and what became of the gates if it is done; None if nobody asks.

        How the files stand is left out where the dataset cannot tell and the run failed anyway; else it is a
        DatasetError or a QueryError.
        """
        is_reported = bool(self._choices())
        is_done = summary.status == "done"
        if not (is_reported or (gates and is_done)):
            return None
        from snake_pipe.extract.settings.gates import parse_gates
        from snake_pipe.outcome.account import Account
        from snake_pipe.outcome.gates import ask_for_drift, judge
        from snake_pipe.outcome.state import look_up

        parsed = parse_gates(gates) if is_done else ()
        account = Account(summary, _base(os.environ))
        if not summary.repos:
            return account
        try:
            state = look_up(
                summary,
                base=account.base,
                with_findings=is_reported,
                with_drift=is_reported or ask_for_drift(parsed),
            )
        except SnakePipeError:
            if is_done:
                raise
            return account
        return replace(account, state=state, verdicts=judge(parsed, state))

    def write(self, account: Account) -> None:
        """Write all reports; StorageError if the disk refuses."""
        from snake_pipe.outcome.reports.junit import junit_report
        from snake_pipe.outcome.reports.markdown import markdown_report
        from snake_pipe.outcome.reports.plain_json import json_report
        from snake_pipe.outcome.reports.sarif import sarif_report

        texts = {
            "github": _for_github,
            "sarif": sarif_report,
            "junit": junit_report,
            "markdown": markdown_report,
            "json": json_report,
        }
        for choice in self._choices():
            text = texts[choice.format](account)
            if choice.file is not None:
                write_output(choice.file, text.encode("utf-8", "backslashreplace"))
            elif choice.is_asked:
                sys.stdout.write(text)
                sys.stdout.flush()
            else:
                write_to_stderr(text)

    def _choices(self) -> tuple[Choice, ...]:
        if not self.report and "GITHUB_ACTIONS" not in os.environ:
            return ()
        from snake_pipe.outcome.reports.choice import choose

        return choose(self.report or (), os.environ)


def _base(environment: Mapping[str, str]) -> Path:
    """The folder that paths in reports count from: the checkout of the CI service, else the current one."""
    found = environment.get("GITHUB_WORKSPACE") or environment.get("CI_PROJECT_DIR") or os.getcwd()  # noqa: PTH109
    return Path(found).resolve()


def _for_github(account: Account) -> str:
    """The commands for the log; summary and outputs go into the files that the runner has for them."""
    import secrets

    from snake_pipe.outcome.reports.github import MOST_OF_SUMMARY, step_outputs, workflow_commands
    from snake_pipe.outcome.reports.markdown import markdown_report

    if name := os.environ.get("GITHUB_STEP_SUMMARY"):
        _append(name, lambda size: markdown_report(account, MOST_OF_SUMMARY - size))
    if name := os.environ.get("GITHUB_OUTPUT"):
        _append(name, lambda _: step_outputs(account))
    return "".join(f"{line}\n" for line in workflow_commands(account, secrets.token_hex(16)))


def _append(name: str, text: Callable[[int], str]) -> None:
    """Append to a file of the runner what fits its size; one that cannot be written is no reason to fail."""
    try:
        with Path(name).open("ab") as file:
            file.write(text(file.tell()).encode("utf-8", "backslashreplace"))
    except OSError as error:
        tell(f"snake-pipe: cannot write {name}: {error.strerror or error}")
