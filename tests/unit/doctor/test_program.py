"""Packages as they are installed, against what is wanted of them."""

from __future__ import annotations

import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from snake_pipe.doctor import program
from snake_pipe.doctor.finding import Level
from snake_pipe.report import libraries
from testkit.places import PROJECT

DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]


@pytest.fixture
def without(monkeypatch):
    """Makes the metadata of some packages vanish, as if they were not installed."""
    version = metadata.version

    def hide(*names):
        def of(name):
            if name in names:
                raise metadata.PackageNotFoundError(name)
            return version(name)

        monkeypatch.setattr(metadata, "version", of)

    return hide


def test_each_extra_has_words_for_what_it_gives():
    assert set(program.GIVES) == set(DECLARED["optional-dependencies"]) - {*program.FOR_DEVELOPERS}


def test_each_package_is_imported_by_its_name():
    for line in DECLARED["dependencies"]:
        assert program.unloadable(Requirement(line)) is None


def test_an_extra_that_is_missing_is_a_note_with_the_command(without):
    without("watchfiles")
    (note,) = (finding for finding in program.check_extras(None) if finding.level is Level.NOTE)
    assert "watchfiles" in note.found
    assert note.fix.endswith("-m pip install 'snake-pipe[watch]'")


def test_a_package_that_is_missing_is_an_error_with_the_command(without):
    without("ijson")
    (error,) = program.check_packages(None)
    assert (error.level, error.found) == (Level.ERROR, "ijson is missing, >=3.3 is wanted")
    assert error.fix.endswith("-m pip install 'ijson>=3.3'")


def test_a_program_that_was_never_installed_is_a_note(monkeypatch):
    monkeypatch.setattr(program, "OWN_NAME", "snake-pipe-of-nobody")
    (note,) = program.check_packages(None)
    assert note.level is Level.NOTE


def test_a_report_without_its_libraries_is_told_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(libraries, "FOLDER", tmp_path)
    (finding,) = program.check_report(None)
    assert (finding.subject, finding.level) == ("report", Level.NOTE)
    assert "libraries were not fetched" in finding.found
    assert "--force-reinstall" in finding.fix
    for name in (*libraries.SCRIPTS, libraries.STYLE, *libraries.LICENCES):
        (tmp_path / name).touch()
    (finding,) = program.check_report(None)
    assert finding.level is Level.OK
