"""A command on a terminal of its own, whose keys and size a test has in hand."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from testkit.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Terminal:
    """Both sides of a pseudo terminal: the command has it as its controlling one, so Ctrl-C is a signal."""

    columns: int = 100
    seen: str = ""
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._keys, self._screen = pty.openpty()
        self._bytes = b""
        self.resize(self.columns)
        self._settings = termios.tcgetattr(self._screen)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._screen)
        os.close(self._keys)

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a command with all its streams on the terminal."""
        screen = self._screen

        def take_over() -> None:
            os.setsid()
            fcntl.ioctl(screen, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command, env=environment, stdin=screen, stdout=screen, stderr=screen, preexec_fn=take_over
        )  # fmt: skip

    def resize(self, columns: int) -> None:
        """Make the window narrower or wider, of which the kernel tells the command."""
        self.columns = columns
        fcntl.ioctl(self._screen, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))

    def type(self, keys: str) -> None:
        """As a person does it; a line ends with a carriage return."""
        os.write(self._keys, keys.encode())

    def press_ctrl_c(self) -> None:
        """As a person does it: the terminal makes a signal of it, for the whole process group."""
        os.write(self._keys, b"\x03")

    def read_until(self, text: str) -> str:
        """What was shown since the last call, up to now that this is in it."""
        start = len(self.seen)
        deadline = time.monotonic() + PATIENCE
        while text not in self.seen[start:]:
            assert time.monotonic() < deadline, f"{text!r} not in {self.seen[start:]!r}"
            assert self._read(0.1) or self.process.poll() is None, self.seen[start:]
        return self.seen[start:]

    def wait(self) -> int:
        """The command's exit code, once all that it showed is read."""
        deadline = time.monotonic() + PATIENCE
        while self._read(0.05) or self.process.poll() is None:
            assert time.monotonic() < deadline, self.seen
        return self.process.returncode

    def is_as_before(self) -> bool:
        """Whether the terminal has its settings and its cursor again."""
        hidden = self.seen.rfind("\x1b[?25l") > self.seen.rfind("\x1b[?25h")
        return not hidden and termios.tcgetattr(self._screen) == self._settings

    def _read(self, seconds: float) -> bool:
        if not select.select([self._keys], [], [], seconds)[0]:
            return False
        with suppress(OSError):
            self._bytes += os.read(self._keys, 65536)
        self.seen = self._bytes.decode(errors="ignore")
        return True


def drawn(text: str) -> list[str]:
    """The lines that were drawn over one another, in their order and without colours."""
    return [_COLOUR.sub("", part) for part in re.findall(r"\r\x1b\[J([^\r\n]+)\r(?!\n)", text)]
