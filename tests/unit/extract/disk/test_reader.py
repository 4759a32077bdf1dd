from __future__ import annotations

import errno
import os
import pickle
import socket
import time

import pytest

from snake_pipe.extract.disk import reader
from snake_pipe.extract.disk.folders import LastFolder
from snake_pipe.extract.disk.reader import TooLargeError, UnreadableError, read_file
from testkit.descriptors import open_below

LIMIT = 1 << 20
SECOND = 1_000_000_000


def read(path, limit=LIMIT):
    return read_file(str(path.parent), path.name.encode(), limit)


def test_a_file_comes_whole_with_its_size_and_time(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\n")
    content = read(path)
    assert content.data == b"x = 1\n"
    assert (content.size_bytes, content.mtime_ns) == (6, path.stat().st_mtime_ns)


@pytest.mark.parametrize("whole_seconds", [False, True])
def test_a_file_that_changes_in_this_moment_is_read_when_that_is_over(tmp_path, monkeypatch, whole_seconds):
    """What is written within one step of the file system's clock has one time: it was not read again."""
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\n")
    now = time.time_ns()
    if whole_seconds:  # as on file systems that know no fractions
        now = now // SECOND * SECOND
        os.utime(path, ns=(now, now))
    waited = []

    def write_again(seconds):
        waited.append(seconds)
        path.write_bytes(b"x = 2\n")
        os.utime(path, ns=(now, now))

    monkeypatch.setattr(reader.time, "time_ns", lambda: now)
    os.utime(path, ns=(now, now))
    monkeypatch.setattr(reader.time, "sleep", write_again)
    content = read(path)
    assert (content.data, content.mtime_ns) == (b"x = 2\n", now)
    assert waited == [2.0 if whole_seconds or now % SECOND == 0 else 0.02]


@pytest.mark.parametrize("ahead", [-10 * SECOND, 3600 * SECOND])
def test_an_old_file_and_one_from_the_future_are_read_at_once(tmp_path, monkeypatch, ahead):
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\n")
    time_ns = time.time_ns() + ahead
    os.utime(path, ns=(time_ns, time_ns))
    monkeypatch.setattr(reader.time, "sleep", pytest.fail)
    assert read(path).mtime_ns == time_ns


def test_an_empty_file_has_no_bytes(tmp_path):
    (tmp_path / "empty").touch()
    assert read(tmp_path / "empty").data == b""


def code_of(path, limit=LIMIT):
    with pytest.raises(UnreadableError) as caught:
        read(path, limit)
    return caught.value.code


def test_what_is_no_file_has_a_code(tmp_path):
    (tmp_path / "target").write_text("x")
    (tmp_path / "link").symlink_to("target")
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        assert code_of(tmp_path / "socket") in ("enxio", "special_file")
    assert code_of(tmp_path / "none") == "not_found"
    assert code_of(tmp_path / "link") == "symlink"
    assert code_of(tmp_path / "fifo") == "special_file"
    assert code_of(tmp_path) == "special_file"


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(10 << 30)
    with pytest.raises(TooLargeError) as caught:
        read(path)
    assert caught.value.size_bytes == 10 << 30


def test_a_file_that_keeps_growing_is_given_up(tmp_path, monkeypatch):
    # It really grows, at the worst moment: a second writer cannot be timed so well.
    path = tmp_path / "log.py"
    path.write_bytes(b"x" * 1000)
    read_for_real = os.read

    def read_while_it_grows(descriptor, length):
        with path.open("ab") as file:
            file.write(b"y")
        return read_for_real(descriptor, length)

    monkeypatch.setattr(os, "read", read_while_it_grows)
    assert code_of(path) == "changed_while_reading"
    assert path.stat().st_size == 1000 + 3  # one read in each of three tries


def test_a_file_replaced_by_a_shorter_one_is_never_a_mixture(tmp_path, monkeypatch):
    path = tmp_path / "a.py"
    path.write_bytes(b"old = 1\n" * 100)
    read_for_real, replaced = os.read, []

    def read_after_a_truncation(descriptor, length):
        if not replaced:
            replaced.append(True)
            path.write_bytes(b"new = 2\n")
        return read_for_real(descriptor, length)

    monkeypatch.setattr(os, "read", read_after_a_truncation)
    assert read(path).data == b"new = 2\n"


def test_a_path_longer_than_the_system_takes(tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    parts = []
    try:
        for _ in range(25):
            name = "d" * 200
            os.mkdir(name, dir_fd=folder)
            below = os.open(name, os.O_RDONLY, dir_fd=folder)
            os.close(folder)
            folder = below
            parts.append(name)
        with open(os.open("deep.py", os.O_WRONLY | os.O_CREAT, dir_fd=folder), "wb") as file:
            file.write(b"deep = True\n")
    finally:
        os.close(folder)
    relative = "/".join([*parts, "deep.py"]).encode()
    assert len(relative) > 4096
    assert read_file(str(tmp_path), relative, LIMIT).data == b"deep = True\n"


@pytest.mark.parametrize("error", [UnreadableError("eio", "input/output error", True), TooLargeError(10, 5)])
def test_errors_survive_pickling(error):
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.code, copy.message) == (type(error), error.code, error.message)


def test_a_name_that_is_not_utf8(tmp_path):
    with open(os.fsencode(tmp_path) + b"/\xff\xfe.py", "wb") as file:
        file.write(b"1")
    assert read_file(str(tmp_path), b"\xff\xfe.py", LIMIT).data == b"1"


def test_a_folder_that_became_a_link_is_not_entered(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.py").write_text("secret = 1")
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "pkg").symlink_to(tmp_path / "outside")
    with pytest.raises(UnreadableError) as caught:
        read_file(str(tmp_path / "repo"), b"pkg/a.py", LIMIT)
    assert caught.value.code == "symlink"


def test_a_folder_that_stays_open_is_opened_again_where_another_took_its_place(tmp_path):
    """Files that were there when their batch began were told to have vanished."""
    folder, package = LastFolder(), tmp_path / "pkg"
    package.mkdir()
    (package / "a.py").write_bytes(b"a")
    assert read_file(str(tmp_path), b"pkg/a.py", LIMIT, folder).data == b"a"
    package.rename(tmp_path / "moved")
    package.mkdir()
    (package / "b.py").write_bytes(b"b")
    assert read_file(str(tmp_path), b"pkg/b.py", LIMIT, folder).data == b"b"
    (tmp_path / "top.py").write_bytes(b"top")
    assert read_file(str(tmp_path), b"top.py", LIMIT, folder).data == b"top"
    for missing in (b"pkg/none.py", b"none/a.py"):
        with pytest.raises(UnreadableError, match="vanished"):
            read_file(str(tmp_path), missing, LIMIT, folder)
    assert read_file(str(tmp_path), b"pkg/b.py", LIMIT, folder).data == b"b"
    folder.close()
    folder.close()


def test_a_folder_that_a_network_disk_has_removed_is_opened_again(tmp_path, monkeypatch):
    """Each file of it would have failed until the next batch, where every file had opened its own folder."""
    (tmp_path / "a.py").write_bytes(b"a")
    folder, real = LastFolder(), os.open
    read_file(str(tmp_path), b"a.py", LIMIT, folder)
    answers = [OSError(errno.ESTALE, os.strerror(errno.ESTALE)), OSError(errno.EACCES, "no")]

    def once(name, flags, **place):
        if name == b"a.py" and answers:
            raise answers.pop(0)
        return real(name, flags, **place)

    monkeypatch.setattr("os.open", once)
    with pytest.raises(UnreadableError, match="no"):
        read_file(str(tmp_path), b"a.py", LIMIT, folder)
    answers.append(OSError(errno.ESTALE, os.strerror(errno.ESTALE)))
    assert read_file(str(tmp_path), b"a.py", LIMIT, folder).data == b"a"
    folder.close()


def test_no_descriptor_stays_open(tmp_path):
    (tmp_path / "a.py").write_bytes(b"abc")
    (tmp_path / "folder").mkdir()
    folder = LastFolder()
    read_file(str(tmp_path), b"a.py", LIMIT, folder)
    for name, limit in ((b"a.py", 1), (b"folder", LIMIT), (b"none", LIMIT), (b"a.py/b", LIMIT)):
        for kept in (None, folder):
            with pytest.raises(UnreadableError):
                read_file(str(tmp_path), name, limit, kept)
    folder.close()
    assert open_below(tmp_path) == 0
