"""`python -m snake_pipe` and the `snake-pipe` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line; the exit code is the process's."""
    from snake_pipe.cli.app import run

    raise SystemExit(run())


if __name__ == "__main__":
    main()
