"""What a file's rows are does not depend on the files beside it in its batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from snake_pipe.transform.languages import language_of_name
from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.transformer import open_transformer
from testkit.places import GOLDEN_LANGUAGES
from testkit.samples import WITH_ALL

COMMENT_FIRST = {
    "python": b"# Says.\ndef f(): pass",
    "javascript": b"// Says.\nfunction f() {}",
    "go": b"// Says.\nfunc f() {}",
    "ruby": b"# Says.\ndef f; end",
}
COMMENT_LAST = {
    "python": b"y = 1 # z",
    "javascript": b"y = 1 // z",
    "go": b"var y = 1 // z",
    "ruby": b"y = 1 # z",
}
CODE_FIRST = {
    "python": b"def g(): pass",
    "javascript": b"function g() {}",
    "go": b"func g() {}",
    "ruby": b"def g; end",
}


def rows(language: str, texts: list[bytes]) -> list[tuple[str, Any]]:
    transformer = open_transformer(language, TransformOptions())
    for file_id, text in enumerate(texts):
        transformer.add(file_id, f"{file_id}.x", text)
    tables = transformer.drain().tables
    return [(table, row) for table in sorted(tables) for row in tables[table].to_pylist()]


def alone(language: str, texts: list[bytes]) -> list[tuple[str, Any]]:
    found = []
    for file_id, text in enumerate(texts):
        found += [(table, row | {"file_id": file_id}) for table, row in rows(language, [text])]
    return sorted(found, key=lambda each: each[0])  # stable: files and rows keep their order


@pytest.mark.parametrize("language", sorted(COMMENT_FIRST))
def test_a_comment_belongs_to_its_own_file(language: str) -> None:
    """A file without a newline at its end hid the comment with which the next one began."""
    texts = [COMMENT_LAST[language], COMMENT_FIRST[language], COMMENT_LAST[language], CODE_FIRST[language]]
    found = rows(language, texts)
    assert found == alone(language, texts)
    assert [row["doc"] for table, row in found if table == "symbols" and row["name"] in "fg"] == [
        "Says.",
        None,
    ]


@pytest.mark.parametrize(
    ("path", "language"),
    [
        (path, language)
        for path in sorted(GOLDEN_LANGUAGES.iterdir())
        if (language := language_of_name(path.name)) and (WITH_ALL or ".dense." not in path.name)
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_rows_are_those_of_each_file_alone(path: Path, language: str) -> None:
    text = path.read_bytes()
    texts = [text, text.rstrip(), text.lstrip(), b"", text.rstrip() + b"\n\n", text]
    assert rows(language, texts) == alone(language, texts)
