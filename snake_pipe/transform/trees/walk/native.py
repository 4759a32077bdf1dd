"""A document that is read in place → its nodes as columns, without a Python object for each.

What a dialect declares is handed to the compiled module once, for all documents of a drain. Rules that are
functions are given views of the nodes that have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from os import urandom
from typing import TYPE_CHECKING, Any

import numpy as np

from snake_pipe.transform.dialects.defining import plans_of
from snake_pipe.transform.dialects.guards import (
    guard_of,
    is_late,
    links_of,
    notes_of,
    of_node_alone,
    readings_of,
)
from snake_pipe.transform.dialects.importing import importing_of
from snake_pipe.transform.native.compiled import DOCUMENTS
from snake_pipe.transform.rows.builder import KIND_CODES
from snake_pipe.transform.trees.positions.reader import PlannedReader
from snake_pipe.transform.trees.positions.readers import open_reader
from snake_pipe.transform.trees.walk.encoded import (
    encoded_imports,
    encoded_notes,
    encoded_plans,
    encoded_readings,
    note_words,
)
from snake_pipe.transform.trees.walk.findings import Strings
from snake_pipe.transform.trees.walk.vocabulary import BITS
from snake_pipe.transform.trees.walk.walker import Fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Dialect, Node
    from snake_pipe.transform.rows.builder import Words
    from snake_pipe.transform.rows.contract import TransformOptions
    from snake_pipe.transform.trees.document.native import NativeDocument
    from snake_pipe.transform.trees.positions.reader import Table
    from snake_pipe.transform.trees.walk.vocabulary import Vocabulary

_IS_LITERAL, _IS_COMMENT, _IS_NAMED, _IS_MEMBER, _IS_FUNCTION, _IS_CLASS = 1, 2, 4, 8, 16, 32
_PREPARES_LATE = 64
SHOWN = ("start", "end", "lineno", "col_offset", "end_lineno", "end_col_offset")
"""Fields that are no attributes, beside the type: columns show them."""
_SEED = int.from_bytes(urandom(8)) >> 1


Root = tuple[Any, int, int]
"""A view of what is walked, and the depth and the code of the field of the nodes in it."""


@dataclass(slots=True)
class NodeColumns:
    """All nodes of a tree; what only some have is given with their rows.

    `places` is the table of the dialect's `PlannedReader`. `open_values` are nodes whose value Python has to
    write. `nodes` are those with rules that may find something in them: those of their `rule_keys` (see
    `Vocabulary.masked`), and those in their mask of `noted` ones if there is a note for them. `attrs_nodes`
    are those whose attributes Python has to write, if any are wanted. `notes` are words that were left for
    nodes with rules. Definitions and imports are as in `Encoded`. The last four are as in `Picked`.
    """

    codes: NDArray[np.int32]
    depths: NDArray[np.int32]
    fields: NDArray[np.int32]
    kinds: NDArray[np.int32]
    places: Table
    names: Strings
    value_rows: NDArray[np.int64]
    values: Strings
    qualifier_rows: NDArray[np.int64]
    qualifiers: Strings
    open_rows: NDArray[np.int64]
    open_values: list[Node]
    node_rows: NDArray[np.int64]
    rule_keys: NDArray[np.int64]
    noted: NDArray[np.int32]
    notes: list[tuple[str, ...]]
    definitions: Any
    definition_texts: Any
    imports: Any
    import_texts: Any
    attrs: Strings
    attrs_rows: NDArray[np.int64]
    attrs_nodes: list[Node]
    nodes: list[Node]
    head: list[Node]
    main_file: str | None
    row_of: Callable[[Node], int]
    lines_of: Callable[[Node], tuple[int, int, int]]


def is_native(dialect: Dialect) -> bool:
    """Whether a dialect's trees can be read in place."""
    if DOCUMENTS is None or dialect.tags is not None:
        return False
    return isinstance(open_reader(dialect.positions), PlannedReader)


class NativeWalker:
    """Walks documents of one dialect; `fields` are shared as by `Walker`."""

    def __init__(
        self, vocabulary: Vocabulary, fields: Words, options: TransformOptions, *, in_pieces: bool = False
    ) -> None:
        """`in_pieces` where nodes may have notes of nodes that are not in what is walked."""
        assert DOCUMENTS is not None
        reader = open_reader(vocabulary.dialect.positions)
        assert isinstance(reader, PlannedReader)
        self._module = DOCUMENTS
        self._columns = reader.columns
        self._note_words = note_words(vocabulary.dialect)
        self._plan = DOCUMENTS.open_plan(
            vocabulary.dialect.type_key,
            Fields(fields, vocabulary.dialect.leaf_keys),
            partial(
                _learn_for_pieces if in_pieces else _learn,
                vocabulary,
                lines_are_read=reader.lines_are_read,
            ),  # a method would hold the plan that holds it, for ever
            reader.plan,
            reader.columns,
            tuple(
                (type_, encoded_readings(links))
                for type_, links in links_of(vocabulary.dialect.qualifier).items()
            ),
            tuple(vocabulary.dialect.atoms[word] for word in (True, False, None)),
            (KIND_CODES["string"], KIND_CODES["number"]),
            (vocabulary.dialect.type_key, *SHOWN) if options.attrs else None,
            self._note_words,
            options.value_length,
            options.comment_length,
            _SEED,
        )

    def walk(self, document: NativeDocument, *roots: Root) -> NodeColumns:
        """All nodes of the trees that begin at some views."""
        (
            codes,
            depths,
            fields,
            kinds,
            places,
            name_lengths,
            name_text,
            value_rows,
            value_lengths,
            value_text,
            qualifier_rows,
            qualifier_lengths,
            qualifier_text,
            open_rows,
            node_rows,
            rule_keys,
            noted,
            notes,
            definitions,
            definition_texts,
            imports,
            import_texts,
            attrs_lengths,
            attrs_text,
            attrs_rows,
            attrs_nodes,
            open_values,
            nodes,
            head,
            main_file,
        ) = self._module.walk_document(document.handle, self._plan, [*roots])
        return NodeColumns(
            np.frombuffer(codes, np.int32),
            np.frombuffer(depths, np.int32),
            np.frombuffer(fields, np.int32),
            np.frombuffer(kinds, np.int32),
            np.frombuffer(places, np.int64).reshape(-1, self._columns).T,
            Strings(name_lengths, name_text),
            np.frombuffer(value_rows, np.int64),
            Strings(value_lengths, value_text),
            np.frombuffer(qualifier_rows, np.int64),
            Strings(qualifier_lengths, qualifier_text),
            np.frombuffer(open_rows, np.int64),
            open_values,
            np.frombuffer(node_rows, np.int64),
            np.frombuffer(rule_keys, np.int64),
            np.frombuffer(noted, np.int32),
            self._words_left(np.frombuffer(notes, np.int32)),
            definitions,
            definition_texts,
            imports,
            import_texts,
            Strings(attrs_lengths, attrs_text),
            np.frombuffer(attrs_rows, np.int64),
            attrs_nodes,
            nodes,
            head,
            main_file,
            partial(self._module.row_of_view, document.handle),
            partial(self._module.lines_of_view, self._plan),
        )

    def _words_left(self, bits: NDArray[np.int32]) -> list[tuple[str, ...]]:
        words = self._note_words
        return [tuple(words[i] for i in range(each.bit_length()) if each >> i & 1) for each in bits.tolist()]


def _learn(vocabulary: Vocabulary, type_: str, *, lines_are_read: bool) -> tuple[Any, ...]:
    """What `Documents.open_plan` asks of a type."""
    dialect = vocabulary.dialect
    code, handlers = vocabulary.code(type_), vocabulary.handlers_of(type_)
    name_key, kind = vocabulary.name_keys[type_], vocabulary.kind(code)
    flags = _IS_FUNCTION * (type_ in dialect.functions) | _IS_CLASS * (type_ in dialect.classes)
    if handlers is None:
        return code, kind, name_key, None, flags, (), (), ()
    flags |= (
        _IS_LITERAL * handlers.is_literal
        | _IS_COMMENT * handlers.is_comment
        | _IS_NAMED * (handlers.named is not None)
        | _IS_MEMBER * handlers.is_member
        | _PREPARES_LATE * is_late(handlers.prepare)
    )
    rules = ((bit, getattr(handlers, name)) for name, bit in BITS.items() if name != "named")
    guards = tuple(
        (
            bit,
            guard_of(rule),
            encoded_plans(plans_of(rule)) if lines_are_read else (),
            encoded_imports(importing_of(rule)),
        )
        for bit, rule in rules
        if rule is not None
    )
    names, notes = encoded_readings(readings_of(handlers.named)), encoded_notes(notes_of(handlers.prepare))
    return code, kind, name_key, handlers.value_key, flags, guards, names, notes


def _learn_for_pieces(vocabulary: Vocabulary, type_: str, *, lines_are_read: bool) -> tuple[Any, ...]:
    """The same where some of what is above a node is known to Python alone: its rules have to be asked."""
    learned = _learn(vocabulary, type_, lines_are_read=lines_are_read)
    code, kind, name_key, value_key, flags, rules, names, _ = learned
    asked = tuple(
        (bit, None if bit == BITS["prepare"] else of_node_alone(guard), (), ()) for bit, guard, *_ in rules
    )
    return code, kind, name_key, value_key, flags & ~_PREPARES_LATE, asked, names, ()
