"""Checks that fail or hang are findings, and stand in nobody's way."""

from __future__ import annotations

import threading
import time

import pytest

from snake_pipe.doctor.checkup import CHECKS, examine, subject_of
from snake_pipe.doctor.finding import Level, Place, ok
from snake_pipe.storage.local import LocalStorage


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path, LocalStorage(tmp_path / ".snake-pipe"))


def check_what_is_fine(place):
    yield ok("what is fine", str(place.folder))


def check_what_breaks(place):
    yield ok("what breaks", "so far")
    raise OSError(5, "Input/output error")


def check_nothing(place):
    return ()


def test_findings_come_in_the_order_of_their_checks(place):
    found = examine(place, [check_what_breaks, check_nothing, check_what_is_fine])
    assert [(finding.subject, finding.level) for finding in found] == [
        ("what breaks", Level.WARNING),
        ("nothing", Level.OK),
        ("what is fine", Level.OK),
    ]
    assert "OSError: [Errno 5]" in found[0].found


def test_what_may_not_be_read_is_told_as_that(place):
    def check_secrets(place):
        raise PermissionError(13, "Permission denied", "/var/secrets")

    (finding,) = examine(place, [check_secrets])
    assert (finding.subject, finding.found) == ("secrets", "/var/secrets may not be read by this user")


def test_a_check_that_hangs_is_a_finding(place):
    release = threading.Event()

    def check_network_drive(place):
        release.wait(60)
        yield ok("network drive", "there after all")

    begin = time.monotonic()
    hanging, fine = examine(place, [check_network_drive, check_what_is_fine], deadline=0.05)
    release.set()
    assert time.monotonic() - begin < 60
    assert (hanging.subject, hanging.level, fine.level) == ("network drive", Level.WARNING, Level.OK)
    assert "no answer within 0.05 s" in hanging.found


def test_each_check_has_a_name_of_its_own():
    subjects = [subject_of(check) for check in CHECKS]
    assert len(set(subjects)) == len(subjects) >= 15


def test_all_that_is_found_says_what_to_do_unless_it_is_fine(place):
    for finding in examine(place):
        assert bool(finding.fix) == (finding.level is not Level.OK), finding
        assert "\n" not in finding.found + finding.fix
