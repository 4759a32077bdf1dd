"""The command: where it writes, and what it refuses."""

from __future__ import annotations

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
    assert "report.html exists and is no report of snake-pipe" in done.stderr
    assert (tmp_path / "report.html").read_text() == "mine"
    assert cli.run("report", "-d", polyglot, "-o", "report.html", cwd=tmp_path).returncode == 0


def test_the_page_goes_to_stdout_on_request(cli, polyglot):
    done = cli.run("report", "-d", polyglot, "-o", "-")
    assert done.stdout.startswith("<!doctype html>")
    assert done.stdout.endswith("</html>\n")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "missing/report.html"], "cannot write missing/report.html"),
        (["-o", "x.html", "--follow"], "--follow writes no file"),
    ],
)
def test_what_cannot_be_done_is_refused(cli, polyglot, tmp_path, arguments, words):
    done = cli.run("report", "-d", polyglot, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr


def test_missing_libraries_are_told_with_the_way_out(cli, polyglot, tmp_path, monkeypatch):
    monkeypatch.setattr(libraries, "FOLDER", tmp_path)
    done = cli.run("report", "-d", polyglot, "-o", tmp_path / "x.html")
    assert done.returncode == 1
    assert "libraries were not fetched when snake-pipe was installed" in done.stderr
    assert "install snake-pipe again" in done.stderr
    assert not (tmp_path / "x.html").exists()
