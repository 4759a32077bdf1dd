"""The control folder: what is accepted, what is refused, and what refusing costs."""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import stat
import threading

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.errors import UsageError
from snake_pipe.extract.job.control import folder as control_folder
from snake_pipe.extract.job.control.command import ACTIONS, MOST_BYTES, Command, check_command
from snake_pipe.extract.job.control.folder import ControlFolder
from snake_pipe.extract.job.control.inbox import Inbox
from snake_pipe.extract.job.control.sender import send, wait_for_answer, withdraw
from snake_pipe.storage.local import LocalStorage

ID = "01795357984909449600-0a1b2c3d"


@pytest.fixture
def job(tmp_path):
    folder = tmp_path / "20261122-101530-4f9a1c"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def inbox(job):
    folder = Inbox(ControlFolder(job / "control"))
    folder.clear()
    return folder


def command_bytes(command_id=ID, action="flush", arguments=None, **more):
    return orjson.dumps({"id": command_id, "action": action, "arguments": arguments or {}, **more})


def put(job, data=None, name=f"{ID}.json"):
    path = job / "control" / name
    path.write_bytes(command_bytes() if data is None else data)
    return path


def refusal(inbox):
    """What the job said about the only thing in its folder."""
    assert inbox.read() == []
    (message,) = inbox.refused()
    assert inbox.read() == []
    assert inbox.refused() == []
    return message


# -- accepted ----------------------------------------------------------------------------------------


def test_commands_come_once_and_in_the_order_they_were_sent(job, inbox):
    commands = [
        ("pause", {}),
        ("set", {"max_latency": 2.0, "tables": ["nodes"], "batch_size": 50}),
        ("cancel", {"path": "vendor/**"}),
        ("cancel", {"queue": "python"}),
        ("unpause", {}),
        ("flush", {}),
        ("stop", {}),
    ]
    ids = [send(LocalStorage(job), action, arguments) for action, arguments in commands]
    assert ids == sorted(ids)
    assert inbox.read() == [Command(i, *what) for i, what in zip(ids, commands, strict=True)]
    assert inbox.read() == []
    assert inbox.refused() == []
    assert list((job / "control").iterdir()) == []


def test_only_the_owner_can_look_into_the_folder_and_its_files(job, inbox):
    assert stat.S_IMODE((job / "control").stat().st_mode) == 0o700
    before = os.umask(0)
    try:
        command_id = send(LocalStorage(job), "pause")
    finally:
        os.umask(before)
    assert stat.S_IMODE((job / "control" / f"{command_id}.json").stat().st_mode) == 0o600
    assert [path.name for path in job.iterdir()] == ["control"]  # no temp file stays


def test_a_command_is_in_the_folder_whole_or_not_at_all(job, inbox, monkeypatch):
    seen = []
    rename = pathlib.Path.rename

    def look_and_rename(self, target):
        seen.append((inbox.read(), inbox.refused()))
        return rename(self, target)

    monkeypatch.setattr(pathlib.Path, "rename", look_and_rename)
    command_id = send(LocalStorage(job), "pause")
    assert seen == [([], [])]
    assert [command.id for command in inbox.read()] == [command_id]


def test_what_was_sent_to_a_dead_run_is_not_carried_out_by_the_next(job, inbox):
    """A job that was killed with a `stop` in its folder would stop again at once when it is resumed."""
    send(LocalStorage(job), "stop")
    put(job, b"rubbish", "rubbish")
    (job / "control" / "folder").mkdir()
    (job / "control").chmod(0o777)
    resumed = Inbox(ControlFolder(job / "control"))
    resumed.clear()
    assert resumed.read() == []
    assert resumed.refused() == []
    assert stat.S_IMODE((job / "control").stat().st_mode) == 0o700
    send(LocalStorage(job), "pause")
    assert [command.action for command in resumed.read()] == ["pause"]


def test_a_command_can_be_taken_back_until_it_is_read(job, inbox):
    command_id = send(LocalStorage(job), "stop")
    assert withdraw(LocalStorage(job), command_id)
    assert inbox.read() == []
    command_id = send(LocalStorage(job), "stop")
    assert len(inbox.read()) == 1
    assert not withdraw(LocalStorage(job), command_id)


def test_taken_back_while_it_is_read_it_is_not_carried_out(job, inbox, monkeypatch):
    """The sender's unlink and ours can't both succeed, so both sides agree on whether it counts."""
    command_id = send(LocalStorage(job), "stop")
    read_file = ControlFolder.read

    def read_and_lose(self, name):
        data = read_file(self, name)
        assert withdraw(LocalStorage(job), command_id)
        return data

    monkeypatch.setattr(ControlFolder, "read", read_and_lose)
    assert inbox.read() == []


def test_senders_side_by_side_lose_nothing(job, inbox):
    def work():
        for _ in range(50):
            send(LocalStorage(job), "flush")

    threads = [threading.Thread(target=work) for _ in range(4)]
    seen = []
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seen += inbox.read()
    for _ in range(3):
        seen += inbox.read()
    assert len({command.id for command in seen}) == len(seen) == 200
    assert inbox.refused() == []


# -- refused -----------------------------------------------------------------------------------------


def test_a_link_is_not_followed(job, inbox, tmp_path):
    target = tmp_path / "elsewhere.json"
    target.write_bytes(command_bytes())
    (job / "control" / f"{ID}.json").symlink_to(target)
    assert "not a regular file" in refusal(inbox)
    assert target.exists()
    assert list((job / "control").iterdir()) == []


def test_a_hard_link_to_a_file_elsewhere_is_no_command(job, inbox, tmp_path):
    target = tmp_path / "elsewhere.json"
    target.write_bytes(command_bytes())
    os.link(target, job / "control" / f"{ID}.json")
    assert "another name" in refusal(inbox)
    assert target.exists()


def test_fifos_sockets_and_devices_are_not_opened(job, inbox):
    os.mkfifo(job / "control" / f"{ID}.json")
    assert "not a regular file" in refusal(inbox)
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(job / "control")  # a socket's path is short
        try:
            listener.bind(f"{ID}.json")
        finally:
            os.chdir(here)
    assert "not a regular file" in refusal(inbox)


def test_a_file_of_another_user_is_not_carried_out(job, inbox):
    path = put(job)
    try:
        os.chown(path, 65534, 65534)
    except PermissionError:
        pytest.skip("only root can give files away")
    assert "another user" in refusal(inbox)
    assert not path.exists()


def test_a_gigabyte_is_not_read(job, inbox, monkeypatch):
    path = put(job)
    os.truncate(path, 1 << 30)
    monkeypatch.setattr(os, "read", lambda *_: pytest.fail("it was read"))
    assert "larger than 65,536 bytes" in refusal(inbox)
    assert not path.exists()


def test_a_file_that_grows_after_the_look_at_it_is_not_carried_out(job, inbox, monkeypatch):
    path = put(job)
    check = control_folder._check

    def check_and_grow(info):
        check(info)
        with path.open("ab") as file:
            file.write(b" " * 40_000)

    monkeypatch.setattr(control_folder, "_check", check_and_grow)
    assert "larger" in refusal(inbox)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"\x00" * 100, "not JSON"),
        (command_bytes()[:-7], "not JSON"),
        (b'{"id": NaN}', "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b"[1]", "fields"),
        (b'"stop"', "fields"),
        (command_bytes(more=1), "fields"),
        (b'{"id": "x", "action": "stop"}', "fields"),
        (command_bytes(action="explode"), "no action 'explode'"),
        (command_bytes(action=["stop"]), "no action"),
        (command_bytes(action="stop", arguments={"now": True}), "stop takes nothing more"),
        (command_bytes(action="set"), "set takes settings"),
        (command_bytes(action="cancel"), "cancel takes"),
        (command_bytes(action="cancel", arguments={"path": ""}), "cancel takes"),
        (command_bytes(action="cancel", arguments={"path": "a", "queue": "b"}), "cancel takes"),
        (command_bytes(action="cancel", arguments={"path": 3}), "cancel takes"),
        (command_bytes(action="cancel", arguments=["path"]), "cancel takes"),
        (command_bytes("01795357984909449600-ffffffff"), "id of another"),
        (command_bytes(7), "id of another"),
    ],
)
def test_what_is_no_command_is_refused_and_removed(job, inbox, data, reason):
    path = put(job, data)
    message = refusal(inbox)
    assert reason in message
    assert ID in message
    assert not path.exists()


@pytest.mark.parametrize(
    "name", ["stop", ".hidden.json", f"{ID}.json.tmp", "\x1b]52;c;eA==\x07", "n" * 255, "line\nbreak"]
)
def test_names_are_checked_and_told_in_a_form_that_no_terminal_obeys(job, inbox, name):
    put(job, name=name)
    message = refusal(inbox)
    assert message.isprintable()
    assert len(message) < 400
    assert list((job / "control").iterdir()) == []


def test_a_name_that_is_no_text_is_removed_as_well(job, inbox):
    path = os.fsencode(job / "control") + b"/\xff\xfe.json"
    with open(path, "wb") as file:
        file.write(command_bytes())
    assert refusal(inbox).isprintable()
    assert not os.path.exists(path)


def test_a_command_that_is_put_back_is_not_carried_out_again(job, inbox, tmp_path):
    command_id = send(LocalStorage(job), "flush")
    path = job / "control" / f"{command_id}.json"
    shutil.copy(path, tmp_path / "kept")
    assert len(inbox.read()) == 1
    shutil.copy(tmp_path / "kept", path)
    assert "read before" in refusal(inbox)
    shutil.copy(tmp_path / "kept", job / "control" / f"{ID}.json")
    assert "id of another" in refusal(inbox)


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_can_write_to_is_not_read(job, inbox, mode):
    path = put(job)
    path.parent.chmod(mode)
    for _ in range(5):
        assert inbox.read() == []
    (message,) = inbox.refused()
    assert "only we can write" in message
    path.parent.chmod(0o700)
    assert [command.id for command in inbox.read()] == [ID]


def test_a_folder_that_is_a_link_or_another_users_is_not_read(job, inbox, tmp_path):
    path = put(job)
    elsewhere = tmp_path / "elsewhere"
    path.parent.rename(elsewhere)
    (job / "control").symlink_to(elsewhere)
    assert "not a folder of our own" in refusal(inbox)
    again = Inbox(ControlFolder(job / "control"))
    again.clear()
    assert (elsewhere / path.name).exists()  # nothing is removed behind a link
    (job / "control").unlink()
    (job / "control").touch(mode=0o600)
    assert "not a folder of our own" in refusal(Inbox(ControlFolder(job / "control")))
    (job / "control").unlink()
    elsewhere.rename(job / "control")
    if os.geteuid() == 0:
        os.chown(job / "control", 65534, 65534)
        assert "not a folder of our own" in refusal(Inbox(ControlFolder(job / "control")))


def test_a_job_whose_folder_is_gone_or_cannot_be_made_runs_on(job, inbox, tmp_path):
    shutil.rmtree(job)
    assert inbox.read() == []
    assert inbox.refused() == []
    (tmp_path / "file").touch()
    blocked = Inbox(ControlFolder(tmp_path / "file" / "control"))
    blocked.clear()
    (message,) = blocked.refused()
    assert "no control" in message
    assert blocked.read() == []


def test_what_cannot_be_removed_is_told_once_and_stands_in_nobodys_way(job, inbox):
    for number in range(1200):  # more than a turn looks at
        (job / "control" / f"folder{number:04}" / "below").mkdir(parents=True)
    for _ in range(20):
        assert inbox.read() == []
    told = inbox.refused()
    send(LocalStorage(job), "pause")
    assert [command.action for command in inbox.read()] == ["pause"]
    assert inbox.refused() == []
    assert 20 <= len(told) < 40


# -- floods ------------------------------------------------------------------------------------------


def counted(monkeypatch):
    """Bytes read and files opened by the code under test."""
    count = {"bytes": 0, "opened": 0}
    read, open_ = os.read, os.open

    def counting_read(descriptor, most):
        data = read(descriptor, most)
        count["bytes"] += len(data)
        return data

    def counting_open(*arguments, **options):
        count["opened"] += 1
        return open_(*arguments, **options)

    monkeypatch.setattr(os, "read", counting_read)
    monkeypatch.setattr(os, "open", counting_open)
    return count


def test_a_flood_is_worked_off_in_small_turns_and_few_words(job, inbox, monkeypatch):
    for number in range(10_000):
        (job / "control" / f"{number:020}-0a1b2c3d.json").write_bytes(b"x")
    command_id = send(LocalStorage(job), "pause")
    count = counted(monkeypatch)
    turns, found, messages = 0, [], []
    while os.listdir(job / "control"):
        before = dict(count)
        found += inbox.read()
        messages += inbox.refused()
        assert count["opened"] - before["opened"] <= 100
        turns += 1
        assert turns <= 101
    assert [command.id for command in found] == [command_id]
    assert len(messages) < 40
    assert "8,192" in messages[-1]


def test_a_flood_of_the_largest_files_costs_a_bounded_number_of_bytes_a_turn(job, inbox, monkeypatch):
    for number in range(40):
        put(job, b" " * MOST_BYTES, f"{number:020}-0a1b2c3d.json")
    count = counted(monkeypatch)
    inbox.read()
    assert 0 < count["bytes"] <= 5 * MOST_BYTES


def test_a_look_into_an_empty_folder_opens_no_file(job, inbox, monkeypatch):
    count = counted(monkeypatch)
    for _ in range(10):
        assert inbox.read() == []
    assert count == {"bytes": 0, "opened": 0}


@given(st.binary(max_size=300) | st.from_regex(rb'\{"id": ?"[0-9a-f-]*", "action": .*\}'))
def test_no_bytes_make_it_fail(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("job")
    inbox = Inbox(ControlFolder(folder / "control"))
    inbox.clear()
    put(folder, data)
    assert len(inbox.read()) + len(inbox.refused()) == 1


# -- the client --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "arguments"),
    [("paus", {}), ("flush", {"x": 1}), ("set", {}), ("cancel", {}), ("cancel", {"queue": ""})],
)
def test_a_wrong_command_is_not_sent(job, inbox, action, arguments):
    with pytest.raises(UsageError):
        send(LocalStorage(job), action, arguments)
    assert list((job / "control").iterdir()) == []


def test_a_typo_is_answered_with_what_was_meant():
    with pytest.raises(UsageError) as caught:
        check_command("unpase", {})
    assert caught.value.hint == "did you mean unpause?"
    with pytest.raises(UsageError) as caught:
        check_command("xyz", {})
    assert all(action in caught.value.hint for action in ACTIONS)


def test_a_command_too_large_to_be_read_is_not_sent(job, inbox):
    with pytest.raises(UsageError, match="larger"):
        send(LocalStorage(job), "cancel", {"path": "x" * 70_000})


def test_a_job_without_a_control_folder_takes_no_commands(job):
    with pytest.raises(UsageError, match="takes no commands"):
        send(LocalStorage(job), "flush")
    assert list(job.iterdir()) == []


def test_the_answer_is_found_among_others():
    mine = {"id": "b", "action": "flush", "ok": True, "message": "done", "time": 1.0}
    looks = iter([{}, {"answers": None}, {"answers": [{"id": "a"}, 7]}, {"answers": [{"id": "a"}, mine]}])
    assert wait_for_answer(lambda: next(looks), "b", timeout=30) == mine


def test_a_job_that_ends_is_not_waited_for_and_its_last_word_counts():
    """Who asked a job in its last moment waited the whole time for nothing."""
    looks = iter([{"status": "running"}, {"status": "done", "answers": []}])
    assert wait_for_answer(lambda: next(looks), "b", timeout=60) is None
    assert next(looks, "no more") == "no more"
    last = {"status": "stopped", "answers": [{"id": "b", "ok": True}]}
    assert wait_for_answer(lambda: last, "b", timeout=60) == {"id": "b", "ok": True}


def test_no_answer_is_none():
    assert wait_for_answer(lambda: {"answers": [{"id": "a"}]}, "b", timeout=0.1) is None
