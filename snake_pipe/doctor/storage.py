"""The disks under the dataset and the temporary folder: room, rights, locks, and their clock."""

from __future__ import annotations

import os
import shlex
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.doctor.finding import Finding, Place, error, note, ok, warning
from snake_pipe.errors import SnakePipeError
from snake_pipe.storage.atomic_file import fsync_folder
from snake_pipe.storage.file_lock import try_lock
from snake_pipe.utils.batch_utils import MIB
from snake_pipe.utils.checkpoint_manager import JOBS_FOLDER, CheckpointManager

if TYPE_CHECKING:
    from collections.abc import Iterator

_LITTLE_ROOM, _NO_ROOM = 1024 * MIB, 64 * MIB
_FEW_NAMES = 1000
"""Free inodes; a job takes some for every flush."""

_OF_A_NETWORK = (
    "9p afs beegfs ceph cifs fuse.s3fs fuse.sshfs glusterfs lustre ncpfs nfs nfs4 smb3 smbfs virtiofs"
).split()
_IN_MEMORY = ("ramfs", "tmpfs")

_SKEW = 2.0
"""Seconds between this machine's clock and a disk's that a slow write does not explain."""


def check_dataset_disk(place: Place) -> Iterator[Finding]:
    """Room where the dataset is or would be, and what kind of file system that is."""
    folder = place.writable
    if folder is None:
        return
    subject = "dataset's disk"
    kind = file_system(folder)
    yield _room(subject, folder, kind)
    if kind in _OF_A_NETWORK:
        found = f"{kind} is a network file system: its locks and its order of writes are its server's"
        yield warning(subject, found, "keep the dataset on a local disk: -d DIR")
    elif kind in _IN_MEMORY:
        yield note(subject, f"{kind} is in memory, gone with the machine's next start", "-d DIR on a disk")


def check_temporary_disk(_: Place) -> Iterator[Finding]:
    """Room in the temporary folder, where queries spill and workers show what they have in hand."""
    yield _room("temporary disk", Path(tempfile.gettempdir()), file_system(Path(tempfile.gettempdir())))


def _room(subject: str, folder: Path, kind: str) -> Finding:
    about = os.statvfs(folder)
    free = about.f_bavail * about.f_frsize
    what = f"{free // MIB:,} MiB are free in {folder} ({kind})"
    fix = f"make room: du -xh {shlex.quote(str(folder))} | sort -h | tail"
    if free < _NO_ROOM:
        return error(subject, what, fix)
    if about.f_files and about.f_favail < _FEW_NAMES:
        return warning(subject, f"{what}, but only {about.f_favail} more files", fix)
    return warning(subject, what, fix) if free < _LITTLE_ROOM else ok(subject, what)


def file_system(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """The kind of file system that a folder is on, as `mount` names it; `unknown` where nothing tells."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return "unknown"
    best, kind = -1, "unknown"
    path = folder.resolve()
    for line in lines:
        mount, _, about = line.partition(" - ")
        point = Path(mount.split()[4].encode("latin-1", "replace").decode("unicode_escape"))
        if path.is_relative_to(point) and len(point.parts) >= best:  # a later mount hides an earlier one
            best, kind = len(point.parts), about.split()[0]
    return kind


def check_permissions(place: Place) -> Iterator[Finding]:
    """Whether this user may write where a job has to."""
    subject = "permissions"
    folder = place.writable
    needed = [] if folder is None else [folder]
    if folder is not None and place.has_dataset:
        from snake_pipe.schemas import TABLES

        needed += [path for name in (JOBS_FOLDER, *TABLES) if (path := folder / name).is_dir()]
    closed = [folder for folder in needed if not os.access(folder, os.R_OK | os.W_OK | os.X_OK)]
    if closed:
        owner = closed[0].stat().st_uid
        more = f" and {len(closed) - 1} folders in it" if len(closed) > 1 else ""
        fix = f"sudo chown -R {os.getuid()} {shlex.quote(str(closed[0]))}, run as its owner, or give -d DIR"
        yield error(subject, f"{closed[0]}{more} may not be written to; user {owner} owns it", fix)
    for name, wanted, costs, variable in (
        ("state folder", _state_folder(), "jobs are then found in their dataset only", "XDG_STATE_HOME"),
        ("temporary folder", Path(tempfile.gettempdir()), "queries then cannot spill to disk", "TMPDIR"),
    ):
        there = next(path for path in (wanted, *wanted.parents) if path.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            found = f"the {name} {there} may not be written to; {costs}"
            yield warning(subject, found, f"export {variable}=DIR, a folder of yours")
            closed.append(there)
    if not closed:
        own = "" if folder is None else f"{folder}, "
        yield ok(subject, f"{own}state and temporary folder may be written to")


def _state_folder() -> Path:
    from platformdirs import user_state_path

    return user_state_path("snake-pipe", appauthor=False)


def check_locks(place: Place) -> Iterator[Finding]:
    """Whether the dataset's file system has locks, and makes names durable."""
    folder = place.writable
    if folder is None:
        return
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            held = try_lock(probe.fileno())
    except PermissionError:
        yield ok("locks", "not tried: nothing may be written there")
        return
    except OSError as failure:
        found = f"none on {folder}: {failure.strerror or failure}"
        yield error("locks", found, "-d DIR on a file system that has locks")
        return
    try:
        fsync_folder(folder)
    except OSError as failure:
        found = f"{folder} does not make new names durable: {failure.strerror or failure}"
        yield warning("locks", found, "-d DIR on a local disk; else a power cut may undo commits")
    else:
        yield ok("locks", "files can be locked, new names are durable" if held else "files can be locked")


def check_clock(place: Place) -> Iterator[Finding]:
    """Whether this machine, the disk and the newest job agree about the time."""
    subject, sound = "clock", True
    skew = 0.0 if place.writable is None else _skew(place.writable)
    if abs(skew) > _SKEW:
        sound = False
        found = f"the disk's is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
        yield warning(subject, f"{found}; changes may be missed", "set both by NTP: timedatectl set-ntp true")
    ahead = _newest_job(place) - time.time()
    if ahead > _SKEW:
        sound = False
        found = f"the newest job began {ahead:,.0f} s in the future"
        yield warning(subject, f"{found}: the clock went back since", "timedatectl set-ntp true")
    zone = os.environ.get("TZ", "")
    if zone and not is_zone(zone):
        sound = False
        yield note(subject, f"TZ={zone} names no zone that is known here: times are UTC", "unset TZ")
    if sound:
        yield ok(subject, f"as the disk's; {time.strftime('%Y-%m-%d %H:%M %Z')}")


def _skew(folder: Path) -> float:
    """Seconds by which the disk's clock is ahead; 0 where nothing may be written."""
    try:
        before = time.time()
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x")
            probe.flush()
            stamp = os.fstat(probe.fileno()).st_mtime
    except OSError:
        return 0.0
    after = time.time()
    return min(stamp - before, 0.0) if stamp < after else stamp - after


def _newest_job(place: Place) -> float:
    """When the newest job began, in seconds since 1970; 0 if there is none to be read."""
    manager = CheckpointManager(place.dataset)
    try:
        newest = manager.newest()
        return manager.load(newest).created_at if newest else 0.0
    except (SnakePipeError, OSError):
        return 0.0


def is_zone(zone: str) -> bool:
    """Whether the C library knows a zone: by a file, or by a rule such as `CET-1CEST`."""
    import zoneinfo

    name = zone.removeprefix(":")
    if any(character.isdigit() for character in name) and "/" not in name:
        return True
    return any(Path(folder, name).is_file() for folder in zoneinfo.TZPATH) or Path(name).is_absolute()


CHECKS = (check_dataset_disk, check_temporary_disk, check_permissions, check_locks, check_clock)
