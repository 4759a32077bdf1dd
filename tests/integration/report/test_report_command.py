"""The command: where it writes, and what it refuses."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest

from snake_pipe.report import libraries


@pytest.fixture(autouse=True)
def _libraries():
    if (problem := libraries.missing()) is not None:
        pytest.skip(problem)


def test_a_report_is_replaced_and_nothing_else_is(cli, polyglot, tmp_path):
    for _ in range(2):
        done = cli.run("report", "-d", polyglot, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr.startswith("report.html written, ")
    (tmp_path / "report.html").write_text("mine")
    done = cli.run("report", "-d", polyglot, cwd=tmp_path)
    assert done.returncode == 2
    assert "report.html already exists" in done.stderr
    assert "--overwrite replaces it" in done.stderr
    assert (tmp_path / "report.html").read_text() == "mine"
    assert cli.run("report", "-d", polyglot, "--overwrite", cwd=tmp_path).returncode == 0
    assert (tmp_path / "report.html").read_bytes().startswith(b"<!doctype html>")


def test_the_page_goes_to_stdout_on_request(cli, polyglot):
    done = cli.run("report", "-d", polyglot, "-o", "-")
    assert done.stdout.startswith("<!doctype html>")
    assert "<title>polyglot: snake-pipe report</title>" in done.stdout
    assert done.stdout.endswith("</html>\n")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-o", "missing/report.html"], 1, "missing/report.html: No such file"),
        (["-o", "."], 2, "is a folder\n  choose another name"),
        (["-o", "-", "--open"], 2, "--open opens a file"),
        (["-o", "x.html", "--follow"], 2, "--follow writes no file"),
    ],
)
def test_what_cannot_be_done_is_refused(cli, polyglot, tmp_path, arguments, code, words):
    done = cli.run("report", "-d", polyglot, *arguments, cwd=tmp_path)
    assert done.returncode == code
    assert words in done.stderr
    assert list(tmp_path.glob("*.html")) == []


def test_a_device_is_written_to_as_it_is(cli, polyglot):
    assert cli.run("report", "-d", polyglot, "-o", "/dev/null").returncode == 0
    assert not Path("/dev/null").is_file()


def test_the_browser_is_opened_on_request(cli, polyglot, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or len(opened) == 1)
    target = tmp_path / "a b.html"
    assert cli.run("report", "-d", polyglot, "-o", target, "--open").returncode == 0
    assert opened == [target.as_uri()]
    done = cli.run("report", "-d", polyglot, "-o", target, "--open")
    assert done.returncode == 1
    assert f"open {target.as_uri()}" in done.stderr


def test_missing_libraries_are_told_with_the_way_out(cli, polyglot, tmp_path, monkeypatch):
    monkeypatch.setattr(libraries, "FOLDER", tmp_path)
    done = cli.run("report", "-d", polyglot, "-o", tmp_path / "x.html")
    assert done.returncode == 1
    assert "libraries were not fetched when snake-pipe was installed" in done.stderr
    assert "install snake-pipe again" in done.stderr
    assert not (tmp_path / "x.html").exists()
