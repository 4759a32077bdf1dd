"""`python -m snake_pipe` and the `snake-pipe` command."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import Any, NoReturn

_GARBAGE_AT_ONCE = 500_000
"""New objects after which Python looks for garbage: more than imports make, none of which is any."""

_INTERRUPTED = 130
_ENDED_WITHIN = 2.0
"""Seconds that a command may take to tidy up after Ctrl-C."""


class _Interrupts:
    """Ctrl-C while no job runs: it is answered at once, and ends the command; a second one does so at once.

    What is under way meanwhile, such as an import or a query, may make an error of its own of it, or swallow
    it: then the process is ended all the same.
    """

    def __init__(self) -> None:
        self.came = False

    def listen(self) -> None:
        """Take the place of Python's own handler; a SIGINT that is ignored stays so."""
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self)

    def leave(self) -> None:
        """Let Ctrl-C end the process: there is nothing left to do but that."""
        if signal.getsignal(signal.SIGINT) is self:
            signal.signal(signal.SIGINT, signal.SIG_DFL)

    def __call__(self, *_: Any) -> NoReturn:
        if self.came:
            os._exit(_INTERRUPTED)
        self.came = True
        with suppress(OSError):
            os.write(2, b"\nsnake-pipe: interrupted\n" if os.isatty(2) else b"snake-pipe: interrupted\n")
        end = threading.Timer(_ENDED_WITHIN, os._exit, (_INTERRUPTED,))
        end.daemon = True
        end.start()
        raise KeyboardInterrupt


def main() -> None:
    """Run the command line; the exit code is the process's."""
    interrupts = _Interrupts()
    interrupts.listen()
    _open_closed_streams()
    sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as workers have it, before anything imports numpy
    gc.set_threshold(_GARBAGE_AT_ONCE, 20, 20)
    try:
        from snake_pipe.cli.app import run

        code = run()
        interrupts.leave()
    except BaseException:
        if not interrupts.came:
            raise
    if interrupts.came:
        os._exit(_INTERRUPTED)  # Python may remember the interrupt, and would end by the signal
    raise SystemExit(code)


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
