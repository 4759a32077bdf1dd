"""Text → a document that is read in place, with no Python object for each of its values.

What is odd about a text (bytes that are no UTF-8, lone surrogates, `NaN`) is mended before, as `decoding`
does it for its decoders; depth and large numbers are no matter. So what is read here says the same as what
is decoded there, except that no number is rounded.
"""

from __future__ import annotations

from typing import Any

from snake_pipe.transform.native.compiled import DOCUMENTS
from snake_pipe.transform.trees.document.decoding import mend


class NativeDocument:
    """A document in the compiled module's keeping; its views are empty once it is gone."""

    def __init__(self, handle: Any, root: Any) -> None:
        self.handle = handle
        self.root = root


def read_natively(text: bytes) -> NativeDocument | None:
    """The document of a text in UTF-8; None where it is not a single one, or without the compiled module."""
    document = read_plainly(text)
    if document is not None or DOCUMENTS is None:
        return document
    mended = mend(text)
    return None if mended == text else read_plainly(mended)


def read_plainly(text: bytes) -> NativeDocument | None:
    """The same of a text that needs no mending."""
    if DOCUMENTS is None:
        return None
    handle = DOCUMENTS.read_document(text)
    return None if handle is None else NativeDocument(handle, DOCUMENTS.document_root(handle))
