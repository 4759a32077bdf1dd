"""Rules that a dialect file declares: paths into a node instead of functions written for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects.dialect import Definition, Import, Reference, children, dotted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from snake_pipe.transform.dialects.dialect import Memo, Node

Path = tuple[str, ...]
"""Keys from a node downwards; in a list a number counts, any other key is asked of each of its entries."""


def steps(path: str) -> Path:
    """`a.b.0` as its keys."""
    return tuple(path.split(".")) if path else ()


def value_at(node: Any, path: Path) -> Any:
    """What is at the path; None where it leads nowhere."""
    value = node
    for index, step in enumerate(path):
        if value.__class__ is dict:
            value = value.get(step)
        elif value.__class__ is list:
            if not step.isdigit():
                return [value_at(item, path[index:]) for item in value]
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


@dataclass(frozen=True, slots=True)
class Naming:
    """How nodes are named: the path to the name by type, with `""` for all other types."""

    type_key: str
    paths: Mapping[str, Path]

    def of(self, node: Node) -> str | None:
        """A node's name."""
        type_ = node.get(self.type_key)
        path = self.paths.get(type_) if type_.__class__ is str else None
        path = path or self.paths.get("", ())
        return self.text(value_at(node, path)) if path else None

    def text(self, value: Any) -> str | None:
        """A text as it is, a node by its name, a list as its entries' texts with dots between them."""
        if value.__class__ is str:
            return value or None
        if value.__class__ is dict:
            return self.of(value)
        if value.__class__ is list:
            parts = [self.text(item) for item in value]
            return ".".join(part for part in parts if part) or None
        return None

    def place(self, node: Node, path: Path) -> Node:
        """The innermost node on the path: where the name stands."""
        found = value = node
        for step in path:
            value = value_at(value, (step,))
            if value.__class__ is not dict:
                break
            if value.get(self.type_key).__class__ is str:
                found = value
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What all rules share: `when` are values that a node must have, `each` the list with an entry a row."""

    naming: Naming
    when: Mapping[Path, Any] = field(default_factory=dict)
    each: Path = ()

    def entries(self, node: Node) -> Iterator[tuple[Node, Node]]:
        """The node with each of its entries; with itself where there is no list of them."""
        if any(value_at(node, path) != wanted for path, wanted in self.when.items()):
            return
        if not self.each:
            yield node, node
            return
        found = value_at(node, self.each)
        for item in found if found.__class__ is list else (found,):
            if item.__class__ is dict:
                yield node, item


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredDefinition(_Rule):
    """A `DefinitionRule`. `modifiers` are paths with the word for true; a text there is a word itself."""

    kind: str
    name: Path
    body: Path = ()
    parameters: Path | None = None
    modifiers: Mapping[Path, str] = field(default_factory=dict)
    visibility: Path = ()
    exported: Path = ()
    doc: Path = ()
    only_outside: bool = False

    def __call__(self, node: Node, _memo: Memo) -> Iterable[Definition]:
        """See `DefinitionRule`."""
        for _, entry in self.entries(node):
            name = self._name(entry)
            if name is None:
                continue
            body = _nodes(value_at(entry, self.body)) if self.body else []
            yield Definition(
                name,
                self.kind,
                self._place(node, entry),
                (body[0], body[-1]) if body else (),
                None if self.parameters is None else self._parameters(entry),
                list(self._modifiers(node, entry)),
                _text(value_at(entry, self.visibility)) if self.visibility else None,
                _truth(value_at(entry, self.exported)) if self.exported else None,
                _text(value_at(entry, self.doc)) if self.doc else None,
                outer_only=self.only_outside,
            )

    def _name(self, entry: Node) -> str | None:
        return self.naming.text(value_at(entry, self.name)) if self.name else self.naming.of(entry)

    def _place(self, node: Node, entry: Node) -> Node:
        found = self.naming.place(entry, self.name)
        return found if found.get(self.naming.type_key).__class__ is str else node

    def _parameters(self, entry: Node) -> list[str]:
        found = value_at(entry, self.parameters or ())
        items = found if found.__class__ is list else [] if found is None else [found]
        return [text for item in items if (text := self.naming.text(item)) is not None]

    def _modifiers(self, node: Node, entry: Node) -> Iterator[str]:
        for path, word in self.modifiers.items():
            value = value_at(entry, path)
            if value is None and entry is not node:  # said once for all entries
                value = value_at(node, path)
            for one in value if value.__class__ is list else (value,):
                if one is True:
                    yield word
                elif (text := self.naming.text(one)) is not None:
                    yield text


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredReference(_Rule):
    """A `ReferenceRule` for names that no node of their own stands for."""

    role: str
    name: Path
    qualifier: Path = ()

    def __call__(self, node: Node, _memo: Memo) -> Iterable[Reference]:
        """See `ReferenceRule`."""
        for _, entry in self.entries(node):
            found = value_at(entry, self.name)
            for one in found if found.__class__ is list else (found,):
                name = self.naming.text(one)
                if name is not None:
                    qualifier = self.naming.text(value_at(entry, self.qualifier)) if self.qualifier else None
                    yield Reference(self.role, name, qualifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredImport(_Rule):
    """An `ImportRule`: the module is the node's, name and alias are the entry's."""

    module: Path
    name: Path = ()
    alias: Path = ()
    wildcard: Path = ()

    def __call__(self, node: Node, _memo: Memo) -> Iterable[Import]:
        """See `ImportRule`. A list without entries imports the module as a whole."""
        entries = list(self.entries(node))
        if self.each and not entries and not value_at(node, self.each):
            entries = list(replace(self, each=()).entries(node))
        for node_, entry in entries:
            module = self.naming.text(value_at(node_, self.module))
            if module is None:
                module = self.naming.text(value_at(entry, self.module))
            name = self.naming.text(value_at(entry, self.name)) if self.name else None
            wildcard = name == "*" or (bool(self.wildcard) and bool(value_at(entry, self.wildcard)))
            if module is not None or name is not None:
                yield Import(
                    module,
                    None if wildcard else name,
                    self.naming.text(value_at(entry, self.alias)) if self.alias else None,
                    is_relative=module is not None and module.startswith("."),
                    is_wildcard=wildcard,
                )


def in_order(rules: tuple[Any, ...]) -> Callable[[Node, Memo], Iterator[Any]]:
    """One rule that gives what all of them give."""

    def rule(node: Node, memo: Memo) -> Iterator[Any]:
        for one in rules:
            yield from one(node, memo)

    return rule


def qualifying(naming: Naming, paths: Mapping[str, Path]) -> Callable[[Node], str | None]:
    """What stands before the name in a node of these types: a chain of names with dots between them."""

    def before(node: Node) -> Node | None:
        type_ = node.get(naming.type_key)
        path = paths.get(type_) if type_.__class__ is str else None
        value = value_at(node, path) if path else None
        return value if value.__class__ is dict else None

    def qualifier(node: Node) -> str | None:
        return dotted(before(node), lambda one: (naming.of(one), before(one)))

    return qualifier


@dataclass(frozen=True, slots=True)
class RootTest:
    """The test of a root: its type is one of `types`, it has all `keys`, and `values` at these paths."""

    types: frozenset[str]
    keys: tuple[str, ...]
    values: Mapping[Path, Any]

    def __call__(self, node: Node, type_key: str) -> bool:
        """See `Dialect.is_root`."""
        return self.lack(node, type_key) is None

    def lack(self, node: Node, type_key: str) -> str | None:
        """What an object lacks to be a root, in words; None for a root."""
        type_ = node.get(type_key)
        if self.types and not (type_.__class__ is str and type_ in self.types):
            shown = f"{type_key!r} is {type_!r}" if type_key in node else f"there is no {type_key!r}"
            return f"{shown}, not {' or '.join(sorted(self.types))}"
        for key in self.keys:
            if key not in node:
                return f"there is no {key!r}"
        for path, wanted in self.values.items():
            found = value_at(node, path)
            if found != wanted:
                return f"{'.'.join(path)!r} is {found!r}, not {wanted!r}"
        return None

    def __str__(self) -> str:
        parts = [f"its type is {' or '.join(sorted(self.types))}"] if self.types else []
        parts += [f"it has {', '.join(self.keys)}"] if self.keys else []
        parts += [f"{'.'.join(path)} is {value!r}" for path, value in self.values.items()]
        return ", ".join(parts)


def _nodes(value: Any) -> list[Node]:
    return children({"": value}, "")


def _text(value: Any) -> str | None:
    """A text, or a list of them as lines."""
    if value.__class__ is list:
        value = "\n".join(line for line in value if line.__class__ is str)
    return value if value.__class__ is str and value else None


def _truth(value: Any) -> bool | None:
    return None if value is None else bool(value)
