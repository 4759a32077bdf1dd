"""Runs that have ended, as reports are told of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import strategies as st

from snake_pipe.extract.settings.gates import parse_gates
from snake_pipe.outcome.account import Account
from snake_pipe.outcome.findings import Finding, Severity
from snake_pipe.outcome.gates import judge
from snake_pipe.outcome.state import DatasetState
from snake_pipe.outcome.summary import RunSummary

JOB = "20261129-031500-4f9a1c"
BASE = Path("/work/shop")


def account(*findings: Finding, gates: tuple[str, ...] = (), left_out: int = 0, **summary: object) -> Account:
    """A run over a hundred files of Python that are ok, and those of the findings."""
    of_file = {one.file: (one.language, one.status) for one in findings if one.status not in OTHERS}
    files = Counter({("python", "ok"): 100})
    files.update(of_file.values())
    unread = sum(one.status == "unread" for one in findings)
    stale = [one for one in findings if one.status == "stale"]
    state = DatasetState(
        files=files,
        unread=unread,
        new_failures={"python": sum(one.is_new for one in findings)},
        dumps={"javascript": 10 + len(stale)},
        stale={"javascript": len(stale)},
        findings=findings,
        left_out=left_out,
    )
    ended = RunSummary(
        **{
            "job_id": JOB,
            "dataset": str(BASE / ".snake-pipe"),
            "status": "done",
            "exit_code": 3 if findings else 0,
            "started_at": 1_795_921_200.25,
            "ended_at": 1_795_921_204.5,
            "duration": 4.25,
            "program_version": "0.1.0",
        }
        | summary
    )
    return Account(ended, BASE, state, judge(parse_gates(gates), state))


OTHERS = ("unread", "stale")
"""Statuses of findings that are none of a file's."""


def finding(file: str | bytes = b"src/a.py", status: str = "failed", **others: object) -> Finding:
    severity = {"partial": Severity.WARNING, "stale": Severity.NOTE}.get(status, Severity.ERROR)
    values = {"code": "invalid_json", "message": "not valid JSON", "line": 3, "col": 7, "language": "python"}
    raw = file.encode() if isinstance(file, str) else file
    return Finding(repo="shop", file=raw, severity=severity, status=status, **values | others)  # type: ignore[arg-type]


NAMES = st.binary(min_size=1, max_size=40).filter(lambda raw: b"\0" not in raw and not raw.startswith(b"/"))
"""Relative paths: any bytes that a file system takes."""

TEXTS = st.text(st.characters(exclude_categories=()), max_size=60) | st.sampled_from(
    [
        "]]>",
        "<![CDATA[",
        "::error file=a::b",
        "##[error]x",
        "%0A%25%",
        "a|b`c`|",
        "\\|",
        "a\r\nb\n",
        "</code><script>",
        "\x00\x1b[31m\ufffe\uffff",
        "@team http://a.example www.a.example",
        "*a* _b_ ~~c~~ [d](e) $f$",
        "&amp;&#124;",
    ]
)
"""Messages: anything, and what the formats would read in them."""

FINDINGS = st.lists(
    st.builds(
        finding,
        NAMES,
        st.sampled_from(["failed", "quarantined", "partial", "stale", "unread"]),
        message=TEXTS,
        line=st.none() | st.integers(1, 10**6),
        col=st.none() | st.integers(1, 10**4),
    ),
    max_size=25,
)
