"""The words in which a language's table says what its syntax means.

Three mechanisms cover symbols, references and imports of all languages:

*Names climb.* Every name (a leaf such as `identifier`) climbs from parent to parent. At each step the
pair (parent type, field) is looked up in `Rules.uses`: a `Use` can give the name a role, note what
qualifies it, and let it climb on; a `Define` makes it the name of a definition; no entry ends the climb.
*Scopes* tell a method from a function and a field from a local variable.
*Imports* are read from their statement's small subtree by one function each.

Nothing here imports anything heavy: discovery reads the registry in the command line's own process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Use:
    """What a place makes of the name in it.

    `role` is one of ROLES, or `none` for names that are no references (declared parameters, labels);
    without a role the name keeps the one it has. With `climb` the next place up decides as well.
    `qualifier` is the field of the first child, which qualifies the name.
    `hint` replaces the kind of a `Define` with `hinted` reached later; the innermost hint wins. The hint
    `none` keeps the name from defining anything and from being a reference: a parameter inside of the head
    that makes a definition.
    `direct` asks the name to be a child itself; one from further below keeps what it is.
    """

    role: str | None = None
    climb: bool = False
    qualifier: str | None = None
    hint: str | None = None
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Define:
    """The place of a definition's name.

    A step is a field, `:type` or `:type|type` for the first child of that type, `^` for the first child,
    `..` for the parent.

    - `kind` None makes no definition unless `by` finds one.
    - `by` is (steps, {type: kind}): the type of that node decides; several steps are separated by `/`.
      Of several names in one statement `by` applies to the first only, and `also_by`, which is asked
      where `by` does not know the type, to all of them.
    - `keywords` is {words: kind}: the words directly before the name decide, the first that fit. Where none
      fits and `kind` is None, the name has the role `local`, or without it the one it came with.
    - `keywords_at` is (steps, {words: kind}): so do the words directly before the node at the steps, from the
      definition's own.
    - `local` is the role of the name where the place is inside of a function (a local variable is no
      symbol); None keeps it a symbol there.
    - `own` makes the child on the name's way the definition's node, not the parent: for lists of names.
    - `body` is the path of steps to the body, where the signature ends; where a grammar has no node for the
      body, `head` is the step to what holds the signature.
    - `followed_by` is the type of a node behind it that belongs to the definition: a body that the grammar
      puts beside the head.
    - `qualified` allows a qualifier in the name (`A::b`); otherwise a qualified name is a write.
    - `free` keeps a function one where its name is qualified: by a schema, and not by a class.
    - `hinted` lets a `Use` on the way decide the kind.
    - `whole` takes the child on the name's way as the name (`a.b.c`).
    - `first` asks the name to be in the first child, `direct` to be a child itself, `via` to come through
      a child of one of these types.
    - `single` takes only the first name of its node; further ones are what they came as. `last` takes only
      the last: those before it (`A` in `A.b()`) are no references.
    - `repeats` lets neighbours of the same name be one definition, from the first to the last of them, of
      the last one's kind: a signature with its equations.
    - `after` asks that this word stands directly before it: where the parser stumbled, words say more
      than nodes.
    - `receiver` is the field that holds the type the definition belongs to.
    - `modifiers` are always set.
    """

    kind: str | None
    by: tuple[str, Mapping[str, str]] | None = None
    also_by: tuple[str, Mapping[str, str]] | None = None
    keywords: Mapping[str, str] = field(default_factory=dict)
    keywords_at: tuple[str, Mapping[str, str]] | None = None
    local: str | None = None
    own: bool = False
    body: tuple[str, ...] = ("body",)
    head: str | None = None
    followed_by: str | None = None
    qualified: bool = False
    free: bool = False
    hinted: bool = False
    whole: bool = False
    first: bool = False
    direct: bool = False
    via: frozenset[str] = frozenset()
    single: bool = False
    last: bool = False
    repeats: bool = False
    after: str | None = None
    receiver: str | None = None
    modifiers: tuple[str, ...] = ()


THROUGH = Use(climb=True)
NONE = Use("none")
STOP = Use("")
"""Ends the climb; the name keeps its role."""

READ = Use("read")
WRITE = Use("write")
TYPE = Use("type")
INHERIT = Use("inherit")
DECORATE = Use("decorate")
CALL = Use("call", climb=True)
"""A call climbs on, because `@f(x)` decorates and `class A(f(x))` inherits."""
TYPE_PART = Use("type", climb=True)


def member(qualifier: str) -> Use:
    """The name of a member, read unless something above says otherwise."""
    return Use("read", climb=True, qualifier=qualifier)


@dataclass(frozen=True, slots=True)
class Region:
    """Names below a field (or `:type`) that have a role by where they are, however deep, unless they define.

    `roles` is by the names' types; `after` and `before` are {word: role} for names directly after or before
    a word.
    """

    below: str
    roles: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)


Place = Use | Define
Uses = Mapping[str, Mapping[str, Place]]
"""parent type → field → place; field `""` is a child without field, `"*"` any field not named.

`"^"` is the first child, whatever its field: where a grammar names no fields, the order says what is what.
"""


class ImportRow(NamedTuple):
    """One row of `imports`; `node` is the position in the statement's `Subtree`."""

    node: int
    module: str | None
    name: str | None = None
    alias: str | None = None
    is_relative: bool = False
    is_wildcard: bool = False


class Subtree(Protocol):
    """A statement's nodes in preorder; positions count from 0, its root."""

    def type(self, node: int) -> str:
        """The node's type."""
        ...

    def text(self, node: int) -> str:
        """The node's source text."""
        ...

    def children(self, node: int) -> Iterator[int]:
        """The node's children in order."""
        ...

    def child(self, node: int, field: str) -> int:
        """The first child in this field, -1 for none."""
        ...

    def field(self, node: int) -> str:
        """The field of the parent that holds the node, `""` for none."""
        ...

    def words(self, node: int) -> list[str]:
        """The words of the source from the statement's begin up to the node."""
        ...

    def above(self, type_: str) -> Iterator[str]:
        """The source texts of the siblings of a type directly before the statement, the last one first.

        Comments may stand between.
        """
        ...


ImportReader = Callable[[Subtree, int], Iterator[ImportRow]]


class Head(NamedTuple):
    """What is known of a definition when its modifiers and visibility are decided.

    `words` stand before the name, `scope` is the type of the innermost scope around it (empty at the
    top), `section` the last section word before it, `outer` the type of its outermost wrapper, `type`
    its own. Of `name` only the case, `_` and `#` at its begin and a trailing `__` may be looked at.
    """

    name: str
    kind: str
    words: frozenset[str]
    scope: str
    section: str
    outer: str
    type: str


@dataclass(frozen=True, slots=True)
class Rules:
    """All that is known about a language's syntax.

    `names`: types of names → role where nothing else is said (`none`: no reference).
    `scopes`: types → `class`, `function` or `module`.
    `qualifiers`: scopes that are no symbols but qualify what is in them → field with their name.
    `branches`: types that count in complexity; `operators`: types whose `&&`, `||` and `??` count.
    `imports`: types of statements that import; those in `import_fields` do so only with that field, or after
    a `!` only without it.
    `import_calls`: names whose call imports; the reader gets the name's parent.
    `wrappers`: types around a definition that belong to its head, such as a decorated definition;
    `declarations` do so for the first definition in them. `skipped_before` may stand between a
    definition and its comment. `docstring`: the body may begin with the definition's doc.
    `groups`: types that only hold definitions together; a comment before them is one before the first.
    `doc_after`: how a comment begins that may follow what it speaks of.
    `modifiers`: word of the head → modifier. `constructors`: names of constructors;
    with `named_constructors` also the name of their class. `import_wrappers`: types around a call that
    imports, which the reader gets instead of the call.
    `sections`: types of marks that set the visibility of what follows them in a class → their words.
    `kinds`: type → normalised kind, over `COMMON_KINDS`; `kinds_by_prefix` for types that no table names.
    `unnamed`: types of definitions whose name is a word of the language (`init`, `constructor`) → a regular
    expression for that word, and their place.
    `regions` give roles by what is around the names; the last one that applies wins.
    `late_modifiers`: modifiers and visibility stand between the name and the body too.
    `name_marks`: characters that the grammar counts to the end of a defined name (`A?=1` of make).
    `dotted_qualifiers`: the grammar counts the dot behind a qualifier to it. `word_operators`: `and` and `or`
    are written as words too.
    `literals`: words of the language that its grammar takes for names.
    `reserved`: words that define nothing, though a parser off its track may take them for names.
    `hollow`: anonymous types that may hold named nodes (a comment inside of `not in`).
    """

    names: Mapping[str, str]
    uses: Uses
    scopes: Mapping[str, str]
    kinds: Mapping[str, str]
    branches: frozenset[str]
    imports: Mapping[str, ImportReader] = field(default_factory=dict)
    import_calls: Mapping[str, ImportReader] = field(default_factory=dict)
    qualifiers: Mapping[str, str] = field(default_factory=dict)
    operators: frozenset[str] = frozenset()
    comments: frozenset[str] = frozenset({"comment"})
    import_fields: Mapping[str, str] = field(default_factory=dict)
    wrappers: frozenset[str] = frozenset()
    declarations: frozenset[str] = frozenset()
    skipped_before: frozenset[str] = frozenset()
    docstring: bool = False
    groups: frozenset[str] = frozenset()
    doc_after: str | None = None
    modifiers: Mapping[str, str] = field(default_factory=dict)
    constructors: frozenset[str] = frozenset()
    named_constructors: bool = False
    import_wrappers: frozenset[str] = frozenset()
    visibility: Callable[[Head], str | None] = lambda _head: None
    exported: Callable[[Head], bool | None] = lambda _head: None
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hollow: frozenset[str] = frozenset()
    kinds_by_prefix: Mapping[str, str] = field(default_factory=dict)
    regions: tuple[Region, ...] = ()
    late_modifiers: bool = False
    name_marks: str = ""
    dotted_qualifiers: bool = False
    word_operators: bool = False
    literals: frozenset[str] = frozenset()
    unnamed: Mapping[str, tuple[str, Define]] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()


def words(text: str) -> frozenset[str]:
    """The words of a text, for long lists of types."""
    return frozenset(text.split())


def table(**rows: str) -> dict[str, str]:
    """kind="type type type" → {type: kind}; a kind that is a Python keyword ends in `_`."""
    return {type_: kind.rstrip("_") for kind, types in rows.items() for type_ in types.split()}


def tokens(types: str) -> dict[str, str]:
    """The rest of a table of kinds: types that are parts of other nodes and have no meaning of their own."""
    return dict.fromkeys(types.split(), "token")
