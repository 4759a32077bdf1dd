"""Why something that was put where commands are put is not carried out."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - not an error: the reason why something is no command
    """Why it is refused, as the end of a sentence."""
