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
    without a role the name keeps the one it has. `climb` lets the next place have its say.
    `qualifier` is the field of the first child, which qualifies the name.
    `hint` replaces the kind of a `Define` with `hinted` reached later; the innermost hint wins.
    """

    role: str | None = None
    climb: bool = False
    qualifier: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Define:
    """The place of a definition's name.

    A step is a field, or `:type` for the first child of that type.

    - `kind` None makes no definition unless `by` finds one.
    - `by` is (step, {type: kind}): the type of that child decides.
    - `local` is the role of the name where the place is inside of a function (a local variable is no
      symbol); None keeps it a symbol there.
    - `own` makes the child on the name's way the definition's node, not the parent: for lists of names.
    - `body` is the path of steps to the body.
    - `qualified` allows a qualifier in the name (`A::b`); otherwise a qualified name is a write.
    - `hinted` lets a `Use` on the way decide the kind.
    - `whole` takes the child on the name's way as the name (`a.b.c`).
    - `first` asks the name to be in the first child.
    - `after` asks that this word stands directly before it: where the parser stumbled, words say more
      than nodes.
    - `receiver` is the field that holds the type the definition belongs to.
    - `modifiers` are always set.
    """

    kind: str | None
    by: tuple[str, Mapping[str, str]] | None = None
    local: str | None = None
    own: bool = False
    body: tuple[str, ...] = ("body",)
    qualified: bool = False
    hinted: bool = False
    whole: bool = False
    first: bool = False
    after: str | None = None
    receiver: str | None = None
    modifiers: tuple[str, ...] = ()


THROUGH = Use(climb=True)
NONE = Use("none")
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


Place = Use | Define
Uses = Mapping[str, Mapping[str, Place]]
"""parent type → field → place; field `""` is a child without field, `"*"` any field not named."""


class Import(NamedTuple):
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


ImportReader = Callable[[Subtree, int], Iterator[Import]]


class Head(NamedTuple):
    """What is known of a definition when its modifiers and visibility are told.

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
    `imports`: types of statements that import; those in `import_fields` do so only with that field.
    `import_calls`: names whose call imports; the reader gets the name's parent.
    `wrappers`: types around a definition that belong to its head, such as a decorated definition;
    `declarations` do so for the first definition in them. `skipped_before` may stand between a
    definition and its comment. `docstring`: the body may begin with the definition's doc.
    `modifiers`: word of the head → modifier. `constructors`: names of constructors;
    with `named_constructors` also the name of their class. `import_wrappers`: types around a call that
    imports, which the reader gets instead of the call.
    `sections`: types of marks that set the visibility of what follows them in a class → their words.
    `kinds`: type → normalised kind, over `COMMON_KINDS`.
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
    modifiers: Mapping[str, str] = field(default_factory=dict)
    constructors: frozenset[str] = frozenset()
    named_constructors: bool = False
    import_wrappers: frozenset[str] = frozenset()
    visibility: Callable[[Head], str | None] = lambda _head: None
    exported: Callable[[Head], bool | None] = lambda _head: None
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hollow: frozenset[str] = frozenset()
    reserved: frozenset[str] = frozenset()


def words(text: str) -> frozenset[str]:
    """The words of a text, for long lists of types."""
    return frozenset(text.split())


def table(**rows: str) -> dict[str, str]:
    """kind="type type type" → {type: kind}; a kind that is a Python keyword ends in `_`."""
    return {type_: kind.rstrip("_") for kind, types in rows.items() for type_ in types.split()}
