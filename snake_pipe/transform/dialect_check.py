"""What a file gives, for authors of dialects: how it was recognised, and what the dialect leaves unread."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from snake_pipe.errors import TransformError
from snake_pipe.transform.dialects.declared_rules import RootTest
from snake_pipe.transform.dialects.sniffing import is_root, roots
from snake_pipe.transform.rows.builder import Words
from snake_pipe.transform.rows.contract import HOLDS_TREES, TransformOptions
from snake_pipe.transform.trees.document.decoding import GZIP_MAGIC, decode, json_to_utf8, unpack
from snake_pipe.transform.trees.document.lines import Documents, read_documents
from snake_pipe.transform.trees.find import as_whole, find_trees
from snake_pipe.transform.trees.transformer import JsonTreeTransformer
from snake_pipe.transform.trees.walk.walker import Walker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from snake_pipe.transform.dialects.dialect import Dialect, Node
    from snake_pipe.transform.rows.contract import FileFacts
    from snake_pipe.transform.trees.document.lines import Document
    from snake_pipe.transform.trees.find import Tree

_FIRST_KEYS = 12
_NAME_WORDS = frozenset("name id ident identifier label key symbol title alias module path text".split())
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_LOOKS_LIKE_A_NAME = re.compile(r"[^\W\d][\w.$:/-]{0,80}")


class Finding(NamedTuple):
    """One line of a check.

    `what` is `other` (a type without a kind), `unread name`, `definition`, `reference` or `import`; `name`
    the type, the path from a type to the text, or what was extracted; `nodes` counts for the first two;
    `line` is that of the first such node, or of the row; `detail` an example, a signature, a qualifier or
    a module.
    """

    what: str
    name: str
    kind: str | None
    nodes: int | None
    line: int | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class DialectCheck:
    """What one file gives. `dialect` is None where the file is no tree; `why` says how that was found out.

    `totals` count the findings of each sort, `findings` are the first of them.
    """

    dialect: str | None
    why: str
    nodes: int = 0
    other: int = 0
    totals: Mapping[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def check_tree(path: str, data: bytes, own: tuple[Dialect, ...], most: int) -> DialectCheck:
    """Read one file's bytes as an ingestion would; at most `most` findings of each sort. Never raises.

    What several trees in a file give is put together.
    """
    transformer = JsonTreeTransformer(TransformOptions(dialects=own))
    facts = transformer.add(0, path, data)
    tables = transformer.drain().tables
    try:
        text = unpack(data) if data.startswith(GZIP_MAGIC) else data
        content = read_documents(json_to_utf8(text)[0], path)
        documents = [_decoded(each) for each in content] if isinstance(content, Documents) else [content]
    except TransformError as error:
        return DialectCheck(None, str(error.args[2]))
    trees = [tree for document in documents for tree in find_trees(document, own).found]
    if not trees:
        return DialectCheck(None, _why_not(documents[0], own))
    if facts.reason != HOLDS_TREES:
        trees = [as_whole(documents[0], trees[0], own)]
    names = ", ".join(dict.fromkeys(tree.dialect.name for tree in trees))
    why = _why(trees[0].root, trees[0].dialect)
    if len(trees) > 1:
        why = f"{len(trees):,} trees, the first by {why}"
    if facts.status == "failed":
        return DialectCheck(None, f"{names} ({why}), but {_problem(facts)}")
    nodes = tables["nodes"]
    lines = nodes["start_line"].to_pylist()
    others, first_rows = _others(nodes)
    findings = [
        Finding("other", type_, None, count, lines[first_rows[type_]], None)
        for type_, count in others.most_common()
    ]
    findings += _unread_names(trees, lines)
    findings += _extracted(tables)
    return DialectCheck(
        names,
        why,
        len(lines),
        others.total(),
        Counter(finding.what for finding in findings),
        list(_first_of_each(findings, most)),
    )


def _decoded(document: Document) -> Any:
    """Python's own objects, which are looked at after the document is gone."""
    return document.content if document.native is None else decode(document.text)


def _problem(facts: FileFacts) -> str:
    return facts.problems[0].message if facts.problems else str(facts.reason)


def _why(document: Any, dialect: Dialect) -> str:
    for root in roots(document):
        if is_root(dialect, root, dialect.type_key):
            if isinstance(dialect.is_root, RootTest):
                return f"a root: {dialect.is_root}"
            if dialect.type_key in root:
                return f"a root: {dialect.type_key} is {root[dialect.type_key]!r}"
            return f"a root, by its keys: {', '.join(islice(root, _FIRST_KEYS))}"
    return f"no root that a dialect knows, but what most objects with {dialect.type_key!r} look like"


def _why_not(document: Any, own: Sequence[Dialect]) -> str:
    """What keeps the document from being a tree of the user's dialects."""
    found = list(islice(roots(document), 1))
    if not found:
        return "it holds no object"
    lacks = [
        f"{dialect.name}: {dialect.is_root.lack(found[0], dialect.type_key)}"
        for dialect in own
        if isinstance(dialect.is_root, RootTest)
    ]
    keys = ", ".join(islice(found[0], _FIRST_KEYS)) or "none"
    return "; ".join([*lacks, f"no built-in dialect knows it; the keys of its first object: {keys}"])


def _others(nodes: pa.RecordBatch) -> tuple[Counter[str], dict[str, int]]:
    """The types without a kind with their counts, and the row of each one's first node."""
    counts: Counter[str] = Counter()
    first_rows: dict[str, int] = {}
    for row, (type_, kind) in enumerate(
        zip(nodes["type"].to_pylist(), nodes["kind"].to_pylist(), strict=True)
    ):
        if kind == "other":
            counts[type_] += 1
            first_rows.setdefault(type_, row)
    return counts, first_rows


def _unread_names(trees: list[Tree], lines: list[int | None]) -> Iterator[Finding]:
    """Fields of nodes that look like names and are not read as such; those of most nodes first."""
    found: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], tuple[int | None, str]] = {}
    places = iter(lines)
    for dialect, node, type_ in _nodes(trees):
        line = next(places, None)
        if not _is_named(dialect, node, type_):
            for path, text in _likely_names(dialect, node, type_):
                found[type_, path] += 1
                examples.setdefault((type_, path), (line, text))
    for (type_, path), count in found.most_common():
        line, text = examples[type_, path]
        yield Finding("unread name", f"{type_}.{path}", None, count, line, text)


def _nodes(trees: list[Tree]) -> Iterator[tuple[Dialect, Node, str]]:
    """The nodes of all trees, in the order of their rows."""
    for tree in trees:
        for chunk in Walker(tree.dialect, Words([""])).walk(tree.root):
            for node, type_ in zip(chunk.nodes, chunk.types, strict=True):
                yield tree.dialect, node, type_


def _is_named(dialect: Dialect, node: Node, type_: str) -> bool:
    if type_ in dialect.named:
        return dialect.named[type_](node) is not None
    key = dialect.name_keys.get(type_) or dialect.name_keys.get("", "")
    return node.get(key).__class__ is str


def _likely_names(dialect: Dialect, node: Node, type_: str) -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if key in dialect.leaf_keys or key == dialect.value_keys.get(type_):
            continue
        if value.__class__ is str:
            if _is_likely(key, value):
                yield key, value
        elif value.__class__ is dict and dialect.type_key not in value:
            for inner, text in value.items():
                if text.__class__ is str and _is_likely(inner, text):
                    yield f"{key}.{inner}", text


def _is_likely(key: str, value: str) -> bool:
    said = {word.lower() for word in _WORD.findall(key)}
    return not said.isdisjoint(_NAME_WORDS) and _LOOKS_LIKE_A_NAME.fullmatch(value) is not None


def _extracted(tables: dict[str, pa.RecordBatch]) -> Iterator[Finding]:
    for row in tables["symbols"].to_pylist():
        line = row["name_line"] or row["start_line"]
        yield Finding("definition", row["qualified_name"], row["kind"], None, line, row["signature"])
    for row in tables["refs"].to_pylist():
        yield Finding("reference", row["name"], row["role"], None, row["start_line"], row["qualifier"])
    for row in tables["imports"].to_pylist():
        name = "*" if row["is_wildcard"] else row["name"] or ""
        alias = f" as {row['alias']}" if row["alias"] else ""
        yield Finding("import", f"{name}{alias}", None, None, row["start_line"], row["module"])


def _first_of_each(findings: list[Finding], most: int) -> Iterator[Finding]:
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.what] += 1
        if seen[finding.what] <= most:
            yield finding
