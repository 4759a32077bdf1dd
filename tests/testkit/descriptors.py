"""Which descriptors of this process are of something in a folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def open_below(folder: Path) -> int:
    """How many descriptors are of something in a folder, however deep, or of the folder itself.

    Others do not count: what earlier tests left to the collector of garbage, or what a library opens of its
    own accord, is opened and closed at any time.
    """
    found = 0
    for descriptor in os.listdir("/dev/fd"):
        try:
            path = os.readlink(f"/dev/fd/{descriptor}")
        except OSError as error:
            found += error.errno == errno.ENAMETOOLONG
        else:
            found += f"{path}/".startswith(f"{folder}/")
    return found
