"""Which executors are Dask clusters, and where their schedulers are: told without anything of Dask."""

from __future__ import annotations

from importlib.util import find_spec

from snake_pipe.errors import UsageError

LOCAL = "dask"
"""The executor that is a cluster on this machine; any other is the address of a scheduler."""

_SCHEMES = {"dask": "tcp", "tcp": "tcp", "tls": "tls", "ws": "ws", "wss": "wss", "ucx": "ucx"}


def is_dask(executor: str) -> bool:
    """Whether an executor is a Dask cluster."""
    return executor == LOCAL or "://" in executor


def scheduler_address(executor: str) -> str:
    """What Dask calls the address in an executor such as dask://HOST:PORT; ValueError where there is none."""
    scheme, _, place = executor.partition("://")
    host, _, port = place.rpartition(":")
    if scheme not in _SCHEMES or not host or not port.rstrip("/").isdigit():
        raise ValueError(f"a scheduler's address is {' or '.join(_SCHEMES)}, then ://HOST:PORT")
    return f"{_SCHEMES[scheme]}://{host}:{port.rstrip('/')}"


def check_dask() -> None:
    """UsageError where Dask is not installed."""
    if find_spec("distributed") is None:
        raise UsageError("Dask is not installed", "pip install 'snake-pipe[dask]'")
