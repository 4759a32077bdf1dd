"""Kinds of file systems, as the kernel lists them."""

from __future__ import annotations

import pytest

from snake_pipe.doctor import storage
from snake_pipe.doctor.finding import Level, Place
from snake_pipe.storage.local import LocalStorage

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / {root}/net rw shared:2 - nfs4 server:/export rw,vers=4.2
31 30 0:41 / {root}/net/here\\040too rw - tmpfs tmpfs rw
32 22 0:42 / {root}/twice rw - ext4 /dev/sdb1 rw
33 22 0:43 / {root}/twice rw - xfs /dev/sdc1 rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        (".", "ext4"),
        ("net", "nfs4"),
        ("net/a/b", "nfs4"),
        ("network", "ext4"),
        ("net/here too/a", "tmpfs"),
        ("twice", "xfs"),
    ],
)
def test_the_nearest_mount_counts_and_of_two_the_later(tmp_path, folder, kind):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(root=tmp_path))
    assert storage.file_system(tmp_path / folder, mounts) == kind


def test_where_nothing_tells_the_kind_is_unknown(tmp_path):
    assert storage.file_system(tmp_path, tmp_path / "mountinfo") == "unknown"


def test_a_network_file_system_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "file_system", lambda folder: "nfs4")
    found = list(storage.check_dataset_disk(Place(tmp_path, LocalStorage(tmp_path / ".snake-pipe"))))
    assert found[-1].level is Level.WARNING
    assert "nfs4 is a network file system" in found[-1].found


def test_a_file_system_without_locks_is_an_error(tmp_path, monkeypatch):
    def try_lock(descriptor):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(storage, "try_lock", try_lock)
    (found,) = storage.check_locks(Place(tmp_path, LocalStorage(tmp_path)))
    assert (found.level, found.fix) == (Level.ERROR, "-d DIR on a file system that has locks")


@pytest.mark.parametrize(
    ("zone", "known"), [("UTC", True), ("CET-1CEST", True), (":Europe/Berlin", True), ("No/Where", False)]
)
def test_zones(zone, known):
    assert storage.is_zone(zone) is known
