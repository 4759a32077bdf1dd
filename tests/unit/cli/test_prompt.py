"""What is typed: when it is finished, and how much of it is remembered."""

from __future__ import annotations

import pytest

from snake_pipe.cli.prompt import input_lines
from snake_pipe.cli.prompt.editor import cap_history
from snake_pipe.cli.prompt.input_lines import finished_texts, is_finished


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("", True),
        ("  \n", True),
        (".tables", True),
        ("SELECT 1;", True),
        ("SELECT 1; -- and\n", True),
        ("SELECT 1", False),
        ("SELECT ';\n", False),
        ("SELECT 1; SELECT", False),
    ],
)
def test_a_text_is_finished_with_its_semicolon(text, finished):
    assert is_finished(text) is finished


def test_lines_become_texts():
    lines = ["SELECT 1\n", ";\n", "\n", ".tables\n", "SELECT '\n", ".quit;\n", "';\n", "FROM files"]
    texts = [text.strip() for text in finished_texts(lines) if text.strip()]
    assert texts == ["SELECT 1\n;", ".tables", "SELECT '\n.quit;\n';", "FROM files"]


def test_a_long_statement_is_not_looked_at_with_each_of_its_lines(monkeypatch):
    """A statement of 20,000 lines took minutes to be read."""
    looks = []
    monkeypatch.setattr(input_lines, "is_finished", lambda text: looks.append(text) or is_finished(text))
    lines = ["SELECT 1 IN (\n", *["1,\n"] * 5000, "1);\n", "SELECT 2;\n"]
    assert [len(text) for text in finished_texts(lines)] == [len("".join(lines[:-1])), len(lines[-1])]
    assert len(looks) == 3


def test_a_history_keeps_its_newest_entries(tmp_path):
    path = tmp_path / "history"
    entries = [f"\n# 2026-01-02 03:04:{number:02}\n+SELECT {number}\n" for number in range(60)]
    path.write_text("".join(entries))
    cap_history(path, most=1 << 20)
    assert path.read_text() == "".join(entries)
    cap_history(path, most=1000)
    kept = path.read_text()
    assert len(kept) <= 500
    assert kept == "".join(entries[-len(kept) // len(entries[-1]) :])
    cap_history(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
