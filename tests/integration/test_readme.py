"""The README's outputs are real ones."""

from __future__ import annotations

import importlib.util

from testkit.places import PROJECT


def test_the_readme_says_what_the_program_does():
    spec = importlib.util.spec_from_file_location("update_readme", PROJECT / "docs" / "update_readme.py")
    update_readme = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(update_readme)
    text = update_readme.README.read_text(encoding="utf-8")
    assert update_readme.comparable(text) == update_readme.comparable(update_readme.filled(text))
