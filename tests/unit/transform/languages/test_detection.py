"""Heads are told as by expressions that are written without a thought of time."""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.transform.languages import EXTRACTION_VERSION, LANGUAGES, detection
from snake_pipe.transform.languages.detection import language_of_head, language_of_header, language_of_name

PIECES = [
    "class", "namespace", "template", "using", "public", "private", "protected", "virtual", "explicit",
    "constexpr", "friend", "inline", "std::", "operator", "static_cast<", "#", "include", "import", "<a.h>",
    "<vector>", "if", "ifdef", "defined", "endif", "else", "__cplusplus", "@", "interface", "end", "-", "+",
    "(", "int *", ")", "f", ":", "=", "<", " ", "\t", "\n", "/*", "*/", "//", "-*-", "mode:", "vi:", "ft=",
    "syntax=", "c++", "objc", "ruby",
]  # fmt: skip
CPP = re.compile(
    rb"^[ \t]*(?:class[ \t]+\w+|namespace\b|template[ \t]*<|using[ \t]+\w|(?:public|private|protected)[ \t]*:"
    rb"|(?:virtual|explicit|constexpr|friend|inline[ \t]+namespace)\b|#[ \t]*include[ \t]*<(?:c?\w+)>\s*$)"
    rb"|\bstd::|\boperator[ \t]*[=+<>(\[-]|\bstatic_cast<",
    re.MULTILINE,
)
OBJC = re.compile(
    rb"^[ \t]*(?:@(?:interface|implementation|protocol|class|import|property|end|synthesize)\b"
    rb"|#[ \t]*import\b|[-+][ \t]*\([\w \t*<>]+\)[ \t]*\w)",
    re.MULTILINE,
)
HEADS = st.lists(st.sampled_from(PIECES), max_size=12).map(lambda pieces: "".join(pieces).encode())


@given(HEADS)
def test_a_header(head: bytes) -> None:
    text = detection._GUARDED.sub(b"", detection._COMMENT.sub(b"", head))
    by_expressions = "cpp" if CPP.search(text) else "c"
    if by_expressions == "c" and OBJC.search(text):
        by_expressions = "objc"
    assert language_of_header(head) == by_expressions


@given(HEADS)
def test_a_file_without_an_ending(head: bytes) -> None:
    found = detection._MODELINE.search(b"\n".join(head.split(b"\n", 5)[:5]))
    word = (found[1] or found[2] or found[3]).decode().lower() if found else ""
    assert language_of_head("script", head) == detection._BY_MODE.get(word)


TOLD_BY_VERSION = {7: "82f991d6252c975d"}


def test_what_a_version_tells_stays_the_same() -> None:
    """Files that a dataset knows are not opened again: a version that tells others reads them again."""
    by_name = [(name, language_of_name(name)) for name in sorted(_names())]
    heads = (f"{first} {second} x\n".encode() for first, second in product(PIECES, repeat=2))
    by_head = [
        language_of_head(name, head)
        for head in heads
        for name in ("script", "x.h", *(f"x{ending}" for ending in sorted(detection.SHARED_ENDINGS)))
    ]
    told = sha256(repr((by_name, by_head)).encode()).hexdigest()[:16]
    assert told == TOLD_BY_VERSION.get(EXTRACTION_VERSION), "raise EXTRACTION_VERSION, then note this here"


def _names() -> set[str]:
    endings = {f"x{ending}" for language in LANGUAGES.values() for ending in language.endings}
    return endings | {name for language in LANGUAGES.values() for name in language.files}
