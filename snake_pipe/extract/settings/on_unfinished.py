"""A word of the command line that is looked up before anything heavy is imported."""

from __future__ import annotations

from enum import StrEnum


class OnUnfinished(StrEnum):
    """What a new ingestion does about an earlier one of the same paths that is not done."""

    KEEP = "keep"
    """Begin a new job; the earlier one can still be resumed."""
    RESUME = "resume"
    """Go on with it, if it was asked for the same; else as `keep`."""
    RESTART = "restart"
    """Begin a new job in its place: it cannot be resumed any more."""
    FAIL = "fail"
    """Begin nothing: somebody is to look at it."""
