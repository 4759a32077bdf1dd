"""The kernel's locks on open files and folders, which it gives up for a process whatever ends that."""

from __future__ import annotations

import errno
import fcntl

_HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Lock what is open, without waiting; False if another holds it, OSError if there are no locks.

    Closing the descriptor unlocks. Several may hold a `shared` lock at once.
    """
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _HELD:
            raise
        return False
    return True
