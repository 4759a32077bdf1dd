from __future__ import annotations

import os
import pickle
import socket
import threading
from pathlib import Path

import pytest

from snake_pipe.extract.file_reader import TooLargeError, UnreadableError, read_file

LIMIT = 1 << 20


def test_a_file_comes_whole_with_its_size_and_time(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\n")
    content = read_file(str(path), LIMIT)
    assert content.data == b"x = 1\n"
    assert (content.size_bytes, content.mtime_ns) == (6, path.stat().st_mtime_ns)


def test_an_empty_file_has_no_bytes(tmp_path):
    (tmp_path / "empty").touch()
    assert read_file(str(tmp_path / "empty"), LIMIT).data == b""


def code_of(path, limit=LIMIT):
    with pytest.raises(UnreadableError) as caught:
        read_file(str(path), limit)
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
        read_file(str(path), LIMIT)
    assert caught.value.size_bytes == 10 << 30


def test_a_file_that_keeps_growing_is_given_up(tmp_path):
    path = tmp_path / "log.py"
    path.write_bytes(b"x" * 100_000_000)  # large enough for the writer to get a word in
    stop = threading.Event()

    def grow():
        with path.open("ab", buffering=0) as file:
            while not stop.is_set():
                file.write(b"y")

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        assert code_of(path, 1 << 40) == "changed_while_reading"
    finally:
        stop.set()
        thread.join()


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
    path = os.sep.join([str(tmp_path), *parts, "deep.py"])
    assert len(path) > 4096
    assert read_file(path, LIMIT).data == b"deep = True\n"


@pytest.mark.parametrize("error", [UnreadableError("eio", "input/output error", True), TooLargeError(10, 5)])
def test_errors_survive_pickling(error):
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.code, copy.message) == (type(error), error.code, error.message)


def test_the_path_may_be_a_pathlike_string_of_undecodable_bytes(tmp_path):
    raw = os.fsencode(tmp_path) + b"/\xff\xfe.py"
    with open(raw, "wb") as file:
        file.write(b"1")
    assert read_file(os.fsdecode(raw), LIMIT).data == b"1"
    assert Path(os.fsdecode(raw)).exists()
