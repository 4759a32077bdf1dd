"""What nodes of syn-serde's trees define and import."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from snake_pipe.transform.dialects.dialect import (
    Definition,
    DefinitionRule,
    Import,
    ImportRule,
    Memo,
    Node,
    PrepareRule,
    Reference,
    ReferenceRule,
    child,
    children,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LITERALS = ("str", "byte_str", "byte", "char", "int", "float", "bool")
_MODIFIERS = ("async", "const", "unsafe", "default", "mut")
_UNSAID = "as visible as what it is in"
_DEEPEST_TYPE = 20
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F_]{1,8})\}|x([0-7][0-9a-fA-F])|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
_RAW = re.compile(r'\A[bc]?r(#*)"(.*)"\1\Z', re.DOTALL)


def segments(path: Node | None) -> list[str]:
    """The words of a path."""
    return [text(one, "ident") or "" for one in children(path or {}, "segments")]


def last_segment(path: Node) -> str | None:
    """`c` of `a::b::c`; of a path in a `use`, its own word."""
    found = segments(path)
    return (found[-1] if found else text(path, "ident")) or None


def path_before(path: Node) -> str | None:
    """`a::b` of `a::b::c`."""
    return "::".join(segments(path)[:-1]) or None


def literal(node: Node) -> str | None:
    """A literal as the source has it."""
    for key in _LITERALS:
        value = node.get(key)
        if value is not None:
            return str(value).lower() if value.__class__ is bool else str(value)
    return None


def _unescaped(written: str) -> str:
    """The text that a string's literal stands for."""
    raw = _RAW.match(written)
    if raw is not None:
        return raw[2]
    return _ESCAPE.sub(_character, written.strip('"'))


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        number = int(code.replace("_", "") or "0", 16)
        return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else found[0]
    return _ESCAPED.get(found[3], found[3])


def _doc(node: Node) -> str | None:
    """The comments `///` and `//!`, which are attributes to Rust."""
    lines = []
    for attribute in children(node, "attrs"):
        said = child(child(attribute, "meta") or {}, "name_value")
        if said is not None and segments(child(said, "path")) == ["doc"]:
            written = text(child(child(said, "value") or {}, "lit"), "str")
            if written is not None:
                lines.append(_unescaped(written).removeprefix(" "))
    return "\n".join(lines).strip() or None


def type_text(tagged: Any, deep: int = 0) -> str:
    """A type as it is written; `_` for what is rare."""
    if tagged.__class__ is str:
        return str(tagged)
    if tagged.__class__ is not dict or deep > _DEEPEST_TYPE:
        return "_"
    tag, node = next(((key, tagged[key]) for key in tagged if key != "NodeTag"), ("", None))
    write = _TYPE_TEXTS.get(tag)
    return write(node, deep + 1) if write is not None and node.__class__ is dict else "_"


def _path_text(node: Node, deep: int) -> str:
    parts = []
    for segment in children(node, "segments"):
        listed = child(child(segment, "arguments") or {}, "angle_bracketed") or {}
        shown = [_argument_text(argument, deep) for argument in children(listed, "args")]
        parts.append((text(segment, "ident") or "") + (f"<{', '.join(shown)}>" if shown else ""))
    return "::".join(parts)


def _argument_text(argument: Node, deep: int) -> str:
    lifetime = text(argument, "lifetime")
    return f"'{lifetime}" if lifetime else type_text(argument.get("type"), deep)


def _reference_text(node: Node, deep: int) -> str:
    lifetime = text(node, "lifetime")
    words = (f"'{lifetime}" if lifetime else "", "mut" if node.get("mut") else "", "")
    return (
        "&"
        + " ".join(word for word in words if word)
        + (" " if any(words) else "")
        + type_text(node.get("elem"), deep)
    )


def _bounds_text(word: str) -> Callable[[Node, int], str]:
    def write(node: Node, deep: int) -> str:
        bounds = (child(bound, "trait") or {} for bound in children(node, "bounds"))
        return word + " + ".join(filter(None, (_path_text(child(one, "path") or {}, deep) for one in bounds)))

    return write


def _types_text(types: Any, deep: int) -> str:
    return ", ".join(type_text(each, deep) for each in types) if types.__class__ is list else "_"


_TYPE_TEXTS: dict[str, Callable[[Node, int], str]] = {
    "path": _path_text,
    "reference": _reference_text,
    "slice": lambda node, deep: f"[{type_text(node.get('elem'), deep)}]",
    "array": lambda node, deep: f"[{type_text(node.get('elem'), deep)}; _]",
    "tuple": lambda node, deep: f"({_types_text(node.get('elems'), deep)})",
    "paren": lambda node, deep: f"({type_text(node.get('elem'), deep)})",
    "ptr": lambda node, deep: f"*{'mut' if node.get('mut') else 'const'} {type_text(node.get('elem'), deep)}",
    "impl_trait": _bounds_text("impl "),
    "trait_object": _bounds_text("dyn "),
}


def _parameters(node: Node) -> list[str]:
    shown = []
    for each in children(node, "inputs"):
        receiver, typed = child(each, "receiver"), child(each, "typed")
        if receiver is not None:
            shown.append(
                ("&" if receiver.get("ref") else "") + ("mut " if receiver.get("mut") else "") + "self"
            )
        elif typed is not None:
            name = text(child(child(typed, "pat") or {}, "ident"), "ident") or "_"
            shown.append(f"{name}: {type_text(typed.get('ty'))}")
    return shown


def _visibility(node: Node, memo: Memo) -> str | None:
    vis = node.get("vis")
    if vis == "pub":
        return "public"
    if vis.__class__ is dict:
        return "internal"
    return None if memo.get(id(node)) == _UNSAID else "private"


def _rule(kind: str, *more: str, takes: bool = False, inside: bool = False) -> DefinitionRule:
    """The rule for nodes with an `ident`; `inside` for those whose visibility nobody says."""

    def rule(node: Node, memo: Memo) -> Iterable[Definition]:
        name = text(node, "ident")
        if name is None:
            return ()
        note = memo.get(id(node))
        visibility = None if inside else _visibility(node, memo)
        modifiers = [word for word in _MODIFIERS if node.get(word) in (True, "mut")]
        modifiers += ["extern"] if "abi" in node else []
        if takes and "stmts" not in node and "default" not in node:
            modifiers.append("declaration")
        return (
            Definition(
                name,
                kind,
                node,
                (),
                _parameters(node) if takes else None,
                [*modifiers, *more],
                visibility,
                exported="vis" in node,
                doc=_doc(node),
                qualifier=note if note != _UNSAID else None,
                outer_only=kind == "variable",
            ),
        )

    return rule


def _macro(node: Node, memo: Memo) -> Iterable[Definition]:
    return _rule("macro", inside=True)(node, memo) if segments(child(node, "path")) == ["macro_rules"] else ()


def _noted(note: Callable[[Node], str | None]) -> PrepareRule:
    """Leaves a note for each of a node's items."""

    def rule(node: Node, memo: Memo) -> None:
        said = note(node)
        if said is not None:
            for item in children(node, "items"):
                memo.update((id(inner), said) for inner in item.values() if inner.__class__ is dict)

    return rule


def _note_fields(node: Node, memo: Memo) -> None:
    """The fields of a variant have no visibility of their own."""
    memo.update((id(field), _UNSAID) for field in children(child(node, "fields") or {}, "named"))


def _self_type(node: Node) -> str | None:
    """What the symbols of an `impl` are qualified with."""
    return "::".join(segments(child(child(node, "self_ty") or {}, "path"))) or None


def _derived(node: Node, _memo: Memo) -> Iterable[Reference]:
    """The words of `#[derive(A, B)]`."""
    listed = child(child(node, "meta") or {}, "list")
    if listed is not None and segments(child(listed, "path")) == ["derive"]:
        for token in children(listed, "tokens"):
            name = text(token, "ident")
            if name is not None:
                yield Reference("decorate", name)


def _module(node: Node, _memo: Memo) -> Iterable[Import]:
    """`mod x;`, whose body is another file."""
    if "content" not in node:
        yield Import(text(node, "ident"), is_relative=True)


def _used(node: Node, _memo: Memo) -> Iterable[Import]:
    """Every leaf of a `use` tree."""
    todo: list[tuple[Any, str]] = [(node.get("tree"), "")]
    while todo:
        tree, before = todo.pop()
        if tree == "*":
            yield Import(before or None, is_relative=_is_relative(before), is_wildcard=True)
        if tree.__class__ is not dict:
            continue
        path, renamed = child(tree, "path"), child(tree, "rename")
        if path is not None:
            todo.append((path.get("tree"), _joined(before, text(path, "ident"))))
        elif renamed is not None:
            yield _leaf(before, text(renamed, "ident"), text(renamed, "rename"))
        elif "ident" in tree:
            yield _leaf(before, text(tree, "ident"), None)
        elif tree.get("group").__class__ is list:
            todo += [(each, before) for each in reversed(tree["group"])]


def _joined(before: str, word: str | None) -> str:
    return f"{before}::{word}" if before else word or ""


def _leaf(before: str, name: str | None, alias: str | None) -> Import:
    if name == "self":
        return Import(before, None, alias, _is_relative(before))
    return Import(before or None, name, alias, _is_relative(before or name or ""))


def _is_relative(path: str) -> bool:
    return path.split("::", 1)[0] in ("self", "super", "crate")


def _extern_crate(node: Node, _memo: Memo) -> Iterable[Import]:
    name = text(node, "ident")
    return () if name is None else (Import(name, None, text(node, "rename")),)


DEFINITIONS: dict[str, DefinitionRule] = {
    "fn": _rule("function", takes=True),
    "struct": _rule("class"),
    "union": _rule("class", "union"),
    "enum": _rule("enum"),
    "trait": _rule("interface"),
    "trait_alias": _rule("type_alias"),
    "type": _rule("type_alias"),
    "mod": _rule("module"),
    "const": _rule("variable", "const"),
    "static": _rule("variable", "static"),
    "variant": _rule("field", inside=True),
    "field_definition": _rule("field"),
    "macro": _macro,
}
PREPARE: dict[str, PrepareRule] = {
    "impl": _noted(_self_type),
    "variant": _note_fields,
    "trait": _noted(lambda node: _UNSAID if "ident" in node else None),
}
REFERENCES: dict[str, ReferenceRule] = {"attribute": _derived}
IMPORTS: dict[str, ImportRule] = {"use": _used, "extern_crate": _extern_crate, "mod": _module}
