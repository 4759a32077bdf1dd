"""Writes the rows of the golden cases of all dialects and languages again, and prints what differs.

    python tests/unit/transform/write_golden_rows.py

The trees of the dialects are made by `golden_dialects/make_dumps.py`, which needs their tools.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # for testkit

import test_golden_dialects
import test_golden_languages

if __name__ == "__main__":
    test_golden_dialects.regenerate()
    test_golden_languages.regenerate()
