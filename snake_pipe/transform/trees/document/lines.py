"""Text with several JSON documents, one after the other → each of them, with the line on which it begins.

JSON lines, and what `tool FILE >> all.json` leaves: documents on one line or on many, with or without a
line's end between them. A document ends where the next one begins: at a `{` or `[` at the begin of a line,
unless what stands before asks for more. So a bad one costs no other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from snake_pipe.errors import TransformError
from snake_pipe.transform.trees.document.decoding import decode
from snake_pipe.transform.trees.document.native import read_plainly
from snake_pipe.transform.trees.document.scanner import extents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snake_pipe.transform.trees.document.native import NativeDocument

_BEGIN = re.compile(rb"\n(?=[{\[])")
_BLANK = b" \t\r\n"
DOCUMENTS_TRIED = 100
"""Documents among which there are some that can be decoded where there are several."""
_CONTINUED = b",[{:"
"""What a document does not end with."""
_TRAILING = "unexpected content after document"
_ENDINGS = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


class Document(NamedTuple):
    """One document: `place` names it within the file (`L12`; `L12.2` for the second that begins there).

    `text` is what `content` was decoded from; `error` says why there is none. `native` has it if it is read
    in place.
    """

    place: str
    line: int
    text: bytes
    content: Any
    error: TransformError | None
    native: NativeDocument | None = None


@dataclass(frozen=True, slots=True)
class Documents:
    """Several documents, decoded as they are asked for; iterated once."""

    items: Iterable[Document]

    def __iter__(self) -> Iterator[Document]:
        return iter(self.items)


class Cut(NamedTuple):
    """A piece of a large file that holds a document as a rule: where it begins and ends, in bytes.

    `line` is that of its begin; `lines` how many it has; `text` is None where it is larger than wanted.
    """

    start: int
    end: int
    line: int
    lines: int
    text: bytes | None


def cut_documents(blocks: Iterable[bytes], largest: int) -> Iterator[Cut]:
    """The pieces of a file, without a blank one at its end; the texts of those up to `largest` bytes."""
    piece = _Piece(0, 1)
    last, after_line = 0, False
    for block in blocks:
        done = 0
        for begin in _begins(block, last, after_line=after_line):
            piece.add(block[done:begin], largest)
            yield piece.cut()
            piece = _Piece(piece.start + piece.size, piece.line + piece.ends)
            done = begin
        piece.add(block[done:], largest)
        last = (block.rstrip(_BLANK) or bytes([last]))[-1]
        after_line = block.endswith(b"\n")
    if not piece.is_blank:
        yield piece.cut()


@dataclass(slots=True)
class _Piece:
    """A piece that grows block by block; `ends` counts the ends of lines in it."""

    start: int
    line: int
    size: int = 0
    ends: int = 0
    is_blank: bool = True
    texts: list[bytes] | None = field(default_factory=list)

    def add(self, text: bytes, largest: int) -> None:
        self.size += len(text)
        self.ends += text.count(b"\n")
        self.is_blank = self.is_blank and not text.strip(_BLANK)
        if self.texts is not None and self.size <= largest:
            self.texts.append(text)
        else:
            self.texts = None

    def cut(self) -> Cut:
        text = None if self.texts is None else b"".join(self.texts)
        return Cut(self.start, self.start + self.size, self.line, self.ends + 1, text)


def _begins(block: bytes, last: int, *, after_line: bool) -> Iterator[int]:
    """Where documents begin in a block of a text, behind the byte `last` that is not blank."""
    text = b"\n" + block if after_line else block
    for found in _BEGIN.finditer(text):
        at = found.start()
        while at and text[at - 1] in _BLANK:
            at -= 1
        before = text[at - 1] if at else last
        if before and before not in _CONTINUED:
            yield found.end() - after_line


def fewest_readable(path: str, met: int) -> int:
    """How many of the documents read so far have to be readable for a file to hold several.

    One is enough where the name says that there is a document on each line.
    """
    return 1 if met > 1 and path.lower().endswith(_ENDINGS) else 2


def read_documents(text: bytes, path: str) -> Any:
    """The content of a single document, or `Documents` where there are several.

    There are several if two at least can be decoded, or one of some in a file that is to have lines; what
    cannot be decoded is one with its error. TransformError as `decode` for a single one.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        is_one = error.msg != _TRAILING and next(_ends(text)) == len(text)
    if not is_one:
        documents = split_documents(text)
        met: list[Document] = []
        good = 0
        for document in documents:
            met.append(document)
            good += document.error is None
            if good >= fewest_readable(path, len(met)):
                return Documents(chain(met, documents))
            if len(met) >= DOCUMENTS_TRIED:
                break
    return decode(text)


def split_documents(text: bytes, line: int = 1) -> Iterator[Document]:
    """All documents in their order, and text between them that is no document; the text begins on `line`."""
    start = 0
    last, same = 0, 0
    for end in _ends(text):
        for document in _decoded(text[start:end], line):
            same = same + 1 if document.line == last else 1
            last = document.line
            yield document if same == 1 else document._replace(place=f"{document.place}.{same}")
        line += text.count(b"\n", start, end)
        start = end


def _ends(text: bytes) -> Iterator[int]:
    """The ends of pieces that hold a document each, as a rule."""
    yield from _begins(text, 0, after_line=False)
    yield len(text)


def _decoded(piece: bytes, line: int) -> Iterator[Document]:
    """The documents of a piece."""
    found = _document(piece, line)
    if found is None:
        return
    # Never all of them at once: a piece of ten megabytes may hold five million.
    if found.error is None or all(document.error is not None for document in _inner(piece, line)):
        yield found
    else:
        yield from _inner(piece, line)


def _document(text: bytes, line: int) -> Document | None:
    """A piece of text as one document; None for a blank one."""
    blank = len(text) - len(text.lstrip(_BLANK))
    line += text.count(b"\n", 0, blank)
    text = text.strip(_BLANK)
    if not text:
        return None
    native = read_plainly(text)
    if native is not None:
        return Document(f"L{line}", line, text, native.root, None, native)
    try:
        return Document(f"L{line}", line, text, _loads(text), None)
    except TransformError as error:
        error.line = line + (error.line or 1) - 1
        return Document(f"L{line}", line, text, None, error)


def _loads(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if error.msg == _TRAILING:  # no other decoder would do better
            raise TransformError(
                "decode", "invalid_json", f"not valid JSON: {error.msg}", error.lineno, error.colno
            ) from error
    return decode(text)


def _inner(piece: bytes, line: int) -> Iterator[Document]:
    """What can be read of a piece that is no document: by its brackets, or else line by line."""
    start = 0
    for end in chain(extents(piece) or _lines(piece), (len(piece),)):
        document = _document(piece[start:end], line)
        if document is not None:
            yield document
        line += piece.count(b"\n", start, end)
        start = end


def _lines(piece: bytes) -> Iterator[int]:
    """The ends of lines that are documents, and of what stands before them or before a bracket."""
    at = last = 0
    while at < len(piece):
        end = piece.find(b"\n", at) + 1 or len(piece)
        text = piece[at:end]
        is_document = _is_json(text)
        if (is_document or text[:1] in (b"{", b"[")) and last < at:
            yield at
        at = end
        if is_document:
            yield at
            last = at


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
