"""A real PostgreSQL server in a temporary folder: trusted by its socket, with a password by TCP."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from testkit.command import unmeasured
from testkit.waiting import PATIENCE, wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence

USER, PASSWORD = "snake", "correct horse"
_DEBIAN = Path("/usr/lib/postgresql")
_OWNER = "postgres"
"""Whom a server runs as that root starts: it refuses to be root's."""


def missing() -> str | None:
    """Why there can be no server, if there can't."""
    if _programs() is None:
        return "PostgreSQL's server is not installed"
    if os.geteuid() == 0 and not _is_user(_OWNER):
        return f"there is no user {_OWNER} for PostgreSQL's server"
    return None


class PostgresServer:
    """A server of its own; `stop` or `kill` it, `start` it again, `close` it in the end."""

    def __init__(self, *, durable: bool = False) -> None:
        """One that is `durable` writes through to the disk, which tests need not wait for."""
        self._fsync = "on" if durable else "off"
        programs = _programs()
        assert programs is not None
        self.programs = programs
        self._as_owner: dict[str, Any] = {"env": unmeasured(os.environ), "cwd": "/"}
        self.folder = Path(tempfile.mkdtemp(prefix="snake-pipe-postgres-"))
        if os.geteuid() == 0:
            owner = pwd.getpwnam(_OWNER)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._as_owner |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self.folder.chmod(0o755)
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        logins = ("--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password}")
        encoding = ("-E", "UTF8", "--locale=C.UTF-8")
        self._run("initdb", "-D", self.folder / "data", "-U", USER, *encoding, *logins, "--no-sync")
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Begin, and wait until it answers."""
        settings = {
            "fsync": self._fsync,
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "max_connections": 20,
            "log_min_messages": "fatal",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", str(self.folder / "data"), *options],
                stdout=log,
                stderr=log,
                **self._as_owner,
            )
        wait_for(self._answers)

    def kill(self) -> None:
        """End it at once, as a power cut does to its clients."""
        self._end(signal.SIGQUIT)

    def close(self) -> None:
        """End it, and remove its folder."""
        self._end(signal.SIGINT)
        shutil.rmtree(self.folder)

    def cpu_seconds(self) -> float:
        """Of all its processes, those that have ended too."""
        assert self._process is not None
        first = psutil.Process(self._process.pid)
        times = [first.cpu_times(), *(child.cpu_times() for child in first.children())]
        ended = times[0].children_user + times[0].children_system
        return float(ended + sum(each.user + each.system for each in times))

    def address(self, database: str, options: str = "") -> str:
        """By its socket, without a password."""
        return f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}{options}"

    def address_with_password(self, database: str) -> str:
        """By TCP, where it asks for a password, which is not in the address."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres", *, autocommit: bool = True) -> Any:
        """A connection of the Python database API."""
        from adbc_driver_postgresql import dbapi

        return dbapi.connect(self.address(database), autocommit=autocommit)

    def run(self, sql: str, database: str = "postgres") -> None:
        """One statement."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(sql)

    def rows(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """What a query gives."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()
        ready = [self.programs / "pg_isready", "-q", "-h", str(self.folder), "-p", str(self.port)]
        return subprocess.run(ready, check=False, timeout=PATIENCE).returncode == 0

    def _end(self, by: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(by)
            self._process.wait(PATIENCE)
            self._process = None

    def _run(self, program: str, *arguments: object) -> None:
        command: Sequence[str] = [str(self.programs / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, **self._as_owner)
        assert done.returncode == 0, done.stderr


def _programs() -> Path | None:
    """The folder of the newest server's programs."""
    found = sorted(_DEBIAN.glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _free_port() -> int:
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port
