"""Trees that are too large to be decoded as a whole → the same rows, a piece at a time.

`large.transformer` finds them, with the outlines of their large containers (`large.outline`). Each piece of
complete members goes the way of a small document (`walk.walker`, `walk.extract`, `columns.tables`), below
copies of the large nodes around it, so that scopes, qualified names and the roles of names come out as they
would; rows of those copies are dropped, and numbers within the piece become numbers within the document. A
large node's own row is written when it ends.

What can differ from a document that is read as a whole: what a rule finds by looking at *all* children of
a node that is larger than a piece (`large.outline` says what is left of it), and a body's lines in clang's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from snake_pipe.errors import TransformError
from snake_pipe.transform.rows.builder import Words
from snake_pipe.transform.rows.contract import FileFacts, Transformed
from snake_pipe.transform.trees.columns.columns import Pending
from snake_pipe.transform.trees.columns.tables import TableBuilder
from snake_pipe.transform.trees.document.decoding import decode, decode_exactly
from snake_pipe.transform.trees.document.literals import InexactNumberError, Literals
from snake_pipe.transform.trees.document.native import read_natively
from snake_pipe.transform.trees.document.scanner import Closed, Opened
from snake_pipe.transform.trees.facts import Overview
from snake_pipe.transform.trees.large.numbering import added, numbered
from snake_pipe.transform.trees.positions.readers import open_reader
from snake_pipe.transform.trees.walk.extract import Extractor
from snake_pipe.transform.trees.walk.native import NativeWalker, is_native
from snake_pipe.transform.trees.walk.tags import write_types
from snake_pipe.transform.trees.walk.vocabulary import Vocabulary
from snake_pipe.transform.trees.walk.walker import NodeChunk, Walker, split_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from snake_pipe.transform.dialects.dialect import Dialect, Node
    from snake_pipe.transform.rows.contract import TransformOptions
    from snake_pipe.transform.trees.document.native import NativeDocument
    from snake_pipe.transform.trees.document.scanner import Event
    from snake_pipe.transform.trees.large.outline import Outline
    from snake_pipe.transform.trees.positions.reader import Context
    from snake_pipe.transform.trees.walk.findings import Extract
    from snake_pipe.transform.trees.walk.native import Root

_ELDER = "-"
"""The type of a node that stands for all children before a piece: rules may ask whether one is the first."""
_PIECES_A_WALKER = 32
"""Pieces after which what was learned of keys is forgotten: a document may have any number of them."""


@dataclass(slots=True)
class _Frame:
    """A large container that is being read.

    `field` is that of the nodes in it, None where each member's key is. `depth` is that of the nodes in it.
    `children` counts those, in the frame of their node; `branches` adds up their complexity. What no node
    can stand in is `skipped`.
    """

    outline: Outline
    key: str | None
    field: str | None
    depth: int
    skipped: bool
    is_node: bool = False
    type: str = ""
    place: int = 0
    node_id: int = -1
    child_index: int = 0
    children: int = 0
    branches: int = 0


@dataclass(slots=True)
class _Lineage:
    """The first nodes of a piece: copies of what is around it, `ids` their numbers in the document or -1."""

    nodes: list[Node] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)

    def add(self, node: Node, type_: str, place: int, node_id: int) -> None:
        self.nodes.append(node)
        self.types.append(type_)
        self.places.append(place)
        self.ids.append(node_id)

    def chunk(self) -> NodeChunk:
        return NodeChunk(self.nodes, self.types, np.array(self.places, np.int64))


class _Piece(NamedTuple):
    """A piece of the document, as columns; the first `above` rows are copies of what is around it."""

    columns: Extract
    builder: TableBuilder
    pending: Pending
    above: int
    ids: NDArray[np.int64]


class TreeReader:
    """The second pass over one tree, or over a document that is one whatever is around it."""

    def __init__(
        self,
        file_id: int,
        facts: FileFacts,
        dialect: Dialect,
        options: TransformOptions,
        outlines: list[Outline],
    ) -> None:
        self.overview = Overview()
        self._file_id = file_id
        self._facts = facts
        self._dialect = dialect
        self._options = options
        self._tables = sorted(options.tables | {"symbols", "refs", "imports"})
        write_types(outlines[0], dialect)
        self._outlines = iter(outlines)
        self._words, self._fields = Words(), Words([""])
        self._vocabulary = Vocabulary(dialect, self._words)
        self._walker = Walker(dialect, self._fields)
        self._reader = open_reader(dialect.positions)
        self._is_native = is_native(dialect) and not self._reader.follows
        self._native: NativeWalker | None = None
        self._native_pieces = 0
        self._frames: list[_Frame] = []
        self._holders: list[_Frame] = []
        self._next = 0
        self._prime(outlines[0])

    def _prime(self, root: Outline) -> None:
        """Show the reader of positions what the document's nodes are like."""
        for chunk in self._walker.walk(_copied(root)):
            self._reader.sample(chunk.nodes)
            return

    def pieces(self, events: Iterable[Event]) -> Iterator[Transformed]:
        """The rows, and the counts in the facts."""
        for event in events:
            if isinstance(event, Opened):
                self._open(event)
            elif isinstance(event, Closed):
                frame = self._frames.pop()
                if frame.is_node:
                    self._holders.pop()
                    yield self._own_row(frame)
            elif not self._frames[-1].skipped:
                yield from self._read(event.text)
        if not self._next:
            raise TransformError("extract", "no_nodes", "no node of the tree was found")

    def _open(self, event: Opened) -> None:
        above = self._frames[-1] if self._frames else None
        content = next(self._outlines)
        if above is not None and isinstance(above.outline, list):
            write_types({above.key: [content]}, self._dialect)  # which may be left out of the list's outline
        type_ = content.get(self._dialect.type_key) if isinstance(content, dict) else None
        field = None if above is None else above.field
        if above is not None and above.is_node:
            field = event.key
        skipped = above is not None and (above.skipped or event.key in self._dialect.leaf_keys)
        depth = len(self._holders)
        frame = _Frame(content, event.key, field, depth, skipped)
        self._frames.append(frame)
        if type_.__class__ is not str or not type_ or skipped:
            return
        frame.is_node, frame.type = True, str(type_)
        frame.place = self._walker.place(depth, field)
        frame.field, frame.depth = None, depth + 1
        frame.node_id = self._next
        self._next += 1
        if self._holders:
            frame.child_index = self._holders[-1].children
            self._holders[-1].children += 1
        self._holders.append(frame)
        if isinstance(content, dict):
            self._reader.pin(content)

    def _read(self, text: bytes) -> Iterator[Transformed]:
        """The rows of complete members of the innermost container."""
        frame = self._frames[-1]
        text = b"{%b}" % text if isinstance(frame.outline, dict) else b"[%b]" % text
        document = read_natively(text) if self._is_native else None
        piece = self._decoded_piece(text) if document is None else self._native_piece(document)
        if piece is not None:
            yield self._rows(piece, len(piece.columns) - piece.above)

    def _native_piece(self, document: NativeDocument) -> _Piece | None:
        """None where no node is inside of the members, which are read in place."""
        if self._native is None or self._native_pieces % _PIECES_A_WALKER == 0:
            self._native = NativeWalker(self._vocabulary, self._fields, self._options, in_pieces=True)
        self._native_pieces += 1
        members = document.root
        found = self._native.walk(document, *self._roots(members))
        if not found.head:
            return None
        above = self._above_piece(members)
        self._reader.begin_piece()
        extractor = Extractor(self._vocabulary, self._options, Literals(self._dialect, None), self._reader)
        return self._built(above, extractor.extract_columns(found, above.chunk() if above.nodes else None))

    def _roots(self, members: Any) -> list[Root]:
        """What is to be walked of members of the innermost container."""
        frame, place = self._frames[-1], self._walker.place
        if isinstance(members, list):
            return [(members, *split_place(place(frame.depth, frame.field)))]
        return [
            (value, *split_place(place(frame.depth, key if frame.is_node else frame.field)))
            for key, value in members.items()
            if value.__class__ in (dict, list) and key not in self._dialect.leaf_keys
        ]

    def _decoded_piece(self, text: bytes) -> _Piece | None:
        """The same by Python."""
        members = decode(text)
        values = members.values() if isinstance(members, dict) else members
        if not any(value.__class__ is dict or value.__class__ is list for value in values):
            return None
        context = self._reader.context
        try:
            return self._piece(members, Literals(self._dialect, text), context)
        except InexactNumberError:
            return self._piece(decode_exactly(text), Literals(self._dialect, None), context)

    def _piece(self, members: Any, literals: Literals, context: Context) -> _Piece | None:
        write_types(self._around(members), self._dialect)
        above = self._above_piece(members)
        chunks = self._inside(members)
        first = next(chunks, None)
        return None if first is None else self._extract(above, chain((first,), chunks), literals, context)

    def _above_piece(self, members: Any) -> _Lineage:
        """Copies of what is above members, and of one that stands for those before them."""
        above = self._above(members)
        if self._holders and self._holders[-1].children:
            self._add_elder(above, self._holders[-1].depth)
        return above

    def _around(self, members: Any) -> Any:
        """Members of the innermost container in as much of what is around them as their types depend on."""
        frame = self._frames[-1]
        if isinstance(members, list):
            return {frame.key: members}
        inner = members if len(frame.outline) == 1 else members | {None: None}  # for those of other pieces
        is_item = len(self._frames) > 1 and isinstance(self._frames[-2].outline, list)
        return {self._frames[-2].key: [inner]} if is_item else inner

    def _inside(self, members: Any) -> Iterator[NodeChunk]:
        frame, walker = self._frames[-1], self._walker
        if isinstance(members, list):
            yield from walker.walk(members, walker.place(frame.depth, frame.field))
            return
        held = {key: value for key, value in members.items() if key not in self._dialect.leaf_keys}
        if frame.is_node:
            for key, value in held.items():
                yield from walker.walk(value, walker.place(frame.depth, key))
        else:  # as a list: the keys of a large map are no fields, and must not be kept
            yield from walker.walk([*held.values()], walker.place(frame.depth, frame.field))

    def _above(self, members: Any) -> _Lineage:
        """Copies of the large nodes around some members, in which these come before what an outline has."""
        nodes: list[Node] = []
        inner = members
        below: str | None = None
        for depth, frame in zip(count(), reversed(self._frames), strict=False):
            if isinstance(frame.outline, dict):
                inner = {**frame.outline, **inner} if depth == 0 else {**frame.outline, str(below): inner}
            elif depth:
                inner = [inner, *frame.outline]
            else:
                inner = [*inner, *frame.outline]
            if frame.is_node:
                nodes.append(inner)
            below = frame.key
        return self._lineage(nodes[::-1])

    def _lineage(self, nodes: list[Node]) -> _Lineage:
        lineage = _Lineage()
        for frame, node in zip(self._holders, nodes, strict=True):
            if frame.child_index:
                self._add_elder(lineage, frame.depth - 1)
            lineage.add(node, frame.type, frame.place, frame.node_id)
        return lineage

    def _add_elder(self, lineage: _Lineage, depth: int) -> None:
        lineage.add({self._dialect.type_key: _ELDER}, _ELDER, self._walker.place(depth, None), -1)

    def _extract(
        self,
        above: _Lineage,
        inside: Iterable[NodeChunk],
        literals: Literals,
        context: Context,
    ) -> _Piece:
        reader = self._reader

        def chunks() -> Iterator[NodeChunk]:
            if above.nodes:
                yield above.chunk()
            reader.context = context
            yield from inside

        reader.begin_piece()
        extractor = Extractor(self._vocabulary, self._options, literals, reader)
        return self._built(above, extractor.extract(chunks()))

    def _built(self, above: _Lineage, columns: Extract) -> _Piece:
        pending = Pending(self._file_id, FileFacts(), self._vocabulary, columns)
        numbers = np.array(above.ids, np.int64)
        builder = TableBuilder([pending], self._words, self._fields)
        return _Piece(columns, builder, pending, len(above.nodes), numbers)

    def _rows(self, piece: _Piece, size: int) -> Transformed:
        """The rows of a piece's own nodes."""
        above = piece.above
        ids = np.concatenate((piece.ids, np.arange(self._next, self._next + size)))
        self._next += size
        tables = {
            table: numbered(batch.filter(pc.greater_equal(batch["node_id"], above)), table, ids)
            for table, batch in piece.builder.build(self._tables).items()
        }
        if self._holders:
            holder = self._holders[-1]
            mine = piece.columns.depths[above:] == holder.depth
            if "nodes" in tables:
                shift = np.where(mine, holder.children - (holder.children > 0), 0)
                tables["nodes"] = added(tables["nodes"], "child_index", shift)
            holder.children += int(np.count_nonzero(mine))
            holder.branches += piece.builder.branches(slice(above, None))
        return self._counted(tables, piece.columns, size)

    def _own_row(self, frame: _Frame) -> Transformed:
        """The rows of a large node that has ended."""
        self._holders.append(frame)
        self._frames.append(frame)
        above = self._above({})
        self._frames.pop()
        self._holders.pop()
        last = len(above.ids) - 1
        piece = self._extract(above, (), Literals(self._dialect, None), self._reader.context)
        tables = {
            table: numbered(batch.filter(pc.equal(batch["node_id"], last)), table, piece.ids)
            for table, batch in piece.builder.build(self._tables).items()
        }
        if "nodes" in tables:
            nodes = added(tables["nodes"], "descendant_count", np.array([self._next - frame.node_id - 1]))
            elder = int(frame.child_index > 0)
            tables["nodes"] = added(nodes, "child_index", np.array([frame.child_index - elder]))
        symbols = tables["symbols"]
        tables["symbols"] = added(symbols, "complexity", np.full(len(symbols), frame.branches))
        if self._holders:
            self._holders[-1].branches += frame.branches + piece.builder.branches(slice(last, None))
        return self._counted(tables, piece.columns, 1)

    def _counted(self, tables: dict[str, pa.RecordBatch], columns: Extract, size: int) -> Transformed:
        self.overview.add(self._vocabulary, columns)
        facts = self._facts
        facts.node_count += size
        facts.symbol_count += tables["symbols"].num_rows
        facts.ref_count += tables["refs"].num_rows
        facts.import_count += tables["imports"].num_rows
        facts.max_depth = max(facts.max_depth, int(columns.depths.max()))
        if facts.max_depth > self._options.max_depth:
            raise TransformError(
                "extract", "too_deep", f"nested more than {self._options.max_depth} levels deep"
            )
        return Transformed({table: tables[table] for table in self._options.tables}, {})


def _copied(value: Any) -> Any:
    """The same dicts and lists again; an outline is shallow, but for the large ones in each other."""
    root: list[Any] = [value]
    waiting: list[tuple[Any, Any]] = [(root, 0)]
    while waiting:
        holder, key = waiting.pop()
        inner = holder[key]
        if inner.__class__ is dict:
            holder[key] = inner = dict(inner)
            waiting += [(inner, k) for k in inner]
        elif inner.__class__ is list:
            holder[key] = inner = list(inner)
            waiting += [(inner, k) for k in range(len(inner))]
    return root[0]
