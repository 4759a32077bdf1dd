"""What the trees of PHP's parsers share: names with backslashes, imports, comments that document."""

from __future__ import annotations

from snake_pipe.transform.dialects.dialect import Definition, Import, Node, Reference, ReferenceRule


def last_part(name: str | None) -> str | None:
    r"""`C` of `A\B\C`."""
    return (name or "").rpartition("\\")[2] or None


def before_last(name: str | None) -> str | None:
    r"""`A\B` of `A\B\C`."""
    return (name or "").strip("\\").rpartition("\\")[0] or None


def namespace(name: str | None, node: Node, body: tuple[Node, ...]) -> tuple[Definition, ...]:
    r"""The module `A\B`; the global one has no name."""
    return (Definition(name.strip("\\"), "module", node, body),) if name else ()


def used(name: str | None, prefix: str | None, alias: str | None) -> tuple[Import, ...]:
    r"""The import of `use prefix\{name as alias}`."""
    if name is None:
        return ()
    full = "\\".join(part.strip("\\") for part in (prefix, name) if part)
    module, _, last = full.rpartition("\\")
    return (Import(module or None, last, alias),)


def included(path: str | None) -> tuple[Import, ...]:
    """The import of `require "path"`; a path that is computed is not in the tree."""
    return () if path is None else (Import(path, is_relative=not path.startswith("/")),)


def called(word: str) -> ReferenceRule:
    """A call of a word of the language, which has a type of its own."""
    return lambda _node, _memo: (Reference("call", word),)
