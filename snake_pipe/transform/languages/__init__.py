"""The source languages: which files are theirs, which grammar reads them, which rules give meaning.

Grammars and rules are loaded on first use.
"""

from __future__ import annotations

from snake_pipe.transform.languages.detection import SHARED_ENDINGS, language_of_head, language_of_name
from snake_pipe.transform.languages.registry import EXTRACTION_VERSION, LANGUAGES, Language

__all__ = [
    "EXTRACTION_VERSION",
    "LANGUAGES",
    "SHARED_ENDINGS",
    "Language",
    "language_of_head",
    "language_of_name",
]
