"""What the walker has to know about one JSON dialect of syntax trees: a table, and nothing else.

A *node* is a JSON object that carries the dialect's type key with a string. Everything below describes
such objects. Rules are small functions from one node to what it defines or imports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from snake_pipe.transform.dialects.guards import any_of, guard_of, guarded, is_late, late, notes_of, noting
from snake_pipe.transform.dialects.versions import version_of

if TYPE_CHECKING:
    from snake_pipe.transform.dialects.evidence import Sample
    from snake_pipe.transform.dialects.places import Places

Node = dict[str, Any]
Memo = dict[int, Any]
"""What a rule remembers about nodes below its own, by `id(node)`; lives as long as one document."""


@dataclass(slots=True)
class Definition:
    """A name that a node gives to something.

    `at` is the node whose start is the name's place, `body` the nodes whose first begins and whose last
    ends its body; `parameters` None where it takes none by its nature. An `outer_only` definition counts
    outside of functions only, so that local variables are none. `kind` `function` becomes `method`, and
    `variable` `field`, directly in a class; elsewhere `outer_visibility`, if given, is the visibility.
    `qualifier` is what the name itself says of its place, as `A.prototype` in `A.prototype.b = ...`.
    """

    name: str
    kind: str
    at: Node
    body: tuple[Node, ...] = ()
    parameters: list[str] | None = None
    modifiers: list[str] | None = None
    visibility: str | None = None
    exported: bool | None = None
    doc: str | None = None
    outer_only: bool = False
    outer_visibility: str | None = None
    qualifier: str | None = None


@dataclass(slots=True)
class Reference:
    """A use of a name that no node of its own stands for."""

    role: str
    name: str
    qualifier: str | None = None


@dataclass(slots=True)
class Import:
    """One imported name, or a whole module (`name` None); `line` where the node has none."""

    module: str | None
    name: str | None = None
    alias: str | None = None
    is_relative: bool = False
    is_wildcard: bool = False
    line: int | None = None


DefinitionRule = Callable[[Node, Memo], Iterable[Definition]]
ReferenceRule = Callable[[Node, Memo], Iterable[Reference]]
ImportRule = Callable[[Node, Memo], Iterable[Import]]
RootTest = Callable[[Node, str], bool]
KindRule = Callable[[Node], str | None]
PrepareRule = Callable[[Node, Memo], None]


class RoleRule(NamedTuple):
    """What a place (parent type, field) makes of the name in it.

    `role` is one of ROLES; `none` is no reference (labels, parameters, names of definitions), `local` is a
    write inside of a function and none outside, where the name is a symbol; None keeps the role that the
    name has. `climb`: the place's own node stands for the name, so the place around it decides as well.
    `first`: only the first child in that field is meant. `only_types`: what climbs through may only
    become a type, as `str` in the annotation `list[str]`.
    """

    role: str | None
    climb: bool = False
    first: bool = False
    only_types: bool = False


THROUGH = RoleRule(None, climb=True)
TYPE_PART = RoleRule(None, climb=True, only_types=True)
NONE = RoleRule("none")
READ = RoleRule("read")
WRITE = RoleRule("write")
TYPE = RoleRule("type")
INHERIT = RoleRule("inherit")
DECORATE = RoleRule("decorate")
LOCAL = RoleRule("local")
CALL = RoleRule("call", climb=True)
"""A call climbs on, because `@f(x)` decorates and `class A extends f(x)` inherits."""


def no_kind(_type: str) -> str:
    """The kind of a type that the table does not know."""
    return "other"


def no_kind_rule(_type: str) -> KindRule | None:
    """The rule for a type whose kind is in its name."""
    return None


def no_definition(_type: str) -> DefinitionRule | None:
    """The rule for a type that the table does not know."""
    return None


def no_qualifier(_node: Node) -> str | None:
    """What stands before a name where the dialect does not know."""
    return None


def no_root(_node: Node, _type_key: str) -> bool:
    """The test of a root where a document is recognised by other evidence alone."""
    return False


def rooted(types: str, **fields: type) -> RootTest:
    """The test of a root: one of these types (words), with fields of these classes."""
    roots = frozenset(types.split())

    def is_root(node: Node, type_key: str) -> bool:
        return text(node, type_key) in roots and all(
            node.get(key).__class__ is class_ for key, class_ in fields.items()
        )

    return is_root


class Tags(NamedTuple):
    """The types that a tool writes around its nodes, as the only key of an object: `{"SelectStmt": {...}}`.

    `types` may be such keys, and any word that ends in one of `others`. What stands in one of `fields`
    without a type has the one given there; the document itself has the type `root`. In a field of `within`
    a tag is another type: that of a parameter where it is that of an item elsewhere. Those of `holders` may
    hold another tag; they are then no nodes of their own. `inside` is another way: the path to a node's type,
    below an object of the node.
    """

    types: frozenset[str]
    fields: Mapping[str, str]
    root: str = ""
    others: tuple[str, ...] = ()
    within: Mapping[str, Mapping[str, str]] = {}
    holders: frozenset[str] = frozenset()
    inside: str = ""

    def has(self, key: str) -> bool:
        """Whether a key is a type."""
        return key in self.types or (bool(self.others) and key.endswith(self.others) and key[0].isupper())


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way of writing syntax trees as JSON.

    `written_by` are the tools that write it, for people. `positions` are the paths to the numbers of a
    node's place (several, where nodes are placed in different ways), or name a reader of `trees.positions`.

    A document is recognised by its content: `is_root` knows the root of a whole tree, or the first item of
    one where `root_is_list`; `is_part` is asked about a part of a tree, or a tree in an unknown wrapper, when
    `kinds` has the types of nearly all nodes of a sample. Some tools let their user choose the type key:
    `other_type_keys` are tried as well.

    `language` is that of the sources, `other_languages` of those where one of these types occurs.
    `name_separator` stands between the parts of a name in the language; in qualified names it is a dot.
    `source_keys` are paths from the root to the name of the source that was parsed.
    `leaf_keys` never hold nodes and are not searched: the position objects, and scalars that nearly each
    node has. `name_keys` and `value_keys` say for a type which field is its name or its literal's text
    (`name_keys[""]`: for all other types).
    `literals` are types for strings, numbers and atoms alike: their kind is that of their value.
    `kinds_of` give the kind of types where a node's fields decide; None keeps that of the table.
    `atoms` are the words for JSON's true, false and null. `branches` are the types that add one to the
    complexity of what they stand in, `weights` say where it is more or less. `functions` are the types
    inside of which a variable is local, `classes` those inside of which a function is a method.

    Names climb: a node whose type is in `names` is a use of its name, with that role unless `uses`
    (parent type → field → `RoleRule`) says otherwise; `not_names` are literals that look like names,
    `builtin_types` refer to nothing where they are types, and types in `names_at_end` end with their name.
    `variants` give another word for the parent type (None: no other) where a scalar field changes what its
    places mean, such as `computed`. `qualifier` gives what stands before the name in a node of the types
    `members`; `named` and `valued` give the name and the value of nodes that hold them deeper. Nodes in the
    fields `fields_kinds` are mentions of something defined elsewhere, of that kind.

    `prepare` rules see a node before the others do, and may leave a note for nodes below it.
    `tags` are for tools that write types around their nodes; `type_key` is then a key of ours.
    `revision` distinguishes states of a table that is the user's.
    """

    name: str
    written_by: str
    language: str
    type_key: str
    positions: str | Places | tuple[Places, ...]
    offset_unit: str
    leaf_keys: frozenset[str]
    kinds: Mapping[str, str]
    is_root: RootTest = no_root
    root_is_list: bool = False
    is_part: Callable[[Sample], bool] | None = None
    other_type_keys: tuple[str, ...] = ()
    other_languages: Mapping[str, str] = field(default_factory=dict)
    source_keys: tuple[str, ...] = ("loc.filename", "loc.source")
    fallback_kind: Callable[[str], str] = no_kind
    name_keys: Mapping[str, str] = field(default_factory=dict)
    value_keys: Mapping[str, str] = field(default_factory=dict)
    literals: frozenset[str] = frozenset()
    kinds_of: Mapping[str, KindRule] = field(default_factory=dict)
    fallback_kind_of: Callable[[str], KindRule | None] = no_kind_rule
    atoms: Mapping[object, str] = field(default_factory=lambda: {True: "true", False: "false", None: "null"})
    branches: frozenset[str] = frozenset()
    weights: Mapping[str, Callable[[Node], int]] = field(default_factory=dict)
    functions: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    not_names: frozenset[str] = frozenset()
    builtin_types: frozenset[str] = frozenset()
    names_at_end: frozenset[str] = frozenset()
    uses: Mapping[str, Mapping[str, RoleRule]] = field(default_factory=dict)
    variants: Mapping[str, Callable[[Node, Memo], str | None]] = field(default_factory=dict)
    named: Mapping[str, Callable[[Node], str | None]] = field(default_factory=dict)
    valued: Mapping[str, Callable[[Node], str | None]] = field(default_factory=dict)
    fields_kinds: Mapping[str, str] = field(default_factory=dict)
    members: frozenset[str] = frozenset()
    qualifier: Callable[[Node], str | None] = no_qualifier
    name_separator: str = "."
    prepare: Mapping[str, PrepareRule] = field(default_factory=dict)
    definitions: Mapping[str, DefinitionRule] = field(default_factory=dict)
    fallback_definition: Callable[[str], DefinitionRule | None] = no_definition
    references: Mapping[str, ReferenceRule] = field(default_factory=dict)
    imports: Mapping[str, ImportRule] = field(default_factory=dict)
    tags: Tags | None = None
    revision: str = ""

    @property
    def type_keys(self) -> tuple[str, ...]:
        """The keys that a document of this dialect may have for the types of its nodes."""
        return (self.type_key, *self.other_type_keys)

    def with_type_key(self, type_key: str) -> Dialect:
        """The same dialect in a document with this type key."""
        if type_key == self.type_key:
            return self
        return replace(self, type_key=type_key, leaf_keys=self.leaf_keys | {type_key})

    @property
    def parser(self) -> str:
        """What `files.parser` shows."""
        return self.name

    @property
    def parser_version(self) -> str:
        """The version of our reading, see `version_of`."""
        return version_of(self.name)


def revision_of(own: Iterable[Dialect]) -> str:
    """What a parser's version ends with where users' own dialects are asked first; empty without any.

    It is that of all of them: any AST file may be another dialect's as soon as one of them changes.
    """
    parts = [f"{dialect.name} {dialect.revision}\n" for dialect in own]
    return f"+{sha256(''.join(parts).encode()).hexdigest()[:8]}" if parts else ""


def child(node: Node, key: str) -> Node | None:
    """The object in that field; None where there is none."""
    value = node.get(key)
    return value if value.__class__ is dict else None


def children(node: Node, key: str) -> list[Node]:
    """The objects in that field, be it a list or a single one."""
    value = node.get(key)
    if value.__class__ is dict:
        return [value]
    if value.__class__ is list:
        return [item for item in value if item.__class__ is dict]
    return []


def body_of(node: Node, key: str = "body") -> tuple[Node, ...]:
    """The body in that field: one object, or the first and the last of a list."""
    value = node.get(key)
    if value.__class__ is dict:
        return (value, value)
    if value.__class__ is not list or not value:
        return ()
    first, last = value[0], value[-1]
    if first.__class__ is not dict or last.__class__ is not dict:
        found = children(node, key)
        return (found[0], found[-1]) if found else ()
    return (first, last)


def text(node: Node | None, key: str) -> str | None:
    """The string in that field; None where there is none or it is empty."""
    value = node.get(key) if node is not None else None
    return value if value.__class__ is str and value else None


def in_turn(*rules: PrepareRule) -> PrepareRule:
    """One `prepare` rule that does what all of them do."""

    def rule(node: Node, memo: Memo) -> None:
        for one in rules:
            one(node, memo)

    others = [one for one in rules if not notes_of(one)]
    guards = [guard for one in others if (guard := guard_of(one)) is not None]
    if others and all(map(is_late, others)):
        rule = late(rule)
    elif len(guards) == len(others) and not any(map(is_late, others)):
        rule = guarded(any_of(*guards))(rule)
    return noting(*(note for one in rules for note in notes_of(one)))(rule)


LONGEST_QUALIFIER = 30
"""Names in a chain such as `a.b.c` above which no qualifier is written."""


def dotted(node: Node | None, step: Callable[[Node], tuple[str | None, Node | None]]) -> str | None:
    """`a.b.c` for a chain of members; None where it holds anything but names.

    `step` takes a node to its name and to the node before it (None at the chain's begin).
    """
    parts: list[str] = []
    while node is not None:
        name, node = step(node)
        if not name or len(parts) == LONGEST_QUALIFIER:
            return None
        parts.append(name)
    return ".".join(reversed(parts)) or None
