"""The kernel's locks on open files and folders, which it gives up for a process whatever ends that."""

from __future__ import annotations

import fcntl


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Lock what is open, without waiting; False if another holds it, or if locks are not to be had there.

    Closing the descriptor unlocks. Several may hold a `shared` lock at once.
    """
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
