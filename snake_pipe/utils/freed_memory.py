"""Freed memory that stays in the process for what is asked for next."""

from __future__ import annotations

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of glibc's `mallopt`."""

_MOST_KEPT = 64 << 20
_LARGEST_KEPT = 4 << 20


def keep_freed_memory(most: int) -> None:
    """Have glibc keep so many bytes, 64 MB at most, of freed blocks; other C libraries go on as they do.

    Blocks above 4 MB go back to the kernel as before.

    Columns are some hundred kilobytes each and go again after a few steps. Given back each time, they come
    again as pages that the kernel has to clear: two in five of a run's page faults.
    """
    import ctypes

    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    set_option(_TRIM_THRESHOLD, min(most, _MOST_KEPT))
    set_option(_MMAP_THRESHOLD, _LARGEST_KEPT)
