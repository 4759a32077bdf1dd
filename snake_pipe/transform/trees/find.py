"""Which trees a decoded document holds, and where: one, or several in lists, maps and wrappers.

Several trees stand in a list, in a map from paths to trees (`{"src/a.js": {...}}`, also under `sources`,
`files` or `asts`), or in a list of wrappers (`{"path": "a.js", "ast": {...}}`), inside each other up to a few
levels. The dialects say what is a root, whatever its key; a value that is named by a path may also be
recognised by what it looks like. A list that a dialect writes for one tree is one tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from snake_pipe.transform.dialects.generic import TYPE_KEYS
from snake_pipe.transform.dialects.sniffing import (
    COLLECTIONS,
    DEEPEST_WRAPPER,
    WRAPPERS,
    dialect_of_root,
    is_path,
    recognise,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snake_pipe.transform.dialects.dialect import Dialect

ENTRIES_TRIED = 20
"""Entries of a list or map that are looked at for its first tree: other JSON has thousands that are none."""
_PATH_KEYS = ("path", "file", "filename", "fileName", "name")
"""Keys of a wrapper that name the source of its tree."""


class Tree(NamedTuple):
    """A tree in a document: `pointer` as in RFC 6901, empty for the document itself.

    `root` is an object, or the list that a dialect writes for one tree; `source` the path that the document
    gives it.
    """

    pointer: str
    root: Any
    dialect: Dialect
    source: str | None


@dataclass(slots=True)
class Trees:
    """The trees of one document in their order, and the pointers of entries that are no trees."""

    found: list[Tree] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


class Entry(NamedTuple):
    """What a list, map or wrapper holds: `is_map` where it is a map whatever its keys look like.

    `is_item` is for items of lists and values of maps, each of which should be a tree; parts of wrappers are
    none.
    """

    key: str | int
    value: Any
    source: str | None = None
    is_map: bool = False
    is_item: bool = True


def find_trees(document: Any, own: Sequence[Dialect] = ()) -> Trees:
    """All trees of a decoded document; one without any known root may still look like a tree as a whole."""
    dialect = root_of(document, own)
    if dialect is not None:  # most files
        return Trees([Tree("", document, dialect, None)])
    search = _Search(own)
    search.enter(Entry("", document), "", 0)
    return search.finish(document)


def as_whole(document: Any, only: Tree, own: Sequence[Dialect] = ()) -> Tree:
    """The document as the tree that is its only one, with whatever is around that."""
    if not only.pointer and not own:
        return only
    return Tree("", document, recognise(document, own) or only.dialect, only.source)


def trees_of_entry(entry: Entry, pointer: str, depth: int, own: Sequence[Dialect]) -> Trees:
    """Those of one entry alone, `depth` levels below the document, where others are known to be trees."""
    search = _Search(own)
    search.look(entry, pointer, depth)
    search.resolve_doubtful()
    return search.trees


def entries(
    value: Any,
    source: str | None = None,
    own: Sequence[Dialect] = (),
    *,
    is_map: bool = False,
    is_node: bool = False,
) -> Iterator[Entry]:
    """What may hold trees in a list or an object that is no tree itself.

    A member with any key may be a tree by its root (`Makefile` is a path, too), unless the object `is_node`:
    that is a tree of its own kind.
    """
    if value.__class__ is list:
        yield from (Entry(index, item, source) for index, item in enumerate(value))
        return
    path = source or source_of(value)
    for key, inner in value.items():
        if is_map or is_path(key):
            if is_map or inner is None or inner.__class__ is dict or inner.__class__ is list:
                yield Entry(key, inner, key or None)
        elif inner.__class__ is not dict and inner.__class__ is not list:
            continue
        elif key in WRAPPERS:
            yield Entry(key, inner, path, is_item=False)
        elif key in COLLECTIONS:
            yield Entry(key, inner, is_map=inner.__class__ is dict, is_item=False)
        elif not is_node and root_of(inner, own) is not None:
            yield Entry(key, inner, path, is_item=False)


def is_node(value: Any) -> bool:
    """Whether an object has a type as nodes have one."""
    return value.__class__ is dict and any(value.get(key).__class__ is str for key in TYPE_KEYS)


def root_of(value: Any, own: Sequence[Dialect]) -> Dialect | None:
    """The dialect of a value that is a tree: an object, or a list where the dialect writes one."""
    if value.__class__ is dict:
        dialect = dialect_of_root(value, own)
        return None if dialect is None or dialect.root_is_list else dialect
    if value.__class__ is list:
        first = next((item for item in islice(value, ENTRIES_TRIED) if item.__class__ is dict), None)
        dialect = dialect_of_root(first, own) if first is not None else None
        return dialect if dialect is not None and dialect.root_is_list else None
    return None


def resolve(document: Any, pointer: str) -> Any:
    """What stands there in a document of the same content."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if document.__class__ is list else document[key]
    return document


def pointed(pointer: str, key: str | int) -> str:
    """The pointer to a member or an item of what another pointer points to."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def source_of(wrapper: dict[str, Any]) -> str | None:
    """The path that a wrapper gives for its tree; a `name` only if it looks like one."""
    for key in _PATH_KEYS:
        path = wrapper.get(key)
        if path.__class__ is str and path and (key != "name" or is_path(path)):
            return str(path)
    return None


@dataclass(slots=True)
class _Search:
    """One search; `doubtful` has a path and no root that a dialect knows, with its index in `found`."""

    own: Sequence[Dialect]
    trees: Trees = field(default_factory=Trees)
    doubtful: list[tuple[int, str, Any, str]] = field(default_factory=list)

    def enter(self, entry: Entry, pointer: str, depth: int) -> bool:
        """Add the trees at a place; whether there are any."""
        value = entry.value
        if value.__class__ is not dict and value.__class__ is not list:
            return False
        if not entry.is_map:
            dialect = root_of(value, self.own)
            if dialect is not None:
                self.trees.found.append(Tree(pointer, value, dialect, entry.source))
                return True
        if depth > DEEPEST_WRAPPER:
            return False
        found = False
        missing: list[str] = []
        before = len(self.doubtful)
        members = entries(value, entry.source, self.own, is_map=entry.is_map, is_node=is_node(value))
        for number, inner in enumerate(members):
            if number == ENTRIES_TRIED and not found and not self._is_promising(before):
                break
            place = pointed(pointer, inner.key)
            doubtful = len(self.doubtful)
            if self.look(inner, place, depth + 1):
                found = True
            elif inner.is_item and len(self.doubtful) == doubtful:
                missing.append(place)
        if found:
            self.trees.others += missing
        return found

    def look(self, entry: Entry, pointer: str, depth: int) -> bool:
        """The same; an entry with a path and without trees may be one as a whole."""
        doubtful = len(self.doubtful)
        if self.enter(entry, pointer, depth):
            return True
        source = path_of(entry)
        if source is not None:
            del self.doubtful[doubtful:]
            self.doubtful.append((len(self.trees.found), pointer, entry.value, source))
        return False

    def _is_promising(self, before: int) -> bool:
        """Whether one of the doubtful ones since then looks like a tree."""
        return any(recognise(value, self.own) is not None for _, _, value, _ in self.doubtful[before:])

    def finish(self, document: Any) -> Trees:
        """What was found, and the doubtful ones that look like trees where others are some."""
        trees = self.trees
        if self.doubtful and (trees.found or recognise(document, self.own)):
            self.resolve_doubtful()
        if not trees.found:
            dialect = recognise(document, self.own)
            return Trees() if dialect is None else Trees([Tree("", document, dialect, None)])
        return trees

    def resolve_doubtful(self) -> None:
        """Add those that look like trees; the others are none."""
        added = 0
        for index, pointer, value, source in self.doubtful:
            dialect = recognise(value, self.own)
            if dialect is None:
                self.trees.others.append(pointer)
            else:
                self.trees.found.insert(index + added, Tree(pointer, value, dialect, source))
                added += 1


def path_of(entry: Entry) -> str | None:
    """The path of an entry that should be a tree: its key, or the path that it gives itself."""
    value = entry.value
    if not entry.is_item:
        return None
    if value.__class__ is list or (value.__class__ is dict and entry.source is not None):
        return entry.source
    if value.__class__ is dict and not WRAPPERS.isdisjoint(value):
        return source_of(value)
    return None
