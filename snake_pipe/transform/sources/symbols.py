"""The rows of `symbols`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from snake_pipe.schemas import KINDS
from snake_pipe.transform.languages.rules import Define
from snake_pipe.transform.rows.builder import dictionary_column, int_column, record_batch
from snake_pipe.transform.rows.texts import name_column, shorten, text_column
from snake_pipe.transform.sources.definitions import FUNCTION, METHOD, bodies, head_ends
from snake_pipe.transform.sources.docs import Comments, docstring
from snake_pipe.transform.sources.heads import Heads
from snake_pipe.transform.sources.syntax_errors import in_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.sources.definitions import Definitions
    from snake_pipe.transform.sources.names import Names
    from snake_pipe.transform.sources.rows import SourceRows

_NAME_LENGTH = 1000
_SIGNATURE_LENGTH = 300
_LONGEST_GAP = 80
_SEPARATOR = re.compile(r"::|\\(?=\w)")


def symbol_batch(
    rows: SourceRows, names: Names, definitions: Definitions, file_ids: NDArray[np.int64]
) -> pa.RecordBatch:
    """The rows of `symbols`."""
    row = definitions.row
    file = rows.files(row)
    base = rows.bases[file]
    body = bodies(rows, definitions)
    has_body = body >= 0
    outer = definitions.nesting.outer
    start, end = rows.start[row], rows.end[definitions.last_row]
    shown_names = name_column(rows.source, definitions.name_start, definitions.name_end)
    name_texts: list[str] = shown_names.to_pylist()
    qualified_names = _qualified_names(rows, names, definitions, name_texts)
    heads = Heads(rows, definitions, name_texts, qualified_names)
    modifiers, visibility, exported = heads.read()
    name_line, name_col = rows.lines.locate(definitions.name_start, base)
    function_like = (definitions.kind == FUNCTION) | (definitions.kind == METHOD)
    body_start = np.where(has_body, rows.start[body], base)
    body_end = np.where(has_body, rows.end[body], base)
    return record_batch(
        "symbols",
        {
            "file_id": file_ids[file],
            "node_id": row - rows.row_bases[file],
            "name": shown_names,
            "qualified_name": pa.array(qualified_names, pa.string()),
            "kind": dictionary_column(definitions.kind, KINDS),
            "parent_node_id": int_column(
                np.where(outer < 0, 0, row[outer] - rows.row_bases[file]), pa.int32(), null=outer < 0
            ),
            "signature": _signatures(rows, start, head_ends(rows, definitions, body)),
            "doc": pa.array(_docs(rows, definitions, body, heads.top), pa.string()),
            "modifiers": pa.array(modifiers, pa.list_(pa.string())),
            "visibility": visibility,
            "exported": exported,
            "complexity": int_column(
                _complexity(rows, row, definitions.last_row), pa.int32(), null=~function_like
            ),
            "in_error": in_error(rows, row, definitions.last_row),
            "start_offset": (start - base).astype(np.int64),
            "end_offset": (end - base).astype(np.int64),
            "start_line": rows.lines.lines(start, base),
            "end_line": rows.lines.lines(end, base),
            "name_line": name_line,
            "name_col": name_col,
            "body_start_line": int_column(rows.lines.lines(body_start, base), pa.int32(), null=~has_body),
            "body_end_line": int_column(rows.lines.lines(body_end, base), pa.int32(), null=~has_body),
        },
    )


def _qualified_names(rows: SourceRows, names: Names, definitions: Definitions, texts: list[str]) -> list[str]:
    """Names with those of what encloses them; very deep nesting keeps the innermost part."""
    prefixes = _prefixes(rows, names, definitions)
    qualified: list[str] = []
    for index, (text, outer) in enumerate(zip(texts, definitions.nesting.outer.tolist(), strict=True)):
        if "::" in text or "\\" in text:
            text = _SEPARATOR.sub(".", text)
        full = text if outer < 0 else f"{qualified[outer]}.{text}"
        if index in prefixes:
            prefix = prefixes[index]
            full = f"{prefix}.{text}" if outer < 0 else f"{qualified[outer]}.{prefix}.{text}"
        qualified.append(full if len(full) <= _NAME_LENGTH else "…" + full[-_NAME_LENGTH:])
    return qualified


def _prefixes(rows: SourceRows, names: Names, definitions: Definitions) -> dict[int, str]:
    """What qualifies a definition though it is no symbol around it: `impl A`, `func (a A)`, `A::f`."""
    grammar, rules = rows.grammar, rows.grammar.rules
    prefixes: dict[int, str] = {}
    for type_, field in rules.qualifiers.items():
        code = grammar.types.index(type_)
        inside = np.flatnonzero((definitions.scope_row >= 0) & (rows.code[definitions.scope_row] == code))
        target = rows.child(definitions.scope_row[inside], field)
        for index, row in zip(inside.tolist(), target.tolist(), strict=True):
            if row >= 0:
                prefixes[index] = type_name(rows.text(row))
    for number, place in enumerate(grammar.places):
        if isinstance(place, Define) and place.receiver:
            here = np.flatnonzero(definitions.place == number)
            receiver = rows.child(definitions.row[here], place.receiver)
            wanted = grammar.flags({"type_identifier"})
            for index, row in zip(here.tolist(), rows.first_of(receiver, wanted).tolist(), strict=True):
                if row >= 0:
                    prefixes[index] = rows.text(row)
    plain = definitions.name_start == rows.start[names.row[definitions.name]]
    qualified = np.flatnonzero(plain & (names.qualifier_end[definitions.name] >= 0))
    for index in qualified.tolist():
        name = definitions.name[index]
        start, end = int(names.qualifier_start[name]), int(names.qualifier_end[name])
        text = rows.data[start : min(end, start + _NAME_LENGTH)].decode("utf-8", "replace")
        prefixes[index] = type_name(text)
    return prefixes


def type_name(text: str) -> str:
    """A type's name as a qualifier: without its arguments, dots between its parts."""
    return ".".join(re.findall(r"[\w~$]+", re.sub(r"<.*>", "", text, flags=re.DOTALL))) or text


def _signatures(rows: SourceRows, start: NDArray[np.int32], end: NDArray[np.int32]) -> pa.StringArray:
    """The source between the offsets on one line each, white space folded, shortened."""
    end = np.minimum(end, start + 4 * _SIGNATURE_LENGTH)
    for _ in range(3):  # back to where a character begins
        inside = (end < len(rows.source)) & (end > start)
        end = end - (inside & ((rows.source[np.minimum(end, len(rows.source) - 1)] & 0xC0) == 0x80))
    length = (end - start).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(length)])
    text = rows.source[np.arange(offsets[-1]) + np.repeat(start - offsets[:-1], length)]
    space = (text == 32) | ((text >= 9) & (text <= 13))
    after_space = np.ones(len(text), np.bool_)
    after_space[1:] = space[:-1]
    after_space[offsets[:-1][length > 0]] = True
    # A space stays when something else precedes it in its signature and follows it.
    keep = ~(space & after_space)
    kept = np.concatenate([[0], np.cumsum(keep)])[offsets]
    folded = np.where(space, np.uint8(32), text)[keep]
    begin, stop = kept[:-1], kept[1:]
    trailing = (
        (stop > begin) & (folded[np.maximum(stop - 1, 0)] == 32) if len(folded) else np.zeros(len(stop), bool)
    )
    stop = stop - trailing
    return text_column(folded, begin, shorten(folded, begin, stop, _SIGNATURE_LENGTH))


def _complexity(rows: SourceRows, first: NDArray[np.int32], last: NDArray[np.int32]) -> NDArray[np.int64]:
    """1 + branches from each first row to the end of its last row's subtree."""
    grammar = rows.grammar
    branch = np.flatnonzero(grammar.flags(grammar.rules.branches)[rows.code])
    branches = [branch]
    if grammar.rules.operators:
        branches.append(_logical(rows, np.flatnonzero(grammar.flags(grammar.rules.operators)[rows.code])))
    every = np.sort(np.concatenate(branches))
    count: NDArray[np.int64] = np.searchsorted(every, rows.shape.end[last]) - np.searchsorted(every, first)
    return count + 1


def _logical(rows: SourceRows, binary: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those binary operations whose operator is `&&`, `||`, `??`, `and` or `or`: they branch."""
    binary = binary[rows.shape.end[binary] > binary + 1]
    if len(binary) == 0:
        return binary
    at = rows.end[binary + 1].astype(np.int64)
    last = len(rows.source) - 2
    for _ in range(_LONGEST_GAP):
        space = (at < last) & (rows.source[np.minimum(at, last + 1)] <= 32)
        if not space.any():
            break
        at = at + space
    at = np.minimum(at, max(last, 0))
    first, second = rows.source[at], rows.source[np.minimum(at + 1, last + 1)]
    logical = (first == second) & np.isin(first, tuple(b"&|?"))
    for word in (b"and", b"or") if rows.grammar.rules.word_operators else ():
        spelled = np.ones(len(at), np.bool_)
        for offset, letter in enumerate(word):
            spelled &= rows.source[np.minimum(at + offset, last + 1)] == letter
        after = rows.source[np.minimum(at + len(word), last + 1)]
        logical |= spelled & np.isin(after, tuple(b" \t\r\n("))
    branching: NDArray[np.int64] = binary[logical]
    return branching


def _docs(
    rows: SourceRows, definitions: Definitions, body: NDArray[np.int32], top: NDArray[np.int32]
) -> list[str | None]:
    docs: list[str | None] = [None] * len(definitions)
    if rows.grammar.rules.docstring:
        docstring(rows, body, docs)
    comments = Comments(rows)
    comments.before(top, docs)
    if rows.grammar.rules.doc_after:
        comments.after(top, docs, rows.grammar.rules.doc_after)
    return docs
