"""The transformer of serialized syntax trees: bytes of JSON files → rows.

A file goes through `document.lines` and `document.decoding`, `trees.find` and `dialects.sniffing` (which
trees, of which dialects), `walk.walker` (nodes in preorder, a chunk at a time) and `walk.extract` (columns of
each chunk); the decoded tree is freed at once, as far as it was read. `drain` builds the tables of all
files since the last one with `columns.tables`.
"""

from __future__ import annotations

from itertools import chain
from sys import maxsize
from typing import TYPE_CHECKING

from snake_pipe.errors import TransformError
from snake_pipe.transform.dialects.dialect import revision_of
from snake_pipe.transform.rows.builder import Words, empty_batch
from snake_pipe.transform.rows.contract import FileFacts, Transformed, TransformOptions
from snake_pipe.transform.trees.columns.columns import Pending
from snake_pipe.transform.trees.columns.tables import TableBuilder
from snake_pipe.transform.trees.container import Container, DocumentText
from snake_pipe.transform.trees.document.decoding import GZIP_MAGIC, json_to_utf8, unpack
from snake_pipe.transform.trees.document.lines import Documents, read_documents
from snake_pipe.transform.trees.document.literals import InexactNumberError, Literals
from snake_pipe.transform.trees.document.native import read_natively
from snake_pipe.transform.trees.facts import describe, fail, refuse
from snake_pipe.transform.trees.find import as_whole, find_trees
from snake_pipe.transform.trees.walk.extract import Extractor
from snake_pipe.transform.trees.walk.native import NativeWalker, is_native
from snake_pipe.transform.trees.walk.tags import write_types
from snake_pipe.transform.trees.walk.vocabulary import Vocabulary
from snake_pipe.transform.trees.walk.walker import Walker

if TYPE_CHECKING:
    from snake_pipe.transform.dialects.dialect import Dialect
    from snake_pipe.transform.trees.document.native import NativeDocument
    from snake_pipe.transform.trees.find import Tree, Trees
    from snake_pipe.transform.trees.walk.findings import Extract

_MOST_FIELDS = 50_000


class JsonTreeTransformer:
    """Implements `Transformer` for the queue of AST files, whatever their dialects."""

    def __init__(self, options: TransformOptions) -> None:
        self._options = options
        self._revision = revision_of(options.dialects)
        self._forget()
        self._fields = Words([""])
        self._walkers: dict[int, Walker] = {}

    def _forget(self) -> None:
        self._pending: list[Pending] = []
        self._facts: dict[int, FileFacts] = {}
        self._nodes = 0
        self._types = Words()
        self._vocabularies: dict[int, Vocabulary] = {}
        self._native_walkers: dict[int, NativeWalker] = {}

    @property
    def pending_nodes(self) -> int:
        """Nodes held in memory since the last drain."""
        return self._nodes

    def add(self, file_id: int, path: str, data: bytes, *, most_trees: int = maxsize) -> FileFacts:
        """Read one file's bytes into columns; see `Transformer.add`."""
        facts = FileFacts()
        self._facts[file_id] = facts
        text = data
        pending = len(self._pending)
        try:
            if data.startswith(GZIP_MAGIC):
                facts.traits.append("gzip")
                text = unpack(data)
            text, transcoded = json_to_utf8(text)
            if transcoded:
                facts.traits.append("transcoded")
            document = read_natively(text)
            content = read_documents(text, path) if document is None else document.root
            container = Container(file_id, path, facts, most_trees)
            if isinstance(content, Documents):
                self.add_documents(content, container)
            else:
                trees = find_trees(content, self._options.dialects)
                if len(trees.found) == 1:
                    tree = as_whole(content, trees.found[0], self._options.dialects)
                    self._read(file_id, path, tree, DocumentText(text, document), facts)
                    return facts
                self._add_trees(trees, DocumentText(text, document), container)
            container.close()
            self._facts.update(container.trees)
        except TransformError as error:
            self._take_back(pending)
            refuse(facts, path, text, error)
        except BaseException:
            self._take_back(pending)
            del self._facts[file_id]
            raise
        return facts

    def _take_back(self, pending: int) -> None:
        """Forget what was read since so many trees waited for the drain."""
        self._nodes -= sum(len(each.extract) for each in self._pending[pending:])
        del self._pending[pending:]

    def drain(self) -> Transformed:
        """The rows of all files since the last drain; see `Transformer.drain`."""
        tables = sorted(self._options.tables)
        if self._pending:
            batches = TableBuilder(self._pending, self._types, self._fields).build(tables)
        else:
            batches = {table: empty_batch(table) for table in tables}
        result = Transformed(batches, self._facts)
        self._forget()
        if len(self._fields) > _MOST_FIELDS:
            self._fields = Words([""])
            self._walkers = {}
        return result

    def add_documents(self, documents: Documents, container: Container) -> None:
        """Read documents that follow each other in a file, unless the first ones are no trees."""
        for document in documents:
            if container.is_given_up:
                return
            place = document.place
            if document.error is not None:
                container.add_bad(place, document.error)
                continue
            trees = find_trees(document.content, self._options.dialects)
            if not trees.found:
                container.add_others([place])
            self._add_trees(trees, DocumentText(document.text, document.native), container, place)

    def _add_trees(self, trees: Trees, text: DocumentText, container: Container, place: str = "") -> None:
        """Read the trees of one document; `place` is that of the document in its file."""
        container.add_others([f"{place}{pointer}" for pointer in trees.others])
        for tree in trees.found:
            self.add_tree(tree, text, container, f"{place}{tree.pointer}")

    def add_tree(self, tree: Tree, text: DocumentText, container: Container, fragment: str) -> None:
        """Read one of several trees into columns; what is wrong with it is noted in its facts."""
        file_id, path, facts = container.add(fragment, tree.source)
        try:
            self._read(file_id, path, tree, text, facts)
        except TransformError as error:
            fail(facts, error)

    def _read(
        self,
        file_id: int,
        path: str,
        tree: Tree,
        text: DocumentText,
        facts: FileFacts,
    ) -> None:
        dialect = tree.dialect
        columns = self._columns(tree, text)
        if columns is None:
            facts.status, facts.reason = "skipped", "not_an_ast"
            return
        facts.node_count = len(columns)
        facts.max_depth = int(columns.depths[columns.depths.argmax()])  # `max` takes three times as long
        if facts.max_depth > self._options.max_depth:
            facts.node_count = facts.max_depth = 0
            raise TransformError(
                "extract", "too_deep", f"nested more than {self._options.max_depth} levels deep"
            )
        facts.source_path = tree.source
        describe(facts, path, self._vocabulary(dialect), columns)
        if not tree.pointer:
            facts.line_count = facts.line_count or text.lines
        facts.parser_version = f"{facts.parser_version}{self._revision}"
        self._pending.append(Pending(file_id, facts, self._vocabulary(dialect), columns))
        self._nodes += len(columns)

    def _columns(self, tree: Tree, text: DocumentText) -> Extract | None:
        """What the nodes say; None for a tree of none, as pandoc makes of an empty page."""
        dialect = tree.dialect
        vocabulary = self._vocabulary(dialect)
        if text.document is not None:
            if is_native(dialect):
                return self._native_columns(tree, vocabulary, text.document)
            tree = tree._replace(root=text.decoded(tree.pointer))
        walker = self._walkers.get(id(dialect))
        if walker is None:
            walker = self._walkers[id(dialect)] = Walker(dialect, self._fields)
        write_types(tree.root, dialect)
        chunks = walker.walk(tree.root)
        first = next(chunks, None)
        if first is None:
            return None
        try:
            extractor = Extractor(vocabulary, self._options, text.literals(dialect))
            return extractor.extract(chain((first,), chunks))
        except InexactNumberError:
            root, literals = text.exactly(tree.pointer), Literals(dialect, None)
            write_types(root, dialect)
            return Extractor(vocabulary, self._options, literals).extract(walker.walk(root))

    def _native_columns(self, tree: Tree, vocabulary: Vocabulary, document: NativeDocument) -> Extract | None:
        walker = self._native_walkers.get(id(vocabulary))
        if walker is None:
            walker = NativeWalker(vocabulary, self._fields, self._options)
            self._native_walkers[id(vocabulary)] = walker
        found = walker.walk(document, (tree.root, 0, 0))
        if not found.head:
            return None
        extractor = Extractor(vocabulary, self._options, Literals(tree.dialect, None))
        return extractor.extract_columns(found)

    def _vocabulary(self, dialect: Dialect) -> Vocabulary:
        known = self._vocabularies.get(id(dialect))
        if known is None:
            known = self._vocabularies[id(dialect)] = Vocabulary(dialect, self._types)
        return known
