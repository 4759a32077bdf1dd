"""Standard streams whose reader has gone, as after `| head`."""

from __future__ import annotations

import os
from typing import TextIO


def discard(stream: TextIO) -> None:
    """Send the rest of a stream nowhere: what is left in its buffer would let the process end with 120."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, stream.fileno())
    finally:
        os.close(nothing)
