"""`python -m snake_pipe` and the `snake-pipe` command."""

from __future__ import annotations

import gc
import os
import sys

_GARBAGE_AT_ONCE = 50_000
"""New objects after which Python looks for garbage: at its own 700 it does so a hundred times for imports."""


def main() -> None:
    """Run the command line; the exit code is the process's."""
    _open_closed_streams()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    gc.set_threshold(_GARBAGE_AT_ONCE, 20, 20)
    from snake_pipe.cli.app import run

    raise SystemExit(run())


def _open_closed_streams() -> None:
    """Give what a shell has closed (`>&-`) to nobody: else a file of the dataset could be our stderr."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            os.dup2(descriptor, number)
            if descriptor != number:
                os.close(descriptor)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode))


if __name__ == "__main__":
    main()
