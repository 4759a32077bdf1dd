"""Two hosts of one machine: network namespaces with a cable between them, which can be cut. Needs root."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NEAR, FAR = "10.77.0.1", "10.77.0.2"
"""Addresses of this host's end of the cable and of the other's."""

_FAR_SPACE, _NEAR_END, _FAR_END = "snakefar", "snakenear0", "snakefar0"


@contextmanager
def two_hosts() -> Iterator[tuple[str, ...]]:
    """This host and another: the command that runs another one there."""
    _remove()
    _ip("netns", "add", _FAR_SPACE)
    try:
        _ip("link", "add", _NEAR_END, "type", "veth", "peer", "name", _FAR_END, "netns", _FAR_SPACE)
        _ip("addr", "add", f"{NEAR}/24", "dev", _NEAR_END)
        _ip("link", "set", _NEAR_END, "up")
        _ip("-n", _FAR_SPACE, "addr", "add", f"{FAR}/24", "dev", _FAR_END)
        _ip("-n", _FAR_SPACE, "link", "set", _FAR_END, "up")
        _ip("-n", _FAR_SPACE, "link", "set", "lo", "up")
        yield ("ip", "netns", "exec", _FAR_SPACE)
    finally:
        _remove()


@contextmanager
def cut_cable() -> Iterator[None]:
    """Within, nothing comes through; connections are not told."""
    _ip("link", "set", _NEAR_END, "down")
    try:
        yield
    finally:
        _ip("link", "set", _NEAR_END, "up")


def _remove() -> None:
    with suppress(subprocess.CalledProcessError):
        _ip("netns", "del", _FAR_SPACE)
    with suppress(subprocess.CalledProcessError):
        _ip("link", "del", _NEAR_END)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
