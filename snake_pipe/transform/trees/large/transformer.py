"""Files of trees that are too large to be held → the same rows as of others, a piece at a time.

A file is one document, or several that follow each other (`document.lines`). Of a document the outlines of
its large containers are made first; they tell whether it is a tree. If not, one pass counts the trees in it
(`tree_walk`) and a second reads them, the large ones in pieces (`tree_reader`), the others as trees of
small files.
"""

from __future__ import annotations

from itertools import islice
from sys import maxsize
from typing import TYPE_CHECKING, NamedTuple

from snake_pipe.errors import TransformError
from snake_pipe.transform.dialects.dialect import revision_of
from snake_pipe.transform.dialects.sniffing import recognise
from snake_pipe.transform.rows.contract import FileFacts, Transformed
from snake_pipe.transform.trees.container import Container
from snake_pipe.transform.trees.document.lines import (
    DOCUMENTS_TRIED,
    Documents,
    cut_documents,
    fewest_readable,
    split_documents,
)
from snake_pipe.transform.trees.document.scanner import Scanner
from snake_pipe.transform.trees.facts import describe_parts, refuse
from snake_pipe.transform.trees.find import root_of
from snake_pipe.transform.trees.large.outline import outline
from snake_pipe.transform.trees.large.tree_reader import TreeReader
from snake_pipe.transform.trees.large.tree_walk import LargeTree, TreeWalk
from snake_pipe.transform.trees.transformer import JsonTreeTransformer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from snake_pipe.transform.dialects.dialect import Dialect
    from snake_pipe.transform.rows.contract import TransformOptions
    from snake_pipe.transform.trees.document.lines import Cut, Document
    from snake_pipe.transform.trees.document.scanner import Event
    from snake_pipe.transform.trees.large.blocks import JsonBlocks
    from snake_pipe.transform.trees.large.outline import Outline

    Blocks = Callable[[], Iterable[bytes]]


class PieceSizes(NamedTuple):
    """How much of a file is held at once.

    `piece` is bytes of JSON that are decoded together, `document` those of the largest of several documents
    that is decoded as a whole, `nodes` how many nodes of small trees may wait for their rows.
    """

    piece: int
    document: int
    nodes: int


def stream(
    file_id: int,
    path: str,
    blocks: Callable[[], JsonBlocks],
    options: TransformOptions,
    sizes: PieceSizes,
    most_trees: int = maxsize,
) -> Iterator[Transformed]:
    """The rows of one file in pieces; the last one has the facts of the file and its trees, and no rows.

    `blocks` gives the file from its beginning, each time it is called. If the facts say that the file has
    `failed`, or was `skipped`, the rows that were given before are void.
    """
    large = _LargeFile(file_id, path, blocks, options, sizes, most_trees)
    try:
        yield from large.pieces()
    except TransformError as error:
        large.facts = FileFacts(traits=large.facts.traits)
        refuse(large.facts, path, large.head, error)
    failed = large.facts.status in ("failed", "skipped")
    yield Transformed({}, {file_id: large.facts, **({} if failed else large.container.trees)})


class _Survey(NamedTuple):
    """A document before its rows are read: its outlines, and whether it has one tree, or more.

    `dialect` and `source` are those of the first tree, which is the document itself if that `is_whole`.
    """

    outlines: list[Outline]
    trees: int
    dialect: Dialect | None = None
    source: str | None = None
    is_whole: bool = True


class _LargeFile:
    """One file; `facts` and `container` are complete after all `pieces`."""

    def __init__(
        self,
        file_id: int,
        path: str,
        blocks: Callable[[], JsonBlocks],
        options: TransformOptions,
        sizes: PieceSizes,
        most_trees: int,
    ) -> None:
        self.facts = FileFacts()
        self.container = Container(file_id, path, self.facts, most_trees)
        self.head = b""
        self._file_id = file_id
        self._path = path
        self._blocks = blocks
        self._options = options
        self._sizes = sizes
        self._small = JsonTreeTransformer(options)

    def pieces(self) -> Iterator[Transformed]:
        """The rows; TransformError where the file as a whole is bad."""
        self.head = next(iter(self._blocks()), b"")
        source = self._blocks()
        try:
            survey = self._survey(source, self._blocks)
        except TransformError as error:
            if error.code != "invalid_json" or not self._has_several():
                raise
            yield from self._lines(error)
        else:
            self.facts.traits += source.traits
            if survey.trees == 1:
                yield from self._only(survey, source)
                return
            yield from self._several(survey, self._blocks)
        yield from self._drained()
        self.container.close()

    # -- one document --------------------------------------------------------------------------------

    def _survey(self, source: Iterable[bytes], blocks: Blocks) -> _Survey:
        own = self._options.dialects
        outlines = outline(Scanner(source, self._sizes.piece))
        dialect = root_of(outlines[0], own)
        if dialect is not None:
            return _Survey(outlines, 1, dialect)
        trees = TreeWalk(outlines, own).trees(iter(Scanner(blocks(), self._sizes.piece)))
        found = [
            (each.dialect, each.source)
            for tree in islice(trees, 2)
            for each in (tree if isinstance(tree, LargeTree) else tree.tree,)
        ]
        if not found:
            dialect = recognise(outlines[0], own)
            return _Survey(outlines, int(dialect is not None), dialect)
        return _Survey(outlines, len(found), *found[0], is_whole=False)

    def _only(self, survey: _Survey, source: JsonBlocks) -> Iterator[Transformed]:
        """A file that is one tree, whatever is around that."""
        events = iter(Scanner(self._blocks(), self._sizes.piece))
        dialect = recognise(survey.outlines[0], self._options.dialects) or survey.dialect
        assert dialect is not None
        self.facts.source_path = survey.source
        yield from self._tree(self._file_id, self._path, self.facts, dialect, survey.outlines, events)
        self.facts.line_count = self.facts.line_count or source.lines

    def _several(self, survey: _Survey, blocks: Blocks, place: str = "") -> Iterator[Transformed]:
        """A document of several trees, or of none."""
        walk = TreeWalk(survey.outlines, self._options.dialects)
        if not survey.trees:
            self.container.add_others([place])
            return
        for tree in walk.trees(iter(Scanner(blocks(), self._sizes.piece))):
            fragment = place + tree.fragment
            if isinstance(tree, LargeTree):
                file_id, path, facts = self.container.add(fragment, tree.source)
                yield from self._tree(file_id, path, facts, tree.dialect, tree.outlines, tree.events)
                continue
            self._small.add_tree(tree.tree, tree.text, self.container, fragment)
            if self._small.pending_nodes >= self._sizes.nodes:
                yield from self._drained()
        self.container.add_others([place + other for other in walk.others])

    def _tree(
        self,
        file_id: int,
        path: str,
        facts: FileFacts,
        dialect: Dialect,
        outlines: list[Outline],
        events: Iterator[Event],
    ) -> Iterator[Transformed]:
        reader = TreeReader(file_id, facts, dialect, self._options, outlines)
        yield from reader.pieces(events)
        describe_parts(facts, path, dialect, reader.overview)
        facts.parser_version = f"{facts.parser_version}{revision_of(self._options.dialects)}"

    # -- several documents ---------------------------------------------------------------------------

    def _has_several(self) -> bool:
        return len(list(islice(cut_documents(self._blocks(), 0), 2))) > 1

    def _lines(self, error: TransformError) -> Iterator[Transformed]:
        """Documents that follow each other; the error of a single one if that is what they are."""
        source = self._blocks()
        good = total = 0

        def counted(documents: Iterator[Document]) -> Iterator[Document]:
            nonlocal good, total
            for document in documents:
                total += 1
                good += document.error is None
                yield document

        for cut in cut_documents(source, self._sizes.document):
            self.facts.traits = list(source.traits)
            if cut.text is None:
                total += 1
                good += yield from self._large_line(cut)
                continue
            documents = Documents(counted(split_documents(cut.text, cut.line)))
            self._small.add_documents(documents, self.container)
            if total >= DOCUMENTS_TRIED and good < fewest_readable(self._path, total):
                raise error
            if self.container.is_given_up:
                return
            if self._small.pending_nodes >= self._sizes.nodes:
                yield from self._drained()
        if good < fewest_readable(self._path, total):
            raise error

    def _large_line(self, cut: Cut) -> Generator[Transformed, None, bool]:
        """One of several documents that is large itself; its bad end costs the file, as rows were written."""
        place = f"L{cut.line}"

        def blocks() -> Iterator[bytes]:
            return _between(self._blocks(), cut.start, cut.end)

        try:
            survey = self._survey(blocks(), blocks)
        except TransformError as error:
            error.line = cut.line
            self.container.add_bad(place, error)
            return False
        if survey.is_whole and survey.dialect is not None:
            file_id, path, facts = self.container.add(place, survey.source)
            events = iter(Scanner(blocks(), self._sizes.piece))
            yield from self._tree(file_id, path, facts, survey.dialect, survey.outlines, events)
            facts.line_count = facts.line_count or cut.lines
        else:
            yield from self._several(survey, blocks, place)
        return True

    def _drained(self) -> Iterator[Transformed]:
        """The rows of small trees so far."""
        if self._small.pending_nodes:
            yield Transformed(self._small.drain().tables, {})


def _between(blocks: Iterable[bytes], start: int, end: int) -> Iterator[bytes]:
    """The bytes between two offsets."""
    at = 0
    for block in blocks:
        piece = block[max(start - at, 0) : max(end - at, 0)]
        at += len(block)
        if piece:
            yield piece
        if at >= end:
            return
