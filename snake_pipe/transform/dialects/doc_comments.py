"""Comments of the form `/** ... */`, which document what follows them."""

from __future__ import annotations


def doc_of(comment: str | None) -> str | None:
    """The text of a comment that documents what follows it; None for any other comment."""
    if comment is None or not comment.startswith("/**"):
        return None
    lines = (line.strip().removeprefix("*").strip() for line in comment[3:].removesuffix("*/").splitlines())
    return "\n".join(lines).strip() or None
