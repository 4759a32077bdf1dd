"""What the walker has to know about one JSON dialect of syntax trees: a table, and nothing else.

A *node* is a JSON object that carries the dialect's type key with a string. Everything below describes
such objects. Rules are small functions from one node to what it defines or imports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from snake_pipe.transform.languages import EXTRACTION_VERSION

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
    """One imported name, or a whole module (`name` None); `line` where the node tells none."""

    module: str | None
    name: str | None = None
    alias: str | None = None
    is_relative: bool = False
    is_wildcard: bool = False
    line: int | None = None


DefinitionRule = Callable[[Node, Memo], Iterable[Definition]]
ReferenceRule = Callable[[Node, Memo], Iterable[Reference]]
ImportRule = Callable[[Node, Memo], Iterable[Import]]


class Use(NamedTuple):
    """What a place (parent type, field) makes of the name in it.

    `role` is one of ROLES; `none` is no reference (labels, parameters, names of definitions), `local` is a
    write inside of a function and none outside, where the name is a symbol; None keeps the role that the
    name has. `climb`: the place's own node stands for the name, so the place around it has its say too.
    `first`: only the first child in that field is meant. `only_types`: what climbs through may only
    become a type, as `str` in the annotation `list[str]`.
    """

    role: str | None
    climb: bool = False
    first: bool = False
    only_types: bool = False


THROUGH = Use(None, climb=True)
TYPE_PART = Use(None, climb=True, only_types=True)
NONE = Use("none")
READ = Use("read")
WRITE = Use("write")
TYPE = Use("type")
INHERIT = Use("inherit")
DECORATE = Use("decorate")
LOCAL = Use("local")
CALL = Use("call", climb=True)
"""A call climbs on, because `@f(x)` decorates and `class A extends f(x)` inherits."""


def no_kind(_type: str) -> str:
    """The kind of a type that the table does not know."""
    return "other"


def no_definition(_type: str) -> DefinitionRule | None:
    """The rule for a type that the table does not know."""
    return None


def no_qualifier(_node: Node) -> str | None:
    """What stands before a name where the dialect cannot tell."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way of writing syntax trees as JSON.

    `written_by` are the tools that write it, for people. `positions` names a reader of `json_positions`.
    `leaf_keys` never hold nodes and are not searched: the position objects, and scalars that nearly each
    node has. `name_keys` and `value_keys` say for a type which field is its name or its literal's text
    (`name_keys[""]`: for all other types).
    `literals` are types for strings, numbers and atoms alike: their kind is that of their value.
    `atoms` are the words for JSON's true, false and null. `branches` are the types that add one to the
    complexity of what they stand in, `weights` tell where it is more or less. `functions` are the types
    inside of which a variable is local, `classes` those inside of which a function is a method.

    Names climb: a node whose type is in `names` is a use of its name, with that role unless `uses`
    (parent type → field → `Use`) says otherwise; `not_names` are literals that look like names, and types
    in `names_at_end` end with their name. `variants` give another word for the parent type (None: no
    other) where a scalar field changes what its places mean, such as `computed`. `qualifier` tells what
    stands before the name in a node of the types `members`; `named` gives the name of nodes that hold it
    deeper. Nodes in the fields `fields_kinds` are mentions of something defined elsewhere, of that kind.

    `prepare` rules see a node before the others do, and may leave a note for nodes below it.
    """

    name: str
    written_by: str
    language: str
    type_key: str
    positions: str
    offset_unit: str
    leaf_keys: frozenset[str]
    kinds: Mapping[str, str]
    fallback_kind: Callable[[str], str] = no_kind
    name_keys: Mapping[str, str] = field(default_factory=dict)
    value_keys: Mapping[str, str] = field(default_factory=dict)
    literals: frozenset[str] = frozenset()
    atoms: Mapping[object, str] = field(default_factory=lambda: {True: "true", False: "false", None: "null"})
    branches: frozenset[str] = frozenset()
    weights: Mapping[str, Callable[[Node], int]] = field(default_factory=dict)
    functions: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    not_names: frozenset[str] = frozenset()
    names_at_end: frozenset[str] = frozenset()
    uses: Mapping[str, Mapping[str, Use]] = field(default_factory=dict)
    variants: Mapping[str, Callable[[Node, Memo], str | None]] = field(default_factory=dict)
    named: Mapping[str, Callable[[Node], str | None]] = field(default_factory=dict)
    fields_kinds: Mapping[str, str] = field(default_factory=dict)
    members: frozenset[str] = frozenset()
    qualifier: Callable[[Node], str | None] = no_qualifier
    prepare: Mapping[str, Callable[[Node, Memo], None]] = field(default_factory=dict)
    definitions: Mapping[str, DefinitionRule] = field(default_factory=dict)
    fallback_definition: Callable[[str], DefinitionRule | None] = no_definition
    references: Mapping[str, ReferenceRule] = field(default_factory=dict)
    imports: Mapping[str, ImportRule] = field(default_factory=dict)

    @property
    def parser(self) -> str:
        """What `files.parser` shows."""
        return self.name

    @property
    def parser_version(self) -> str:
        """The version of our reading: the tool that wrote a tree does not tell its own."""
        return f"{self.name}+r{EXTRACTION_VERSION}"


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
    found = children(node, key)
    return (found[0], found[-1]) if found else ()


def text(node: Node | None, key: str) -> str | None:
    """The string in that field; None where there is none or it is empty."""
    value = node.get(key) if node is not None else None
    return value if value.__class__ is str and value else None


def in_turn(*rules: Callable[[Node, Memo], None]) -> Callable[[Node, Memo], None]:
    """One `prepare` rule that does what all of them do."""

    def rule(node: Node, memo: Memo) -> None:
        for one in rules:
            one(node, memo)

    return rule


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
