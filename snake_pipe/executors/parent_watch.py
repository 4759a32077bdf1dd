"""What a child process does when its parent is gone."""

from __future__ import annotations

import contextlib
import os
import threading


def end_with_parent() -> None:
    """End this process when the one that started it has ended; does nothing in a process that has none."""
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        with contextlib.suppress(OSError):
            connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()
