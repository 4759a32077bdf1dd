"""`python -m snake_pipe` and the `snake-pipe` command."""

from __future__ import annotations

import gc

_GARBAGE_AT_ONCE = 50_000
"""New objects after which Python looks for garbage: at its own 700 it does so a hundred times for imports."""


def main() -> None:
    """Run the command line; the exit code is the process's."""
    gc.set_threshold(_GARBAGE_AT_ONCE, 20, 20)
    from snake_pipe.cli.app import run

    raise SystemExit(run())


if __name__ == "__main__":
    main()
